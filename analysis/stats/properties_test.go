package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// eighths are values with which shifts and scales by powers of two are exact, and
// with ties.
func eighths(least, most int) *rapid.Generator[[]float64] {
	value := rapid.Map(rapid.IntRange(-80, 80), func(i int) float64 { return float64(i) / 8 })
	return rapid.SliceOfN(value, least, most)
}

func moved(x []float64, scale, shift float64) []float64 {
	to := make([]float64, len(x))
	for i, v := range x {
		to[i] = v*scale + shift
	}
	return to
}

// figures are all that is said of two sides, or of one: shifts that move with the
// values, and numbers that do not.
func figures(x, y []float64) (shifts, numbers []float64) {
	shift, i := HodgesLehmann(x, y, 0.95)
	shifts = append(shifts, shift)
	if i != nil {
		shifts, numbers = append(shifts, i.Lo, i.Hi), append(numbers, i.Confidence)
	}
	if i, ok := WelchInterval(x, y, 0.95); ok {
		shifts = append(shifts, i.Lo, i.Hi)
	}
	p, _ := Welch(x, y)
	return shifts, append(numbers, p, MannWhitney(x, y), CliffDelta(x, y))
}

func same(t *rapid.T, what string, got, want []float64, scale float64) {
	t.Helper()
	for i := range want {
		if math.IsNaN(got[i]) || math.Abs(got[i]-scale*want[i]) > 1e-9*max(1, math.Abs(scale*want[i])) {
			t.Fatalf("%s: %v, want %v times %v", what, got, scale, want)
		}
	}
}

func TestComparisonsAreInvariant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := eighths(1, 7).Draw(t, "x"), eighths(1, 7).Draw(t, "y")
		shifts, numbers := figures(x, y)
		as := func(what string, x, y []float64, scale float64) {
			s, n := figures(x, y)
			same(t, what, s, shifts, scale)
			same(t, what, n, numbers, 1)
		}
		as("shifted", moved(x, 1, 1000), moved(y, 1, 1000), 1)
		as("scaled", moved(x, 1024, 0), moved(y, 1024, 0), 1024)
		as("in another order", rapid.Permutation(x).Draw(t, "order"), rapid.Permutation(y).Draw(t, "order"), 1)
		given := slices.Clone(x)
		s, n := figures(y, x)
		if !slices.Equal(x, given) {
			t.Fatal("the argument was changed")
		}
		same(t, "swapped, shift", s[:1], shifts[:1], -1)
		last := len(n) - 1
		same(t, "swapped, p", n[:last], numbers[:last], 1)
		same(t, "swapped, delta", n[last:], numbers[last:], -1)
		ranks := [2]float64{MannWhitney(x, y), CliffDelta(x, y)}
		up := func(x []float64) []float64 {
			to := make([]float64, len(x))
			for i, v := range x {
				to[i] = math.Exp(v)
			}
			return to
		}
		if got := [2]float64{MannWhitney(up(x), up(y)), CliffDelta(up(x), up(y))}; got != ranks {
			t.Fatalf("ranks of logarithms %v, of values %v", ranks, got)
		}
	})
}

func TestPairsAreInvariant(t *testing.T) {
	of := func(d []float64) (shifts, numbers []float64) {
		shift, i := Walsh(d, 0.95)
		shifts = []float64{shift, Mean(d), Deviation(d)}
		if i != nil {
			shifts = append(shifts, i.Lo, i.Hi)
		}
		if i, ok := MeanInterval(d, 0.95); ok {
			shifts = append(shifts, i.Lo, i.Hi)
		}
		p, _ := TTest(d)
		return shifts, []float64{p, SignedRank(d)}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := eighths(1, 9).Draw(t, "d")
		shifts, numbers := of(d)
		s, n := of(moved(d, 1024, 0))
		same(t, "scaled", s, shifts, 1024)
		same(t, "scaled", n, numbers, 1)
		s, n = of(rapid.Permutation(d).Draw(t, "order"))
		same(t, "in another order", s, shifts, 1)
		same(t, "in another order", n, numbers, 1)
		s, n = of(moved(d, -1, 0))
		same(t, "of other sign", s[:2], shifts[:2], -1)
		same(t, "of other sign", n, numbers, 1)
		s, _ = of(moved(d, 1, 1000))
		same(t, "shifted", []float64{s[0] - 1000, s[1] - 1000, s[2]}, shifts[:3], 1)
	})
}

// An interval and the test that it belongs to say the same.
func TestIntervalsAgreeWithTests(t *testing.T) {
	untied := rapid.SliceOfNDistinct(rapid.IntRange(-500, 500), 10, 16, rapid.ID[int])
	rapid.Check(t, func(t *rapid.T) {
		var all []float64
		for i, v := range untied.Draw(t, "values") {
			all = append(all, float64(v)+float64(i)/1024) // differences and means of pairs are never 0
		}
		x, y := all[:5], all[5:]
		w, _ := WelchInterval(x, y, 0.95)
		if p, _ := Welch(x, y); (p > 0.05) != w.covers(0) {
			t.Fatalf("Welch: p %v, interval %v", p, w)
		}
		if shift, i := HodgesLehmann(x, y, 0.95); (MannWhitney(x, y) > 1-i.Confidence+1e-9) != i.covers(0) || !i.covers(shift) {
			t.Fatalf("Mann–Whitney: p %v, shift %v, interval %v", MannWhitney(x, y), shift, *i)
		}
		if shift, i := Walsh(all, 0.95); (SignedRank(all) > 1-i.Confidence+1e-9) != i.covers(0) || !i.covers(shift) {
			t.Fatalf("signed ranks: p %v, shift %v, interval %v", SignedRank(all), shift, *i)
		}
	})
}

// Equal values, of whatever size, give intervals of zero width at their value.
func TestEqualValues(t *testing.T) {
	for _, v := range []float64{0, .1, -7.3, 1e300, 5e-324, math.Log(13.6)} {
		x := slices.Repeat([]float64{v}, 11)
		point := func(what string, i Interval, at float64) {
			t.Helper()
			if i.Lo != at || i.Hi != at || !(i.Confidence >= Confidence) {
				t.Errorf("%s of %v: %v", what, v, i)
			}
		}
		i, _ := MeanInterval(x, Confidence)
		point("mean", i, v)
		i, _ = WelchInterval(x, x, Confidence)
		point("Welch", i, 0)
		shift, hl := HodgesLehmann(x, x, Confidence)
		point("Hodges–Lehmann", *hl, shift)
		centre, walsh := Walsh(x, Confidence)
		point("Walsh", *walsh, centre)
		i, ok := BCa(x, Mean, 1)
		if !ok {
			t.Errorf("BCa of %v: none", v)
		}
		point("BCa", i, v)
		if shift != 0 || centre != v || Mean(x) != v || Deviation(x) != 0 || CliffDelta(x, x) != 0 || MannWhitney(x, x) != 1 {
			t.Errorf("%v: shift %v, centre %v, mean %v, deviation %v", v, shift, centre, Mean(x), Deviation(x))
		}
	}
}
