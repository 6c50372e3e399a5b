package decision_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"st67bench/analysis/compare"
	"st67bench/analysis/history"
	"st67bench/analysis/report/reporttest"
	"st67bench/analysis/stats"
	"st67bench/analysis/tune"
	"st67bench/results"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// wobble is a fixed spread of about 1 % that differs from boot to boot.
func wobble(boot int) float64 {
	return 1 + []float64{0.004, -0.007, 0.011, -0.012, 0.001, 0.008, -0.005, 0}[boot%8]
}

const boots = 8

// lengths are the cases of the compared runs.
var lengths = []string{"64", "512", "1460", "2920", "4096", "6144"}

// side is a run of eight boots whose figures are those of the closed form times what changed.
func side(name string, start time.Duration, change func(metric, length string) float64) compare.Side {
	run := &results.Run{
		Schema: 1, ID: name + "-run", Start: noon.Add(start), Emulated: true, Release: name, Factors: []string{"length"}, Session: "one",
		Identity:   map[string]string{"module": "ST67W611M1", "image": "T01", "firmware": name, "link": "spi", "speed": "20000000", "peer": "in-process"},
		Conditions: map[string]string{"rssi": map[bool]string{true: "-48", false: "-55"}[start == 0], "channel": "6", "bssid": reporttest.Names[2]},
		Scenario:   results.Document{Name: "cipsend-size", Title: "How does upload goodput depend on the CIPSEND length?", Parsed: map[string]any{"name": "cipsend-size", "workload": map[string]any{"kind": "cipsend"}}},
	}
	for i, l := range lengths {
		run.Cases = append(run.Cases, results.CaseInfo{Key: "length=" + l, Hash: fmt.Sprint("h", i), Factors: map[string]string{"length": l}})
	}
	for b := range boots {
		for i, l := range lengths {
			v := wobble(b + i)
			run.Results = append(run.Results, results.Result{
				Seq: len(run.Results) + 1, Boot: b + 1, Block: b + 1, Repeat: 1, Case: "length=" + l, Factors: map[string]string{"length": l}, Outcome: results.Pass,
				Metrics: map[string]float64{
					"goodput": 1e6 * float64(i+1) * v * change("goodput", l), "send_latency_p50": 2e-3 * v * change("send_latency_p50", l),
					"loss": change("loss", l) - 1, "sent": 100000, "received": 100000 - change("loss", l) + 1,
				},
			})
		}
	}
	return compare.Side{Name: name, Runs: []*results.Run{run}}
}

// compared is NEW 5 % slower at three lengths, its latency 20 % better at one, and 2 % of what was sent lost at one.
func compared(t *testing.T, base, new string) (c *compare.Comparison, a, b compare.Side) {
	t.Helper()
	same := func(string, string) float64 { return 1 }
	a = side(base, 0, same)
	b = side(new, time.Hour, func(metric, length string) float64 {
		switch {
		case metric == "goodput" && (length == "2920" || length == "4096" || length == "6144"):
			return 0.95
		case metric == "send_latency_p50" && length == "64":
			return 0.8
		case metric == "loss" && length == "512":
			return 2001
		}
		return 1
	})
	c, err := compare.Compare(a, b, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c, a, b
}

// courses is a history of twelve releases: a step that is still there, one that was acknowledged, one that came with another unit,
// a creep, a loss, and a release that was not measured.
func courses(t *testing.T, odd string) *history.History {
	t.Helper()
	goodput, _ := results.LookupMetric("goodput")
	latency, _ := results.LookupMetric("send_latency_p50")
	energy, _ := results.LookupMetric("energy_per_bit")
	loss, _ := results.LookupMetric("loss")
	loss.Margin = history.LossMargin
	name := func(i int) string {
		if i == 8 {
			return odd
		}
		return fmt.Sprintf("2.0.%d", 80+i)
	}
	series := func(key string, m results.Metric, unit int, value func(i int) float64) history.Series {
		s := history.Series{Name: "length=64/" + key, Scenario: "cipsend-size", Case: "length=64", Metric: m, Ratio: !history.Loss(m.Name), Emulated: true}
		for i := range 16 {
			r := history.Release{Name: name(i), Unit: "a1"}
			if unit > 0 && i >= unit {
				r.Unit = "b2"
			}
			one := history.Session{Name: fmt.Sprint("s", i)}
			for b := range 4 {
				if i != 3 {
					one.Candidate = append(one.Candidate, value(i)*wobble(3*i+b))
				}
			}
			r.Sessions = []history.Session{one}
			s.Releases = append(s.Releases, r)
		}
		return s
	}
	step := func(at int, by float64) func(int) float64 {
		return func(i int) float64 {
			if i >= at {
				return by
			}
			return 1
		}
	}
	accepted, err := history.ReadAcknowledged("a.yaml", []byte("- {metric: send_latency_p50, release: 2.0.86, reason: wanted}\n"))
	if err != nil {
		t.Fatal(err)
	}
	times := func(v float64, f func(int) float64) func(int) float64 { return func(i int) float64 { return v * f(i) } }
	return history.Analyze([]history.Series{
		series("loss", loss, 0, func(int) float64 { return 0 }),
		series("energy_per_bit", energy, 0, times(1e-7, func(i int) float64 { return math.Pow(1.01, float64(i)) })),
		series("send_latency_p50", latency, 0, times(2e-3, step(6, 1.3))),
		series("service_p50", mustMetric("service_p50"), 7, times(3e-3, step(7, 0.8))),
		series("goodput", goodput, 0, times(1e7, step(8, 0.94))),
	}, history.Options{Acknowledged: accepted})
}

func mustMetric(name string) results.Metric {
	m, _ := results.LookupMetric(name)
	return m
}

func number(v float64) *float64 { return &v }

// answer is a race of six cases: the best, one as good, one open, two worse, one that could not be measured.
func answer(odd string) *tune.Answer {
	span := func(lo, hi float64) *stats.Interval { return &stats.Interval{Lo: lo, Hi: hi, Confidence: 0.998} }
	metrics := func(goodput, latency float64) map[string]float64 {
		return map[string]float64{"goodput": goodput, "send_latency_p50": latency}
	}
	level := func(factor, l string, change float64) tune.Level {
		return tune.Level{Levels: map[string]string{factor: l}, Change: change, Interval: stats.Interval{Lo: change - 0.02, Hi: change + 0.02, Confidence: 0.95}}
	}
	both := func(l, w string, change float64) tune.Level {
		return tune.Level{Levels: map[string]string{"length": l, odd: w}, Change: change, Interval: stats.Interval{Lo: change - 0.01, Hi: change + 0.01, Confidence: 0.95}}
	}
	return &tune.Answer{
		Goal: "max goodput where send_latency_p50 < 50ms", Verdict: tune.Found, Run: "run-1", Scenario: "cipsend-tuning", Emulated: true, Boots: 1, Margin: 0.03,
		Repeats: tune.Repeats{Spent: 40, Full: 72},
		Winner: &tune.Choice{Case: "length=8192/" + odd + "=1", Factors: map[string]string{"length": "8192", odd: "1"}, Metrics: metrics(1.58e6, 41.6e-3),
			Intervals: map[string]stats.Interval{"goodput": {Lo: 1.55e6, Hi: 1.61e6, Confidence: 0.95}}, Commands: []string{"AT+CIPSENDLCFG=1024,1460"}, Host: []string{"give each AT+CIPSENDL 8192 bytes"}},
		Equal: []string{"length=8192/" + odd + "=2"},
		Alternatives: []tune.Alternative{{
			Choice: tune.Choice{Case: "length=512/" + odd + "=1", Metrics: metrics(1.34e6, 3e-3), Commands: []string{"AT+CIPSENDLCFG=1024,512"}}, Knee: true,
			Changes: map[string]float64{"goodput": -0.15, "send_latency_p50": -0.93},
		}},
		Objectives: []string{"goodput", "send_latency_p50"},
		Front: []tune.Member{
			{Case: "length=8192/" + odd + "=1", Membership: 0.97, Feasible: true, Metrics: metrics(1.58e6, 41.6e-3)},
			{Case: "length=512/" + odd + "=1", Membership: 0.88, Feasible: true, Metrics: metrics(1.34e6, 3e-3)},
			{Case: "length=64/" + odd + "=1", Membership: 0.4, Feasible: true, Metrics: metrics(0.63e6, 0.8e-3)},
			{Case: "length=64/" + odd + "=2", Membership: 0.01, Feasible: true, Metrics: metrics(0.6e6, 0.9e-3)},
		},
		Effects: []tune.Effects{{Metric: "goodput", Mean: 1.1e6, Units: 3, LeftOut: []string{"length=9000"}, Terms: []tune.Term{
			{Factors: []string{"length"}, Share: 0.9, P: 1e-9, Levels: []tune.Level{level("length", "64", -0.45), level("length", "512", 0.1), level("length", "8192", 0.32)}},
			{Factors: []string{odd}, Share: 0.001, P: 0.4, Levels: []tune.Level{level(odd, "1", 0.01), level(odd, "2", -0.01)}},
			{Factors: []string{"length", odd}, Share: 0.09, P: 0.001, Levels: []tune.Level{
				both("64", "1", 0.06), both("64", "2", -0.05), both("512", "1", 0), both("512", "2", 0), both("8192", "1", -0.06), both("8192", "2", 0.05)}},
		}}},
		Cases: []tune.Standing{
			{Case: "length=64/" + odd + "=1", Place: tune.Worse, Repeats: 3, Mean: number(0.63e6), Change: number(-0.6), Span: span(-0.66, -0.5)},
			{Case: "length=64/" + odd + "=2", Place: tune.Worse, Repeats: 4, Mean: number(0.6e6), Change: number(-0.62), Span: span(-0.7, -0.55)},
			{Case: "length=512/" + odd + "=1", Place: tune.Worse, Repeats: 6, Mean: number(1.34e6), Change: number(-0.15), Span: span(-0.2, -0.1)},
			{Case: "length=8192/" + odd + "=1", Place: tune.Best, Repeats: 12, Mean: number(1.58e6)},
			{Case: "length=8192/" + odd + "=2", Place: tune.Equal, Repeats: 12, Mean: number(1.57e6), Change: number(-0.005), Span: span(-0.03, 0.02)},
			{Case: "length=9000/" + odd + "=1", Place: tune.Unmeasured, Repeats: 1, Reason: "REFUSED: " + odd},
		},
	}
}
