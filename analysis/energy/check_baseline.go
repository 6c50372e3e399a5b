package energy

import (
	"fmt"
	"math"
	"time"

	"st67bench/results/trace"
)

const (
	// drained is the time after CHIP_EN went low in which the capacitors behind the instrument still give and take.
	drained = 100 * time.Millisecond
	// baselineLength is how long the rest has to be for a mean.
	baselineLength = 100 * time.Millisecond
)

// Baseline returns the mean current, in A, of the time in which CHIP_EN was low and the supply on: what else hangs on the
// rail. The module's own share is 0.2 µA (DS14784). The problem is nil when that is about all; when there is no such time,
// the mean is NaN. The error is that of reading.
func Baseline(r trace.Reader, clock trace.Clock) (float64, *Problem, error) {
	side := r.Side()
	sum, n := 0.0, int64(0)
	for _, s := range lowSpans(side, clock) {
		for b, err := range r.Blocks(s.From, s.To) {
			if err != nil {
				return math.NaN(), nil, err
			}
			for _, a := range b.Amps {
				sum += float64(a)
			}
			n += int64(len(b.Amps))
		}
	}
	if float64(n) < baselineLength.Seconds()*side.Header.Rate {
		return math.NaN(), &Problem{
			Name: "baseline",
			Text: "there is no time with CHIP_EN low and the supply on, so that nobody knows what else the instrument feeds",
			Do:   "Give the rig file the line of CHIP_EN (en), so that a session begins with it low for half a second.",
		}, nil
	}
	mean := sum / float64(n)
	if limit := max(10*shutdownAmps, 2*side.Header.MinAmps); mean > limit {
		return mean, &Problem{
			Name: "baseline",
			Text: fmt.Sprintf("%s flow with CHIP_EN low, and the module takes 0.2 µA: something else hangs on the rail, and is in every figure", amps(mean)),
			Do:   "Disconnect LEDs, level shifters and debuggers from the rail, and see that the host's pins are low while the module is off.",
		}, nil
	}
	return mean, nil, nil
}

// lowSpans are the parts of a trace with CHIP_EN low and the supply on, without their edges.
func lowSpans(side trace.Side, clock trace.Clock) []trace.Span {
	var spans []trace.Span
	off := time.Duration(clock.Residual * 1e9)
	low, on, since := false, true, time.Duration(0)
	until := func(t time.Duration) {
		from := max(int64(clock.Index(since+drained+off))+1, 0)
		to := min(int64(clock.Index(t-off)), side.Samples)
		if low && on && from < to {
			spans = append(spans, trace.Span{From: from, To: to})
		}
		since = t
	}
	for _, m := range side.Marks {
		signal, high, ok := signalOf(m)
		switch {
		case ok && signal == "chip_en":
			until(m.T)
			low = !high
		case ok && signal == "supply":
			until(m.T)
			on = high
		}
	}
	until(clock.Time(float64(side.Samples)))
	return spans
}
