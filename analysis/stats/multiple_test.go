package stats

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The 15 p-values of Benjamini & Hochberg 1995, section 3.2: at 5 % their method
// rejects four, Holm's three. The adjusted ones are those of R 4.2.2: p.adjust(p,
// "holm"), p.adjust(p, "BH").
func TestMultipleKnown(t *testing.T) {
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	for _, c := range []struct {
		what   string
		adjust func([]float64) []float64
		p      []float64
		want   []float64
		below  int
	}{
		{"Holm", Holm, p, []float64{0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1, 1, 1, 1, 1, 1}, 3},
		{"Benjamini-Hochberg", BenjaminiHochberg, p, []float64{0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571428571429, 0.0638571428571429,
			0.0645, 0.0765, 0.486, 0.581181818181818, 0.714875, 0.753230769230769, 0.813214285714286, 1}, 4},
		{"Holm, any order", Holm, []float64{.04, .001, .2, .001, .03}, []float64{0.09, 0.005, 0.2, 0.005, 0.09}, 2},
		{"Benjamini-Hochberg, any order", BenjaminiHochberg, []float64{.04, .001, .2, .001, .03}, []float64{0.05, 0.0025, 0.2, 0.0025, 0.05}, 4},
		{"Holm of none", Holm, nil, nil, 0},
		{"Benjamini-Hochberg of none", BenjaminiHochberg, nil, nil, 0},
	} {
		below := 0
		for i, got := range c.adjust(c.p) {
			near(t, c.what, got, c.want[i], 1e-13)
			if got <= 0.05 {
				below++
			}
		}
		if below != c.below {
			t.Errorf("%s rejects %d, want %d", c.what, below, c.below)
		}
	}
}

func TestMultipleProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 20).Draw(t, "p")
		given := slices.Clone(p)
		holm, bh := Holm(p), BenjaminiHochberg(p)
		if !slices.Equal(p, given) {
			t.Fatal("the argument was changed")
		}
		for i := range p {
			if !(p[i] <= bh[i] && bh[i] <= holm[i] && holm[i] <= 1) {
				t.Fatalf("p %v, Benjamini-Hochberg %v, Holm %v: want them ascending", p[i], bh[i], holm[i])
			}
			for j := range p {
				if p[i] < p[j] && (holm[i] > holm[j] || bh[i] > bh[j]) || p[i] == p[j] && holm[i] != holm[j] {
					t.Fatalf("%v and %v change their order", p[i], p[j])
				}
			}
		}
		slices.Reverse(p)
		slices.Reverse(holm)
		if !slices.Equal(Holm(p), holm) {
			t.Fatal("Holm depends on the order")
		}
	})
}
