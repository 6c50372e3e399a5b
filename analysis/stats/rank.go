package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// mostExact is the largest number of values, both samples together, whose arrangements are counted; above it the normal
// approximation with the correction for ties is closer than 1e-3 to the exact p.
const mostExact = 200

// MannWhitney returns the two-sided p-value of the test of Mann and Whitney (1947) that x and y come from one distribution:
// the share of all arrangements of the values, ties included, whose rank sum is at least as far from its mean. With more than
// 200 values it is the normal approximation. It is 1 when either is empty.
func MannWhitney(x, y []float64) float64 {
	if len(x) == 0 || len(y) == 0 {
		return 1
	}
	ranks := doubledRanks(slices.Concat(x, y))
	sum := 0
	for _, r := range ranks[:len(x)] {
		sum += r
	}
	far := math.Abs(float64(sum) - float64(len(x)*(len(ranks)+1)))
	if len(ranks) > mostExact {
		return approximate(ranks, len(x), len(y), far)
	}
	return tails(sums(ranks, len(x)), len(x)*(len(ranks)+1), far)
}

// approximate is the p-value of a doubled rank sum that is far from its mean.
func approximate(ranks []int, m, n int, far float64) float64 {
	N := float64(m + n)
	variance := 0.0
	for _, r := range ranks {
		variance += square(float64(r) - (N + 1))
	}
	variance *= float64(m) * float64(n) / (N * (N - 1))
	if variance == 0 {
		return 1
	}
	return min(1, 2*distuv.UnitNormal.Survival(max(far-1, 0)/math.Sqrt(variance)))
}

// doubledRanks are twice the midranks of values, which are whole numbers.
func doubledRanks(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return compare(values[a], values[b]) })
	ranks := make([]int, len(values))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			ranks[k] = i + 1 + j
		}
		i = j
	}
	return ranks
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// sums counts, as a share of all, the choices of m of the ranks by their sum.
func sums(ranks []int, m int) []float64 {
	top := 0
	for _, r := range ranks {
		top += r
	}
	share := make([][]float64, m+1) // share[k][s]: of k of the ranks so far; scaled so that share[m] sums to 1
	for k := range share {
		share[k] = make([]float64, top+1)
	}
	share[0][0] = 1
	for i, r := range ranks {
		for k := min(m, i+1); k >= 0; k-- {
			// Of the arrangements of i+1 values with k chosen, (i+1-k)/(i+1) leave the last out and k/(i+1) take it.
			leave, take := float64(i+1-k)/float64(i+1), float64(k)/float64(i+1)
			for s := top; s >= 0; s-- {
				v := share[k][s] * leave
				if k > 0 && s >= r {
					v += share[k-1][s-r] * take
				}
				share[k][s] = v
			}
		}
	}
	return share[m]
}

// tails is the share of sums that are at least as far from the mean, which is a whole number, as far.
func tails(share []float64, mean int, far float64) float64 {
	p := 0.0
	for s, v := range share {
		if math.Abs(float64(s-mean)) >= far-1e-9 {
			p += v
		}
	}
	return min(p, 1)
}

// LeastMannWhitney is the smallest p-value that samples of m and n distinct values can reach: 2 in (m+n choose m).
func LeastMannWhitney(m, n int) float64 {
	return min(1, 2*math.Exp(-logChoose(m+n, m)))
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// HodgesLehmann returns the median of all differences y - x and its interval by the exact distribution of U (J. L. Hodges and
// E. L. Lehmann 1963): between the k-th smallest and the k-th largest difference, with k the largest of
// P(U <= k-1) <= (1-confidence)/2. interval is nil when there is no such k; x and y are not empty.
func HodgesLehmann(x, y []float64, confidence float64) (shift float64, interval *Interval) {
	d := make([]float64, 0, len(x)*len(y))
	for _, a := range x {
		for _, b := range y {
			d = append(d, b-a)
		}
	}
	slices.Sort(d)
	return Quantile(d, 0.5), inner(d, uniformRanks(len(x), len(y)), confidence)
}

// uniformRanks is the distribution of U: the share of the arrangements of m and n distinct values with U of 0, 1, ...
func uniformRanks(m, n int) []float64 {
	if m+n > mostExact {
		return normalShares(m*n, float64(m*n)/2, math.Sqrt(float64(m)*float64(n)*float64(m+n+1)/12))
	}
	ranks := make([]int, m+n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return sums(ranks, m)[m*(m+1)/2:][:m*n+1]
}

// normalShares are those of 0..top by the normal distribution.
func normalShares(top int, mean, deviation float64) []float64 {
	shares := make([]float64, top+1)
	normal := distuv.Normal{Mu: mean, Sigma: deviation}
	below := 0.0
	for i := range shares {
		at := normal.CDF(float64(i) + 0.5)
		shares[i] = at - below
		below = at
	}
	return shares
}

// inner is the interval between the k-th and the k-th last of the sorted values.
func inner(sorted, shares []float64, confidence float64) *Interval {
	k, below := 0, 0.0
	for k < len(shares) && below+shares[k] <= (1-confidence)/2+1e-12 {
		below += shares[k]
		k++
	}
	if k == 0 || 2*k > len(sorted) {
		return nil
	}
	return &Interval{Lo: sorted[k-1], Hi: sorted[len(sorted)-k], Confidence: 1 - 2*below}
}

// CliffDelta is the share of pairs with y above x less that with y below x, -1..1 (N. Cliff 1993); x and y are not empty.
func CliffDelta(x, y []float64) float64 {
	sum := 0
	for _, a := range x {
		for _, b := range y {
			sum += compare(b, a)
		}
	}
	return float64(sum) / float64(len(x)*len(y))
}
