package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Known answers: eight points of which 24 pairs differ in x, with the slopes, by hand and in order, -8, 0, 0, 0, 0.5, 3.33,
// 4, 4.5, 4.5, 4.75, 5, 5, 6, 6, 6.33, 7.5, 8, 9, 9, 10, 10, 10, 18 and 20; and lines, one with 3 of 12 points far off.
func TestTrend(t *testing.T) {
	line := func(n int) (x, y []float64) {
		for i := range n {
			x, y = append(x, float64(10+5*i)), append(y, 148408-float64(24*(10+5*i)))
		}
		return x, y
	}
	x, y := line(40)
	off, offY := line(12)
	offY[1], offY[5], offY[10] = 0, 1e6, -1e6
	few, fewY := line(5)
	for name, c := range map[string]struct {
		x, y []float64
		want float64
		ok   bool
	}{
		"by hand":        {[]float64{1, 1, 1, 2, 3, 3, 4, 5}, []float64{10, 22, 21, 30, 22, 30, 40, 40}, 5.5, true},
		"a leak of 24 B": {x, y, -24, true},
		"outliers":       {off, offY, -24, true},
		"too few":        {few, fewY, 0, false},
		"one place":      {[]float64{2, 2, 2, 2, 2, 2}, []float64{1, 2, 3, 4, 5, 6}, 0, false},
	} {
		got, ok := Trend(c.x, c.y)
		if ok != c.ok || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v %v, want %v %v", name, got, ok, c.want, c.ok)
		}
	}
}

// The arithmetic of the test: ten values that fall have S = -45 and the variance 10*9*25/18 = 125, so z = -44/sqrt(125) =
// -3.9355, whose tail is 4.15e-5 in a table of the normal distribution. Of 4, 4, 3, 3, 2, 2 the ties take 3*2*1*9/18 = 3
// off the variance 6*5*17/18 = 28.33, and S = -12, so z = -11/sqrt(25.33) = -2.1855: 0.01443.
func TestFallingRisk(t *testing.T) {
	for _, c := range []struct {
		y    []float64
		want float64
	}{
		{[]float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 4.15e-5},
		{[]float64{4, 4, 3, 3, 2, 2}, 0.01443},
		{[]float64{1, 2, 3}, 1},
		{[]float64{5, 5, 5, 5}, 1},
	} {
		if got := fallingRisk(c.y); math.Abs(got-c.want) > 2e-3*c.want {
			t.Errorf("%v: %v, want %v", c.y, got, c.want)
		}
	}
}

// A course that was made with its corners at points of x is found again: a fall that goes on, a step, a fall that ends, one
// that was there from the beginning.
func TestDecayFindsTheCorners(t *testing.T) {
	for name, c := range map[string]struct{ from, to, after float64 }{
		"goes on":            {240, 511, 0.5},
		"step":               {100, 101, 0.9},
		"ends":               {50, 90, 0.01},
		"from the beginning": {0, 511, 0.8},
	} {
		x, y := make([]float64, 512), make([]float64, 512)
		for i := range x {
			x[i] = 60 * float64(i)
			w := min(max((c.to-float64(i))/(c.to-c.from), 0), 1)
			y[i] = 5e6 * (w + c.after*(1-w))
		}
		fall, since, ok := Decay(x, y)
		if !ok || math.Abs(fall-(1-c.after)) > 1e-6 || since != 60*c.from {
			t.Errorf("%s: lost %v since %v, %v; it was made to lose %v since %v", name, fall, since, ok, 1-c.after, 60*c.from)
		}
	}
}

// In noise of 5 % a fall of 20 % in its second half is found within a twentieth of the course; noise alone, a rise and a
// fall of 2 % are none. The seeds are fixed.
func TestDecayInNoise(t *testing.T) {
	noisy := func(seed uint64, level func(at float64) float64) (x, y []float64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		for i := range 400 {
			x = append(x, float64(i))
			y = append(y, level(float64(i)/400)*(1+0.05*rng.NormFloat64()))
		}
		return x, y
	}
	for seed := range uint64(40) {
		x, y := noisy(seed, func(at float64) float64 { return 1 - 0.2*max(0, at-0.5)/0.5 })
		fall, since, ok := Decay(x, y)
		if !ok || math.Abs(fall-0.2) > 0.05 || math.Abs(since-200) > 60 {
			t.Errorf("seed %d: lost %v since %v, %v; want 0.2 since 200", seed, fall, since, ok)
		}
		for name, level := range map[string]func(float64) float64{
			"level":     func(float64) float64 { return 1 },
			"rise":      func(at float64) float64 { return 1 + 0.2*at },
			"small":     func(at float64) float64 { return 1 - 0.02*at },
			"one pause": func(at float64) float64 { return 1 - float64(int(at*400)/399) },
		} {
			if _, _, ok := Decay(noisy(seed, level)); ok {
				t.Errorf("seed %d: a fall in %q", seed, name)
			}
		}
	}
}

// Too few points are no course.
func TestDecayOfFew(t *testing.T) {
	x, y := make([]float64, 19), make([]float64, 19)
	for i := range x {
		x[i], y[i] = float64(i), float64(100-5*i)
	}
	if _, _, ok := Decay(x, y); ok {
		t.Error("19 points are taken for a course")
	}
}
