package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

const tail = (1 - Confidence) / 2

// ClopperPearson is the interval of a probability of which k of n independent
// trials are evidence (Biometrika 26, 1934): the probabilities that do not make
// k, or more extreme, rarer than 2.5 % on either side. It covers with at least
// Confidence; without a trial it is 0..1.
func ClopperPearson(k, n int) Interval {
	i := Interval{Lo: 0, Hi: 1, Confidence: Confidence}
	if k > 0 {
		i.Lo = mathext.InvRegIncBeta(float64(k), float64(n-k+1), tail)
	}
	if k < n {
		i.Hi = mathext.InvRegIncBeta(float64(k+1), float64(n-k), 1-tail)
	}
	return i
}

// PoissonInterval is the interval of the rate of independent events, k of which
// happened during an exposure (a time, a number of bytes) above 0, in events per
// unit of it (Garwood, Biometrika 28, 1936). It covers with at least Confidence.
func PoissonInterval(k int, exposure float64) Interval {
	i := Interval{Confidence: Confidence}
	if k > 0 {
		i.Lo = mathext.GammaIncRegInv(float64(k), tail) / exposure
	}
	i.Hi = mathext.GammaIncRegCompInv(float64(k+1), tail) / exposure
	return i
}

// Newcombe is the interval of the difference of two probabilities, p2 - p1, with
// k1 of n1 and k2 of n2 trials as evidence: method 10 of Newcombe (Statistics in
// Medicine 17, 1998), which joins Wilson's intervals. Its coverage is close to
// the confidence, not at least that. n1 and n2 are above 0.
func Newcombe(k1, n1, k2, n2 int, confidence float64) Interval {
	p1, lo1, hi1 := wilson(k1, n1, confidence)
	p2, lo2, hi2 := wilson(k2, n2, confidence)
	return Interval{
		Lo:         p2 - p1 - math.Hypot(p2-lo2, hi1-p1),
		Hi:         p2 - p1 + math.Hypot(hi2-p2, p1-lo1),
		Confidence: confidence,
	}
}

// wilson returns the share k/n and its score interval (Wilson, Journal of the
// American Statistical Association 22, 1927).
func wilson(k, n int, confidence float64) (share, lo, hi float64) {
	z := mathext.NormalQuantile((1 + confidence) / 2)
	total := float64(n)
	share = float64(k) / total
	centre := (share + z*z/(2*total)) / (1 + z*z/total)
	half := z / (1 + z*z/total) * math.Sqrt(share*(1-share)/total+z*z/(4*total*total))
	return share, min(share, centre-half), max(share, centre+half)
}

// Fisher returns the two-sided p of Fisher's exact test that k1 of n1 and k2 of
// n2 come from the same probability: given k1 + k2, the probability of all k2
// that are no more probable than the one seen, as R's fisher.test.
func Fisher(k1, n1, k2, n2 int) float64 {
	k := k1 + k2
	return improbable(max(0, k-n1), min(k, n2), k2, func(i int) float64 {
		return float64(k-i) / float64(i+1) * float64(n2-i) / float64(n1-k+i+1)
	})
}

// RateRatio compares the rates of independent events, k1 during exposure t1 and
// k2 during t2, both above 0: it returns (k2/t2) / (k1/t1), its interval and the
// two-sided p that it is 1. Given k1 + k2, k2 is binomial (Przyborowski &
// Wilenski, Biometrika 31, 1940); the interval is that of Clopper and Pearson, p
// as in R's poisson.test. Without events on side 1 the ratio, and what lies
// above, is +Inf; without any at all it is 1, in 0..+Inf with p 1.
func RateRatio(k1 int, t1 float64, k2 int, t2 float64) (ratio float64, interval Interval, p float64) {
	n := k1 + k2
	share := ClopperPearson(k2, n)
	odds := func(p float64) float64 { return p / (1 - p) * t1 / t2 }
	interval = Interval{Lo: odds(share.Lo), Hi: odds(share.Hi), Confidence: Confidence}
	p = improbable(0, n, k2, func(i int) float64 {
		return float64(n-i) / float64(i+1) * t2 / t1
	})
	if n == 0 {
		return 1, interval, p
	}
	return float64(k2) / t2 * t1 / float64(k1), interval, p
}

// improbable is the total probability of all outcomes lo..hi that are no more
// probable than at, but for rounding. next is the probability of i+1 relative to
// that of i and falls with i: there is one mode, from where weights are taken.
func improbable(lo, hi, at int, next func(i int) float64) float64 {
	mode := lo + sort.Search(hi-lo, func(i int) bool { return next(lo+i) < 1 })
	weights := make([]float64, hi-lo+1)
	weights[mode-lo] = 1
	for i := mode; i < hi; i++ {
		weights[i+1-lo] = weights[i-lo] * next(i)
	}
	for i := mode - 1; i >= lo; i-- {
		weights[i-lo] = weights[i+1-lo] / next(i)
	}
	var all, least float64
	limit := weights[at-lo] * (1 + 1e-7)
	for _, w := range weights {
		all += w
		if w <= limit {
			least += w
		}
	}
	return least / all
}
