package analysis

import (
	"math"
	"slices"

	"st67bench/analysis/stats"
)

// reported are the quantiles of a latency series that reports show, by the
// suffix of their metric.
var reported = []struct {
	suffix string
	q      float64
}{{"_p50", 0.50}, {"_p90", 0.90}, {"_p99", 0.99}}

// Quantiles returns those of p50, p90 and p99 that values can carry, by the
// suffix of their metric: "_p50". values may be in any order and are left so.
func Quantiles(values []float64) map[string]float64 {
	out := map[string]float64{}
	sorted := slices.Sorted(slices.Values(values))
	for _, r := range reported {
		if len(sorted) >= stats.Needs(r.q) {
			out[r.suffix] = stats.Quantile(sorted, r.q)
		}
	}
	return out
}

// Stat describes the values of one metric in one case, in the metric's unit.
type Stat struct {
	N        int             `json:"n"`  // independent values
	Of       string          `json:"of"` // what they are: "repeats" or "boots"
	Median   float64         `json:"median"`
	Interval *stats.Interval `json:"interval,omitempty"` // of the median; nil below six values
	Min      float64         `json:"min"`                // of all repeats
	Max      float64         `json:"max"`
}

// RelHalfWidth returns half the interval's width as a fraction of the median,
// and false when there is no interval or no such fraction.
func (s Stat) RelHalfWidth() (float64, bool) {
	if s.Interval == nil {
		return 0, false
	}
	return relative((s.Interval.Hi-s.Interval.Lo)/2, s.Median)
}

// relative is part/whole; nothing is 0 of nothing, and something is no
// fraction of nothing.
func relative(part, whole float64) (float64, bool) {
	switch {
	case part == 0:
		return 0, true
	case whole == 0:
		return 0, false
	}
	return math.Abs(part / whole), true
}

// describe is the Stat of a case's repeats, grouped by boot; no group is empty.
func describe(byBoot [][]float64) Stat {
	all := slices.Sorted(slices.Values(slices.Concat(byBoot...)))
	units, of := all, "repeats"
	if len(byBoot) >= stats.Needs(0.5) {
		units, of = make([]float64, len(byBoot)), "boots"
		for i, repeats := range byBoot {
			units[i] = stats.Quantile(slices.Sorted(slices.Values(repeats)), 0.5)
		}
		slices.Sort(units)
	}
	return Stat{
		N:        len(units),
		Of:       of,
		Median:   stats.Quantile(units, 0.5),
		Interval: stats.MedianInterval(units),
		Min:      all[0],
		Max:      all[len(all)-1],
	}
}
