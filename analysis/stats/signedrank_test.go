package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

var untied = []float64{1.1, -2.2, 2.3, 3.05, 4.4, 5.5, -1.5, 7.1}

// R 4.2.2 with coin 1.4.2: pvalue(wilcoxsign_test(d ~ 0s, distribution =
// "exact")), zeros by Pratt, with ties and zeros, and without.
func TestSignedRankKnown(t *testing.T) {
	for _, c := range []struct {
		what string
		d    []float64
		want float64
	}{
		{"zeros", []float64{1, -2, 2, 3, 0, 0, 4, 5, -1.5, 7}, 0.1015625},
		{"untied", untied, 0.078125},
		{"ties and a zero", []float64{1, 1, 1, -1, 2, 2, -2, 3, 3, 3, 0}, 0.064453125},
		{"pairs", paired, 0.09375},
		{"30", modular(30, 37, 61, -20), 0.00474162213504314},
		{"100", modular(100, 37, 101, -45), 0.0724412050672525},
		{"30 untied", modular(30, 37, 61, -19.75), 0.003744432702660562}, // wilcox.test(exact = TRUE)
	} {
		near(t, c.what, SignedRank(c.d), c.want, 1e-12)
	}
	if p := SignedRank([]float64{0, 0, 0}); p != 1 {
		t.Errorf("p of nothing but zeros is %v, want 1", p)
	}
	if p := SignedRank(nil); p != 1 {
		t.Errorf("p of nothing is %v, want 1", p)
	}
}

// Exact p by setting the signs in every way.
func TestSignedRankCountsEverySign(t *testing.T) {
	value := rapid.Map(rapid.IntRange(-4, 4), func(i int) float64 { return float64(i) })
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfN(value, 0, 9).Draw(t, "d")
		sizes := make([]float64, len(d))
		for i, v := range d {
			sizes[i] = math.Abs(v)
		}
		twice, _ := midranks(sizes)
		sum := func(sign func(i int) float64) (s float64) {
			for i, v := range d {
				if v != 0 {
					s += sign(i) * float64(twice[i])
				}
			}
			return math.Abs(s)
		}
		seen := sum(func(i int) float64 { return math.Copysign(1, d[i]) })
		far := 0
		for signs := range 1 << len(d) {
			if sum(func(i int) float64 { return float64(signs>>i&1)*2 - 1 }) >= seen {
				far++
			}
		}
		if p, want := SignedRank(d), math.Ldexp(float64(far), -len(d)); math.Abs(p-want) > 1e-12 {
			t.Fatalf("p %v, want %v", p, want)
		}
	})
}

// R 4.2.2: wilcox.test(s, exact = FALSE, correct = TRUE) of 249 untied values.
func TestSignedRankMany(t *testing.T) {
	var d []float64
	for _, v := range modular(250, 37, 251, -110) {
		if v != 0 {
			d = append(d, v)
		}
	}
	near(t, "p", SignedRank(d), 0.001434158106949876, 1e-12)
	shift, i := Walsh(d, 0.95)
	// Uniform integers -110..140: centre 15, and the interval of a mean, 1.96 x 72.3 / sqrt(249), is +-9.
	if math.Abs(shift-15) > 1 || math.Abs(shift-i.Lo-9) > 1 || math.Abs(i.Hi-shift-9) > 1 || math.Abs(i.Confidence-0.95) > 1e-3 {
		t.Errorf("shift %v, interval %v", shift, *i)
	}
}

func TestLeastSignedRank(t *testing.T) {
	for n, want := range []float64{1, 1, .5, .25, .125, .0625, .03125} {
		if p := LeastSignedRank(n); p != want {
			t.Errorf("least p of %d is %v, want %v", n, p, want)
		}
	}
	if p := SignedRank([]float64{1, 2, 3, 4, 5, 6}); p != LeastSignedRank(6) {
		t.Errorf("p of one sign is %v, want %v", p, LeastSignedRank(6))
	}
}

// R 4.2.2: wilcox.test(d, conf.int = TRUE), also at 90 %; coverage is
// 1 - 2 psignrank(qsignrank(alpha/2, n) - 1, n).
func TestWalshKnown(t *testing.T) {
	shift, i := Walsh(untied, 0.95)
	near(t, "shift", shift, 2.5625, 1e-14)
	nearInterval(t, "95 %", *i, -0.55, 5.5, 1e-14)
	near(t, "coverage", i.Confidence, 0.9609375, 1e-14)
	_, i = Walsh(untied, 0.9)
	nearInterval(t, "90 %", *i, 0.05, 4.95, 1e-13)
	near(t, "coverage", i.Confidence, 0.921875, 1e-14)
	shift, i = Walsh(modular(30, 37, 61, -19.75), 0.95)
	near(t, "shift of 30", shift, 11.25, 1e-14)
	nearInterval(t, "30", *i, 3.75, 17.75, 1e-14)
	near(t, "coverage of 30", i.Confidence, 0.9502898789942265, 1e-13)
	if _, i := Walsh(untied[:5], 0.95); i != nil {
		t.Errorf("an interval of 5 values, %v: 2 of 32 exceed 5 %%", *i)
	}
	if _, i := Walsh(untied[:6], 0.95); i == nil || i.Confidence != 1-2./64 {
		t.Errorf("interval of 6 values is %v, want all of them at 1 - 2/64", i)
	}
}
