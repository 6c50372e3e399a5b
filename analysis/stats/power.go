package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// mostSamples is where SampleSize gives up.
const mostSamples = 1_000_000

// Power returns the probability that a two-sided two-sample t test at level
// alpha with n values a side rejects when the means differ by d standard
// deviations: both tails of the noncentral t with 2n-2 degrees of freedom, as
// R's power.t.test(strict = TRUE). Below two values a side it is 0.
func Power(n int, d, alpha float64) float64 {
	return power(2*float64(n)-2, d*math.Sqrt(float64(n)/2), alpha)
}

// PowerPaired is Power for the t test of n paired differences, d being their
// mean in standard deviations of the differences.
func PowerPaired(n int, d, alpha float64) float64 {
	return power(float64(n)-1, d*math.Sqrt(float64(n)), alpha)
}

// DetectableEffect returns the difference, in standard deviations of a side,
// that a two-sided two-sample t test at level alpha with n values a side detects
// with the power given, between alpha and 1. Below two values a side it is +Inf:
// nothing is detected.
func DetectableEffect(n int, alpha, power float64) float64 {
	if n < 2 {
		return math.Inf(1)
	}
	lo, hi := 0.0, 1.0
	for Power(n, hi, alpha) < power {
		lo, hi = hi, 2*hi
	}
	for range 60 {
		if mid := (lo + hi) / 2; Power(n, mid, alpha) < power {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// SampleSize returns the least number of values a side with which a two-sided
// two-sample t test at level alpha detects a difference of d standard
// deviations with the power given; math.MaxInt when a million do not suffice.
func SampleSize(d, alpha, power float64) int {
	n := sort.Search(mostSamples, func(n int) bool { return Power(n, d, alpha) >= power })
	if n == mostSamples {
		return math.MaxInt
	}
	return n
}

func power(freedom, noncentrality, alpha float64) float64 {
	if freedom <= 0 {
		return 0
	}
	c := critical(alpha, freedom)
	atMost := func(mu float64) float64 { return distuv.NoncentralT{Nu: freedom, Mu: mu}.CDF(c) }
	// Below -c, that is above c for the mirrored distribution: gonum 0.17 is
	// wrong at negative t once exp(-mu*mu/2) underflows.
	return (1 - atMost(noncentrality)) + (1 - atMost(-noncentrality))
}
