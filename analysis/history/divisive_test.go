package history

import (
	"math"
	"math/rand/v2"
	"testing"
)

// naive is Q of Matteson and James 2014, equations 5 and 6, by its double sums, at its largest.
func naive(x []float64) (found split) {
	within := func(x []float64) (sum float64) {
		for i := range x {
			for j := range i {
				sum += math.Abs(x[i] - x[j])
			}
		}
		return sum
	}
	for k := 2 * shortest; k <= len(x); k++ {
		for at := shortest; at <= k-shortest; at++ {
			n, m := float64(at), float64(k-at)
			between := 0.0
			for _, a := range x[:at] {
				for _, b := range x[at:k] {
					between += math.Abs(a - b)
				}
			}
			q := n * m / (n + m) * (2/(n*m)*between - 2/(n*(n-1))*within(x[:at]) - 2/(m*(m-1))*within(x[at:k]))
			if q > found.q {
				found = split{at, q}
			}
		}
	}
	return found
}

func TestBestIsNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		x := make([]float64, r.IntN(30))
		for i := range x {
			x[i] = r.NormFloat64() * math.Pow10(r.IntN(3))
			if r.IntN(3) == 0 {
				x[i] = math.Trunc(x[i]) // ties
			}
		}
		got, want := newScan(len(x)).best(x), naive(x)
		if math.Abs(got.q-want.q) > 1e-9*(1+want.q) || got.at != want.at {
			t.Fatalf("%v: %+v, by the double sums %+v", x, got, want)
		}
	}
}

func BenchmarkBest365(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 365)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	s := newScan(len(x))
	for b.Loop() {
		s.best(x)
	}
}
