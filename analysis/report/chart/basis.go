package chart

import (
	"fmt"
	"strings"

	"st67bench/analysis"
)

// Medians is the basis of medians of a metric in this unit, from this source, over the cases that have it: of how many things
// they are, and what their intervals are. Of a metric that no case has it is unit and source.
func Medians(s *analysis.Summary, metric, unit, source string) Basis {
	b := Basis{Unit: unit, Source: source}
	least, most, of, intervalOf := over(s, metric)
	if most == 0 {
		return b
	}
	b.N = "median of " + Counted(least, most, of)
	switch intervalOf {
	case "":
		b.Interval = "no interval: it takes 6 repeats"
	case "median":
		b.Interval = "95 % interval of the median, order statistics, " + s.Scope
	default:
		b.Interval = "95 % interval of the mean of " + of + ", Student's t"
	}
	return b
}

// over says over how many things the figures of a metric are, from the least to the most of all cases that have it, what
// these things are, and of what the intervals are ("median", "mean"): most is 0 when no case has the metric, and
// intervalOf is empty when none has an interval.
func over(s *analysis.Summary, metric string) (least, most int, of, intervalOf string) {
	for _, c := range s.Cases {
		st, ok := c.Metrics[metric]
		if !ok {
			continue
		}
		if most == 0 {
			least = st.N
		}
		least, most, of = min(least, st.N), max(most, st.N), st.Of
		if st.Interval != nil {
			intervalOf = st.IntervalOf
		}
	}
	return least, most, of, intervalOf
}

// Counted is a number of things: "7 repeats", "6 to 8 repeats", "1 repeat".
func Counted(least, most int, of string) string {
	switch {
	case most == 1:
		return "1 " + strings.TrimSuffix(of, "s")
	case least == most:
		return fmt.Sprintf("%d %s", most, of)
	}
	return fmt.Sprintf("%d to %d %s", least, most, of)
}
