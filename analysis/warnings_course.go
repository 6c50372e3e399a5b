package analysis

import (
	"fmt"
	"time"

	"st67bench/results"
)

// warnHeap is the loss of free heap in an hour, in B, from where on a warning is given: less is within what the TCP stack
// gives and takes.
const warnHeap = 64

// warnFallen tells of uploads whose goodput was lower at the end than at first: by how much, and since when.
func warnFallen(s *Summary, _ []results.Result) []Warning {
	var out []Warning
	for _, c := range s.Cases {
		fall, ok := c.Metrics["decay"]
		if !ok {
			continue
		}
		since := time.Duration(c.Metrics["decay_after"].Median * 1e9).Round(time.Second)
		text := fmt.Sprintf("%s: goodput decays: %s of it was lost by the end, since %v after the repeat began", c.Key, results.FormatQuantity(fall.Median, ""), since)
		if c.Measured > fall.N {
			text += fmt.Sprintf(", in %d of %d repeats", fall.N, c.Measured)
		}
		out = append(out, Warning{Code: "decay", Cases: []string{c.Key},
			Text: text + "; look at free heap, temperature and RSSI over the same time, and whether a reset brings it back"})
	}
	return out
}

// warnShrinking tells of uploads that leave less and less of the module's heap, and how long it lasts.
func warnShrinking(s *Summary, _ []results.Result) []Warning {
	var out []Warning
	for _, c := range s.Cases {
		slope, ok := c.Metrics["heap_hourly"]
		heap, known := c.Metrics["heap"]
		if !ok || !known || slope.Median > -warnHeap {
			continue
		}
		left := time.Duration(heap.Median / -slope.Median * float64(time.Hour)).Round(time.Minute)
		out = append(out, Warning{Code: "heap", Cases: []string{c.Key}, Text: fmt.Sprintf(
			"%s: the module's free heap shrinks by %s an hour: the %s that are left last for %v",
			c.Key, results.FormatQuantity(-slope.Median, "B"), results.FormatQuantity(heap.Median, "B"), left)})
	}
	return out
}
