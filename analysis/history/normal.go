package history

import (
	"math/rand/v2"

	"st67bench/analysis/stats"
)

// certain is the level of the second look, which is stricter than that of the first because it is taken when that has failed.
const certain = 0.01

// arc is a run of points that lies apart from the rest of its segment.
type arc struct {
	from, to int
	gain     float64 // what a mean of its own takes from the sum of squares, as a share of it
}

// look is the second look: permutations of few points cannot reach alpha, however far two or three of them lie apart.
// Under normal noise the largest gain has a distribution that depends on the lengths of the segments alone, which is
// sampled here. p is the share of samples that reach the gain of the points, with the early stop of scan.p.
func look(x []float64, bounds []int, r *rand.Rand) (found arc, p float64) {
	y := make([]float64, len(x))
	sums := make([]float64, len(x)+1)
	copy(y, x)
	found = widest(y, bounds, sums)
	if found.gain == 0 {
		return found, 1
	}
	enough := int(certain * (permutations + 1))
	reached := 0
	for n := 1; n <= permutations; n++ {
		for i := range y {
			y[i] = r.NormFloat64()
		}
		if widest(y, bounds, sums).gain >= found.gain {
			reached++
		}
		if reached == enough {
			return found, float64(reached) / float64(n)
		}
	}
	return found, float64(reached+1) / (permutations + 1)
}

// widest is the arc with the largest gain in any segment. It is followed from its first point, or precedes an arc to
// the end, so that no part of the segment is shorter than shortest. It changes x to the distances from the segments' means.
func widest(x []float64, bounds []int, sums []float64) arc {
	var best arc
	squares := 0.0
	for i, to := range bounds[1:] {
		part := x[bounds[i]:to]
		squares += center(part)
		if a := widestOf(part, sums); a.gain > best.gain {
			best = arc{bounds[i] + a.from, bounds[i] + a.to, a.gain}
		}
	}
	if best.gain <= 1e-12*squares { // equal but for rounding
		return arc{}
	}
	best.gain /= squares
	return best
}

//go:norace
func widestOf(part, sums []float64) (best arc) {
	n := len(part)
	for i, v := range part {
		sums[i+1] = sums[i] + v
	}
	for from := shortest; from <= n-shortest; from++ {
		for to := from + shortest; to <= n; to++ {
			if to > n-shortest && to < n {
				continue
			}
			sum, inside := sums[to]-sums[from], float64(to-from)
			if gain := sum * sum * float64(n) / (inside * (float64(n) - inside)); gain > best.gain {
				best = arc{from, to, gain}
			}
		}
	}
	return best
}

// center takes the mean from each point and returns the sum of squares that is left.
func center(x []float64) (squares float64) {
	m := stats.Mean(x)
	for i := range x {
		x[i] -= m
		squares += x[i] * x[i]
	}
	return squares
}
