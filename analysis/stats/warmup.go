package stats

import (
	"math"
	"slices"
)

const (
	warmUpBatch  = 5   // values
	leastBatches = 4   // for a cut
	suspectCut   = .25 // of the series: what is longer is hardly the beginning alone
)

// WarmUp returns how many values at the beginning of x are not yet like the rest, by the rule MSER-5 (K. P. White, Simulation
// 69, 1997): in means of five neighbours, the cut after which the standard error of the mean of what is left is smallest; at
// most half. suspect says that the cut is more than a quarter of x, or at its bound: then x may not have settled at all. Below
// 20 values nothing is cut. Noise alone gives a small cut now and then: see whether it changes the mean.
func WarmUp(x []float64) (cut int, suspect bool) {
	cut, _, suspect = courseOf(x).WarmUp()
	return cut, suspect
}

// WarmUp is WarmUp of the values so far, and the mean of what is left.
func (c *Course) WarmUp() (cut int, rest float64, suspect bool) {
	z := merged(slices.Clone(c.batches), warmUpBatch)
	if len(z) < leastBatches {
		return 0, c.mean, false
	}
	best, after, least := 0, c.mean, math.Inf(1)
	mean, squares := 0.0, 0.0
	for d := len(z) - 1; d >= 0; d-- {
		n, off := float64(len(z)-d), z[d]-mean
		mean += off / n
		squares += off * (z[d] - mean)
		if e := squares / (n * n); d <= len(z)/2 && e <= least {
			best, after, least = d, mean, e
		}
	}
	cut = best * warmUpBatch * c.size
	if cut == 0 {
		after = c.mean
	}
	return cut, after, best == len(z)/2 || float64(cut) > suspectCut*float64(c.n)
}
