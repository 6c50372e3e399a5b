package energy

import (
	"math/rand/v2"
	"slices"

	"st67bench/results"
)

const (
	resamples   = 1000
	blockCycles = 10   // of a moving block: longer than neighbouring wake cycles depend on each other
	minCycles   = 8    // for an interval at all
	maxCycles   = 4096 // more are put together
)

// cycle is the charge of a wake cycle, and its time, in any units.
type cycle struct{ charge, time float64 }

// bootstrap is the 95 % interval of the mean current over cycles, by a moving-block bootstrap of the ratio of charge to time
// (Künsch, Annals of Statistics 17, 1989). The same cycles give the same interval. ok is false for fewer than 8.
func bootstrap(cycles []cycle) (i Interval, ok bool) {
	n := len(cycles)
	if n < minCycles {
		return i, false
	}
	sums := make([]cycle, n+1)
	for k, c := range cycles {
		sums[k+1] = cycle{sums[k].charge + c.charge, sums[k].time + c.time}
	}
	length := max(min(blockCycles, n/4), 1)
	random := rand.New(rand.NewPCG(67, uint64(n)))
	means := make([]float64, resamples)
	for r := range means {
		var got cycle
		for drawn := 0; drawn < n; drawn += length {
			at := random.IntN(n - length + 1)
			got.charge += sums[at+length].charge - sums[at].charge
			got.time += sums[at+length].time - sums[at].time
		}
		means[r] = got.charge / got.time
	}
	slices.Sort(means)
	return Interval{means[resamples*25/1000], means[resamples*975/1000-1]}, true
}

// uncertainty is how far chance may have moved the mean current: over wake cycles, or, without any, over equal parts.
func (m *measurement) uncertainty() {
	if i, ok := bootstrap(m.cycles()); ok {
		m.intervals["current"] = i
	}
	if a := m.header.Accuracy; a > 0 {
		m.note("beside chance, the instrument may be off by %s everywhere, as its maker says", results.FormatQuantity(a, ""))
	}
}

// cycles are the times from one beat to the next; what lies before the first and after the last beat is one together, since
// the span begins and ends in the middle of a cycle. Of very many, several make one.
func (m *measurement) cycles() []cycle {
	marks := m.marks()
	all := make([]cycle, 0, len(marks))
	for i := 1; i < len(marks); i++ {
		a, b := marks[i-1], marks[i]
		if b.count > a.count {
			all = append(all, cycle{b.charge - a.charge, b.count - a.count})
		}
	}
	if n := len(all) - 1; n > 0 && len(m.cadence.beats) > 0 {
		all[0].charge += all[n].charge
		all[0].time += all[n].time
		all = all[:n]
	}
	return all
}

// marks are the charge and the time before beats of the span, in A x samples and samples; without a cadence, before cells of
// the index.
func (m *measurement) marks() []prefix {
	if len(m.cadence.beats) == 0 {
		return thin(len(m.index.cells)/maxCycles+1, m.index.cells)
	}
	begin, end, err := m.index.ends(m.cutFrom, m.cutTo)
	if err != nil {
		return nil // Sum has read the same samples before
	}
	marks := []prefix{{charge: begin.charge, count: m.cutFrom}}
	for _, b := range thin(len(m.cadence.beats)/maxCycles+1, m.cadence.beats) {
		if w := m.segments.wakes.list[b.wake]; float64(w.on) >= m.cutFrom && float64(w.on) < m.cutTo {
			marks = append(marks, prefix{charge: w.before, count: float64(w.on)})
		}
	}
	return append(marks, prefix{charge: end.charge, count: m.cutTo})
}

// thin is the first of each n values.
func thin[T any](n int, values []T) []T {
	if n == 1 {
		return values
	}
	out := make([]T, 0, maxCycles+1)
	for i := 0; i < len(values); i += n {
		out = append(out, values[i])
	}
	return out
}
