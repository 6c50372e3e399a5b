package power

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Computed by hand: 0.18 a + 0.82 A and 0.06 a + 0.94 A4, one after the other.
func TestSpikeFilter(t *testing.T) {
	for _, c := range []struct {
		name    string
		r       []int
		in, out []float64
	}{
		{"no change", []int{1, 1, 1}, []float64{1, 2, 3}, []float64{1, 2, 3}},
		{
			"a change is averaged for three samples",
			[]int{0, 1, 1, 1, 1},
			[]float64{1, 2, 2, 2, 2},
			// A: 1, 1.18, 1.3276, 1.448632
			[]float64{1, 1.18, 1.3276, 1.448632, 2},
		},
		{
			"the highest range: two samples do not count, the third enters slowly",
			[]int{3, 4, 4, 4, 4},
			[]float64{1, 9, 9, 2, 2},
			// A4: 1, 1, 1, 0.06*2+0.94
			[]float64{1, 1, 1, 1.06, 2},
		},
		{
			"back from the highest range within the three",
			[]int{3, 4, 4, 3, 3, 3, 3},
			[]float64{1, 9, 9, 2, 2, 2, 2},
			// A: 1, 1, 1, 0.18*2+0.82 = 1.18, 1.3276, 1.448632
			[]float64{1, 1, 1, 1.18, 1.3276, 1.448632, 2},
		},
		{
			"a change while the last one is averaged begins anew",
			[]int{0, 1, 2, 2, 2, 2},
			[]float64{1, 2, 2, 2, 2, 2},
			// A: 1.18, 1.3276, 1.448632, 1.54787824
			[]float64{1, 1.18, 1.3276, 1.448632, 1.54787824, 2},
		},
	} {
		var f spikeFilter
		for i := range c.in {
			if got := f.next(c.r[i], c.in[i]); math.Abs(got-c.out[i]) > 1e-12 {
				t.Errorf("%s: sample %d is %v, want %v", c.name, i, got, c.out[i])
			}
		}
	}
}

// described is the filter in the words of its description: both averages go on with every sample; at a change of range
// after is 3; while after is above 0, the output is an average, and after goes down; in range 4, and less than two
// samples after the change, the averages go back to what they were.
func described(r []int, in []float64) []float64 {
	out := make([]float64, len(in))
	var a, a4 float64
	after, age := 0, 0
	for i, v := range in {
		if i == 0 {
			a, a4, out[0] = v, v, v
			continue
		}
		oldA, oldA4 := a, a4
		a, a4 = .18*v+.82*a, .06*v+.94*a4
		age++
		if r[i] != r[i-1] {
			after, age = 3, 0
		}
		out[i] = v
		if after > 0 {
			after--
			if r[i] == 4 && age < 2 {
				a, a4 = oldA, oldA4
			}
			if out[i] = a; r[i] == 4 {
				out[i] = a4
			}
		}
	}
	return out
}

func TestSpikeFilterAsDescribed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		r := rapid.SliceOfN(rapid.SampledFrom([]int{0, 3, 3, 4, 4, 4}), n, n).Draw(t, "ranges")
		in := rapid.SliceOfN(rapid.Float64Range(0, 1), n, n).Draw(t, "amps")
		var f spikeFilter
		for i, want := range described(r, in) {
			skipped := f.skips(r[i])
			before := f
			if got := f.next(r[i], in[i]); math.Abs(got-want) > 1e-12 {
				t.Fatalf("sample %d is %v, want %v", i, got, want)
			}
			if skipped && (f.fast != before.fast || f.slow != before.slow) {
				t.Fatalf("sample %d enters the averages", i)
			}
		}
	})
}
