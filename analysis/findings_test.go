package analysis

import (
	"strings"
	"testing"

	"st67bench/results"
)

// measuredRun is a run of a kind with one repeat of each case, swept over "size".
func measuredRun(kind string, cases ...map[string]float64) *results.Run {
	run := &results.Run{ID: "2026-01-02T030405Z-test", Factors: []string{"size"}, Identity: map[string]string{"link": "uart"}}
	if kind != "" {
		run.Scenario.Parsed = map[string]any{"workload": map[string]any{"kind": kind}}
	}
	for i, metrics := range cases {
		level := string(rune('a' + i))
		run.Cases = append(run.Cases, results.CaseInfo{Key: "size=" + level, Factors: map[string]string{"size": level}})
		run.Results = append(run.Results, results.Result{Seq: i + 1, Boot: 1, Case: "size=" + level, Outcome: results.Pass, Metrics: metrics})
	}
	return run
}

// Each sentence follows from the figures beside it by arithmetic.
func TestFindings(t *testing.T) {
	for name, c := range map[string]struct {
		kind string
		case1,
		case2 map[string]float64
		want string
	}{
		"upload": {"cipsend",
			map[string]float64{"goodput": 6e5, "line_share": 0.38, "stage_command": 1, "stage_payload": 3.6, "stage_recv": 5.4},
			map[string]float64{"goodput": 9e5, "line_share": 0.9, "stage_payload": 9, "stage_recv": 1},
			"At size a, the UART carries 38 % of its line rate: 54 % of the time waits for Recv, 10 % goes to the command; at size b, 90 %: 90 % of the time is payload on the line."},
		"download that waits": {"receive",
			map[string]float64{"goodput": 6e5, "line_share": 0.3, "stage_command": 1, "stage_data": 2.9, "stage_wait": 6.1, "blocked": 0.95}, nil,
			"The UART carries 30 % of its line rate: 61 % of the time waits for data, 10 % goes to the command, the peer or the radio is the limit." +
				" The peer's source was held off for 95 % of the time while the module waited for data: the radio between them is the limit."},
		"download that is held off": {"receive",
			map[string]float64{"goodput": 6e5, "stage_command": 6, "stage_data": 4, "blocked": 0.95}, map[string]float64{"goodput": 7e5, "blocked": 0.9},
			"At size a, 60 % of the time goes to the command. The peer's source was held off for at least 90 % of the time: the module holds the network off."},
		"download at leisure": {"receive", map[string]float64{"goodput": 6e5, "blocked": 0.01}, nil,
			"The peer's source hardly ever had to wait: the peer or its offered rate is the limit, not the module."},
		"offered less than goes": {"cipsend", map[string]float64{"goodput": 1e5, "line_share": 0.1, "stage_payload": 9, "stage_recv": 1}, nil,
			"The UART carries 10 % of its line rate: 90 % of the time is payload on the line."},
		"nothing holds datagrams back": {"receive", map[string]float64{"goodput": 6e5, "blocked": 0.01, "datagrams": 9}, nil, ""},
		"command alone":                {"at-roundtrip", map[string]float64{"rtt_p50": 366e-6, "bound": 50e-6, "stage_command": 366e-6, "stage_final": 0}, nil, "Of 366 µs at p50, 50.0 µs is the bound."},
		"both ways":                    {"bidirectional", map[string]float64{"goodput": 7e6, "goodput_up": 3e6, "goodput_down": 4e6}, nil, "3.00 Mbit/s go up while 4.00 Mbit/s come down."},
		"round trip": {"request-response",
			map[string]float64{"rtt_p50": 4e-3}, map[string]float64{"rtt_p50": 12e-3, "service_p50": 12e-3, "bound": 0.9e-3, "delay_up_p50": 3e-3, "delay_down_p50": 8e-3, "goodput": 1e6},
			"At size b, of 12.0 ms at p50, 900 µs is the bound, 3.00 ms is the way up and 8.00 ms is the way down."},
		"queue": {"at-roundtrip",
			map[string]float64{"rtt_p50": 10e-3, "service_p50": 2e-3, "stage_command": 0.9, "stage_final": 0.1}, nil,
			"90 % of the time goes to the command. The module answers within 2.00 ms at p50: the rest, 8.00 ms, is the wait of a command for its turn."},
		"join": {"join", map[string]float64{"duration": 6, "stage_boot": 1.2, "stage_associate": 4, "stage_address": 0.8}, nil, "4.00 s of 6.00 s is the association."},
		"rate": {"mqtt", map[string]float64{"rate": 10, "stage_final": 0.08, "stage_command": 0.02}, map[string]float64{"rate": 100, "stage_command": 0.01},
			"At size a, 80.0 ms of 100 ms waits for the final result code."},
		"trend": {"soak", map[string]float64{"goodput": 1e6, "goodput_slope": -0.4, "decay": 0.07, "heap_slope": -12}, nil,
			"Goodput fell by 7.0 %, the free heap changed by -12 B with each send."},
		"no trend":            {"soak", map[string]float64{"goodput": 1e6, "goodput_slope": -0.4, "heap_slope": -0.2}, nil, "Goodput did not fade measurably, the free heap came back."},
		"messages":            {"ble-notify", map[string]float64{"rate": 10, "goodput": 1e3, "efficiency": 0.5, "stage_command": 1, "stage_wait": 3}, nil, "3.00 s of 4.00 s is waiting."},
		"connection":          {"connect", map[string]float64{"duration_p50": 0.05, "rate": 9, "stage_connect": 0.05, "stage_close": 0.01}, nil, "50.0 ms of 60.0 ms opens the connection."},
		"hourly heap":         {"soak", map[string]float64{"goodput": 1e6, "heap_hourly": -500}, nil, "The free heap changed by -500 B an hour."},
		"nothing known of it": {"later", map[string]float64{"sweetness": 3}, nil, ""},
	} {
		cases := []map[string]float64{c.case1}
		if c.case2 != nil {
			cases = append(cases, c.case2)
		}
		s := mustSummarize(t, measuredRun(c.kind, cases...))
		if got := strings.Join(s.Findings, " "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// What was recorded of whose a figure is, is said, apart for cases that differ.
func TestFindFigures(t *testing.T) {
	run := measuredRun("iperf", map[string]float64{"goodput": 9e6}, map[string]float64{"goodput": 8e6})
	run.Results[0].Conditions = map[string]string{"iperf_by": "the peer, as receiver", "iperf_tool": "iperf 2.1.8"}
	run.Results[1].Conditions = map[string]string{"iperf_by": "the module, as receiver"}
	want := "The figure is that of the peer, as receiver (iperf: iperf 2.1.8) at size=a. The figure is that of the module, as receiver at size=b."
	if got := strings.Join(mustSummarize(t, run).Findings, " "); got != want {
		t.Errorf("%s", got)
	}
}

func TestVerdictByWhatWasMeasured(t *testing.T) {
	for want, cases := range map[string][]map[string]float64{
		"2 of 2 cases measured; round trip p50 2.00 ms at size=b to 5.00 ms at size=a.":     {{"rtt_p50": 5e-3, "goodput": 1e6}, {"rtt_p50": 2e-3}},
		"2 of 2 cases measured; highest rate 30.0 1/s at size=b.":                           {{"rate": 10}, {"rate": 30, "goodput": 1e6, "efficiency": 0.5}},
		"1 of 1 cases measured; time to the end 6.00 s at size=a.":                          {{"duration": 6, "rate": 0.16}},
		"1 of 1 cases measured; highest throughput 9.00 Mbit/s at size=a.":                  {{"throughput": 9e6}},
		"1 of 1 cases measured; highest goodput 900 kbit/s at size=a, 90 % of its ceiling.": {{"goodput": 9e5, "efficiency": 0.9}},
		"1 of 1 cases measured.": {{"sweetness": 3}},
	} {
		if got := mustSummarize(t, measuredRun("", cases...)).Verdict; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The noun comes from the kind, and in a run that does not say its kind from what was measured.
func TestEvent(t *testing.T) {
	for _, c := range []struct {
		kind    string
		metrics map[string]float64
		want    string
	}{
		{"ping", map[string]float64{"rtt_p50": 1}, "ping"},
		{"join", map[string]float64{"duration": 1}, "join"},
		{"receive", map[string]float64{"reads": 3, "stage_command": 1}, "read"},
		{"receive", map[string]float64{"reads": 3, "stage_wait": 1}, "piece"},
		{"", map[string]float64{"reads": 3}, "read"},
		{"", map[string]float64{"send_latency_p50": 3, "sends": 9}, "send"},
		{"of-a-later-version", map[string]float64{"sweetness": 3}, "exchange"},
	} {
		if s := mustSummarize(t, measuredRun(c.kind, c.metrics)); s.Event != c.want || s.Workload != c.kind {
			t.Errorf("%q with %v: %q of %q, want %q", c.kind, c.metrics, s.Event, s.Workload, c.want)
		}
	}
	type parsed struct { // as it is before it was stored
		Workload struct {
			Kind string `json:"kind"`
		} `json:"workload"`
	}
	var p parsed
	p.Workload.Kind = "scan"
	run := measuredRun("", map[string]float64{"duration": 1})
	run.Scenario.Parsed = p
	if s := mustSummarize(t, run); s.Event != "scan" {
		t.Errorf("a scenario that was not stored yet: %q", s.Event)
	}
}

// Stages of every kind add up to the whole, in the order of the exchange.
func TestStagesOfOtherKinds(t *testing.T) {
	for want, metrics := range map[string]map[string]float64{
		"boot setup associate address connect close first byte": {"stage_boot": 1, "stage_setup": 1, "stage_associate": 4, "stage_connect": 1, "stage_close": 1, "stage_address": 1, "stage_first_byte": 2},
		"boot associate address first byte":                     {"stage_boot": 1, "stage_associate": 4, "stage_address": 1, "stage_first_byte": 2},
		"command prompt payload radio peer wait data host":      {"stage_wait": 3, "stage_command": 1, "stage_prompt": 1, "stage_payload": 1, "stage_radio": 2, "stage_peer": 1, "stage_data": 1, "stage_host": 1},
		"command prompt payload Recv final host":                {"send_latency_p50": 10, "stage_command": 1, "stage_prompt": 1, "stage_payload": 4, "stage_recv": 1, "stage_final": 1},
		"command data wait":                                     {"stage_command": 1, "stage_data": 1, "stage_wait": 2},
		"command data":                                          {"stage_command": 1, "stage_data": 1, "delay_down_p50": 5},
	} {
		c := mustSummarize(t, measuredRun("", metrics)).Cases[0]
		var names []string
		sum := 0.0
		for _, s := range c.Stages {
			names = append(names, s.Name)
			sum += s.Fraction
		}
		if got := strings.Join(names, " "); got != want || sum < 1-1e-12 || sum > 1+1e-12 {
			t.Errorf("%s, sum %v; want %s", got, sum, want)
		}
	}
}

// Excess is what the closed form leaves, of a round trip as of what carries bytes.
func TestExcessOfOtherKinds(t *testing.T) {
	s := mustSummarize(t, measuredRun("ping", map[string]float64{"rtt_p50": 5e-3, "bound": 1e-3}, map[string]float64{"rtt_p50": 5e-3}))
	if e := s.Cases[0].Excess; e == nil || *e != 4e-3 {
		t.Errorf("excess %v, want 5 ms less 1 ms", e)
	}
	if e := s.Cases[1].Excess; e != nil {
		t.Errorf("excess %v without a bound", *e)
	}
	run := measuredRun("receive", map[string]float64{"goodput": 1e6, "ceiling": 2e6, "reads": 9, "stage_command": 1})
	run.Factors, run.Cases[0].Factors = []string{"length"}, map[string]string{"length": "1000"}
	if e := mustSummarize(t, run).Cases[0].Excess; e != nil {
		t.Errorf("excess %v: the length of a block says nothing of a read", *e)
	}
	run.Factors, run.Cases[0].Factors = []string{"read"}, map[string]string{"read": "1000"}
	if e := mustSummarize(t, run).Cases[0].Excess; e == nil || *e != 4e-3 {
		t.Errorf("excess %v, want 8 ms less 4 ms", e)
	}
}

// A quantile is withheld when a repeat is without it, whatever the series.
func TestQuantilesOfOtherSeries(t *testing.T) {
	run := measuredRun("request-response", map[string]float64{"rtt_p50": 1, "rtt_p90": 2, "rtt_p99": 3, "delay_up_p50": 1, "sends": 400})
	again := run.Results[0]
	again.Metrics = map[string]float64{"rtt_p50": 1, "rtt_p90": 2, "sends": 300}
	run.Results = append(run.Results, again)
	c := mustSummarize(t, run).Cases[0]
	for metric, want := range map[string]string{"rtt_p99": "needs 368 requests, has 300", "delay_up_p50": "needs 6 values", "delay_up_p99": "needs 368 values"} {
		if got := c.Withheld[metric].Reason(); got != want {
			t.Errorf("%s: %q, want %q", metric, got, want)
		}
		if _, shown := c.Metrics[metric]; shown {
			t.Errorf("%s is shown", metric)
		}
	}
	if _, ok := c.Metrics["rtt_p90"]; !ok || len(c.Withheld) != 4 {
		t.Errorf("withheld %v", c.Withheld)
	}
}
