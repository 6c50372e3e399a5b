package analysis

import (
	"math"
	"slices"
	"time"

	"st67bench/results"
)

// giveUp is how many errors in a row end the repeats of a case: more would only
// spend the budget on one broken case.
const giveUp = 3

// Plan is what the stop rule knows of a boot's repeats.
type Plan struct {
	Cases  []string           // keys in sweep order
	Min    int                // repeats of each case; at least 1
	Max    int                // repeats of each case; at least Min
	Until  map[string]float64 // metric -> relative half width that is tight enough; empty: Max repeats
	Budget time.Duration      // for one boot; ends what goes beyond Min; 0 for none
	Order  [][]int            // per block, a permutation of the indices of Cases; beyond its end sweep order
}

// Tight returns half the width of the 95 % interval of the median of values as
// a fraction of the median, and whether there are at least least values and the
// fraction is at most target. Without an interval (fewer than six values, or a
// median of 0 among other values) the width is +Inf.
func Tight(values []float64, target float64, least int) (relHalfWidth float64, tight bool) {
	relHalfWidth = math.Inf(1)
	if len(values) > 0 {
		if w, ok := describe(results.Metric{}, [][]float64{values}).RelHalfWidth(); ok {
			relHalfWidth = w
		}
	}
	return relHalfWidth, len(values) >= least && relHalfWidth <= target
}

// Next returns the index in Cases of the case to run next and true, or false
// when this boot has nothing more to do. done are the results of this boot
// only, in order; elapsed is the time since the boot's first repeat began.
//
// Repeats are interleaved: the case with the fewest repeats is next, and among
// those the first in the block's order, so that a drift of the rig falls on all
// cases alike. A case is finished when all metrics of Until are tight, at Max,
// at its first REFUSED or SKIPPED, or after three errors in a row. When the
// budget is spent, no case goes beyond Min.
func (p Plan) Next(done []results.Result, elapsed time.Duration) (index int, more bool) {
	byCase := make(map[string][]results.Result, len(p.Cases))
	for _, r := range done {
		byCase[r.Case] = append(byCase[r.Case], r)
	}
	least := math.MaxInt
	var open []int
	for i, key := range p.Cases {
		if p.finished(byCase[key], elapsed) {
			continue
		}
		if n := len(byCase[key]); n < least {
			least, open = n, open[:0]
		}
		if len(byCase[key]) == least {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return 0, false
	}
	if least < len(p.Order) {
		for _, i := range p.Order[least] {
			if slices.Contains(open, i) {
				return i, true
			}
		}
	}
	return open[0], true
}

// finished says whether a case with these results needs no further repeat.
func (p Plan) finished(done []results.Result, elapsed time.Duration) bool {
	n := len(done)
	if n == 0 {
		return false
	}
	switch last := done[n-1].Outcome; {
	case last == results.Refused, last == results.Skipped, n >= p.Max:
		return true
	case errorsAtEnd(done) >= giveUp:
		return true
	case n < p.Min:
		return false
	case p.Budget > 0 && elapsed >= p.Budget:
		return true
	}
	return p.tight(done)
}

// tight says whether every metric of Until is tight enough; without Until
// nothing ever is, and Max ends the case.
func (p Plan) tight(done []results.Result) bool {
	for metric, target := range p.Until {
		var values []float64
		for _, r := range done {
			if v, ok := r.Metrics[metric]; ok {
				values = append(values, v)
			}
		}
		if _, ok := Tight(values, target, p.Min); !ok {
			return false
		}
	}
	return len(p.Until) > 0
}

func errorsAtEnd(done []results.Result) int {
	n := 0
	for _, r := range slices.Backward(done) {
		if r.Outcome != results.Error {
			break
		}
		n++
	}
	return n
}
