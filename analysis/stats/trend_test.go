package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Known answers: eight points of which 24 pairs differ in x, with the slopes, by hand and in order, -8, 0, 0, 0, 0.5, 3.33,
// 4, 4.5, 4.5, 4.75, 5, 5, 6, 6, 6.33, 7.5, 8, 9, 9, 10, 10, 10, 18 and 20; a line of which 3 of 12 points are far off.
// Sen's interval of 20 points lies between ranks floor((190 - 1.96 sqrt(950))/2) = 64 and 191 - 64 of the 190 slopes, which NumPy
// has sorted: 0.43077 and 0.5375; that of the eight, of variance 65.33 - 3.67 - 1 for the ties of x, between ranks 4 and 21. scipy
// 1.10 stats.theilslopes, which rounds the ranks to the nearest, has the same slopes and 0.43333 to 0.53529.
func TestTheilSen(t *testing.T) {
	x, y := make([]float64, 12), make([]float64, 12)
	index := make([]float64, 20)
	for i := range x {
		x[i], y[i] = float64(10+5*i), 148408-float64(24*(10+5*i))
	}
	for i := range index {
		index[i] = float64(i)
	}
	y[1], y[5], y[10] = 0, 1e6, -1e6
	for name, c := range map[string]struct {
		x, y         []float64
		want, lo, hi float64
	}{
		"by hand": {[]float64{1, 1, 1, 2, 3, 3, 4, 5}, []float64{10, 22, 21, 30, 22, 30, 40, 40}, 5.5, 0, 10},
		"rising": {index, []float64{3.1, 2.9, 4.2, 4.0, 5.5, 4.8, 6.1, 7.0, 5.9, 7.7, 8.1, 7.4, 9.0, 9.9, 8.8, 10.2, 11.5, 10.9, 12.0, 11.7},
			0.4875, 0.43076923076923074, 0.5375},
	} {
		got, i, ok := TheilSen(c.x, c.y)
		if !ok || i == nil || math.Abs(got-c.want) > 1e-12 || math.Abs(i.Lo-c.lo) > 1e-12 || math.Abs(i.Hi-c.hi) > 1e-12 {
			t.Errorf("%s: %v %+v %v, want %v %v..%v", name, got, i, ok, c.want, c.lo, c.hi)
		}
	}
	if got, _, ok := TheilSen(x, y); !ok || got != -24 {
		t.Errorf("with outliers: %v %v, want -24", got, ok)
	}
	if _, i, ok := TheilSen([]float64{1, 2, 3}, []float64{1, 2, 4}); !ok || i != nil {
		t.Errorf("three points have an interval: %+v", i)
	}
	if s, i, ok := TheilSen(index, make([]float64, 20)); !ok || s != 0 || i == nil || i.Lo != 0 || i.Hi != 0 {
		t.Errorf("equal values: %v %+v", s, i)
	}
	for _, x := range [][]float64{nil, {1}, {2, 2, 2}} {
		if _, _, ok := TheilSen(x, make([]float64, len(x))); ok {
			t.Errorf("%v has a slope", x)
		}
	}
}

// The interval of the slope covers as often as it says. The standard error of 1000 trials is 0.7 %.
func TestTheilSenCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 14))
	const trials = 1000
	for _, n := range []int{8, 20} {
		covered := 0
		for range trials {
			x, y := make([]float64, n), make([]float64, n)
			for i := range x {
				x[i], y[i] = float64(i), 2*float64(i)+rng.NormFloat64()
			}
			if _, i, _ := TheilSen(x, y); i.Lo <= 2 && 2 <= i.Hi {
				covered++
			}
		}
		if share := float64(covered) / trials; share < 0.93 || share > 0.985 {
			t.Errorf("n %d: covers %.3f", n, share)
		}
	}
}

// The arithmetic of the test: ten values that fall have S = -45 and the variance 10*9*25/18 = 125, so z = -44/sqrt(125) =
// -3.9355. Of 4, 4, 3, 3, 2, 2 the ties take 3*2*1*9/18 = 3 off the variance 6*5*17/18 = 28.33, and S = -12, so z =
// -11/sqrt(25.33) = -2.1855. 1, 2, 3 have S = 3 and the variance 3*2*11/18: z = 2/sqrt(3.667). p is scipy's 2*norm.cdf(-|z|).
func TestMannKendall(t *testing.T) {
	for _, c := range []struct {
		y    []float64
		z, p float64
	}{
		{[]float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, -44 / math.Sqrt(125), 8.303070332644974e-05},
		{[]float64{4, 4, 3, 3, 2, 2}, -11 / math.Sqrt(76./3), 0.028853788793347705},
		{[]float64{1, 2, 3}, 2 / math.Sqrt(11./3), 0.29627},
		{[]float64{1, 2, 1}, 0, 1},
	} {
		z, known := KendallZ(c.y)
		p, ok := MannKendall(c.y)
		if !known || !ok || math.Abs(z-c.z) > 1e-12 || math.Abs(p-c.p) > 1e-5*c.p {
			t.Errorf("%v: z %v, p %v, want %v, %v", c.y, z, p, c.z, c.p)
		}
	}
	for _, y := range [][]float64{nil, {1}, {5, 5, 5, 5}} {
		if p, ok := MannKendall(y); ok || p != 1 {
			t.Errorf("%v: p %v, %v", y, p, ok)
		}
	}
}
