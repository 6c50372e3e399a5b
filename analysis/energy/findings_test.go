package energy

import (
	"slices"
	"strings"
	"testing"

	"st67bench/results"
)

// idleRun is a run of workload idle with one factor, of which repeat gives the metrics of a level.
func idleRun(kind, factor string, levels []string, repeat func(level int) map[string]float64) *results.Run {
	run := &results.Run{Scenario: results.Document{Parsed: map[string]any{"workload": map[string]any{"kind": kind}}}, Factors: []string{factor}}
	for i, l := range levels {
		c := results.CaseInfo{Key: factor + "=" + l, Factors: map[string]string{factor: l}}
		run.Cases = append(run.Cases, c)
		run.Results = append(run.Results, results.Result{Case: c.Key, Factors: c.Factors, Outcome: results.Pass, Metrics: repeat(i)})
	}
	return run
}

// TestFindingsOfTWT: the manual's example 1,1,13,128,1000 is a period of 128 x 256 us each 1000 x 2^13 us (7.1.7).
func TestFindingsOfTWT(t *testing.T) {
	run := idleRun("idle", "twt", []string{"off", "13:128:1000"}, func(i int) map[string]float64 {
		if i == 0 {
			return map[string]float64{"current": 809e-6, "wake_interval": 0.1024}
		}
		return map[string]float64{"current": 306e-6, "wake_interval": 8.192, "wake_time": 49.1e-3, "service_period": 128 * 256e-6}
	})
	got := Findings(run)
	want := "At twt=13:128:1000 a service period of 32.768 ms was agreed on, and comes every 8.192 s; the module is awake for 49.1 ms each time."
	if !slices.Contains(got, want) {
		t.Errorf("%q has not %q", got, want)
	}
}

// TestFindingsOfDTIM: a line through 78.6 uA + 74.8 uC/T is found where the module idles, and not said of traffic.
func TestFindingsOfDTIM(t *testing.T) {
	for kind, said := range map[string]bool{"idle": true, "request-response": false} {
		run := idleRun(kind, "dtim", []string{"1", "3", "10"}, func(i int) map[string]float64 {
			every := 0.1024 * []float64{1, 3, 10}[i]
			return map[string]float64{"current": 78.6e-6 + 74.8e-6/every, "wake_interval": every, "wake_charge": 74.8e-6}
		})
		got := strings.Join(Findings(run), " ")
		if strings.Contains(got, "78.6 µA without wakes and 74.8 µC per wake") != said {
			t.Errorf("%s: %s", kind, got)
		}
		if strings.Contains(got, "2 x AA alkaline") != said {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// TestFindingsOfDisagreement: wakes that cost half of what the line says are not hidden.
func TestFindingsOfDisagreement(t *testing.T) {
	run := idleRun("idle", "dtim", []string{"1", "10"}, func(i int) map[string]float64 {
		every := 0.1024 * []float64{1, 10}[i]
		return map[string]float64{"current": 78.6e-6 + 74.8e-6/every, "wake_interval": every, "wake_charge": 37.4e-6}
	})
	if got := strings.Join(Findings(run), " "); !strings.Contains(got, "74.8 µC by the line over DTIM, and 37.4 µC by the wakes themselves") {
		t.Error(got)
	}
}
