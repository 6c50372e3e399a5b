package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is the least two-sided coverage of every interval of this package.
const Confidence = 0.95

// Quantile returns the type 7 quantile q of values that are sorted in ascending
// order: linear between the order statistics at h = (n-1) q, counted from 0. q
// is 0..1 and sorted is not empty.
func Quantile(sorted []float64, q float64) float64 {
	h := float64(len(sorted)-1) * q
	i := int(math.Floor(h))
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

// Needs returns the smallest number of samples that carries quantile q: the
// smallest n for which an order statistic exists above q with probability
// 97.5 %, ceil(ln 0.025 / ln q). q is between 0 and 1, both excluded.
func Needs(q float64) int {
	return int(math.Ceil(math.Log((1-Confidence)/2) / math.Log(q)))
}

// Ranks returns the order statistics, counted from 1, between which quantile q
// of the distribution lies, given n independent values, and the exact
// probability of that, which is at least Confidence. ok is false when n is too
// small for such a pair.
//
// The number of values below the quantile is binomial(n, q); lo is its 2.5 %
// quantile and hi one more than its 97.5 % quantile.
func Ranks(n int, q float64) (lo, hi int, coverage float64, ok bool) {
	below := distuv.Binomial{N: float64(n), P: q}
	tail := (1 - Confidence) / 2
	lo = binomialQuantile(below, n, tail)
	hi = binomialQuantile(below, n, 1-tail) + 1
	if lo < 1 || hi > n {
		return 0, 0, 0, false
	}
	return lo, hi, below.CDF(float64(hi-1)) - below.CDF(float64(lo-1)), true
}

// binomialQuantile is the smallest k with P(X <= k) >= p.
func binomialQuantile(x distuv.Binomial, n int, p float64) int {
	return sort.Search(n, func(k int) bool { return x.CDF(float64(k)) >= p })
}

// Interval is a range that covers a quantity with at least the confidence that
// it states.
type Interval struct {
	Lo         float64 `json:"lo"`
	Hi         float64 `json:"hi"`
	Confidence float64 `json:"confidence"` // exact coverage, a fraction
}

// MedianInterval returns the exact order-statistic interval of the median of
// sorted values, or nil when there are fewer than six of them.
func MedianInterval(sorted []float64) *Interval {
	lo, hi, coverage, ok := Ranks(len(sorted), 0.5)
	if !ok {
		return nil
	}
	return &Interval{Lo: sorted[lo-1], Hi: sorted[hi-1], Confidence: coverage}
}

// QuantileInterval returns the order-statistic interval of quantile q of sorted values that follow one another in time and are
// worth effective independent ones, see Series; nil when those are too few, see Needs. It supposes nothing about the
// distribution. When they are worth two thirds of their number or more, they count as independent and the interval is exact.
func QuantileInterval(sorted []float64, q, effective float64) *Interval {
	n := len(sorted)
	worth := n
	if float64(n) > tauIndependent*effective {
		worth = int(effective)
	}
	lo, hi, coverage, ok := Ranks(worth, q)
	if !ok {
		return nil
	}
	// Of worth values, that of rank k is where of n values that of rank k (n+1)/(worth+1) is.
	lo, hi = lo*(n+1)/(worth+1), (hi*(n+1)+worth)/(worth+1)
	return &Interval{Lo: sorted[lo-1], Hi: sorted[min(hi, n)-1], Confidence: coverage}
}

// tauIndependent is the autocorrelation time below which values count as independent: that of noise comes so far.
const tauIndependent = 1.5
