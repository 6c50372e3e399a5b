package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// ClopperPearson returns the exact interval of a probability of which k of n trials, 0 <= k <= n and n at least 1, came true
// (C. J. Clopper and E. S. Pearson, Biometrika 26, 1934). Without any it ends at 1 - 0.025^(1/n), about 3.7/n.
func ClopperPearson(k, n int) Interval {
	tail := (1 - Confidence) / 2
	i := Interval{Hi: 1, Confidence: Confidence}
	if k > 0 {
		i.Lo = mathext.InvRegIncBeta(float64(k), float64(n-k+1), tail)
	}
	if k < n {
		i.Hi = mathext.InvRegIncBeta(float64(k+1), float64(n-k), 1-tail)
	}
	return i
}

// PoissonInterval returns the exact interval of the rate of events, of which k came in an exposure of any unit, above 0
// (F. Garwood, Biometrika 28, 1936).
func PoissonInterval(k int, exposure float64) Interval {
	tail := (1 - Confidence) / 2
	i := Interval{Confidence: Confidence}
	if k > 0 {
		i.Lo = distuv.ChiSquared{K: float64(2 * k)}.Quantile(tail) / 2 / exposure
	}
	i.Hi = distuv.ChiSquared{K: float64(2*k + 2)}.Quantile(1-tail) / 2 / exposure
	return i
}

// Newcombe returns the interval of the difference of two probabilities, k2/n2 - k1/n1, from the score intervals of each
// (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10).
func Newcombe(k1, n1, k2, n2 int) Interval {
	p1, lo1, hi1 := wilson(k1, n1)
	p2, lo2, hi2 := wilson(k2, n2)
	d := p2 - p1
	return Interval{
		Lo:         d - math.Hypot(p2-lo2, hi1-p1),
		Hi:         d + math.Hypot(hi2-p2, p1-lo1),
		Confidence: Confidence,
	}
}

// wilson is the score interval of a probability.
func wilson(k, n int) (p, lo, hi float64) {
	z := distuv.UnitNormal.Quantile((1 + Confidence) / 2)
	N := float64(n)
	p = float64(k) / N
	center := (p + z*z/(2*N)) / (1 + z*z/N)
	half := z * math.Sqrt(p*(1-p)/N+z*z/(4*N*N)) / (1 + z*z/N)
	return p, max(center-half, 0), min(center+half, 1)
}

// Fisher returns the two-sided p-value of the exact test that k1 of n1 and k2 of n2 come from one probability (R. A. Fisher
// 1935): the sum over all tables with the same margins that are no more likely than this one.
func Fisher(k1, n1, k2, n2 int) float64 {
	k := k1 + k2
	chance := func(i int) float64 {
		return math.Exp(logChoose(n1, i) + logChoose(n2, k-i) - logChoose(n1+n2, k))
	}
	limit := chance(k1) * (1 + 1e-7)
	p := 0.0
	for i := max(0, k-n2); i <= min(k, n1); i++ {
		if c := chance(i); c <= limit {
			p += c
		}
	}
	return min(p, 1)
}

// RateRatio compares events that came k1 times in an exposure t1 and k2 times in t2, both above 0: the ratio of the rates, the
// second over the first, its exact interval and the exact two-sided p-value that it is 1. Given their sum the second count is
// binomial (J. Przyborowski and H. Wilenski, Biometrika 31, 1940). Without any first event the ratio and the upper end are
// +Inf; without any event at all the ratio is 1.
func RateRatio(k1 int, t1 float64, k2 int, t2 float64) (ratio float64, interval Interval, p float64) {
	n := k1 + k2
	if n == 0 {
		return 1, Interval{Lo: 0, Hi: math.Inf(1), Confidence: Confidence}, 1
	}
	of := func(share float64) float64 { return share / (1 - share) * t1 / t2 }
	share := ClopperPearson(k2, n)
	interval = Interval{Lo: of(share.Lo), Hi: of(share.Hi), Confidence: Confidence}
	return float64(k2) / float64(k1) * t1 / t2, interval, binomialTest(k2, n, t2/(t1+t2))
}

// binomialTest is the exact two-sided p-value: the sum over all counts that are no more likely than k.
func binomialTest(k, n int, chance float64) float64 {
	b := distuv.Binomial{N: float64(n), P: chance}
	limit := b.Prob(float64(k)) * (1 + 1e-7)
	p := 0.0
	for i := range n + 1 {
		if v := b.Prob(float64(i)); v <= limit {
			p += v
		}
	}
	return min(p, 1)
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
