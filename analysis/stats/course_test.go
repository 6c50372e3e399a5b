package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// autoregression is n values of x_t = r x_t-1 + noise, in its stationary state; their mean is truly 0.
func autoregression(rng *rand.Rand, n int, r float64) []float64 {
	x := make([]float64, n)
	v := rng.NormFloat64() / math.Sqrt(1-r*r)
	for i := range x {
		v = r*v + rng.NormFloat64()
		x[i] = v
	}
	return x
}

// The interval of a mean covers as often as it says although neighbours depend on each other, where Student's, which takes
// them for independent, covers 66 % (r 0.6). The standard error of 1000 trials is 0.7 %.
func TestDescribeCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 7))
	for _, c := range []struct {
		n    int
		r    float64
		want float64
	}{{30, 0.6, 0.941}, {60, 0.3, 0.954}, {60, 0.6, 0.941}, {300, 0.9, 0.942}} {
		const trials = 1000
		covered, student, none := 0, 0, 0
		for range trials {
			x := autoregression(rng, c.n, c.r)
			s := Describe(x)
			switch {
			case s.Interval == nil:
				none++
			case s.Interval.Lo <= 0 && 0 <= s.Interval.Hi:
				covered++
			}
			if i, _ := MeanInterval(x, Confidence); i.Lo <= 0 && 0 <= i.Hi {
				student++
			}
		}
		if none > trials/20 {
			t.Errorf("n %d r %v: %d of %d have no interval", c.n, c.r, none, trials)
		}
		if share := float64(covered+none) / trials; math.Abs(share-c.want) > 0.022 {
			t.Errorf("n %d r %v: covers %.3f, want %.3f", c.n, c.r, share, c.want)
		}
		if share := float64(student) / trials; c.r >= 0.6 && share > 0.72 {
			t.Errorf("n %d r %v: Student's covers %.3f; these series would prove nothing", c.n, c.r, share)
		}
	}
}

// An autoregression with r has the autocorrelation time (1+r)/(1-r): 1, 4 and 19. Noise alone comes to somewhat more than 1,
// since the larger of two estimates counts.
func TestTau(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 8))
	for _, c := range []struct{ r, want, off float64 }{{0, 1, 0.1}, {0.6, 4, 0.15}, {0.9, 19, 0.15}} {
		s := Describe(autoregression(rng, 20_000, c.r))
		if s.Tau < c.want*(1-c.off) || s.Tau > c.want*(1+c.off) || s.Effective != float64(s.N)/s.Tau {
			t.Errorf("r %v: tau %v, want %v; effective %v", c.r, s.Tau, c.want, s.Effective)
		}
	}
}

// A series that is too long to be kept has the same mean and deviation, and the same autocorrelation time, as in full.
func TestCourseOfManyValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 9))
	x := autoregression(rng, 200_000, 0.9)
	s := Describe(x)
	if math.Abs(s.Mean-Mean(x)) > 1e-12 || math.Abs(s.Deviation-Deviation(x)) > 1e-9 || s.N != len(x) {
		t.Errorf("%+v, want mean %v and deviation %v", s, Mean(x), Deviation(x))
	}
	if full := monotone(autocovariances(x)); math.Abs(s.Tau/full-1) > 0.1 || math.Abs(s.Tau/19-1) > 0.1 {
		t.Errorf("tau %v, in full %v, truly 19", s.Tau, full)
	}
	c := courseOf(x)
	if n := len(c.batches); n > mostBatches || n < mostBatches/2 || c.size != 4 {
		t.Errorf("%d batches of %d", n, c.size)
	}
	if math.Abs(s.Drift) > 3 {
		t.Errorf("a settled series drifts by %v standard errors", s.Drift)
	}
	for i := range x {
		x[i] += 0.5 * float64(i) / float64(len(x)) // 0.25 between the halves: 6 standard errors of sqrt(2 x 19/0.19/100000) = 0.045
	}
	if s := Describe(x); s.Drift < 3 || s.Drift > 9 {
		t.Errorf("a rise by a fifth of the deviation is %v standard errors", s.Drift)
	}
}

// A level that moves between the halves is seen; one that does not is taken for moving in at most 2 % of series.
func TestDrift(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 10))
	wrong, found := 0, 0
	const trials = 500
	for range trials {
		x := autoregression(rng, 120, 0.3)
		if math.Abs(Describe(x).Drift) > 3 {
			wrong++
		}
		for i := 60; i < 120; i++ {
			x[i] -= 3
		}
		if Describe(x).Drift < -3 {
			found++
		}
	}
	if wrong > trials/50 || found < trials*9/10 {
		t.Errorf("of %d, %d settled series drift and %d that fall do", trials, wrong, found)
	}
}

// Equal values know their mean: no width, and never NaN. Few values are said to be few.
func TestDescribeEqualAndFew(t *testing.T) {
	for _, n := range []int{2, 3, 99, 100, 70_001, 200_000} {
		x := make([]float64, n)
		for i := range x {
			x[i] = 0.1
		}
		s := Describe(x)
		if s.Mean != 0.1 || s.Deviation != 0 || s.Tau != 1 || s.Drift != 0 || s.Interval == nil || s.Interval.Lo != 0.1 || s.Interval.Hi != 0.1 {
			t.Errorf("%d equal values: %+v", n, s)
		}
	}
	if s := Describe(nil); s.N != 0 || s.Interval != nil || s.Effective != 0 {
		t.Errorf("no values: %+v", s)
	}
	if s := Describe([]float64{7}); s.Mean != 7 || s.Interval != nil || s.Effective != 1 {
		t.Errorf("one value: %+v", s)
	}
	half := make([]float64, 200)
	for i := range half[100:] {
		half[100+i] = 1
	}
	if s := Describe(half); s.Drift != 1e6 || math.IsNaN(s.Tau) {
		t.Errorf("a step without noise: %+v", s)
	}
	line := make([]float64, 50)
	for i := range line {
		line[i] = float64(i)
	}
	if s := Describe(line); s.Interval != nil && s.Effective < 2 || s.Effective > 5 {
		t.Errorf("a straight line is one value or two: %+v", s)
	}
}

// For values that alternate, and for any pair, tau is 1 and the interval is Student's.
func TestDescribeIsStudentsForIndependentValues(t *testing.T) {
	x := []float64{3, 1, 4, 1, 5, 2, 6}
	s := Describe(x)
	i, _ := MeanInterval(x, Confidence)
	if s.Tau != 1 || math.Abs(s.Interval.Lo-i.Lo) > 1e-12 || math.Abs(s.Interval.Hi-i.Hi) > 1e-12 {
		t.Errorf("%+v %+v, Student's is %+v", s, s.Interval, i)
	}
}

// A shift and a scale of the values move what is in their unit, and nothing else; so does turning their order round.
func TestDescribeProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 11))
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-7*max(math.Abs(a), math.Abs(b), 1) }
	for range 50 {
		x := autoregression(rng, 20+rng.IntN(200), 0.8*rng.Float64())
		moved, back := make([]float64, len(x)), make([]float64, len(x))
		for i, v := range x {
			moved[i], back[len(x)-1-i] = 1000-5*v, v
		}
		a, b, c := Describe(x), Describe(moved), Describe(back)
		if !near(b.Mean, 1000-5*a.Mean) || !near(b.Deviation, 5*a.Deviation) || !near(b.Tau, a.Tau) || !near(b.Drift, -a.Drift) {
			t.Fatalf("%+v, moved and turned %+v", a, b)
		}
		if a.Interval != nil && (b.Interval == nil || !near(b.Interval.Lo, 1000-5*a.Interval.Hi)) {
			t.Fatalf("%+v, moved and turned %+v", a.Interval, b.Interval)
		}
		if !near(c.Tau, a.Tau) || !near(c.Mean, a.Mean) {
			t.Fatalf("%+v, backwards %+v", a, c)
		}
	}
}
