package compare

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// benchCases and benchMetrics are those of a large scenario.
const benchCases = 200

var benchMetrics = map[string]float64{
	"goodput": 1e7, "send_latency_p50": 0.002, "send_latency_p90": 0.003, "send_latency_p99": 0.004, "energy_per_bit": 1e-7, "delay_up_p50": 0.003,
}

func benchSides() (Side, Side) {
	var keys []string
	for i := range benchCases {
		keys = append(keys, fmt.Sprintf("length=%d", i))
	}
	level := func(_ string, boot, repeat int) map[string]float64 {
		out := map[string]float64{}
		for name, v := range benchMetrics {
			out[name] = v * wobble(boot) * (1 + 1e-4*float64(repeat))
		}
		return out
	}
	p := plan{scenario: "large", firmware: "2.0.97", cases: keys, boots: 8, repeats: 2, metrics: level}
	q := p
	q.firmware, q.start = "2.0.106", 24*time.Hour
	return sideOf("2.0.97", p.run()), sideOf("2.0.106", q.run())
}

// BenchmarkCompare compares 200 cases of six metrics, 8 boots of 2 repeats a side. x-floor is the ratio to the naive floor
// measured in the same run: one pass over all results that sums up each metric.
func BenchmarkCompare(b *testing.B) {
	base, new := benchSides()
	floor := naive(base, new)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compare(base, new, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	each := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(each/floor.Seconds(), "x-floor")
	b.ReportMetric(each*1e6/(benchCases*float64(len(benchMetrics))), "µs/row")
}

// naive is the time of one pass over the results, the least of five.
func naive(sides ...Side) time.Duration {
	least := time.Duration(math.MaxInt64)
	sum := 0.0
	for range 5 {
		start := time.Now()
		for _, s := range sides {
			for _, r := range s.Runs[0].Results {
				for name := range benchMetrics {
					sum += math.Log(r.Metrics[name])
				}
			}
		}
		least = min(least, time.Since(start))
	}
	if math.IsNaN(sum) {
		panic("a metric is not positive")
	}
	return least
}
