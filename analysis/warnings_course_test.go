package analysis

import (
	"strings"
	"testing"

	"st67bench/results"
)

// What a long upload has lost is told with its beginning, and a heap that shrinks with its end; small changes are not.
func TestCourseWarnings(t *testing.T) {
	soak := func(metrics map[string]float64) *Summary {
		return mustSummarize(t, runOf([]string{"soak"}, results.Result{Boot: 1, Case: "soak", Outcome: results.Pass, Metrics: metrics}))
	}
	s := soak(map[string]float64{"goodput": 1e6, "decay": 0.25, "decay_after": 43200, "heap": 120e3, "heap_hourly": -6000})
	if got := warningOf(s, "decay"); !strings.HasPrefix(got, "soak: goodput decays: 25 % of it was lost by the end, since 12h0m0s after the repeat began; look at") {
		t.Errorf("decay: %q", got)
	}
	if got := warningOf(s, "heap"); got != "soak: the module's free heap shrinks by 6000 B an hour: the 120 kB that are left last for 20h0m0s" {
		t.Errorf("heap: %q", got)
	}
	s = soak(map[string]float64{"goodput": 1e6, "goodput_slope": -0.02, "heap": 120e3, "heap_hourly": -10})
	if got := warningOf(s, "decay") + warningOf(s, "heap"); got != "" {
		t.Errorf("without reason: %q", got)
	}
}
