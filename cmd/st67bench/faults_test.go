package main

import (
	"strings"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// faultScenario has two cases of two repeats of 40 sends; without warm-up, the
// N-th CIPSEND of the module is the N-th measured send.
const faultScenario = `
name: faults
title: Does a fault stay in its own repeat?
workload: {kind: cipsend, sends: 40}
sweep: {length: [512, 1460]}
repeats: {min: 2, max: 2}
warmup: 0
`

// Every fault hits one repeat, gives exactly the injected count or an error
// that names what happened, and the run goes on with the next repeat.
func TestInjectedFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault   string
		outcome results.Outcome
		says    string             // in the result's error
		metrics map[string]float64 // of the repeat that was hit
	}{
		{"drop:100@5", results.Pass, "", map[string]float64{"loss": 1}},
		{"flip:17@5", results.Pass, "", map[string]float64{"corrupt": 1, "loss": 0}},
		{"duplicate:200@7", results.Pass, "", map[string]float64{"duplicate": 1, "loss": 0}},
		{"silence@6", results.Error, "send 6", nil},
		{"reboot:100@6", results.Error, "restarted", nil},
		{"urc:line@6", results.Pass, "", map[string]float64{"loss": 0, "foreign": 0, "sends": 40}},
		{"urc:split@6", results.Error, "send 6", nil},
		{"close@6", results.Error, "link 0", nil},
		{"send-fail@6", results.Error, "SEND FAIL", nil},
		{"refuse@1", results.Error, "connect link 0", nil},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			s, err := scenarios.Parse("faults.yaml", []byte(faultScenario))
			if err != nil {
				t.Fatal(err)
			}
			run, _, err := virtualRun(t, s, func(c *emulator.Config) { c.Faults = []string{tt.fault} })
			if err != nil {
				t.Fatalf("the run ended: %v", err)
			}
			if len(run.Results) != 4 {
				t.Fatalf("%d results, want 4", len(run.Results))
			}
			checkHit(t, run, tt.outcome, tt.says, tt.metrics)
		})
	}
}

// checkHit looks at the repeat that was hit, which is the first, and at the others.
func checkHit(t *testing.T, run *results.Run, outcome results.Outcome, says string, metrics map[string]float64) {
	t.Helper()
	hit := run.Results[0]
	if hit.Outcome != outcome || !strings.Contains(hit.Err, says) {
		t.Errorf("outcome %s %q, want %s with %q", hit.Outcome, hit.Err, outcome, says)
	}
	for name, want := range metrics {
		if got := hit.Metrics[name]; got != want {
			t.Errorf("%s is %v, injected was %v", name, got, want)
		}
	}
	if n := len(hit.Marks); n > 0 && hit.Marks[n-1].T-hit.Marks[0].T > 40*time.Second {
		t.Errorf("the repeat took %v: beyond the deadline of a send", hit.Marks[n-1].T-hit.Marks[0].T)
	}
	for _, r := range run.Results[1:] {
		if r.Outcome != results.Pass {
			t.Errorf("%s repeat %d after the fault: %s %s", r.Case, r.Repeat, r.Outcome, r.Err)
		}
	}
}

// A rate of faults over the whole run: what the peer counts is what was injected.
func TestFaultRateIsCounted(t *testing.T) {
	for _, tt := range []struct{ fault, name, metric string }{
		{"drop:every=1000@1", "drop", "loss"},
		{"flip:every=700@3", "flip", "corrupt"},
		{"duplicate:every=900@2", "duplicate", "duplicate"},
	} {
		s, err := scenarios.Parse("faults.yaml", []byte(faultScenario))
		if err != nil {
			t.Fatal(err)
		}
		run, injected, err := virtualRun(t, s, func(c *emulator.Config) { c.Faults = []string{tt.fault} })
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, r := range run.Results {
			sum += r.Metrics[tt.metric]
		}
		if want := float64(injected[tt.name]); want < 100 || sum != want {
			t.Errorf("%s: the peers counted %v, injected were %v", tt.fault, sum, injected)
		}
	}
}
