package history

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// Tests of the segmentation.
const (
	permutations = 999
	alpha        = 0.05
	fewest       = 8 // releases that can carry a cut: of 8, a cut into 3 and 5 reaches p = 2/C(8,3) = 0.036
)

// cut separates two segments.
type cut struct {
	at int     // the first point of the second one
	p  float64 // when it was made
}

// seeded is a source of random numbers that depends on nothing but the order of the values by size, so that another unit
// or a constant factor change no p-value.
func seeded(x []float64) *rand.Rand {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	h := fnv.New64a()
	for _, i := range order {
		_, _ = h.Write([]byte{byte(i), byte(i >> 8), byte(i >> 16)}) // it never fails
	}
	return rand.New(rand.NewPCG(h.Sum64(), uint64(len(x))))
}

// divide cuts the points by E-divisive: of all segments the one with the largest Q is cut there, as long as that Q is
// significant; when it is not, the second look may cut once more. first is the p-value of the first cut, made or not.
func divide(x []float64, r *rand.Rand) (cuts []cut, first float64) {
	if len(x) < fewest {
		return nil, 1
	}
	s := newScan(len(x))
	bounds := []int{0, len(x)}
	for stage := 0; ; stage++ {
		best, p := s.split(x, bounds, r)
		at := []int{best.at}
		if p > alpha {
			if found, second := look(x, bounds, r); second <= certain {
				at, p = []int{found.from, found.to}, second
			}
		}
		if stage == 0 {
			first = p
		}
		if p > alpha {
			slices.SortFunc(cuts, func(a, b cut) int { return a.at - b.at })
			return cuts, first
		}
		for _, at := range at {
			if !slices.Contains(bounds, at) {
				cuts = append(cuts, cut{at, p})
				bounds = append(bounds, at)
			}
		}
		slices.Sort(bounds)
	}
}

// split is the best split of any segment and its p-value.
func (s *scan) split(x []float64, bounds []int, r *rand.Rand) (best split, p float64) {
	for i, to := range bounds[1:] {
		if found := s.best(x[bounds[i]:to]); found.q > best.q {
			best = split{bounds[i] + found.at, found.q}
		}
	}
	return best, s.p(x, bounds, best.q, r)
}

// p is the share of permutations of the points within their segments whose largest Q is at least q, the points
// themselves counted as one (Phipson and Smyth 2010). Once p must be above alpha it stops at the last permutation that
// reached q: the share up to there is the sequential p-value of Besag and Clifford (1991).
func (s *scan) p(x []float64, bounds []int, q float64, r *rand.Rand) float64 {
	scale := 0.0
	for _, v := range x {
		scale = max(scale, math.Abs(v-x[0]))
	}
	if q <= 1e-9*scale { // equal but for rounding
		return 1
	}
	q *= 1 - 1e-9 // the same points in another order give the same Q but for rounding
	enough := int(alpha * (permutations + 1))
	reached := 0
	x = slices.Clone(x)
	for n := 1; n <= permutations; n++ {
		if s.reaches(x, bounds, q, r) {
			reached++
		}
		if reached == enough {
			return float64(reached) / float64(n)
		}
	}
	return float64(reached+1) / (permutations + 1)
}

// reaches shuffles the points within their segments and says whether any segment then has a Q of at least q.
func (s *scan) reaches(x []float64, bounds []int, q float64, r *rand.Rand) bool {
	for i, to := range bounds[1:] {
		part := x[bounds[i]:to]
		r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		if !s.below(part, q) && s.best(part).q >= q {
			return true
		}
	}
	return false
}
