package analysis

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// variation is how far values of a metric lie about their mean.
type variation struct {
	n         int
	deviation float64 // of their logarithms, for what is compared by ratios; else as a fraction of the mean
	logs      bool
}

func variationOf(m results.Metric, values []float64) variation {
	s := variation{n: len(values)}
	if logs := logarithms(m, values); logs != nil {
		s.logs, s.deviation = true, stats.Deviation(logs)
	} else if d := stats.Deviation(values); d > 0 {
		s.deviation = d / math.Abs(stats.Mean(values))
	}
	return s
}

// halfWidth is half the width of the t interval of the mean of n such values, as a fraction of the mean; +Inf below two values.
func (s variation) halfWidth(n int) float64 {
	switch {
	case n < 2:
		return math.Inf(1)
	case s.deviation == 0:
		return 0
	}
	h := quantilesOf(n).t * s.deviation / math.Sqrt(float64(n))
	if s.logs {
		return math.Sinh(h) // half of e^h - e^-h
	}
	return h
}

// least is the smallest variation that could still have given these values: its one-sided 95 % bound, by chi-square.
func (s variation) least() variation {
	if s.n > 1 {
		s.deviation *= math.Sqrt(float64(s.n-1) / quantilesOf(s.n).chi)
	}
	return s
}

// quantiles of the distributions of n values, n at least 2.
type quantiles struct {
	t   float64 // two-sided
	chi float64 // one-sided, of chi-square
}

// firstQuantiles are kept, since every look at every case asks for them and they take microseconds.
var firstQuantiles = sync.OnceValue(func() (first [65]quantiles) {
	for n := 2; n < len(first); n++ {
		first[n] = newQuantiles(n)
	}
	return first
})

func quantilesOf(n int) quantiles {
	if first := firstQuantiles(); n < len(first) {
		return first[n]
	}
	return newQuantiles(n)
}

func newQuantiles(n int) quantiles {
	df := float64(n - 1)
	return quantiles{
		t:   distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1 + stats.Confidence) / 2),
		chi: distuv.ChiSquared{K: df}.Quantile(stats.Confidence),
	}
}

// needs is the least number of values whose half width is at most target, up to enough of them to say that it is hopeless.
func (s variation) needs(target float64) int {
	const hopeless = 1_000_000
	lo, hi := 1, 2
	for hi < hopeless && s.halfWidth(hi) > target {
		lo, hi = hi, 2*hi
	}
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; s.halfWidth(mid) > target {
			lo = mid
		} else {
			hi = mid
		}
	}
	return min(hi, hopeless)
}
