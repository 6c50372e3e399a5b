package analysis

import (
	"math"
	"slices"
)

// Point is one point of a cumulative distribution: the fraction P of the values
// is at most V.
type Point struct{ V, P float64 }

// Distribution returns at most most points (at least 2) of the empirical
// distribution of values, which it sorts in place. The smallest and the largest
// value are always kept. Half of the points are spread evenly over the ranks,
// half ever denser towards the largest value, so that a tail keeps its shape.
func Distribution(values []float64, most int) []Point {
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return nil
	}
	var ranks []int
	if n <= most {
		for i := range n {
			ranks = append(ranks, i)
		}
	} else {
		ranks = spread(n, most/2)
	}
	points := make([]Point, 0, len(ranks))
	for _, i := range ranks {
		points = append(points, Point{V: values[i], P: float64(i+1) / float64(n)})
	}
	return points
}

// spread returns up to 2 half ranks of 0..n-1, in order and without repetition,
// the first and the last among them.
func spread(n, half int) []int {
	var ranks []int
	step := float64(max(half-1, 1))
	for k := range max(half, 2) {
		f := float64(k) / step
		ranks = append(ranks, int(math.Round(f*float64(n-1))))
		ranks = append(ranks, n-int(math.Round(math.Pow(float64(n), f))))
	}
	slices.Sort(ranks)
	return slices.Compact(ranks)
}
