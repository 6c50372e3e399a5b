package analysis

import (
	"math"
	"slices"

	"st67bench/analysis/stats"
	"st67bench/results"
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

// leastBoots is how many boots an interval over boots takes: of fewer, t is so large that it says nothing.
const leastBoots = 5

// Stat describes the values of one metric in one case, in the metric's unit. Below five boots the values are the repeats, and
// their interval holds within the run's associations only; from five boots on each boot is one, see results.Metric.Combine.
type Stat struct {
	N      int     `json:"n"`  // values
	Of     string  `json:"of"` // what they are: "repeats" or "boots"
	Median float64 `json:"median"`
	Mean   float64 `json:"mean"` // the geometric one of what is compared by ratios
	// Interval is of the median of repeats, by order statistics, nil below six; of boots, Student's of the mean, on logarithms where
	// that is geometric.
	Interval   *stats.Interval `json:"interval,omitempty"`
	IntervalOf string          `json:"interval_of,omitempty"` // "median" or "mean"
	Min        float64         `json:"min"`                   // of all repeats
	Max        float64         `json:"max"`
	Varies     *Varies         `json:"varies,omitempty"` // from boot to boot and within one; nil where it is not known

	repeats [][]float64 // by boot, of which none is empty
}

// RelHalfWidth returns half the interval's width as a fraction of what it is of, and false when there is no interval or no such
// fraction.
func (s Stat) RelHalfWidth() (float64, bool) {
	if s.Interval == nil {
		return 0, false
	}
	of := s.Median
	if s.IntervalOf == ofMean {
		of = s.Mean
	}
	return relative((s.Interval.Hi-s.Interval.Lo)/2, of)
}

// What an interval is of.
const (
	ofMedian = "median"
	ofMean   = "mean"
)

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
func describe(m results.Metric, groups [][]float64) Stat {
	all := slices.Sorted(slices.Values(slices.Concat(groups...)))
	st := Stat{N: len(all), Of: "repeats", Median: stats.Quantile(all, 0.5), Mean: m.Combine(all), Min: all[0], Max: all[len(all)-1], repeats: groups}
	if len(groups) < leastBoots {
		if st.Interval = stats.MedianInterval(all); st.Interval != nil {
			st.IntervalOf = ofMedian
		}
		return st
	}
	boots := make([]float64, len(groups))
	for i, repeats := range groups {
		boots[i] = m.Combine(repeats)
	}
	st.N, st.Of, st.Mean = len(boots), "boots", m.Combine(boots)
	st.Interval, st.IntervalOf = meanInterval(m, boots), ofMean
	slices.Sort(boots)
	st.Median = stats.Quantile(boots, 0.5)
	return st
}

// meanInterval is Student's of the mean that Combine gives of two or more values.
func meanInterval(m results.Metric, values []float64) *stats.Interval {
	if logs := logarithms(m, values); logs != nil {
		if i, ok := stats.MeanInterval(logs, stats.Confidence); ok {
			return &stats.Interval{Lo: values[0] * math.Exp(i.Lo), Hi: values[0] * math.Exp(i.Hi), Confidence: i.Confidence}
		}
	} else if i, ok := stats.MeanInterval(values, stats.Confidence); ok {
		return &i
	}
	return nil
}

// logarithms are those of values, relative to the first, so that equal ones are exactly 0; nil unless the metric is compared by
// ratios and all are positive, and for none.
func logarithms(m results.Metric, values []float64) []float64 {
	if !m.Ratio() || len(values) == 0 || slices.Min(values) <= 0 {
		return nil
	}
	x := make([]float64, len(values))
	for i, v := range values {
		x[i] = math.Log(v / values[0])
	}
	return x
}
