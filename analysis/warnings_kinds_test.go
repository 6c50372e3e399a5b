package analysis

import (
	"maps"
	"strings"
	"testing"

	"st67bench/results"
)

// Each rule, with the figures that set it off and those that just do not.
func TestWarningsByWhatWasMeasured(t *testing.T) {
	type figures = map[string]float64
	for _, c := range []struct {
		code, kind  string
		bad, good   figures
		want, mends string
	}{
		{"dropped", "ping", figures{"rtt_p50": 1, "dropped": 3}, figures{"rtt_p50": 1, "dropped": 0}, "size=a: pings were dropped", "schedule: closed"},
		{"late", "request-response", figures{"rtt_p50": 1, "late": 4, "sends": 400}, figures{"rtt_p50": 1, "late": 3, "sends": 400}, "size=a: requests began late", "every"},
		{"late", "cipsend", figures{"goodput": 1, "late": 9, "sends": 400}, figures{"goodput": 1, "late": 0, "sends": 400}, "size=a: sends began late", "offer less (rate)"},
		{"unanswered", "ping", figures{"rtt_p50": 1, "datagrams": 15, "datagrams_lost": 5}, figures{"rtt_p50": 1, "datagrams": 15, "datagrams_lost": 0},
			"size=a: pings were not answered, at worst 25 % of them", ""},
		{"clock", "request-response", figures{"rtt_p50": 9, "delay_up_p50": 4e-3, "clock_uncertainty": 0.5e-3}, figures{"rtt_p50": 9, "delay_up_p50": 6e-3, "clock_uncertainty": 0.5e-3},
			"size=a: the peer's clock is known no better than 10 %", "peer on the harness's own machine"},
		{"resolution", "ping", figures{"rtt_p50": 9e-3}, figures{"rtt_p50": 11e-3}, "size=a: 1.00 ms, the step of the module's own figure, is 10 % of a ping or more", "request-response"},
		{"bound", "at-roundtrip", figures{"rtt_p50": 0.9e-3, "bound": 1e-3}, figures{"rtt_p50": 1e-3, "bound": 1e-3}, "size=a: round trip below its bound", "rig file"},
		{"fairness", "cipsend", figures{"goodput": 1, "fairness": 0.71}, figures{"goodput": 1, "fairness": 0.95}, "size=a: the links did not carry the same, Jain's index is 0.71", "links: 1"},
		{"udp-loss", "cipsend", figures{"goodput": 1, "datagrams": 90, "datagrams_lost": 10}, figures{"goodput": 1, "datagrams": 90, "datagrams_lost": 0},
			"size=a: datagrams were lost, at worst 10 % [4.9 %, 18 %] of them (size=a)", "offer less"},
		{"boundaries", "receive", figures{"goodput": 1, "boundaries_lost": 2}, figures{"goodput": 1, "boundaries_lost": 0}, "size=a: datagrams came joined or cut", "read"},
		{"module-figure", "iperf", figures{"goodput": 9e6, "module_goodput": 9.9e6}, figures{"goodput": 9e6, "module_goodput": 9.05e6},
			"size=a: the module says 9.90 Mbit/s, +10 % against the 9.00 Mbit/s that arrived", ""},
		{"leak", "connect", figures{"duration": 1, "heap": 120e3, "heap_slope": -24}, figures{"duration": 1, "heap": 120e3, "heap_slope": -0.5},
			"size=a: the module's free heap shrinks by 24 B with each connection: after 5000 connections its 120 kB are used up", "longer"},
		{"leak", "soak", figures{"goodput": 1, "heap": 72e3, "heap_hourly": -200}, figures{"goodput": 1, "heap": 72e3, "heap_hourly": -99},
			"size=a: the module's free heap shrinks by 200 B an hour: after 360 hours its 72.0 kB are used up", "longer"},
		{"decay", "soak", figures{"goodput": 1, "goodput_slope": -0.08, "decay": 0.07, "decay_after": 600}, figures{"goodput": 1},
			"size=a: goodput decays: 7.0 % of it was lost by the end, since 10m0s after the repeat began", "temperature"},
	} {
		s := mustSummarize(t, measuredRun(c.kind, c.bad))
		if got := warningOf(s, c.code); !strings.HasPrefix(got, c.want) || !strings.Contains(got, c.mends) {
			t.Errorf("%s: %q, want %q and %q", c.code, got, c.want, c.mends)
		}
		if got := warningOf(mustSummarize(t, measuredRun(c.kind, c.good)), c.code); got != "" {
			t.Errorf("%s of %v: %q", c.code, c.good, got)
		}
	}
}

// A slope of goodput is told of from six repeats on that agree.
func TestFading(t *testing.T) {
	run := measuredRun("soak", map[string]float64{"goodput": 1, "goodput_slope": -0.08})
	if got := warningOf(mustSummarize(t, run), "decay"); got != "" {
		t.Errorf("one repeat: %q", got)
	}
	for range 5 {
		run.Results = append(run.Results, run.Results[0])
	}
	s := mustSummarize(t, run)
	if got := warningOf(s, "decay"); !strings.HasPrefix(got, "size=a: goodput fades, at worst by 8.0 % an hour") || len(s.Findings) != 1 || s.Findings[0] != "Goodput changed by -8.0 % an hour." {
		t.Errorf("%q, %v", got, s.Findings)
	}
}

// A slope that repeats do not agree on is none.
func TestSlopesThatRepeatsDoNotAgreeOn(t *testing.T) {
	run := measuredRun("connect", map[string]float64{"heap_slope": -24, "goodput_slope": -0.2, "goodput": 1})
	other := run.Results[0]
	other.Metrics = map[string]float64{"heap_slope": 3, "goodput_slope": 0.01, "goodput": 1}
	run.Results = append(run.Results, other)
	s := mustSummarize(t, run)
	if warningOf(s, "leak") != "" || warningOf(s, "decay") != "" {
		t.Errorf("%v", s.Warnings)
	}
}

func TestNetwork(t *testing.T) {
	run := measuredRun("cipsend", map[string]float64{"goodput": 9.5e6})
	run.Conditions = map[string]string{"network_ceiling_up": "1e7", "network_ceiling_down": "9e6"}
	s := mustSummarize(t, run)
	if s.Network == nil || *s.Network != (Network{Up: 1e7, Down: 9e6}) {
		t.Errorf("network %+v", s.Network)
	}
	if got := warningOf(s, "network"); !strings.HasPrefix(got, "size=a: goodput is 90 % or more of what the network between harness and peer carries") {
		t.Errorf("%q", got)
	}
	run.Results[0].Metrics["goodput"] = 8e6
	if got := warningOf(mustSummarize(t, run), "network"); got != "" {
		t.Errorf("%q", got)
	}
	run.Conditions = map[string]string{"network_ceiling_note": "the peer is in the harness"}
	if s := mustSummarize(t, run); s.Network == nil || s.Network.Note != "the peer is in the harness" || warningOf(s, "network") != "" {
		t.Errorf("network %+v", s.Network)
	}
}

// Notes of repeats are told once per text, and not without end.
func TestNotesOfRepeats(t *testing.T) {
	run := measuredRun("ping", map[string]float64{"rtt_p50": 1}, map[string]float64{"rtt_p50": 1})
	for i := range run.Results {
		run.Results[i].Conditions = map[string]string{"rtt_note": "whole ms", "network_ceiling_note": "none"}
	}
	s := mustSummarize(t, run)
	if got := warningOf(s, "rtt"); got != "size=a, size=b: whole ms" || warningOf(s, "network_ceiling") != "" {
		t.Errorf("%v", s.Warnings)
	}
	for _, text := range []string{"1", "2", "3", "4"} {
		more := run.Results[0]
		more.Conditions = maps.Clone(more.Conditions)
		more.Conditions["rtt_note"] = text
		run.Results = append(run.Results, more)
	}
	n, last := 0, Warning{}
	for _, w := range mustSummarize(t, run).Warnings {
		if w.Code == "rtt" {
			n++
			last = w
		}
	}
	if n != mostNotes || last.Text != "size=a: 2 (and 2 more such notes, rtt_note in results.jsonl)" {
		t.Errorf("%d notes, the last %q", n, last.Text)
	}
}

// What was counted but not checked is no integrity.
func TestIntegrityIsOfCheckedPayload(t *testing.T) {
	for _, metrics := range []map[string]float64{{"rtt_p50": 1, "sends": 9}, {"goodput": 9e6, "received": 1e6}, {"rate": 3, "loss": 0}} {
		if s := mustSummarize(t, measuredRun("", metrics)); s.Integrity != nil {
			t.Errorf("%v: %v", metrics, s.Integrity)
		}
	}
	s := mustSummarize(t, measuredRun("", map[string]float64{"goodput": 9e6, "received": 1e6, "corrupt": 0}))
	if s.Integrity == nil || !s.Integrity.Clean() || s.Cases[0].Outcome != results.Pass {
		t.Errorf("%+v", s.Integrity)
	}
}
