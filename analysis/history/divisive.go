package history

import "math"

// shortest is the least number of releases in a segment.
const shortest = 2

// split is the best place to cut a run of points, and how good it is.
type split struct {
	at int     // points before the cut
	q  float64 // Matteson and James' Q; 0 when there is no cut
}

// scan finds splits. It holds the memory for runs of points up to a length.
type scan struct {
	left  []float64 // by k: sum of distances within the first k points, over k-1
	right []float64 // by i: sum of distances within the points from i to the present one
	share []float64 // by m: 1/(m-1)
}

func newScan(longest int) *scan {
	longest += block // bounds reach to the end of the last block
	s := &scan{left: make([]float64, longest+1), right: make([]float64, longest+1), share: make([]float64, longest+1)}
	for m := shortest; m <= longest; m++ {
		s.share[m] = 1 / float64(m-1)
	}
	return s
}

// best maximises Q over the cut t and the end k of what follows it,
//
//	Q(t, k) = 2/k (B - (k-t)/(t-1) L - t/(k-t-1) R),
//
// where L and R are the sums of the distances |x_i - x_j| within the t points before the cut and the k-t behind it, and
// B is the sum between them (Matteson and James 2014, equation 6 with exponent 1).
//
// With T the sum over all k points, B = T - L - R, and so Q = 2/k (T - (k-1) (L/(t-1) + R/(k-t-1))): for each k the
// least bracket is sought, in one pass that also brings R up to date, n²/2 steps in all.
//
// It works on memory of its own, and the race detector would make it ten times slower.
//
//go:norace
func (s *scan) best(x []float64) split {
	var found split
	right := s.right[:len(x)]
	for i := range right {
		right[i] = 0
	}
	for last, newest := range x {
		k, top := last+1, last+1-shortest // the cut has at most top points before it
		if top < 0 {
			continue
		}
		column := 0.0 // distances of the newest point to those from i on
		least, at := math.Inf(1), 0
		points, before, within, behind := x[:top+1], s.left[:top+1], right[:top+1], s.share[shortest:]
		i := top
		for ; i >= shortest; i-- {
			column += math.Abs(points[i] - newest)
			r := within[i] + column
			within[i] = r
			if h := before[i] + r*behind[top-i]; h < least {
				least, at = h, i
			}
		}
		for ; i >= 0; i-- {
			column += math.Abs(points[i] - newest)
			within[i] += column
		}
		total := within[0]
		s.left[k] = total * s.share[k]
		if at == 0 {
			continue
		}
		if q := 2 / float64(k) * (total - float64(k-1)*least); q > found.q {
			found = split{at, q}
		}
	}
	return found
}
