package analysis

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"st67bench/results"
)

// repeatOf is a measured repeat; latency is the sum of the stages and 0.1 ms.
func repeatOf(key string, boot int, goodput, sends float64) results.Result {
	return results.Result{
		Boot: boot, Case: key, Outcome: results.Pass,
		Metrics: map[string]float64{
			"goodput": goodput, "ceiling": 2e6, "efficiency": goodput / 2e6, "sends": sends, "received": 1000, "corrupt": 0,
			"send_latency_p50": 1e-3, "send_latency_p90": 2e-3, "send_latency_p99": 3e-3,
			"stage_command": 0.5e-3, "stage_prompt": 0.1e-3, "stage_payload": 0.2e-3, "stage_recv": 0.1e-3,
		},
	}
}

func runOf(cases []string, all ...results.Result) *results.Run {
	run := &results.Run{ID: "2026-01-02T030405Z-test", Factors: []string{"length"}, Results: all}
	for _, key := range cases {
		_, level, _ := strings.Cut(key, "=")
		run.Cases = append(run.Cases, results.CaseInfo{Key: key, Factors: map[string]string{"length": level}})
	}
	return run
}

func repeats(key string, goodput ...float64) []results.Result {
	var out []results.Result
	for _, g := range goodput {
		out = append(out, repeatOf(key, 1, g, 400))
	}
	return out
}

func mustSummarize(t *testing.T, run *results.Run) *Summary {
	t.Helper()
	s, err := Summarize(run)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSummarizeCase(t *testing.T) {
	s := mustSummarize(t, runOf([]string{"length=1000"}, repeats("length=1000", 1.0e6, 1.5e6, 1.1e6, 1.4e6, 1.2e6, 1.3e6, 1.6e6)...))
	c := s.Cases[0]
	g := c.Metrics["goodput"]
	if g.N != 7 || g.Median != 1.3e6 || g.Interval == nil || g.Interval.Lo != 1e6 || g.Interval.Hi != 1.6e6 || g.Interval.Confidence != 0.984375 {
		t.Errorf("goodput of 1.0..1.6 Mbit/s, n 7: %+v %+v; want median 1.3e6 and ranks 1..7", g, g.Interval)
	}
	// 8000 bit in 8000/1.3e6 s instead of 4 ms.
	if c.Excess == nil || math.Abs(*c.Excess-(8000/1.3e6-0.004)) > 1e-12 {
		t.Errorf("excess %v", c.Excess)
	}
	if c.Outcome != results.Pass || c.Measured != 7 || len(c.Withheld) != 0 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(s.Verdict, "1 of 1 cases measured; highest goodput 1.30 Mbit/s at length=1000, 65 % of its ceiling") {
		t.Errorf("verdict %q", s.Verdict)
	}
	if got := s.Integrity.String(); got != "no byte lost, doubled or changed (7000 B checked at the receiver: at most 1 in 1.90 kB)" {
		t.Errorf("integrity %q", got)
	}
}

func TestStages(t *testing.T) {
	s := mustSummarize(t, runOf([]string{"length=64"}, repeats("length=64", 1e6)...))
	want := map[string]float64{"command": 0.5, "prompt": 0.1, "payload": 0.2, "Recv": 0.1, "host": 0.1}
	for _, share := range s.Cases[0].Stages {
		if math.Abs(share.Fraction-want[share.Name]) > 1e-9 {
			t.Errorf("%s takes %v, want %v", share.Name, share.Fraction, want[share.Name])
		}
		delete(want, share.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing stages %v", want)
	}
	var names []string
	for _, share := range s.Cases[0].Largest() {
		names = append(names, share.Name)
	}
	if got := strings.Join(names, " "); got != "command payload host" {
		t.Errorf("largest %q; command 50 %% and payload 20 %% cover two thirds, host is named from 5 %% on", got)
	}
}

// A host time that the workload measured counts, not the rest of the median latency.
func TestStagesMeasuredHost(t *testing.T) {
	r := repeatOf("length=64", 1, 1e6, 400)
	r.Metrics["stage_host"] = 0.3e-3
	c := mustSummarize(t, runOf([]string{"length=64"}, r)).Cases[0]
	if got := c.stage("host"); math.Abs(got-0.25) > 1e-9 {
		t.Errorf("host takes %v, want 0.3 of 1.2 ms", got)
	}
}

func TestQuantilesAreWithheld(t *testing.T) {
	run := runOf([]string{"length=64", "length=128"}, repeatOf("length=64", 1, 1e6, 400), repeatOf("length=64", 1, 1e6, 132),
		repeatOf("length=128", 1, 1e6, 368))
	s := mustSummarize(t, run)
	if got := s.Cases[0].Withheld["send_latency_p99"].String(); got != "-, needs 368 sends, has 132" {
		t.Errorf("p99 is shown as %q", got)
	}
	if _, ok := s.Cases[0].Metrics["send_latency_p99"]; ok {
		t.Error("p99 of a repeat with 132 sends is shown")
	}
	if _, ok := s.Cases[0].Metrics["send_latency_p90"]; !ok {
		t.Error("p90 of 132 sends is withheld")
	}
	if got := s.Cases[1].Metrics["send_latency_p99"].Median; got != 3e-3 {
		t.Errorf("p99 of 368 sends is %v, want 3 ms", got)
	}
}

func TestOutcomes(t *testing.T) {
	run := runOf([]string{"length=1", "length=2", "length=3", "length=4"},
		results.Result{Boot: 1, Case: "length=1", Outcome: results.Refused, Err: "ERR CODE:0x01070000"},
		repeatOf("length=2", 1, 1e6, 400),
		results.Result{Boot: 1, Case: "length=2", Outcome: results.Error, Err: "silence after >"},
		results.Result{Boot: 1, Case: "length=3", Outcome: results.Fail, Err: "refused, but a limit names it"})
	s := mustSummarize(t, run)
	want := []results.Outcome{results.Refused, results.Pass, results.Fail, results.Aborted}
	for i, c := range s.Cases {
		if c.Outcome != want[i] {
			t.Errorf("%s is %s, want %s", c.Key, c.Outcome, want[i])
		}
	}
	if s.Cases[0].Reason != "ERR CODE:0x01070000" || s.Cases[3].Reason != "the run ended before this case" {
		t.Errorf("reasons %q, %q", s.Cases[0].Reason, s.Cases[3].Reason)
	}
	if !strings.HasPrefix(s.Verdict, "1 of 4 cases measured, 1 FAIL, 1 REFUSED, 1 ABORTED;") {
		t.Errorf("verdict %q", s.Verdict)
	}
	if got := warningOf(s, "repeats"); got != "length=2: 1 of 2 repeats not measured: silence after >" {
		t.Errorf("warning %q", got)
	}
}

func warningOf(s *Summary, code string) string {
	for _, w := range s.Warnings {
		if w.Code == code {
			return w.Text
		}
	}
	return ""
}

func TestWarnings(t *testing.T) {
	bad := repeatOf("length=64", 1, 2.1e6, 400)
	bad.Metrics["loss"], bad.Metrics["corrupt"] = 12, 3
	bad.Counters = map[string]uint64{"overrun": 2, "rx": 5000}
	bad.Conditions = map[string]string{"rssi": "-48", "rssi_after": "-57 dBm", "bssid": "aa:bb:cc:dd:ee:ff"}
	run := runOf([]string{"length=64"}, bad)
	run.Conditions = map[string]string{"floor_p50": "0.00006", "floor_p99": "0.0001"}
	s := mustSummarize(t, run)
	for code, want := range map[string]string{
		"integrity": "payload did not arrive as sent: 12 B lost, 3 B changed (1000 B checked at the receiver)",
		"ceiling":   "length=64: goodput above the ceiling",
		"link":      "the link counted 2 × overrun at length=64",
		"few":       "length=64: need >= 6 repeats for a 95 % interval",
		"rssi":      "RSSI moved between -57 and -48 dBm",
		"command":   "length=64: 50 % of the time goes to the command itself",
		"floor":     "length=64: the harness's own floor of 60.0 µs an exchange is 5.0 % of a send or more",
	} {
		if got := warningOf(s, code); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	if s.Floor == nil || s.Floor.P50 != 6e-5 || s.Floor.P99 != 1e-4 {
		t.Errorf("floor %+v", s.Floor)
	}
	for link, want := range map[string]bool{"tcp": true, "rfc2217": true, "uart": false, "spi": false, "": false} {
		run.Identity = map[string]string{"link": link}
		if got := warningOf(mustSummarize(t, run), "server"); strings.Contains(got, "chardelay") != want {
			t.Errorf("link %q: %q", link, got)
		}
	}
	run.Conditions = map[string]string{"note": "the clock is 20 % off"}
	if got := warningOf(mustSummarize(t, run), "link-note"); got != "the clock is 20 % off" {
		t.Errorf("note of the link: %q", got)
	}
	run.Results[0].Conditions = map[string]string{"iperf_note": "it ended with a reset"}
	if got := warningOf(mustSummarize(t, run), "iperf"); !strings.HasSuffix(got, ": it ended with a reset") {
		t.Errorf("note of a repeat: %q", got)
	}
	clean := mustSummarize(t, runOf([]string{"length=64"}, repeats("length=64", 1e6, 1e6, 1e6, 1e6, 1e6, 1e6)...))
	for _, w := range clean.Warnings {
		if w.Code != "command" {
			t.Errorf("a clean run is warned of: %s", w.Text)
		}
	}
}

func TestScope(t *testing.T) {
	var all []results.Result
	for boot := 1; boot <= 5; boot++ {
		all = append(all, repeatOf("length=64", boot, 1e6+float64(boot), 400))
		s := mustSummarize(t, runOf([]string{"length=64"}, all...))
		g := s.Cases[0].Metrics["goodput"]
		switch {
		case boot == 1 && s.Scope != "within this association only (1 boot)",
			boot == 2 && (s.Scope != "within these associations only (2 boots)" || warningOf(s, "boots") == ""),
			boot == 4 && (s.Scope != "within these associations only (4 boots)" || g.Of != "repeats"),
			boot == 5 && (s.Scope != "over 5 boots (95 % t intervals of their mean)" || g.Of != "boots" || g.N != 5 || g.Interval == nil || warningOf(s, "few") != "" || warningOf(s, "boots") != ""):
			t.Errorf("%d boots: scope %q, %+v, %v", boot, s.Scope, g, s.Warnings)
		}
	}
}

// A case that was measured in fewer boots than the run has is told of: what the run says of its intervals does not hold for it.
func TestScopeOfACase(t *testing.T) {
	var all []results.Result
	for boot := 1; boot <= 5; boot++ {
		all = append(all, repeatOf("length=64", boot, 1e6, 400))
		if boot > 1 {
			all = append(all, repeatOf("length=128", boot, 1e6, 400))
		}
	}
	s := mustSummarize(t, runOf([]string{"length=64", "length=128"}, all...))
	const want = "length=128: measured in fewer than 5 boots: these intervals are over repeats, within these associations only"
	if got := warningOf(s, "boots"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRunWithoutResults(t *testing.T) {
	s := mustSummarize(t, runOf([]string{"length=64"}))
	if s.Verdict != "0 of 1 cases measured, 1 ABORTED." || s.Integrity != nil || s.Scope != "nothing measured" {
		t.Errorf("%+v", s)
	}
	if text, err := json.Marshal(s); err != nil || strings.Contains(string(text), "metrics") {
		t.Errorf("%s %v", text, err)
	}
	if _, err := Summarize(&results.Run{ID: "x"}); err == nil {
		t.Error("a run without cases has a summary")
	}
}
