package analysis

import (
	"fmt"

	"st67bench/results"
)

// verdict is the run in one sentence: how much of it was measured, and the best
// of what it is about.
func verdict(s *Summary) string {
	n := map[results.Outcome]int{}
	measured := 0
	for _, c := range s.Cases {
		n[c.Outcome]++
		if c.Measured > 0 {
			measured++
		}
	}
	text := fmt.Sprintf("%d of %d cases measured", measured, len(s.Cases))
	for _, o := range []results.Outcome{results.Fail, results.Refused, results.Skipped, results.Error, results.Aborted} {
		if n[o] > 0 {
			text += fmt.Sprintf(", %d %s", n[o], o)
		}
	}
	if best := best(s); best != "" {
		text += "; " + best
	}
	return text + "."
}

// best is the case with the best value of what the run is about; for times, where
// a tail matters as much, the worst case beside it.
func best(s *Summary) string {
	metric := s.Primary()
	low, high := extremes(s.Cases, metric)
	if low == nil {
		return ""
	}
	m, _ := results.LookupMetric(metric)
	if m.Better > 0 {
		text := fmt.Sprintf("highest %s %s at %s", nameOf(m), m.Format(high.Metrics[metric].Median), high.Key)
		if e, ok := high.median("efficiency"); ok && metric == "goodput" {
			text += fmt.Sprintf(", %s of its ceiling", share(e))
		}
		return text
	}
	text := fmt.Sprintf("%s %s at %s", m.Title, m.Format(low.Metrics[metric].Median), low.Key)
	if high != low {
		text += fmt.Sprintf(" to %s at %s", m.Format(high.Metrics[metric].Median), high.Key)
	}
	return text
}

// nameOf is the metric in the middle of a sentence.
func nameOf(m results.Metric) string {
	if m.Name == "rate" {
		return "rate"
	}
	return m.Title
}

// share is a fraction for people.
func share(f float64) string { return results.FormatQuantity(f, "") }

// seconds is a time for people.
func seconds(v float64) string { return results.FormatQuantity(v, "s") }
