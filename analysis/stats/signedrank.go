package stats

import (
	"math"
	"slices"
)

// SignedRank returns the two-sided p-value of the signed-rank test (F. Wilcoxon 1945) that d is symmetric about 0: the share
// of all signs of the differences, ties included, whose rank sum is at least as far from its mean. Differences of 0 are left
// out; without another one p is 1. With more than 200 differences it is the normal approximation.
func SignedRank(d []float64) float64 {
	var sizes []float64
	var positive []bool
	for _, v := range d {
		if v != 0 {
			sizes = append(sizes, math.Abs(v))
			positive = append(positive, v > 0)
		}
	}
	ranks := doubledRanks(sizes)
	sum, top, squares := 0, 0, 0.0
	for i, r := range ranks {
		top += r
		squares += square(float64(r))
		if positive[i] {
			sum += r
		}
	}
	if len(ranks) == 0 {
		return 1
	}
	far := math.Abs(float64(sum) - float64(top)/2)
	if len(ranks) > mostExact {
		return min(1, math.Erfc(max(far-1, 0)/math.Sqrt(squares/4)/math.Sqrt2))
	}
	p := 0.0
	for s, v := range signed(ranks) {
		if math.Abs(float64(s)-float64(top)/2) >= far-1e-9 {
			p += v
		}
	}
	return min(p, 1)
}

// signed is the share of all choices of signs by the sum of the positive ranks.
func signed(ranks []int) []float64 {
	top := 0
	for _, r := range ranks {
		top += r
	}
	share := make([]float64, top+1)
	share[0] = 1
	for _, r := range ranks {
		for s := top; s >= 0; s-- {
			share[s] /= 2
			if s >= r {
				share[s] += share[s-r] / 2
			}
		}
	}
	return share
}

// LeastSignedRank is the smallest p-value that n differences can reach: 2 / 2^n.
func LeastSignedRank(n int) float64 { return min(1, math.Ldexp(2, -n)) }

// Walsh returns the median of the means of all pairs of d, each with itself too, and its interval by the exact distribution of
// the signed ranks (Hodges and Lehmann 1963). interval is nil when d is too small for this confidence; d is not empty.
func Walsh(d []float64, confidence float64) (shift float64, interval *Interval) {
	var means []float64
	for i, a := range d {
		for _, b := range d[i:] {
			means = append(means, a+(b-a)/2)
		}
	}
	slices.Sort(means)
	shares := normalShares(len(means), float64(len(means))/2, math.Sqrt(float64(len(d)*(len(d)+1)*(2*len(d)+1))/24))
	if len(d) <= mostExact {
		ranks := make([]int, len(d))
		for i := range ranks {
			ranks[i] = i + 1
		}
		shares = signed(ranks)
	}
	return Quantile(means, 0.5), inner(means, shares, confidence)
}
