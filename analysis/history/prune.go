package history

import (
	"math"
	"math/rand/v2"

	"st67bench/analysis/stats"
)

// prune keeps the cuts that count. Each time the cuts are put where the sum of squares is least, then the weakest of
// those that do not count goes, and the segments beside it become one.
func (s *Series) prune(x []float64, cuts []cut) []cut {
	for {
		settle(x, cuts)
		weakest, least := -1, math.Inf(1)
		for i, c := range cuts {
			from, to := around(x, cuts, i)
			size := math.Abs(s.change(stats.Mean(x[c.at:to]) - stats.Mean(x[from:c.at])))
			if (size < s.Metric.Margin || s.spike(x[from:c.at], x[c.at:to])) && size < least {
				weakest, least = i, size
			}
		}
		if weakest < 0 {
			return cuts
		}
		cuts = append(cuts[:weakest:weakest], cuts[weakest+1:]...)
	}
}

// A change has to keep these parts without any one of its releases: of the margin, and of itself.
const (
	keptMargin = 0.75
	keptSelf   = 0.6
)

// spike says that the change between two segments is the work of a single release.
func (s *Series) spike(before, after []float64) bool {
	d := stats.Mean(after) - stats.Mean(before)
	for _, side := range []struct {
		x    []float64
		sign float64
	}{{before, -1}, {after, +1}} {
		m, n := stats.Mean(side.x), float64(len(side.x))
		for _, v := range side.x {
			left := d + side.sign*(m-v)/(n-1) // the mean without v is m + (m-v)/(n-1)
			if left/d < keptSelf || math.Abs(s.change(left)) < keptMargin*s.Metric.Margin {
				return true
			}
		}
	}
	return false
}

// around gives the bounds of the two segments beside cut i.
func around(x []float64, cuts []cut, i int) (from, to int) {
	to = len(x)
	if i > 0 {
		from = cuts[i-1].at
	}
	if i+1 < len(cuts) {
		to = cuts[i+1].at
	}
	return from, to
}

// settle puts each cut where it leaves the least sum of squares between its neighbours, until none moves.
func settle(x []float64, cuts []cut) {
	for range len(cuts) + 1 {
		moved := false
		for i := range cuts {
			from, to := around(x, cuts, i)
			if at := from + place(x[from:to]); at != cuts[i].at {
				cuts[i].at, moved = at, true
			}
		}
		if !moved {
			return
		}
	}
}

// place is the number of points before the single cut that leaves the least sum of squares, at least shortest on both sides.
func place(x []float64) int {
	n, total := float64(len(x)), 0.0
	for _, v := range x {
		total += v - x[0]
	}
	sum, best, at := 0.0, -1.0, shortest
	for i, v := range x[:len(x)-shortest] {
		sum += v - x[0]
		k := float64(i + 1)
		// what the cut takes from the sum of squares is k (n-k)/n times the square of the difference of the means
		d := sum/k - (total-sum)/(n-k)
		if gain := k * (n - k) * d * d; i+1 >= shortest && gain > best {
			best, at = gain, i+1
		}
	}
	return at
}

// sure is the share of resamples, each segment from its own points, of which the cut is found at the same place.
func sure(before, after []float64, r *rand.Rand) float64 {
	x := make([]float64, len(before)+len(after))
	same := 0
	for range permutations {
		for i := range before {
			x[i] = before[r.IntN(len(before))]
		}
		for i := range after {
			x[len(before)+i] = after[r.IntN(len(after))]
		}
		if place(x) == len(before) {
			same++
		}
	}
	return float64(same) / permutations
}
