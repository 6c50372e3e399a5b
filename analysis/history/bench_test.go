package history

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// year is a release a day for a year in twelve metrics: a step, a temporary change, a creep and nothing, three times each.
func year() []Series {
	r := rand.New(rand.NewPCG(365, 12))
	l := lab{releases: 365, boots: 5, drift: 0.02}
	effects := []func(int) float64{from(200, -0.05), during(100, 110, -0.06), creeping(-0.0003), none}
	var all []Series
	for i := range 12 {
		all = append(all, l.series(i%3, r, effects[i/3]))
	}
	return all
}

// BenchmarkYear is the whole history of 365 releases and twelve metrics with 999 permutations. x/naive is how many times as
// long the permutations alone would take by the double sums over all pairs, for which one of them is timed.
func BenchmarkYear(b *testing.B) {
	all := year()
	x := levels(measured(first(all[0].points(true))))
	start := time.Now()
	quadratic(x)
	naive := time.Since(start) * permutations * 12 / time.Duration(runtime.GOMAXPROCS(0))
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		Analyze(all, Options{})
	}
	b.ReportMetric(float64(naive)/(float64(b.Elapsed())/float64(b.N)), "x/naive")
}

func first(points []Point, _ int) []Point { return points }

// quadratic is Q at its largest with the sums between and within taken anew for every cut and end.
func quadratic(x []float64) split { return naive(x) }
