package analysis

import (
	"strings"
	"testing"

	"st67bench/results"
)

// flowResult is a repeat of an upload with the flow control of its case.
func flowResult(flow string, loss float64, counters map[string]uint64) results.Result {
	return results.Result{
		Case: "link.flow=" + flow, Factors: map[string]string{"link.flow": flow}, Outcome: results.Pass, Counters: counters,
		Metrics: map[string]float64{"goodput": 1e6, "loss": loss}, Conditions: map[string]string{"link_flow": flow},
	}
}

// short is a repeat in which the module waited for bytes of a CIPSENDL that did not come.
func short(r results.Result) results.Result {
	r.Conditions["short_note"] = "send 1 on link 0 did not end"
	return r
}

// Missing payload of an upload without flow control is an over-run of the module's receiver, and the warning says what the
// host's own counters have to do with it; what has other causes is not called so.
func TestWarnOverrun(t *testing.T) {
	counted, clean := map[string]uint64{"overrun": 3, "buffer_overrun": 2}, map[string]uint64{"overrun": 0, "framing": 0}
	for name, tt := range map[string]struct {
		kind, protocol, link string
		all                  []results.Result
		says                 []string // none: no warning
	}{
		"proven": {"passthrough", "tcp", "uart", []results.Result{flowResult("none", 700, clean), flowResult("none", 34, clean), flowResult("rtscts", 0, clean)},
			[]string{"link.flow=none: 734 B are missing", "over-run of the module's receiver", "its own UART counted no over-run", "with rtscts none is missing"}},
		"counted too": {"cipsendl", "tcp", "uart", []results.Result{short(flowResult("none", 7, counted))},
			[]string{"7 B", "counted 5 over-runs too, of what the module said", "sweep link.flow"}},
		"no counter": {"passthrough", "tls", "memory", []results.Result{flowResult("none", 7, nil), flowResult("rtscts", 9, nil)},
			[]string{"has no counter of over-runs", "with rtscts 9 B are missing as well: RTS and CTS are not wired"}},
		"nothing missing":      {"passthrough", "tcp", "uart", []results.Result{flowResult("none", 0, counted)}, nil},
		"with flow control":    {"passthrough", "tcp", "uart", []results.Result{flowResult("rtscts", 5, clean)}, nil},
		"UDP":                  {"passthrough", "udp", "uart", []results.Result{flowResult("none", 5, clean)}, nil},
		"all of it counted":    {"cipsendl", "tcp", "uart", []results.Result{flowResult("none", 5, clean)}, nil},
		"acknowledged":         {"cipsend", "tcp", "uart", []results.Result{flowResult("none", 5, clean)}, nil},
		"a download":           {"receive", "tcp", "uart", []results.Result{flowResult("none", 5, clean)}, nil},
		"SPI":                  {"passthrough", "tcp", "spi", []results.Result{flowResult("none", 5, clean)}, nil},
		"workload not on file": {"", "", "uart", []results.Result{flowResult("none", 5, clean)}, nil},
	} {
		run := &results.Run{ID: "2026-01-02T030405Z-test", Identity: map[string]string{"link": tt.link}, Results: tt.all}
		run.Scenario.Parsed = map[string]any{"workload": map[string]any{"kind": tt.kind, "protocol": tt.protocol}}
		for _, key := range []string{"link.flow=none", "link.flow=rtscts"} {
			run.Cases = append(run.Cases, results.CaseInfo{Key: key})
		}
		text := ""
		for _, w := range mustSummarize(t, run).Warnings {
			if w.Code == "over-run" {
				text += w.Text
			}
		}
		if (text == "") != (tt.says == nil) {
			t.Errorf("%s: %q", name, text)
		}
		for _, want := range tt.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q lacks %q", name, text, want)
			}
		}
	}
}

// A run whose flow control is that of the rig has it in its identity.
func TestWarnOverrunOfTheRig(t *testing.T) {
	r := flowResult("none", 12, nil)
	r.Conditions, r.Case, r.Factors = nil, "passthrough", nil
	run := &results.Run{ID: "2026-01-02T030405Z-test", Identity: map[string]string{"link": "uart", "flow": "none"}, Results: []results.Result{r},
		Cases: []results.CaseInfo{{Key: "passthrough"}}}
	run.Scenario.Parsed = map[string]any{"workload": map[string]any{"kind": "passthrough", "protocol": "tcp"}}
	found := false
	for _, w := range mustSummarize(t, run).Warnings {
		found = found || w.Code == "over-run" && strings.Contains(w.Text, "12 B are missing")
	}
	if !found {
		t.Error("no warning")
	}
}
