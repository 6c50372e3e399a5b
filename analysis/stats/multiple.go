package stats

import "slices"

// Holm returns the p-values adjusted so that the probability of any false one among those below alpha is at most alpha
// (S. Holm, Scandinavian Journal of Statistics 6, 1979), in the order given.
func Holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	least := 0.0
	for i, k := range ascending(p) {
		least = max(least, min(1, p[k]*float64(len(p)-i)))
		adjusted[k] = least
	}
	return adjusted
}

// BenjaminiHochberg returns the q-values: the share of false ones to expect among those that are at most q (Y. Benjamini and
// Y. Hochberg, JRSS B 57, 1995), in the order given.
func BenjaminiHochberg(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	most := 1.0
	for i, k := range slices.Backward(ascending(p)) {
		most = min(most, p[k]*float64(len(p))/float64(i+1))
		adjusted[k] = most
	}
	return adjusted
}

func ascending(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(p[a], p[b]) })
	return order
}
