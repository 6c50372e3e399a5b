package history

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// year is a release a day for a year in twelve metrics: a step, a temporary change, a creep and nothing, three times each.
func year() (all []Series) {
	r := rand.New(rand.NewPCG(365, 12))
	l := lab{releases: 365, boots: 5, drift: 0.02}
	for _, e := range []effect{from(200, -0.05), during(100, 110, -0.06), creeping(-0.0003), none} {
		for _, f := range []figure{throughput, p99, energy} {
			all = append(all, l.series(f, r, e))
		}
	}
	return all
}

// BenchmarkYear is the whole history of 365 releases and twelve metrics, with 999 permutations a stage. x/naive is how many
// times as long a single stage of all twelve would take on all processors by the double sums, one of which is timed.
func BenchmarkYear(b *testing.B) {
	all := year()
	points, _ := all[0].points(true)
	start := time.Now()
	naive(levels(points))
	stage := time.Since(start) * permutations * time.Duration(len(all)) / time.Duration(runtime.GOMAXPROCS(0))
	b.ReportAllocs()
	for b.Loop() {
		Analyze(all, Options{})
	}
	b.ReportMetric(float64(stage)*float64(b.N)/float64(b.Elapsed()), "x/naive")
}

// BenchmarkBest and BenchmarkBelow are one permutation of 365 points, exactly and by the bound.
func BenchmarkBest(b *testing.B) { permutation(b, func(s *scan, x []float64) { s.best(x) }) }

func BenchmarkBelow(b *testing.B) { permutation(b, func(s *scan, x []float64) { s.below(x, 1e3) }) }

func permutation(b *testing.B, do func(*scan, []float64)) {
	x := noise(rand.New(rand.NewPCG(1, 2)), 365)
	s := newScan(len(x))
	start := time.Now()
	naive(x)
	once := time.Since(start)
	for b.Loop() {
		do(s, x)
	}
	b.ReportMetric(float64(once)*float64(b.N)/float64(b.Elapsed()), "x/naive")
}
