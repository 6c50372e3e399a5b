package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The expected values are by hand from h = (n-1) q on n = 7 and agree with
// numpy.quantile(x, q, method="linear") of NumPy 1.24.2:
// q 0.1: h = 0.6, 2.5 + 0.6 (3.1-2.5) = 2.86; q 0.25: h = 1.5, (3.1+4.7)/2 = 3.9;
// q 0.9: h = 5.4, 9.9 + 0.4 (12.4-9.9) = 10.9; q 0.99: h = 5.94, 9.9 + 0.94 x 2.5 = 12.25.
func TestQuantile(t *testing.T) {
	x := []float64{2.5, 3.1, 4.7, 5.0, 8.2, 9.9, 12.4}
	for _, c := range []struct{ q, want float64 }{
		{0, 2.5}, {0.1, 2.86}, {0.25, 3.9}, {0.5, 5.0}, {0.9, 10.9}, {0.99, 12.25}, {1, 12.4},
	} {
		if got := Quantile(x, c.q); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("quantile %v is %v, want %v", c.q, got, c.want)
		}
	}
	if got := Quantile([]float64{1, 2}, 0.5); got != 1.5 {
		t.Errorf("median of an even number of values is %v, want their mean 1.5", got)
	}
	if got := Quantile([]float64{7}, 0.99); got != 7 {
		t.Errorf("quantile of one value is %v, want that value", got)
	}
}

// ln 0.025 / ln q rounded up: 5.32, 35.01, 71.92, 367.04, 3687.04.
func TestNeeds(t *testing.T) {
	for _, c := range []struct {
		q    float64
		want int
	}{{0.5, 6}, {0.9, 36}, {0.95, 72}, {0.99, 368}, {0.999, 3688}} {
		if got := Needs(c.q); got != c.want {
			t.Errorf("quantile %v needs %d, want %d", c.q, got, c.want)
		}
	}
}

// Ranks and coverage are those of scipy 1.10.1: lo = binom.ppf(.025, n, q),
// hi = binom.ppf(.975, n, q) + 1, coverage = binom.cdf(hi-1) - binom.cdf(lo-1).
// n = 6 by hand: 1 - 2/64; n = 10: 1 - 2 (1+10)/1024.
func TestRanks(t *testing.T) {
	for _, c := range []struct {
		n        int
		q        float64
		lo, hi   int
		coverage float64
	}{
		{6, 0.5, 1, 6, 0.96875},
		{10, 0.5, 2, 9, 0.978515625},
		{20, 0.5, 6, 15, 0.9586105346679688},
		{31, 0.5, 10, 22, 0.9705506265163422},
		{36, 0.9, 29, 36, 0.9539621052026521},
		{368, 0.99, 360, 368, 0.9624158204108587},
		{1000, 0.99, 983, 997, 0.976094763497977},
	} {
		lo, hi, coverage, ok := Ranks(c.n, c.q)
		if !ok || lo != c.lo || hi != c.hi || math.Abs(coverage-c.coverage) > 1e-12 {
			t.Errorf("n %d q %v: ranks %d..%d, coverage %v, %v; want %d..%d, %v", c.n, c.q, lo, hi, coverage, ok, c.lo, c.hi, c.coverage)
		}
	}
	for n := range 6 {
		if _, _, _, ok := Ranks(n, 0.5); ok {
			t.Errorf("n %d: an interval of the median; none has 95 %%", n)
		}
	}
	if _, _, _, ok := Ranks(367, 0.99); ok {
		t.Error("n 367: an interval of p99; the smallest n is 368")
	}
}

// The interval makes no assumption on the distribution: a skewed one is
// covered as often as the binomial says, 0.9785 for n = 10. The standard error
// of 4000 trials is 0.0023.
func TestMedianIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 1))
	const trials = 4000
	covered := 0
	for range trials {
		x := make([]float64, 10)
		for i := range x {
			x[i] = rng.ExpFloat64()
		}
		slices.Sort(x)
		if iv := MedianInterval(x); iv.Lo <= math.Ln2 && math.Ln2 <= iv.Hi {
			covered++
		}
	}
	if share := float64(covered) / trials; math.Abs(share-0.978515625) > 0.01 {
		t.Errorf("covered %.4f of the time, want 0.9785", share)
	}
}

// With the ranks of scipy's binomial, see TestRanks: 10 independent values have the median between ranks 2 and 9; 109 that are
// worth 10 between ranks 2 x 110/11 = 20 and 9 x 110/11 = 90. Values worth two thirds of their number count as all.
func TestQuantileInterval(t *testing.T) {
	x := make([]float64, 109)
	for i := range x {
		x[i] = float64(i + 1)
	}
	for _, c := range []struct {
		n               int
		q, effective    float64
		lo, hi, covered float64
	}{
		{10, 0.5, 10, 2, 9, 0.978515625},
		{10, 0.5, 7, 2, 9, 0.978515625},
		{109, 0.5, 10, 20, 90, 0.978515625},
		{109, 0.5, 10.9, 20, 90, 0.978515625},
		{109, 0.9, 36, 86, 108, 0.9539621052026521}, // ranks 29 x 110/37 = 86.2 and 36 x 110/37 = 107.03
	} {
		i := QuantileInterval(x[:c.n], c.q, c.effective)
		if i == nil || i.Lo != c.lo || i.Hi != c.hi || math.Abs(i.Confidence-c.covered) > 1e-12 {
			t.Errorf("%+v: %+v", c, i)
		}
	}
	if i := QuantileInterval(x, 0.9, 35); i != nil {
		t.Errorf("p90 of 35 effective values: %+v", i)
	}
}

// p90 of an autoregression with r = 0.6, 1000 values worth 250: the interval by the effective number covers about as often as
// it says, that by the number far less. The standard error of 300 trials is 1.3 % and 2.2 %.
func TestQuantileIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 15))
	truth := 1.2815515655446004 / 0.8 // of the normal, whose deviation is 1/sqrt(1-0.36)
	covered, naive := 0, 0
	const trials = 300
	for range trials {
		x := autoregression(rng, 1000, 0.6)
		effective := Describe(x).Effective
		slices.Sort(x)
		if i := QuantileInterval(x, 0.9, effective); i.Lo <= truth && truth <= i.Hi {
			covered++
		}
		if i := QuantileInterval(x, 0.9, 1000); i.Lo <= truth && truth <= i.Hi {
			naive++
		}
	}
	if c, n := float64(covered)/trials, float64(naive)/trials; c < 0.93 || n > 0.9 {
		t.Errorf("covers %.3f, as if independent %.3f", c, n)
	}
}
