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

// What is said to be below is, and what clearly is gets said to be.
func TestBelow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		x := make([]float64, r.IntN(100))
		for i := range x {
			x[i] = r.NormFloat64() + 5*float64(r.IntN(2))
		}
		s := newScan(len(x))
		q := s.best(x).q
		for _, part := range []float64{0.5, 0.9, 0.999999, 1} {
			if q*part > 0 && s.below(x, q*part) {
				t.Fatalf("%v: Q is %v and not below %v", x, q, q*part)
			}
		}
		if len(x) >= 4*block && !s.below(x, q+float64(len(x))*20) {
			t.Fatalf("%v: Q is %v, which is not seen to be far below", x, q)
		}
	}
}
