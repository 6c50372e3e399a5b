package energy

import (
	"math"
	"time"

	"st67bench/results/trace"
)

// The methods of an alignment, best first; docs/alignment.md says what each needs. Between two that are
// as good as each other, the earlier one counts.
const (
	byDigital   = "digital"   // edges of a digital channel that the instrument samples with the current
	byTrigger   = "trigger"   // the instrument began at an edge of its trigger input
	byStamps    = "stamps"    // the instrument's own time, sent in the stream
	bySignature = "signature" // steps of the current where supply or CHIP_EN was switched
	byArrivals  = "arrivals"  // when the host had read the samples
)

// Anchor is an instant that is known on both clocks. Anchors of several traces of a session may be put
// together, since all of them count samples from the session's first, and time from one Header.Start.
type Anchor struct {
	Index       float64       // in samples since the session's first, which may lie between two of them
	T           time.Duration // since Header.Start
	Method      string        // "digital", "trigger", "stamps", "signature" or "arrivals"
	Uncertainty float64       // s, one-sided for "arrivals": the sample is no younger than T, and this much older at most
}

// Anchors returns what one trace of a session tells of its clock: the edges and steps that were found at its
// marks, and those arrivals that bound the clock from above. It reads the samples round its marks only. An
// error is that of reading.
func Anchors(r trace.Reader) ([]Anchor, error) {
	side := r.Side()
	if side.Header.Rate <= 0 {
		return nil, nil
	}
	rough, tied := roughClock(side)
	anchors := append(triggerAnchors(side), arrivalAnchors(side)...)
	edges, err := digitalEdges(r, side, rough, tied)
	if err != nil {
		return nil, err
	}
	anchors = append(anchors, markAnchors(side, edges, rough, tied, byDigital)...)
	if edges, err = steps(r, side, rough); err != nil {
		return nil, err
	}
	return append(anchors, markAnchors(side, edges, rough, true, bySignature)...), nil
}

// roughClock is what a trace's arrivals say, and whether it has any: without, it is tied to nothing.
func roughClock(side trace.Side) (trace.Clock, bool) {
	l, ok := envelope(side, nil)
	if !ok {
		return fallback(side), false
	}
	return l.clock(side), true
}

// Align fits the clock of one trace: the instant of its first sample, and the time from one to the next. session
// are the Anchors of other traces of the same session, such as those at its begin, before the module joined, and
// at its end; they may be none. Of all methods that the anchors allow, that one is taken whose uncertainty over
// this trace is the smallest.
//
// Clock.Residual is an upper estimate: the worst distance of an anchor from the fitted line, plus what the
// method cannot resolve, plus what the uncertainty of the rate makes of the way from the nearest anchor to the
// farther end of the trace. docs/alignment.md tells what it does not contain.
//
// A trace of which nothing is known, such as an imported one, keeps the clock that it came with, or gets the
// nominal one, which begins at Header.Start.
func Align(r trace.Reader, session []Anchor) (trace.Clock, error) {
	own, err := Anchors(r)
	if err != nil {
		return trace.Clock{}, err
	}
	side := r.Side()
	best := fallback(side)
	found := false
	for _, l := range lines(side, own, session) {
		if !found || l.residual < best.Residual {
			best, found = l.clock(side), true
		}
	}
	return best, nil
}

// fallback is the clock of a trace without anchors.
func fallback(side trace.Side) trace.Clock {
	switch {
	case side.Clock.Period > 0:
		return side.Clock
	case side.Header.Rate > 0:
		return trace.Nominal(side.Header)
	}
	return trace.Clock{Method: trace.NominalMethod}
}

// line is a clock in the making, in which a sample of index i has the nominal time x = i/rate since the session's
// first, and was at x + offset + skew x. Both stay small, so that nothing is lost when days are added to them.
type line struct {
	method   string
	offset   float64 // s
	skew     float64 // how much longer a period is than the nominal one, as a fraction
	unsure   float64 // of skew
	residual float64 // s
}

// clock is that of a trace whose first sample is side.First of the session.
func (l line) clock(side trace.Side) trace.Clock {
	rate := side.Header.Rate
	first := float64(side.First) / rate
	return trace.Clock{
		Method:   l.method,
		Offset:   time.Duration(math.Round((first + l.offset + l.skew*first) * 1e9)),
		Period:   (1 + l.skew) / rate,
		Residual: l.residual,
	}
}
