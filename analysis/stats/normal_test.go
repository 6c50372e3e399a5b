package stats

import (
	"math"
	"testing"
)

// near fails when got is further from want than the relative tolerance.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if got != want && !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s is %.16g, want %.16g", what, got, want)
	}
}

func nearInterval(t *testing.T, what string, got Interval, lo, hi, tolerance float64) {
	t.Helper()
	near(t, what+" from", got.Lo, lo, tolerance)
	near(t, what+" to", got.Hi, hi, tolerance)
}

// The values of one boot each, of two firmwares, and differences of pairs.
var (
	before = []float64{9.71, 9.93, 10.02, 9.88, 9.79}
	after  = []float64{9.21, 9.35, 9.47, 9.02, 9.4}
	spread = []float64{5.1, 9.9, 7.2, 12.8, 30.5, 2.2, 8.3, 9.1}
	paired = []float64{.3, -.1, .25, .4, .05, .2}
)

// R 4.2.2: mean(x), sd(x), t.test(x), t.test(x, conf.level = .9), t.test(d).
func TestMeanKnown(t *testing.T) {
	near(t, "mean", Mean(before), 9.866, 1e-14)
	near(t, "deviation", Deviation(before), 0.120540449642433, 1e-13)
	i, _ := MeanInterval(before, 0.95)
	nearInterval(t, "95 %", i, 9.7163292633517, 10.0156707366483, 1e-13)
	i, _ = MeanInterval(before, 0.9)
	nearInterval(t, "90 %", i, 9.75107783628299, 9.98092216371701, 1e-13)
	p, _ := TTest(paired)
	near(t, "p of pairs", p, 0.0555239812010795, 1e-12)
}

// R 4.2.2: t.test(y, x), t.test(y, x, conf.level = .9).
func TestWelchKnown(t *testing.T) {
	p, _ := Welch(before, after)
	near(t, "p", p, 0.000546662145383956, 1e-12)
	i, _ := WelchInterval(before, after, 0.95)
	nearInterval(t, "95 %", i, -0.803604314631508, -0.34839568536849, 1e-12)
	i, _ = WelchInterval(before, after, 0.9)
	nearInterval(t, "90 %", i, -0.758388953292662, -0.393611046707336, 1e-12)
	p, _ = Welch(before, spread)
	near(t, "p of unequal n and variance", p, 0.807652502493265, 1e-12)
	i, _ = WelchInterval(before, spread, 0.95)
	nearInterval(t, "unequal n and variance", i, -6.44288521568254, 7.98588521568254, 1e-12)
}

// A p far out is a survival probability, not 1 less a distribution function,
// which would stop at 1.1e-16. SciPy 1.10.1: ttest_ind(b, a, equal_var=False),
// ttest_1samp(1000 + a, 0); R's t.test gives the same. The statistic is 16330,
// so that p, which goes with its 14th power, keeps 9 digits.
func TestTails(t *testing.T) {
	a := []float64{1, 1.01, .99, 1.02, .98, 1.005, .995, 1}
	up, far := make([]float64, len(a)), make([]float64, len(a))
	for i, v := range a {
		up[i], far[i] = v+100, v+1000
	}
	p, _ := Welch(a, up)
	near(t, "p of Welch", p, 2.30272626245201e-52, 1e-9)
	p, _ = TTest(far)
	near(t, "p of t", p, 7.485849835490118e-36, 1e-9)
}

// R 4.2.2: qt(.975, c(1, 2, 4, 9, 29, 3.3, 1000)), qt(.95, 4), qt(.5e-6, 7, lower = FALSE),
// qt(.999/2, 4, lower = FALSE), qt(.975, 1e6).
func TestCritical(t *testing.T) {
	for _, c := range []struct{ alpha, freedom, want float64 }{
		{.05, 1, 12.7062047361747}, {.05, 2, 4.30265272974946}, {.05, 4, 2.77644510519779}, {.05, 9, 2.2621571627982},
		{.05, 29, 2.0452296421327}, {.05, 3.3, 3.02487446184081}, {.05, 1000, 1.96233908082641},
		{.1, 4, 2.13184678632665}, {1e-6, 7, 15.76700943748259},
		{.999, 4, 0.00133333382716083},
		{1e-6, 1, 1 / math.Tan(math.Pi*.5e-6)}, {1e-12, 2, math.Sqrt(2/(1e-12*(2-1e-12)) - 2)}, // closed forms
	} {
		near(t, "critical t", critical(c.alpha, c.freedom), c.want, 1e-11)
	}
	// Logarithms of the gamma function of half a million leave ten digits.
	near(t, "critical t of a million", critical(.05, 1e6), 1.95996635681411, 1e-10)
}

// NIST StRD NumAcc3 and NumAcc4: 1001 values c + .2, then c + .1 and c + .3 in
// turn; the certified mean is c + .2, the standard deviation .1. The values
// themselves have no more than 9 and 8 digits below their offset.
func TestOffset(t *testing.T) {
	for _, c := range []struct{ offset, tolerance float64 }{{1e6, 1e-9}, {1e7, 1e-8}} {
		x := []float64{c.offset + .2}
		for range 500 {
			x = append(x, c.offset+.1, c.offset+.3)
		}
		near(t, "mean", Mean(x), c.offset+.2, 1e-15)
		near(t, "deviation", Deviation(x), .1, c.tolerance)
	}
}

// Without variance there is no t: equal means are equal, others differ.
func TestNoVariance(t *testing.T) {
	zero, tenth, fifth := []float64{0, 0, 0}, []float64{.1, .1, .1}, []float64{.2, .2, .2}
	expect := func(what string, p float64, ok bool) func(float64, bool) {
		return func(gotP float64, gotOK bool) {
			if gotP != p || gotOK != ok {
				t.Errorf("%s: p %v, %v; want %v, %v", what, gotP, gotOK, p, ok)
			}
		}
	}
	expect("pairs that are equal", 1, true)(TTest(zero))
	expect("pairs that differ equally", 0, true)(TTest(tenth))
	expect("sides that are equal", 1, true)(Welch(tenth, tenth))
	expect("sides that are constant", 0, true)(Welch(tenth, fifth))
	expect("an infinite t", 0, true)(Welch([]float64{1e300, 1e300}, []float64{-1e-300, 1e-300}))
	expect("one pair", 0, false)(TTest(zero[:1]))
	expect("one value a side", 0, false)(Welch(zero, tenth[:1]))
	expect("a value that is infinite", 0, false)(TTest([]float64{1, 2, math.Inf(-1)}))
	expect("a value that is none", 0, false)(Welch(tenth, []float64{1, math.NaN()}))
	i, ok := WelchInterval(tenth, fifth, 0.95)
	if !ok || i.Lo != i.Hi {
		t.Errorf("interval of constant sides is %v, %v; want zero width", i, ok)
	}
	if _, ok := MeanInterval(tenth[:1], 0.95); ok {
		t.Error("an interval of one value")
	}
	if _, ok := MeanInterval([]float64{1, math.Inf(1)}, 0.95); ok {
		t.Error("an interval of an infinite value")
	}
	if d := Deviation(tenth[:1]); d != 0 {
		t.Errorf("deviation of one value is %v", d)
	}
}
