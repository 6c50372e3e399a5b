package analysis

import (
	"fmt"
	"time"

	"st67bench/results"
)

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
