package analysis

import (
	"strings"
	"testing"

	"st67bench/results"
)

// What a long upload has lost is told with its beginning; small changes are not.
func TestCourseWarnings(t *testing.T) {
	soak := func(metrics map[string]float64) *Summary {
		return mustSummarize(t, runOf([]string{"soak"}, results.Result{Boot: 1, Case: "soak", Outcome: results.Pass, Metrics: metrics}))
	}
	s := soak(map[string]float64{"goodput": 1e6, "decay": 0.25, "decay_after": 43200})
	if got := warningOf(s, "decay"); !strings.HasPrefix(got, "soak: goodput decays: 25 % of it was lost by the end, since 12h0m0s after the repeat began; look at") {
		t.Errorf("decay: %q", got)
	}
	s = soak(map[string]float64{"goodput": 1e6, "goodput_slope": -0.02})
	if got := warningOf(s, "decay"); got != "" {
		t.Errorf("without reason: %q", got)
	}
}
