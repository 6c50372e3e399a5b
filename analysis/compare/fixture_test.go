package compare

import (
	"fmt"
	"time"

	"st67bench/results"
)

// plan is a run to be made up: what each boot of each case measured.
type plan struct {
	scenario, firmware, session string
	start                       time.Duration // after the first
	cases                       []string
	boots, repeats              int
	// metrics of a repeat; nil for one that was not measured
	metrics func(key string, boot, repeat int) map[string]float64
	change  func(*results.Run)
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// run makes it up: repeats of a second each, one after the other.
func (p plan) run() *results.Run {
	run := &results.Run{
		Schema: 1, ID: p.firmware + "-" + p.scenario + p.start.String(), Start: noon.Add(p.start), Session: p.session,
		Identity: map[string]string{
			"module": "ST67W611M1", "image": "T01", "firmware": p.firmware, "built": "with " + p.firmware,
			"link": "spi", "speed": "20000000", "max": "4096", "peer": "in-process", "scenario": "f21757f85ae8effe",
		},
		Conditions: map[string]string{"rssi": "-48", "channel": "6", "bssid": "02:67:00:00:00:01", "floor_p50": "1e-05"},
		Scenario:   results.Document{Name: p.scenario, Parsed: map[string]any{"name": p.scenario, "workload": map[string]any{"kind": "cipsend", "duration": 1000000000}}},
	}
	for i, key := range p.cases {
		run.Cases = append(run.Cases, results.CaseInfo{Key: key, Hash: fmt.Sprintf("%016x", i)})
	}
	seq := 0
	for b := range p.boots {
		for r := range max(p.repeats, 1) {
			for _, key := range p.cases {
				seq++
				res := results.Result{
					Seq: seq, Boot: b + 1, Block: b*max(p.repeats, 1) + r + 1, Repeat: r + 1, Case: key, Outcome: results.Pass,
					Metrics: p.metrics(key, b, r),
					Marks: []results.Mark{
						{Name: "start", T: time.Duration(2*seq) * time.Second}, {Name: "end", T: time.Duration(2*seq+1) * time.Second},
					},
				}
				if res.Metrics == nil {
					res.Outcome, res.Err = results.Error, "no answer within 5 s"
				}
				run.Results = append(run.Results, res)
			}
		}
	}
	if p.change != nil {
		p.change(run)
	}
	return run
}

// wobble is a fixed spread of about 1 % that differs from boot to boot.
func wobble(boot int) float64 {
	return 1 + []float64{0.004, -0.007, 0.011, -0.012, 0.001, 0.008, -0.005, 0}[boot%8]
}

func sideOf(name string, runs ...*results.Run) Side { return Side{Name: name, Runs: runs} }
