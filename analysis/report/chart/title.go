package chart

import (
	"unicode/utf8"

	"st67bench/analysis"
)

// MostTitle is how many characters the title of a chart has at the most: more do not fit on a line.
const MostTitle = 110

// Shorten cuts text to n characters.
func Shorten(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// Over says over how many things the figures of a metric are, from the least to the most of all cases that have it, what
// these things are, and of what the intervals are ("median", "mean"): most is 0 when no case has the metric, and
// intervalOf is empty when none has an interval.
func Over(s *analysis.Summary, metric string) (least, most int, of, intervalOf string) {
	of = "repeats"
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
