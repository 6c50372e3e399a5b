package stats

import (
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkCompare compares 200 cases of 12 metrics, 8 boots a side, in every way.
// x-floor is the time relative to a plain loop over the differences of all pairs
// and their mean, measured in the same run.
func BenchmarkCompare(b *testing.B) {
	const comparisons, boots = 200 * 12, 8
	random := rand.New(rand.NewPCG(67, 80))
	var sides [comparisons][2][]float64
	for i := range sides {
		sides[i] = [2][]float64{draw(boots, random.NormFloat64), draw(boots, random.NormFloat64)}
	}
	for _, c := range []struct {
		what string
		run  func(x, y []float64)
	}{
		{"MannWhitney", func(x, y []float64) { MannWhitney(x, y) }},
		{"HodgesLehmann", func(x, y []float64) { HodgesLehmann(x, y, Confidence) }},
		{"Welch", func(x, y []float64) { Welch(x, y); WelchInterval(x, y, Confidence) }},
	} {
		b.Run(c.what, func(b *testing.B) {
			b.ReportAllocs()
			var floor time.Duration
			for b.Loop() {
				for i := range sides {
					c.run(sides[i][0], sides[i][1])
				}
				b.StopTimer()
				began := time.Now()
				for i := range sides {
					meanOfPairs(sides[i][0], sides[i][1])
				}
				floor += time.Since(began)
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(floor), "x-floor")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*comparisons), "µs/comparison")
		})
	}
}

//go:noinline
func meanOfPairs(x, y []float64) (sum float64) {
	for _, a := range x {
		for _, v := range y {
			sum += v - a
		}
	}
	return sum / float64(len(x)*len(y))
}
