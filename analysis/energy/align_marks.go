package energy

import (
	"math"
	"strings"
	"time"

	"st67bench/results/trace"
)

const (
	// markWindow is how far from its mark an edge is looked for, when arrivals tell roughly where that is.
	markWindow = 250 * time.Millisecond
	// markSpread is how far the distances of marks from their edges may differ.
	markSpread = 2e-3
	// maxEdges of a channel in one trace; a clock line has more, and is no signal to align by.
	maxEdges = 10_000
)

// signalOf splits the name of a mark such as "chip_en high".
func signalOf(m trace.Mark) (signal string, high, ok bool) {
	if signal, ok = strings.CutSuffix(m.Name, " high"); ok {
		return signal, true, true
	}
	signal, ok = strings.CutSuffix(m.Name, " low")
	return signal, false, ok
}

// edge is a change of a signal in the samples.
type edge struct {
	signal      string
	high        bool
	index       float64 // in the trace
	uncertainty float64 // s
}

// pair is a mark with an edge that could be its own.
type pair struct {
	mark int
	edge edge
	x    float64 // s, nominal time of the edge
	late float64 // s, by which the mark is behind the edge, by the rough clock
}

// pairsOf are the pairs of a trace's marks and edges that are close enough; every pair is when the rough clock is
// tied to nothing.
func pairsOf(marks []trace.Mark, edges []edge, rough trace.Clock, tied bool) []pair {
	var pairs []pair
	for i, m := range marks {
		signal, high, ok := signalOf(m)
		for _, e := range edges {
			if !ok || e.signal != signal || e.high != high {
				continue
			}
			late := (m.T - rough.Time(e.index)).Seconds()
			if !tied || math.Abs(late) <= markWindow.Seconds() {
				pairs = append(pairs, pair{i, e, e.index * rough.Period, late})
			}
		}
	}
	return pairs
}

// match tells which edge belongs to which mark. All marks are late by about the same, so that lateness counts on
// which most marks agree; of two, the smaller one. Without arrivals to go by, two marks have to agree, or there must be
// no choice.
func match(pairs []pair, tied bool) []pair {
	var best []pair
	for _, p := range pairs {
		agree := agreeing(pairs, p)
		if len(agree) > len(best) || len(agree) == len(best) && math.Abs(p.late) < math.Abs(best[0].late) {
			best = agree
		}
	}
	if !tied && len(best) == 1 && len(pairs) > 1 {
		return nil
	}
	return best
}

// agreeing are p and, of each other mark, the pair that is late like p. They agree when the rough clock's rate may
// explain the difference.
func agreeing(pairs []pair, p pair) []pair {
	agree := []pair{p}
	for _, q := range pairs {
		if q.mark == p.mark {
			continue
		}
		off := math.Abs(q.late - p.late)
		if off > markSpread+crystals*math.Abs(q.x-p.x) {
			continue
		}
		if last := &agree[len(agree)-1]; last.mark != q.mark {
			agree = append(agree, q)
		} else if off < math.Abs(last.late-p.late) {
			*last = q
		}
	}
	return agree
}

// markAnchors are the anchors that a trace's marks and edges make.
func markAnchors(side trace.Side, edges []edge, rough trace.Clock, tied bool, method string) []Anchor {
	var anchors []Anchor
	for _, p := range match(pairsOf(side.Marks, edges, rough, tied), tied) {
		anchors = append(anchors, Anchor{
			Index:       float64(side.First) + p.edge.index,
			T:           side.Marks[p.mark].T,
			Method:      method,
			Uncertainty: p.edge.uncertainty,
		})
	}
	return anchors
}

// triggerAnchors are those of an instrument that began at the edge of its trigger input: the session's first
// sample is at the mark "trigger".
func triggerAnchors(side trace.Side) []Anchor {
	for _, m := range side.Marks {
		if m.Name == "trigger" {
			return []Anchor{{T: m.T, Method: byTrigger, Uncertainty: 1 / side.Header.Rate}}
		}
	}
	return nil
}

// digitalEdges finds the edges of those channels that marks name, near those marks when the rough clock is tied, else
// in the whole trace.
func digitalEdges(r trace.Reader, side trace.Side, rough trace.Clock, tied bool) ([]edge, error) {
	var edges []edge
	for bit, name := range side.Header.Digital {
		spans := channelSpans(side, name, rough, tied)
		for _, s := range spans {
			found, err := edgesIn(r, side.Header, bit, s)
			if err != nil {
				return nil, err
			}
			edges = append(edges, found...)
		}
	}
	return edges, nil
}

// channelSpans are the parts of a trace in which a channel's edges are looked for: without overlap, none when no mark
// names it.
func channelSpans(side trace.Side, name string, rough trace.Clock, tied bool) []trace.Span {
	var spans []trace.Span
	for _, m := range side.Marks {
		signal, _, ok := signalOf(m)
		if !ok || name == "" || signal != name {
			continue
		}
		if !tied {
			return []trace.Span{{To: side.Samples}}
		}
		s := around(m.T, markWindow, rough, side.Samples)
		if n := len(spans); n > 0 && s.From < spans[n-1].To {
			s.From = spans[n-1].To
		}
		if s.From < s.To {
			spans = append(spans, s)
		}
	}
	return spans
}

// around is the part of a trace that is no farther from an instant than a window.
func around(t, window time.Duration, rough trace.Clock, samples int64) trace.Span {
	from, to := rough.Index(t-window), rough.Index(t+window)
	return trace.Span{From: min(max(int64(from), 0), samples), To: max(min(int64(to)+1, samples), 0)}
}

// edgesIn finds the edges of one channel between two samples that follow each other. The edge is between the two
// instants at which the channel was read; in a sample that is a mean, that instant is somewhere in its period.
func edgesIn(r trace.Reader, h trace.Header, bit int, s trace.Span) ([]edge, error) {
	var edges []edge
	before, next := byte(0), int64(-1)
	shift, half := 0.5, 0.5/h.Rate
	if h.Kind == trace.Average {
		shift, half = 0, 1/h.Rate
	}
	for b, err := range r.Blocks(s.From, s.To) {
		if err != nil {
			return nil, err
		}
		for i, d := range b.Digital {
			level := d >> bit & 1
			if level != before && (i > 0 || b.Index == next) {
				edges = append(edges, edge{h.Digital[bit], level == 1, float64(b.Index) + float64(i) - shift, half})
				if len(edges) > maxEdges {
					return nil, nil
				}
			}
			before = level
		}
		next = b.End()
	}
	return edges, nil
}
