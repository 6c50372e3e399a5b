package history

import "math"

// block is how many cuts share one bound.
const block = 16

// below says that no Q of the points reaches q, when that is plain to see; false says nothing. A permutation of points that
// clearly have a cut is a fifth of the work this way.
//
// In a block of cuts from a to b-1 the sum L grows with the cut and R falls, so that L/(t-1) + R/(k-t-1) is at least
// L(a)/(b-2) + R(b)/(k-a-1): only the sums at the blocks' bounds are kept.
//
//go:norace
func (s *scan) below(x []float64, q float64) bool {
	if len(x) < 4*block {
		return false // too coarse
	}
	right, left := s.right[:len(x)/block+2], s.left[:len(x)/block+2] // at the first point of each block
	clear(right)
	for last, newest := range x {
		k, g := last+1, last/block
		column := distances(x[g*block:last], newest) // of the newest point to those from the block's first on
		right[g] += column
		for i := g - 1; i >= 0; i-- {
			column += sixteen((*[block]float64)(x[i*block:]), newest)
			right[i] += column
		}
		least := math.Inf(1)
		for i := 0; i <= g && k-i*block >= shortest; i++ {
			least = min(least, left[i]*s.share[(i+1)*block-1]+right[i+1]*s.share[k-i*block])
		}
		if 2*(right[0]-float64(k-1)*least) >= q*float64(k) {
			return false
		}
		if k%block == 0 {
			left[k/block] = right[0]
		}
	}
	return true
}

// distances is the sum of those of points from another.
//
//go:norace
func distances(x []float64, from float64) (sum float64) {
	for _, v := range x {
		sum += math.Abs(v - from)
	}
	return sum
}

// sixteen is distances of a block, in four sums that do not wait for each other.
//
//go:norace
func sixteen(x *[block]float64, from float64) float64 {
	var a, b, c, d float64
	for i := 0; i < block; i += 4 {
		a += math.Abs(x[i] - from)
		b += math.Abs(x[i+1] - from)
		c += math.Abs(x[i+2] - from)
		d += math.Abs(x[i+3] - from)
	}
	return (a + b) + (c + d)
}
