package stats

import "slices"

// Holm returns p-values adjusted for their number, in the order given:
// rejecting those up to alpha makes any false rejection among them at most as
// probable as alpha, however they depend on each other (Holm, Scandinavian
// Journal of Statistics 6, 1979).
func Holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	least := 0.0
	for rank, i := range ascending(p) {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = least
	}
	return adjusted
}

// BenjaminiHochberg returns q-values, in the order given: of those up to q, no
// more than the fraction q is expected to be false (Benjamini & Hochberg,
// Journal of the Royal Statistical Society B 57, 1995). That holds for
// p-values that are independent or positively dependent.
func BenjaminiHochberg(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	most := 1.0
	order := ascending(p)
	for rank := len(order) - 1; rank >= 0; rank-- {
		i := order[rank]
		most = min(most, p[i]*(float64(len(p))/float64(rank+1)))
		adjusted[i] = most
	}
	return adjusted
}

// ascending are the indices of x in the order of its values.
func ascending(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	return order
}
