package analysis

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

func TestQuantiles(t *testing.T) {
	values := make([]float64, 368)
	for i := range values {
		values[i] = float64(len(values) - i)
	}
	all := Quantiles(values)
	if len(all) != 3 || all["_p50"] != 184.5 || math.Abs(all["_p99"]-364.33) > 1e-9 {
		t.Errorf("quantiles of 1..368: %v; want p50 184.5, p99 1 + 0.99 x 367 = 364.33", all)
	}
	if values[0] != 368 {
		t.Error("the caller's values were sorted")
	}
	if got := Quantiles(values[:367]); len(got) != 2 {
		t.Errorf("367 values carry %v; want p50 and p90 only", got)
	}
	if got := Quantiles(values[:5]); len(got) != 0 {
		t.Errorf("5 values carry %v; want none", got)
	}
}

func TestDescribeUnits(t *testing.T) {
	var oneBoot, sixBoots [][]float64
	oneBoot = append(oneBoot, []float64{3, 1, 2, 6, 5, 4})
	for b := range 6 {
		sixBoots = append(sixBoots, []float64{float64(b), float64(b) + 100, float64(b)})
	}
	if s := describe(oneBoot); s.N != 6 || s.Of != "repeats" || s.Median != 3.5 || s.Interval == nil || s.Interval.Lo != 1 || s.Interval.Hi != 6 {
		t.Errorf("one boot of six repeats: %+v", s)
	}
	if s := describe(sixBoots); s.N != 6 || s.Of != "boots" || s.Median != 2.5 || s.Interval.Hi != 5 || s.Max != 105 {
		t.Errorf("six boots: %+v; a boot is one value, the median of its repeats", s)
	}
	if s := describe(sixBoots[:2]); s.Of != "repeats" || s.N != 6 {
		t.Errorf("two boots: %+v; below six boots repeats are the values", s)
	}
}

func TestDistribution(t *testing.T) {
	values := make([]float64, 100_000)
	for i := range values {
		values[i] = float64((i*7919)%len(values)) + 1
	}
	points := Distribution(values, 400)
	if len(points) > 400 || len(points) < 300 {
		t.Fatalf("%d points, want about 400", len(points))
	}
	first, last := points[0], points[len(points)-1]
	if first.V != 1 || last.V != 100_000 || last.P != 1 {
		t.Errorf("extremes are lost: first %v, last %v", first, last)
	}
	tail := 0
	for i, p := range points {
		if math.Abs(p.V-p.P*100_000) > 1e-6 {
			t.Fatalf("point %v is not on the distribution of 1..100000", p)
		}
		if i > 0 && p.P <= points[i-1].P {
			t.Fatalf("point %d is not above the one before", i)
		}
		if p.P > 0.999 {
			tail++
		}
	}
	if tail < 40 {
		t.Errorf("%d points above p99.9; the tail has lost its shape", tail)
	}
	if got := Distribution([]float64{5, 5}, 400); len(got) != 2 || got[1] != (Point{5, 1}) {
		t.Errorf("two values: %v", got)
	}
	if got := Distribution(nil, 400); got != nil {
		t.Errorf("no values: %v", got)
	}
}
