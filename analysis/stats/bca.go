package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

const (
	bootstrapSamples = 10_000
	bootstrapNeeds   = 10 // below, bootstrap intervals cover far too little
)

// BCa is the bias-corrected and accelerated bootstrap interval of a statistic
// (Efron, Journal of the American Statistical Association 82, 1987) from 10 000
// resamples of the independent values x; the seed fixes them. It is for
// statistics without an interval of their own: BCa covers approximately, and
// less than it says when x is small. ok is false below ten values, and where the
// resamples do not determine it: a statistic that is not finite, or one that lies
// outside all of them. The statistic must not change or keep its argument.
func BCa(x []float64, statistic func([]float64) float64, seed uint64) (i Interval, ok bool) {
	if len(x) < bootstrapNeeds {
		return i, false
	}
	resampled := resample(x, statistic, seed)
	bias := mathext.NormalQuantile(below(resampled, statistic(x)))
	skew := acceleration(x, statistic)
	if !finite(bias, skew) || !finite(resampled...) {
		return i, false
	}
	slices.Sort(resampled)
	at := func(q float64) float64 {
		z := bias + mathext.NormalQuantile(q)
		return Quantile(resampled, normal(bias+z/max(1-skew*z, math.SmallestNonzeroFloat64)))
	}
	return Interval{Lo: at(tail), Hi: at(1 - tail), Confidence: Confidence}, true
}

func resample(x []float64, statistic func([]float64) float64, seed uint64) []float64 {
	random := rand.New(rand.NewPCG(seed, uint64(len(x))))
	values := make([]float64, bootstrapSamples)
	drawn := make([]float64, len(x))
	for r := range values {
		for i := range drawn {
			drawn[i] = x[random.IntN(len(x))]
		}
		values[r] = statistic(drawn)
	}
	return values
}

// below is the share of values below the limit; those equal count half.
func below(values []float64, limit float64) float64 {
	var n float64
	for _, v := range values {
		switch {
		case v < limit:
			n++
		case v == limit:
			n += 0.5
		}
	}
	return n / float64(len(values))
}

// acceleration is a sixth of the skewness of the jackknife's influences, 0 when
// there are none.
func acceleration(x []float64, statistic func([]float64) float64) float64 {
	without := make([]float64, len(x))
	for i := range x {
		without[i] = statistic(slices.Concat(x[:i], x[i+1:]))
	}
	mean, spread := Mean(without), Deviation(without)
	if spread == 0 {
		return 0
	}
	var squares, cubes float64
	for _, v := range without {
		d := (mean - v) / spread
		squares += d * d
		cubes += d * d * d
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// normal is the distribution function of the standard normal.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
