package stats

import (
	"math"
	"testing"
)

// R 4.2.2: power.t.test(n, delta, sig.level = alpha, strict = TRUE)$power, also
// with type = "paired". The first is 0.562006646586.
func TestPowerKnown(t *testing.T) {
	for _, c := range []struct {
		n             int
		d, alpha      float64
		sides, paired float64
	}{
		{10, 1, .05, 0.562006646586232, 0.803096856633018},
		{5, 2.02, .05, 0.798301639199167, 0.913806998787523},
		{3, 3.07, .05, 0.799786053047111, 0.76061566427488},
		{30, .2, .01, 0.0345820942247618, 0.0617453381318029},
		{4, 8, .05, 0.999999999998653, 0.999999999999136},
		{5, 0, .05, .05, .05},
	} {
		near(t, "power", Power(c.n, c.d, c.alpha), c.sides, 1e-10)
		near(t, "power of pairs", PowerPaired(c.n, c.d, c.alpha), c.paired, 1e-10)
		near(t, "power downwards", Power(c.n, -c.d, c.alpha), c.sides, 1e-10)
	}
	for n := range 2 {
		if p := Power(n, 10, .05) + PowerPaired(n, 10, .05); p != 0 {
			t.Errorf("power with %d values is %v", n, p)
		}
	}
	for _, d := range []float64{50, 1e3, 1e6} { // where the series of the noncentral t underflows
		if p := Power(5, d, .05); math.Abs(p-1) > 1e-6 {
			t.Errorf("power at %v deviations is %v", d, p)
		}
	}
}

// R 4.2.2: power.t.test(n, power = .8, strict = TRUE, tol = 1e-12)$delta.
func TestDetectableEffect(t *testing.T) {
	for _, c := range []struct {
		n    int
		want float64
	}{
		{2, 5.65348926619228}, {3, 3.07089226636009}, {4, 2.38075421327031}, {5, 2.02443933938419}, {8, 1.50663422787625},
		{10, 1.32494739257865}, {16, 1.02366374400132}, {20, 0.909129032682003}, {30, 0.735621069597389},
	} {
		near(t, "detectable effect", DetectableEffect(c.n, .05, .8), c.want, 1e-10)
	}
	near(t, "detectable effect at 1 %", DetectableEffect(7, .01, .9), 2.40603721868406, 1e-10)
	if d := DetectableEffect(1, .05, .8); !math.IsInf(d, 1) {
		t.Errorf("one value a side detects %v", d)
	}
}

// R 4.2.2: power.t.test(delta, power = .8, strict = TRUE)$n, rounded up: 393.4,
// 63.77, 16.71, 5.09, 2.12.
func TestSampleSize(t *testing.T) {
	for _, c := range []struct {
		d    float64
		want int
	}{{.2, 394}, {.5, 64}, {1, 17}, {-1, 17}, {2, 6}, {5, 3}, {0, math.MaxInt}, {1e-5, math.MaxInt}, {1e9, 2}} {
		if n := SampleSize(c.d, .05, .8); n != c.want {
			t.Errorf("%v deviations take %d values a side, want %d", c.d, n, c.want)
		}
	}
}
