package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every share below is of this many seeded trials: its standard error is 0.0044
// at 5 %, 0.01 at 50 %.
const trials = 2500

// shareOf is how often a trial is true.
func shareOf(seed uint64, trial func(*rand.Rand) bool) float64 {
	random := rand.New(rand.NewPCG(67, seed))
	n := 0
	for range trials {
		if trial(random) {
			n++
		}
	}
	return float64(n) / trials
}

func within(t *testing.T, what string, share, from, to float64) {
	t.Helper()
	if share < from || share > to {
		t.Errorf("%s: %.4f, want %.3f..%.3f", what, share, from, to)
	}
}

func draw(n int, value func() float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = value()
	}
	return x
}

func (i Interval) covers(v float64) bool { return i.Lo <= v && v <= i.Hi }

// Five boots of ten repeats each, boots as different as repeats are: means of
// boots are the observations. All repeats in one heap cover their common mean
// far too seldom, about 60 %.
func TestBootsCover(t *testing.T) {
	boots := func(random *rand.Rand) (means, heap []float64) {
		for range 5 {
			luck := random.NormFloat64()
			repeats := draw(10, func() float64 { return luck + random.NormFloat64() })
			means, heap = append(means, Mean(repeats)), append(heap, repeats...)
		}
		return means, heap
	}
	within(t, "t interval of boots", shareOf(1, func(random *rand.Rand) bool {
		means, _ := boots(random)
		i, _ := MeanInterval(means, Confidence)
		return i.covers(0)
	}), 0.93, 0.97)
	within(t, "t interval of all repeats", shareOf(2, func(random *rand.Rand) bool {
		_, heap := boots(random)
		i, _ := MeanInterval(heap, Confidence)
		return i.covers(0)
	}), 0.55, 0.65)
}

// shapes are distributions of a boot's value with a standard deviation near 1.
var shapes = []struct {
	what string
	draw func(*rand.Rand) float64
}{
	{"normal", (*rand.Rand).NormFloat64},
	{"one in ten far off", func(r *rand.Rand) float64 {
		if r.Float64() < 0.1 {
			return 5 * r.NormFloat64()
		}
		return r.NormFloat64()
	}},
	{"two modes", func(r *rand.Rand) float64 { return math.Copysign(1, r.Float64()-0.5) + 0.3*r.NormFloat64() }},
	{"skewed", func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) }},
}

// The Hodges–Lehmann interval covers with just what it states, whatever the
// distribution, and the t interval with about 95 %.
func TestShiftIsCovered(t *testing.T) {
	for i, shape := range shapes {
		for _, n := range []int{5, 10} {
			var stated float64
			share := shareOf(uint64(10+i), func(random *rand.Rand) bool {
				one := func() float64 { return shape.draw(random) }
				_, interval := HodgesLehmann(draw(n, one), draw(n, func() float64 { return 2 + one() }), Confidence)
				stated = interval.Confidence
				return interval.covers(2)
			})
			within(t, shape.what, share, stated-0.014, stated+0.014)
		}
	}
	within(t, "Walsh", shareOf(20, func(random *rand.Rand) bool {
		_, interval := Walsh(draw(8, func() float64 { return 1 + shapes[1].draw(random) }), Confidence)
		return interval.covers(1)
	}), 0.9609-0.014, 0.9609+0.014)
	within(t, "Welch", shareOf(21, func(random *rand.Rand) bool {
		x, y := draw(5, random.NormFloat64), draw(8, func() float64 { return 2 + 3*random.NormFloat64() })
		i, _ := WelchInterval(x, y, Confidence)
		return i.covers(2)
	}), 0.936, 0.964)
}

// False alarms, and power at a shift of two standard deviations. Five normal
// values a side: the exact test rejects for U of 0, 1 and 2, 8 of 252
// arrangements; Student's t, to which Welch's comes close, has a power of 0.79.
func TestErrorsOfFive(t *testing.T) {
	rejects := func(n int, shape func(*rand.Rand) float64, shift float64, test func(x, y []float64) float64) func(*rand.Rand) bool {
		return func(random *rand.Rand) bool {
			one := func() float64 { return shape(random) }
			return test(draw(n, one), draw(n, func() float64 { return shift + one() })) <= 0.05
		}
	}
	welchP := func(x, y []float64) float64 { p, _ := Welch(x, y); return p }
	normalShape := shapes[0].draw
	within(t, "Welch, no shift", shareOf(30, rejects(5, normalShape, 0, welchP)), 0.033, 0.053)
	within(t, "Welch, shift", shareOf(31, rejects(5, normalShape, 2, welchP)), 0.75, 0.80)
	exact := 8. / 252
	within(t, "Mann–Whitney, no shift", shareOf(32, rejects(5, normalShape, 0, MannWhitney)), exact-0.012, exact+0.012)
	within(t, "Mann–Whitney, shift", shareOf(33, rejects(5, normalShape, 2, MannWhitney)), 0.65, 0.71)
	for i, shape := range shapes {
		within(t, "Mann–Whitney, no shift, "+shape.what, shareOf(uint64(40+i), rejects(10, shape.draw, 0, MannWhitney)), 0.03, 0.05+0.01)
		within(t, "Welch, no shift, "+shape.what, shareOf(uint64(50+i), rejects(10, shape.draw, 0, welchP)), 0, 0.05+0.01)
	}
}

// Twelve metrics that share half their variance and do not change: some p is at
// most 5 % in about a third of comparisons, some adjusted one at most in 5 %.
func TestFamilyOfTwelve(t *testing.T) {
	var adjust func([]float64) []float64
	alarm := func(random *rand.Rand) bool {
		const boots, metrics = 8, 12
		var sides [2][metrics][]float64
		for s := range sides {
			for range boots {
				common := random.NormFloat64()
				for m := range metrics {
					sides[s][m] = append(sides[s][m], math.Sqrt(0.5)*(common+random.NormFloat64()))
				}
			}
		}
		p := make([]float64, metrics)
		for m := range p {
			p[m], _ = Welch(sides[0][m], sides[1][m])
		}
		for _, q := range adjust(p) {
			if q <= 0.05 {
				return true
			}
		}
		return false
	}
	adjust = func(p []float64) []float64 { return p }
	within(t, "any of twelve", shareOf(60, alarm), 0.25, 0.37)
	adjust = Holm
	within(t, "any after Holm", shareOf(60, alarm), 0.01, 0.05)
	adjust = BenjaminiHochberg
	within(t, "any after Benjamini–Hochberg", shareOf(60, alarm), 0.01, 0.05+0.01)
}

// 120 trials of 15 normal values: the standard error is 0.02. BCa covers less
// than it says at this size, never much.
func TestBCaCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(67, 70))
	const some = 120
	n := 0
	for i := range some {
		if interval, ok := BCa(draw(15, random.NormFloat64), Mean, uint64(i)); ok && interval.covers(0) {
			n++
		}
	}
	within(t, "BCa", float64(n)/some, 0.86, 0.98)
}
