package analysis

import (
	"fmt"
	"slices"
	"strings"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// Withheld says why a quantile is not shown.
type Withheld struct {
	Needs int    `json:"needs"`         // values per repeat
	Has   int    `json:"has,omitempty"` // values of the shortest repeat; 0 when they were not counted
	Of    string `json:"of"`            // what the values are of: "send"
}

// String is what stands in the quantile's place.
func (w Withheld) String() string { return "-, " + w.Reason() }

// Reason says what is missing: "needs 368 sends, has 132".
func (w Withheld) Reason() string {
	text := fmt.Sprintf("needs %d %ss", w.Needs, w.Of)
	if w.Has > 0 {
		text += fmt.Sprintf(", has %d", w.Has)
	}
	return text
}

// withhold drops the quantiles that not every repeat can carry. Keeping the
// repeats that can would show the fastest ones only, because a repeat of fixed
// duration has the more values the faster it was.
// carried says how many repeats have a metric.
func (c *Case) withhold(carried map[string]int, event string) {
	sends, counted := c.Metrics["sends"]
	for _, series := range quantiled(c.Metrics) {
		for _, r := range reported {
			metric, w := series+r.suffix, Withheld{Needs: stats.Needs(r.q), Of: event}
			if strings.HasPrefix(series, "delay_") { // of what arrived, which nobody counted
				w.Of = "value"
			} else if counted && int(sends.Min) < w.Needs {
				w.Has = int(sends.Min)
			}
			if w.Has == 0 && carried[metric] == c.Measured {
				continue
			}
			delete(c.Metrics, metric)
			if c.Withheld == nil {
				c.Withheld = map[string]Withheld{}
			}
			c.Withheld[metric] = w
		}
	}
}

// quantiled are the series of which there are quantiles, in alphabetical order.
func quantiled(metrics map[string]Stat) []string {
	var out []string
	for _, name := range sortedKeys(metrics) {
		for _, r := range reported {
			series, ok := strings.CutSuffix(name, r.suffix)
			if _, known := results.LookupMetric(series); ok && known && !slices.Contains(out, series) {
				out = append(out, series)
			}
		}
	}
	return out
}
