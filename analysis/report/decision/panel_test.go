package decision

import (
	"testing"

	"st67bench/analysis/history"
	"st67bench/analysis/report/chart"
)

// A column of a file that is called as a metric, and of which nobody says the unit, is not taken to have the metric's.
func TestUnitOfAColumn(t *testing.T) {
	for unit, want := range map[string][2]string{"": {"10.2", chart.Plain}, "bit/s": {"10.2 bit/s", chart.Bitrate}} {
		p := course{Course: &history.Course{Metric: "throughput", Unit: unit}}
		if got := [2]string{p.quantity(10.2), p.format()}; got != want {
			t.Errorf("in %q: %q, want %q", unit, got, want)
		}
	}
}
