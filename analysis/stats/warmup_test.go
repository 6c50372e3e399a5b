package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// By hand: a step after 20 of 100 values is cut where it is, exactly, since what is left has no deviation.
func TestWarmUpFindsAStep(t *testing.T) {
	x := make([]float64, 100)
	for i := range x {
		x[i] = 5
		if i < 20 {
			x[i] = 1
		}
	}
	if cut, suspect := WarmUp(x); cut != 20 || suspect {
		t.Errorf("cut %d, suspect %v; want 20, and 20 of 100 is not suspect", cut, suspect)
	}
	for i := 20; i < 40; i++ {
		x[i] = 1
	}
	if cut, suspect := WarmUp(x); cut != 40 || !suspect {
		t.Errorf("cut %d, suspect %v; want 40, which is more than a quarter", cut, suspect)
	}
	for i := 40; i < 80; i++ {
		x[i] = 1
	}
	if cut, suspect := WarmUp(x); cut > 50 || !suspect && cut > 0 {
		t.Errorf("cut %d, suspect %v; at most half is cut, and not without a word", cut, suspect)
	}
}

// Equal values, and few, are not cut.
func TestWarmUpCutsNothing(t *testing.T) {
	for _, x := range [][]float64{nil, {1}, {9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, make([]float64, 500), make([]float64, 100_000)} {
		if cut, suspect := WarmUp(x); cut != 0 || suspect {
			t.Errorf("%d values: cut %d, suspect %v", len(x), cut, suspect)
		}
	}
}

// A rate that starts 80 % low and comes up with a time constant of 1 s reads 2.7 % low over 30 s: 0.8 x 1/30. The cut takes most
// of that off; a fixed one of 3 s does not when the time constant is 3 s, of 8 % (0.8 x 3/30): exp(-1) x 0.8 x 3/27 = 3.3 % are left.
// The rate has 5 % of noise in each of 300 tenths of a second; the standard error of a mean of 200 trials is 0.02 %.
func TestWarmUpTakesTheBiasOff(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 12))
	for _, c := range []struct{ tau, untrimmed, trimmed, fixed float64 }{{1, -0.028, -0.0025, -0.0016}, {3, -0.081, -0.008, -0.0335}} {
		const trials = 200
		all, cut, fixed := 0.0, 0.0, 0.0
		for range trials {
			x := make([]float64, 300)
			for i := range x {
				x[i] = 1 - 0.8*math.Exp(-float64(i)/10/c.tau) + 0.05*rng.NormFloat64()
			}
			k, _ := WarmUp(x)
			all += (Mean(x) - 1) / trials
			cut += (Mean(x[k:]) - 1) / trials
			fixed += (Mean(x[30:]) - 1) / trials
		}
		if math.Abs(all-c.untrimmed) > 0.002 || cut < c.trimmed || cut > 0.001 || math.Abs(fixed-c.fixed) > 0.001 {
			t.Errorf("time constant %v s: %.4f, cut %.4f, fixed cut %.4f; want %.4f, at least %.4f, %.4f", c.tau, all, cut, fixed, c.untrimmed, c.trimmed, c.fixed)
		}
	}
}

// A course whose values are kept as means of 8 is cut at the same place, to two steps of 5 x 8, and its rest has the same mean.
func TestWarmUpOfManyValues(t *testing.T) {
	x := make([]float64, 300_000)
	for i := range x {
		x[i] = 10 + float64(i%7)
		if i < 40_000 {
			x[i] -= 3
		}
	}
	cut, rest, suspect := courseOf(x).WarmUp()
	if math.Abs(float64(cut)-40_000) > 80 || suspect || math.Abs(rest-13) > 1e-3 {
		t.Errorf("cut %d, rest %v, suspect %v; want 40000 and 13", cut, rest, suspect)
	}
}
