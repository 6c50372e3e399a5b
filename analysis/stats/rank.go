package stats

import (
	"math"
	"slices"
)

// exactPairs is the largest m n for which the distribution of U is counted.
// There p of the normal approximation is off by at most 0.001 with 100 values a
// side, 0.006 with 10 and 1000.
const exactPairs = 10_000

// MannWhitney returns the two-sided p of the rank sum test (Mann & Whitney,
// Annals of Mathematical Statistics 18, 1947) that x and y come from the same
// distribution: of all ways to deal the values to both sides, the share that
// puts U at least as far from its mean as it is. It is exact, with ties too, as
// R's coin::wilcox_test(distribution = "exact"), up to 10 000 pairs; beyond that
// it is normal with corrections for ties and continuity. An empty side gives 1.
func MannWhitney(x, y []float64) float64 {
	if len(x) > len(y) {
		x, y = y, x
	}
	twice, ties := midranks(slices.Concat(x, y))
	m, n := len(x), len(y)
	twiceU := -m * (m + 1)
	for _, r := range twice[:m] {
		twiceU += r
	}
	off := max(twiceU-m*n, m*n-twiceU)
	if m*n > exactPairs {
		return rankSumNormal(m, n, ties).beyond(float64(off) / 2)
	}
	counts, unit := rankSums(m, n, ties)
	var far, all float64
	for u, c := range counts {
		all += c
		if max(unit*u-m*n, m*n-unit*u) >= off {
			far += c
		}
	}
	return far / all
}

// LeastMannWhitney returns the smallest p that MannWhitney can reach with m and
// n values without ties: 2 of all arrangements.
func LeastMannWhitney(m, n int) float64 {
	p := 2.0
	for i := 1; i <= m; i++ {
		p *= float64(i) / float64(n+i)
	}
	return min(1, p)
}

// HodgesLehmann returns the median of all differences y_j - x_i, which estimates
// by how much y is shifted, and the interval of that shift from the exact
// distribution of U: the k-th smallest and k-th largest difference, with the
// largest k for which it covers with the confidence asked for (Hodges & Lehmann,
// Annals of Mathematical Statistics 34, 1963). The interval states what it
// covers; with ties that is more. It is nil where even all differences cover too
// little: 95 % takes 4 and 4 values, 3 and 5 or 2 and 8. Beyond 10 000 pairs it
// is approximate. Neither side is empty.
func HodgesLehmann(x, y []float64, confidence float64) (shift float64, interval *Interval) {
	differences := make([]float64, 0, len(x)*len(y))
	for _, a := range x {
		for _, b := range y {
			differences = append(differences, b-a)
		}
	}
	slices.Sort(differences)
	shift = Quantile(differences, 0.5)
	m, n := min(len(x), len(y)), max(len(x), len(y))
	if m*n > exactPairs {
		return shift, rankSumNormal(m, n, nil).interval(differences, confidence)
	}
	counts, _ := rankSums(m, n, nil)
	return shift, invert(counts, differences, confidence)
}

// CliffDelta returns the probability that a value of y exceeds one of x, less
// that of the reverse: -1..1, 0 when neither dominates (Cliff, Psychological
// Bulletin 114, 1993). Neither side is empty.
func CliffDelta(x, y []float64) float64 {
	balance := 0
	for _, a := range x {
		for _, b := range y {
			switch {
			case b > a:
				balance++
			case b < a:
				balance--
			}
		}
	}
	return float64(balance) / float64(len(x)*len(y))
}

// midranks returns twice the rank of every value, where equal values share the
// mean of their ranks, and how many values are equal at each rank, ascending.
func midranks(x []float64) (twice, ties []int) {
	twice = make([]int, len(x))
	order := ascending(x)
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && x[order[to]] == x[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			twice[i] = from + 1 + to
		}
		ties = append(ties, to-from)
		from = to
	}
	return twice, ties
}

// rankSums counts the ways to deal m + n values, tied as given in ascending
// order (nil: not at all), so that U of the m is unit/2 times the index.
//
// Values are dealt in ascending order. When r of a group of t go to the first
// side, and b have gone to the second, each of the r beats b and ties with t-r:
// 2U grows by r (2b + t - r), in choose(t, r) ways.
func rankSums(m, n int, ties []int) (counts []float64, unit int) {
	if ties == nil {
		ties = slices.Repeat([]int{1}, m+n)
	}
	unit = 1
	if len(ties) == m+n {
		unit = 2 // U is whole
	}
	beats := 2 / unit
	rows := make([][]float64, m+1) // by number dealt to the first side
	for k := range rows {
		rows[k] = make([]float64, beats*k*n+1)
	}
	rows[0][0] = 1
	dealt := 0
	for _, t := range ties {
		choices := choose(t)
		for k := min(m, dealt+t); k >= max(0, dealt+t-n); k-- {
			for r := 1; r <= min(t, k); r++ {
				b := dealt - (k - r)
				if b < 0 || b > n {
					continue
				}
				to := rows[k][r*(beats*b+t-r):]
				for u, c := range rows[k-r][:beats*(k-r)*b+1] {
					to[u] += choices[r] * c
				}
			}
		}
		dealt += t
	}
	return rows[m], unit
}

// choose returns the binomial coefficients t over 0..t.
func choose(t int) []float64 {
	c := make([]float64, t+1)
	c[0] = 1
	for r := 1; r <= t; r++ {
		c[r] = math.Round(c[r-1] * float64(t-r+1) / float64(r))
	}
	return c
}

// invert returns the k-th smallest and k-th largest of sorted values, with the
// largest k for which less than k of a statistic with the counts given has at
// most the tail that the confidence leaves on one side.
func invert(counts, sorted []float64, confidence float64) *Interval {
	var all float64
	for _, c := range counts {
		all += c
	}
	k, outside := 0, 0.0
	for k < len(sorted)/2 && (outside+counts[k])/all <= (1-confidence)/2 {
		outside += counts[k]
		k++
	}
	if k == 0 {
		return nil
	}
	return &Interval{Lo: sorted[k-1], Hi: sorted[len(sorted)-k], Confidence: 1 - 2*outside/all}
}

// approximation is the normal one of a rank statistic that counts pairs.
type approximation struct{ mean, deviation float64 }

// rankSumNormal approximates U.
func rankSumNormal(m, n int, ties []int) approximation {
	total, tied := float64(m+n), 0.0
	for _, t := range ties {
		tied += float64(t) * float64(t) * float64(t)
		tied -= float64(t)
	}
	pairs := float64(m) * float64(n)
	return approximation{pairs / 2, math.Sqrt(pairs / 12 * (total + 1 - tied/(total*(total-1))))}
}

// beyond is the probability to be at least off from the mean, on either side.
func (a approximation) beyond(off float64) float64 {
	if off <= 0.5 {
		return 1
	}
	return math.Erfc((off - 0.5) / a.deviation / math.Sqrt2)
}

// interval is what invert returns, approximately.
func (a approximation) interval(sorted []float64, confidence float64) *Interval {
	k := int(a.mean + 0.5 - math.Sqrt2*math.Erfinv(confidence)*a.deviation)
	if k < 1 {
		return nil
	}
	return &Interval{Lo: sorted[k-1], Hi: sorted[len(sorted)-k], Confidence: 1 - a.beyond(a.mean-float64(k-1))}
}
