package energy

import (
	"math"
	"slices"
	"time"

	"st67bench/results/trace"
)

const (
	// stepWindow is how far from its mark a step of the current is looked for.
	stepWindow = 60 * time.Millisecond
	// leastLevel is how long the current has to stay on each side of a step: longer than a wake of the module.
	leastLevel = 10 * time.Millisecond
	// leastStep is the smallest step that is one, in decades.
	leastStep = 0.7
	// leastAmps is the least current that counts: below it, there is noise or zeros.
	leastAmps = 1e-7
	// enDelay is how far a step may be from the edge of CHIP_EN: the module's regulators take part of a millisecond
	// before they draw current.
	enDelay = 0.5e-3
	// supplyDelay is the same for the instrument's own output, which is switched by a command that it has to read first.
	supplyDelay = 5e-3
)

// steps finds the step of the current at each mark of supply and CHIP_EN.
func steps(r trace.Reader, side trace.Side, rough trace.Clock) ([]edge, error) {
	var edges []edge
	for _, m := range side.Marks {
		signal, high, ok := signalOf(m)
		if !ok || signal != "supply" && signal != "chip_en" {
			continue
		}
		s := around(m.T, stepWindow, rough, side.Samples)
		amps, err := samplesOf(r, s)
		if err != nil {
			return nil, err
		}
		at, width, ok := stepIn(amps, high, side.Header)
		if !ok {
			continue
		}
		delay := enDelay
		if signal == "supply" {
			delay = supplyDelay
		}
		edges = append(edges, edge{signal, high, float64(s.From) + at, delay + width/side.Header.Rate})
	}
	return edges, nil
}

// samplesOf reads a part of a trace; nil when it has a gap.
func samplesOf(r trace.Reader, s trace.Span) ([]float32, error) {
	var amps []float32
	for b, err := range r.Blocks(s.From, s.To) {
		if err != nil {
			return nil, err
		}
		amps = append(amps, b.Amps...)
	}
	if int64(len(amps)) < s.To-s.From {
		return nil, nil
	}
	return amps, nil
}

// stepIn finds where the current steps up or down, as an index between samples, and how many samples the step
// takes. A step from microamperes to milliamperes is found in the logarithm of the current: where the means before and
// after it differ most, and their medians enough that no burst makes the difference. That is where the slope of a slow step is; its begin is what the module did at once, so that
// the first sample above the quarter of a rise counts, and the last one above half of what a fall begins at.
func stepIn(amps []float32, up bool, h trace.Header) (at, width float64, ok bool) {
	margin := max(int(leastLevel.Seconds()*h.Rate), 1)
	if len(amps) < 4*margin {
		return 0, 0, false
	}
	logs := make([]float64, len(amps))
	for i, a := range amps {
		logs[i] = math.Log10(max(float64(a), leastAmps))
	}
	k := split(logs, margin)
	before, after := middle(slices.Clone(logs[:k])), middle(slices.Clone(logs[k:]))
	if up != (after > before) || math.Abs(after-before) < leastStep {
		return 0, 0, false
	}
	first := 0
	if up {
		first, width = rise(logs, k, before, after)
	} else {
		first, width = fall(amps, k, before, after)
	}
	return within(amps, first, h.Kind), width, first > 0
}

// split is the index at which a series is best cut into two of different means, each of a length at least: the largest
// variance between the two parts (Otsu's criterion, in time instead of level).
func split(logs []float64, margin int) (k int) {
	total := 0.0
	for _, v := range logs {
		total += v
	}
	sum, most, n := 0.0, -1.0, float64(len(logs))
	for i := 1; i <= len(logs)-margin; i++ {
		sum += logs[i-1]
		d := sum/float64(i) - (total-sum)/(n-float64(i))
		if v := float64(i) * (n - float64(i)) * d * d; i >= margin && v > most {
			k, most = i, v
		}
	}
	return k
}

// rise is the first sample of a rise near index k, and how many samples it takes.
func rise(logs []float64, k int, before, after float64) (first int, width float64) {
	begin, end := before+(after-before)/4, before+(after-before)*3/4
	first = k
	for first > 0 && logs[first-1] > begin {
		first--
	}
	for first < len(logs)-1 && logs[first] <= begin {
		first++
	}
	last := first
	for last < len(logs)-1 && logs[last] < end {
		last++
	}
	return first, float64(last - first + 1)
}

// fall is the first sample of a fall near index k, and how many samples it takes.
func fall(amps []float32, k int, before, after float64) (first int, width float64) {
	half := float32(math.Pow(10, before) / 2)
	low := float32(math.Pow(10, after+(before-after)/4))
	first = k
	for first > 0 && amps[first-1] < half {
		first--
	}
	for first < len(amps)-1 && amps[first] >= half {
		first++
	}
	last := first
	for last < len(amps)-1 && amps[last] > low {
		last++
	}
	return first, float64(last - first + 1)
}

// within is where the edge is of which the sample i is the first to show something. Between two instants nothing is
// known; a mean over a period tells how much of it lay after the edge.
func within(amps []float32, i int, kind trace.Kind) float64 {
	if kind == trace.Point || i < 1 || i+1 >= len(amps) || amps[i+1] == amps[i-1] {
		return float64(i) - 0.5
	}
	share := float64((amps[i+1] - amps[i]) / (amps[i+1] - amps[i-1]))
	return float64(i) + min(max(share, 0), 1)
}
