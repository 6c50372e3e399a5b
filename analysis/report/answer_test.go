package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"st67bench/analysis/stats"
	"st67bench/analysis/tune"
)

// The answer that docs/tune.md shows, and one that is undecided.
func TestAnswer(t *testing.T) {
	a := &tune.Answer{
		Goal: "max goodput where send_latency_p50 < 50ms", Verdict: tune.Found, Boots: 1, Margin: 0.03, Repeats: tune.Repeats{Spent: 72, Full: 288},
		Winner: &tune.Choice{
			Case: "length=8192/transmit=1460", Metrics: map[string]float64{"goodput": 1.58e6, "efficiency": 0.99, "send_latency_p50": 41.6e-3},
			Commands: []string{"AT+CIPSENDLCFG=1024,1460"}, Host: []string{"give each AT+CIPSENDL 8192 bytes"},
		},
		Equal: []string{"length=8192/transmit=2920"}, Objectives: []string{"goodput", "send_latency_p50"},
		Alternatives: []tune.Alternative{{
			Choice: tune.Choice{Case: "length=2048/transmit=512", Commands: []string{"AT+CIPSENDLCFG=1024,512"}}, Knee: true,
			Changes: map[string]float64{"goodput": -0.043, "send_latency_p50": -0.74},
		}},
		Front: []tune.Member{{Case: "length=2048/transmit=512", Membership: 0.87}, {Case: "length=64/transmit=512", Membership: 0.01}},
		Effects: []tune.Effects{{Metric: "goodput", LeftOut: []string{"length=9000"}, Terms: []tune.Term{
			{Factors: []string{"length"}, Share: 0.97, P: 1e-9, Levels: []tune.Level{
				{Levels: map[string]string{"length": "2048"}, Change: -0.1, Interval: stats.Interval{}}, {Levels: map[string]string{"length": "8192"}, Change: 0.053},
			}},
			{Factors: []string{"transmit"}, Share: 0.01, P: 0.3},
			{Factors: []string{"length", "transmit"}, Share: 0.02, P: 0.01},
		}}},
		Cases: []tune.Standing{{Case: "length=9000/transmit=512", Place: tune.Unmeasured, Reason: "value out of range"}},
	}
	var b bytes.Buffer
	if err := Answer(&b, a, 0); err != nil {
		t.Fatal(err)
	}
	want := `goal      max goodput where send_latency_p50 < 50ms
length 8192, transmit 1460: 1.58 Mbit/s (99 % of its ceiling), send latency p50 41.6 ms      in 72 of 288 repeats
    AT+CIPSENDLCFG=1024,1460
    give each AT+CIPSENDL 8192 bytes
as good   length 8192, transmit 2920, within 3.0 %
instead   length 2048, transmit 512: -4.3 % goodput, -74 % send latency p50 (the best balance); AT+CIPSENDLCFG=1024,512
effects   of the differences in goodput: length 97 % (2048 -10.0 %, 8192 +5.3 %), transmit not shown to matter, length x transmit 2.0 %; without length 9000
front     goodput against send latency p50: length 2048, transmit 512 (87 %)
unjudged  length 9000, transmit 512: value out of range
          within this association only (1 boot); --boots makes more
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}

	a.Verdict, a.Boots, a.Emulated, a.Default = tune.Undecided, 4, true, true
	a.Missing = []string{"one", "two", "three", "four", "five", "more repeats"}
	b.Reset()
	if err := Answer(&b, a, 100); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"EMULATED MODULE", "(nobody gave one; --goal does)", "UNDECIDED: so far length 8192", " 41.6 ms\n    in 72 of 288 repeats\n", "missing   three\nmissing   and 2 more of that kind\nmissing   more repeats\n", "over 4 boots"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}

	b.Reset()
	var back tune.Answer
	if err := AnswerJSON(&b, a); err != nil || json.Unmarshal(b.Bytes(), &back) != nil || back.Winner.Case != a.Winner.Case || back.Alternatives[0].Case != a.Alternatives[0].Case {
		t.Errorf("%v: %s", err, b.String())
	}
}
