package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// R 4.2.2 with coin 1.4.2: pvalue(wilcox_test(c(x, y) ~ side, distribution =
// "exact")). The first is the gob benchmark of benchstat's documentation, the
// other columns have ties too, sides of different size (where the distribution of
// U is not symmetric and doubling one tail is wrong) and the sizes at which others
// turn to the normal approximation.
func TestMannWhitneyKnown(t *testing.T) {
	old := []float64{3069, 3075, 3069, 3067, 3207, 3064, 3064, 3058, 3059, 3062}
	tip := []float64{3075, 3065, 3059, 3065, 3060, 3081, 3186, 3135, 3087, 3062}
	u := []float64{-1, 0, -2, 3, 1, -2, 1, 1, 1, -1, 3, 1, -1, -4, 2, 0, 0, 2, 2, 1, 2, 2, 0, -4, 1, 0, 0, -3, -1, 1, 3, 0, 1, 0, -3, -1, -1, 0, 2, 2}
	v := []float64{1, 0, 2, 2, 0, 0, 2, 3, 1, 3, 2, 0, 2, -1, 4, 5, 0, -1, 2, 1, 6, 1, 2, 1, 0, 1, -3, 4, 1, 5, 2, 0, 2, -1, -2}
	for _, c := range []struct {
		what string
		x, y []float64
		want float64
	}{
		{"gob", old, tip, 0.446101885730369},
		{"apart", before, after, 0.00793650793650794}, // 2 of choose(10, 5)
		{"6 and 8", []float64{1, 2, 2, 3, 5, 7.5}, []float64{2, 3, 3, 8, 9, 10, 11, 2}, 0.165501165501166},
		{"4 and 10", []float64{1, 1, 1, 2}, []float64{1, 1, 2, 2, 2, 3, 3, 9, 9, 9}, 0.0779220779220779},
		{"3 and 7", []float64{1, 2, 3}, []float64{3, 3, 3, 4, 5, 5, 9}, 0.0583333333333333},
		{"40 and 35", u, v, 0.0247274130783411},
		{"60 and 70", modular(60, 1, 17, 0), modular(70, 3, 19, 1), 0.0102313021985986},
		{"60 and 50 untied", modular(60, 37, 101, 0), modular(50, 29, 103, .5), 0.892999631331509}, // wilcox.test(exact = TRUE)
	} {
		near(t, c.what, MannWhitney(c.x, c.y), c.want, 1e-12)
		near(t, c.what+", swapped", MannWhitney(c.y, c.x), c.want, 1e-12)
	}
}

// modular is (step i mod m) + offset for i = 1..n: R's ((1:n) * step) %% m + offset.
func modular(n, step, m int, offset float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64((i+1)*step%m) + offset
	}
	return x
}

// R 4.2.2: wilcox.test(z, w, exact = FALSE, correct = TRUE), beyond the pairs
// that are counted.
func TestMannWhitneyManyPairs(t *testing.T) {
	near(t, "p", MannWhitney(modular(150, 37, 151, 0), modular(150, 29, 157, 5)), 0.13599466390679, 1e-12)
	same := make([]float64, 150)
	if p := MannWhitney(same, same); p != 1 {
		t.Errorf("p of equal values is %v, want 1", p)
	}
}

// At the border the approximation is off by no more than it says.
func TestApproximation(t *testing.T) {
	for _, c := range []struct {
		m, n  int
		worst float64
	}{{100, 100, 0.001}, {10, 1000, 0.006}} {
		counts, _ := rankSums(c.m, c.n, nil)
		approximate := rankSumNormal(c.m, c.n, nil)
		var below, all float64
		for _, ways := range counts {
			all += ways
		}
		for u, ways := range counts[:len(counts)/2] {
			below += ways
			if got := approximate.beyond(float64(c.m*c.n)/2 - float64(u)); math.Abs(got-2*below/all) > c.worst {
				t.Fatalf("%d and %d, U %d: p %v, exact %v", c.m, c.n, u, got, 2*below/all)
			}
		}
	}
	counts := signedSums(upTo(exactSigns))
	approximate := signedNormal(upTo(exactSigns))
	below := 0.0
	for sum, share := range counts[:len(counts)/2] {
		below += share
		if got := approximate.beyond(approximate.mean - float64(sum)); math.Abs(got-2*below) > 0.001 {
			t.Fatalf("signed ranks %d: p %v, exact %v", sum, got, 2*below)
		}
	}
}

// The same differences, each four times, are twice the values: the interval is
// narrower by the root of 2.
func TestHodgesLehmannManyPairs(t *testing.T) {
	x, y := modular(100, 37, 211, 0), modular(100, 29, 223, 20)
	_, exact := HodgesLehmann(x, y, 0.95)
	_, many := HodgesLehmann(append(x, x...), append(y, y...), 0.95)
	if got := (many.Hi - many.Lo) / (exact.Hi - exact.Lo); math.Abs(got-math.Sqrt(0.5)) > 0.05 {
		t.Errorf("interval of 40 000 pairs is %v, of 10 000 %v", *many, *exact)
	}
	if math.Abs(many.Confidence-0.95) > 0.001 {
		t.Errorf("confidence %v", many.Confidence)
	}
	if _, i := HodgesLehmann([]float64{1}, modular(20000, 1, 20001, 0), 0.95); i != nil {
		t.Errorf("interval %v, where U is far from normal", *i)
	}
}

// Exact p by dealing the values in every way.
func TestMannWhitneyCountsEveryDeal(t *testing.T) {
	value := rapid.Map(rapid.IntRange(0, 5), func(i int) float64 { return float64(i) })
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(value, 0, 5).Draw(t, "x")
		y := rapid.SliceOfN(value, 0, 5).Draw(t, "y")
		all := append(append([]float64{}, x...), y...)
		far, deals, off := 0, 0, math.Abs(lead(x, y))
		for deal := range 1 << len(all) {
			var a, b []float64
			for i, v := range all {
				if deal>>i&1 == 1 {
					a = append(a, v)
				} else {
					b = append(b, v)
				}
			}
			if len(a) != len(x) {
				continue
			}
			deals++
			if math.Abs(lead(a, b)) >= off {
				far++
			}
		}
		if p, want := MannWhitney(x, y), float64(far)/float64(deals); math.Abs(p-want) > 1e-12 {
			t.Fatalf("p %v, want %d of %d", p, far, deals)
		}
	})
}

// lead is the number of pairs that y wins less that of those that it loses.
func lead(x, y []float64) (n float64) {
	for _, a := range x {
		for _, b := range y {
			if b > a {
				n++
			} else if b < a {
				n--
			}
		}
	}
	return n
}

// 2 / choose(m+n, m).
func TestLeastMannWhitney(t *testing.T) {
	for _, c := range []struct {
		m, n int
		want float64
	}{{0, 5, 1}, {1, 1, 1}, {3, 3, 2. / 20}, {4, 4, 2. / 70}, {5, 5, 2. / 252}, {3, 5, 2. / 56}, {5, 3, 2. / 56}, {10, 10, 2. / 184756}} {
		near(t, "least p", LeastMannWhitney(c.m, c.n), c.want, 1e-14)
	}
	near(t, "p of sides apart", MannWhitney([]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8, 9}), LeastMannWhitney(4, 5), 1e-14)
}

// R 4.2.2: wilcox.test(b, a, conf.int = TRUE), also at 90 %; coverage is
// 1 - 2 pwilcox(qwilcox(alpha/2, 6, 5) - 1, 6, 5).
func TestHodgesLehmannKnown(t *testing.T) {
	a := []float64{1.1, 2.3, 3.7, 4.2, 5.9, 6.1}
	b := []float64{2.05, 7.3, 8.8, 9.15, 3.35}
	shift, i := HodgesLehmann(a, b, 0.95)
	near(t, "shift", shift, 2.8, 1e-14)
	nearInterval(t, "95 %", *i, -2.55, 6.5, 1e-14)
	near(t, "coverage", i.Confidence, 0.96969696969697, 1e-13)
	_, i = HodgesLehmann(a, b, 0.9)
	nearInterval(t, "90 %", *i, -1.65, 5.45, 1e-14)
	near(t, "coverage", i.Confidence, 0.917748917748918, 1e-13)
	shift, i = HodgesLehmann(before, after, 0.95)
	near(t, "shift of boots", shift, -0.55, 1e-13)
	nearInterval(t, "boots", *i, -0.86, -0.32, 1e-13)
	shift, i = HodgesLehmann(modular(60, 37, 101, 0), modular(50, 29, 103, .5), 0.95)
	near(t, "shift of many", shift, 0.5, 1e-14)
	nearInterval(t, "many", *i, -11.5, 12.5, 1e-14)
	near(t, "coverage of many", i.Confidence, 0.9502734352356126, 1e-12)
}

// 1 / choose(m+n, m) at most 2.5 %: 1/70, 1/56, 1/45 against 1/35, 1/20, 1/36.
func TestHodgesLehmannNeeds(t *testing.T) {
	for _, c := range []struct {
		m, n int
		want bool
	}{{4, 4, true}, {3, 5, true}, {2, 8, true}, {3, 4, false}, {3, 3, false}, {2, 7, false}, {1, 30, false}, {1, 39, true}} {
		shift, i := HodgesLehmann(modular(c.m, 1, 1000, 0), modular(c.n, 1, 1000, 100), 0.95)
		if (i != nil) != c.want || shift == 0 {
			t.Errorf("%d and %d values: shift %v, interval %v, want one: %v", c.m, c.n, shift, i, c.want)
		}
	}
}

// Of 12 pairs, by hand in the comment.
func TestCliffDelta(t *testing.T) {
	x, y := []float64{1, 2, 3}, []float64{1, 2, 4, 5}
	// 1: below 2, 4, 5, tied 1; 2: below 4, 5, tied 2, above 1; 3: below 4, 5, above 1, 2
	near(t, "delta", CliffDelta(x, y), (3.+2+2-1-2)/12, 1e-15)
	near(t, "delta of equal", CliffDelta(x, x), 0, 0)
	near(t, "delta of sides apart", CliffDelta(before, after), -1, 0)
}
