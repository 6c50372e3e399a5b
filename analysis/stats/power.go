package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Power is the probability that the two-sided two-sample t test at alpha finds a difference of d standard deviations with n
// values a side, n at least 2 (noncentral t; J. Cohen, Statistical Power Analysis, 1988).
func Power(n int, d, alpha float64) float64 {
	return power(float64(2*n-2), math.Abs(d)*math.Sqrt(float64(n)/2), alpha)
}

// PowerPaired is that of the one-sample test of n differences, whose standard deviation is 1.
func PowerPaired(n int, d, alpha float64) float64 {
	return power(float64(n-1), math.Abs(d)*math.Sqrt(float64(n)), alpha)
}

func power(df, shift, alpha float64) float64 {
	critical := distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(1 - alpha/2)
	if shift > 30 { // far beyond what the noncentral t can be computed for, and 1 to every digit
		return 1
	}
	t := distuv.NoncentralT{Nu: df, Mu: shift}
	return 1 - t.CDF(critical) + t.CDF(-critical)
}

// DetectableEffect is the smallest difference, in standard deviations, that n values a side find with this power: 2.02 with
// five a side at alpha 0.05 and power 0.8. +Inf below two values.
func DetectableEffect(n int, alpha, power float64) float64 {
	if n < 2 {
		return math.Inf(1)
	}
	lo, hi := 0.0, 1.0
	for Power(n, hi, alpha) < power {
		hi *= 2
	}
	for range 60 {
		mid := (lo + hi) / 2
		if Power(n, mid, alpha) < power {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// SampleSize is the least number of values a side that finds a difference of d standard deviations with this power, at most
// 1e6; d is not 0.
func SampleSize(d, alpha, power float64) int {
	lo, hi := 1, 2
	for hi < 1_000_000 && Power(hi, d, alpha) < power {
		lo, hi = hi, 2*hi
	}
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if Power(mid, d, alpha) < power {
			lo = mid
		} else {
			hi = mid
		}
	}
	return min(hi, 1_000_000)
}
