package export

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"st67bench/analysis/compare"
)

func number64(v float64) *float64 { return &v }

// syntheticComparison has a metric of each verdict.
func syntheticComparison() *compare.Comparison {
	row := func(metric string, base, now, change, p float64, v compare.Verdict) compare.Row {
		return compare.Row{
			Scenario: "cipsend-size", Case: "length=2920", Metric: metric, Base: base, New: now, Change: number64(change),
			Interval: &compare.Range{change - 0.008, change + 0.008}, PExact: number64(p), PGate: number64(p), PHolm: number64(min(6*p, 1)), Margin: 0.03,
			Verdict: v, N: compare.Counts{Base: 8, New: 8}, Boots: compare.Counts{Base: 8, New: 8},
		}
	}
	rows := []compare.Row{
		row("energy_per_bit", 100e-9, 101e-9, 0.01, 0.01, compare.Negligible),
		row("goodput", 7.1e6, 6.74e6, -0.051, 0.0001, compare.Regressed),
		row("loss", 0.001, 0.0012, 0.0002, 0.4, compare.NonInferior),
		row("rtt_p50", 0.01, 0.01, 0, 0.9, compare.Equivalent),
		row("rtt_p99", 0.02, 0.019, -0.05, 0.0002, compare.Improved),
		row("current", 0.07, 0.072, 0.02, 0.2, compare.Inconclusive),
		row("goodput_down", 7.1e6, 6.8e6, -0.042, 0.03, compare.Regressed), // not after Holm: 6 * 0.03
	}
	rows[5].Needed, rows[5].N, rows[5].Boots, rows[5].Note = 12, compare.Counts{Base: 4, New: 4}, compare.Counts{Base: 1, New: 1}, "within this association only"
	rows[2].Change, rows[2].Interval, rows[2].PHolm = nil, nil, nil
	return &compare.Comparison{
		Verdict: compare.TradeOff, Exit: 5, Text: "2.0.106 against 2.0.97: goodput regressed, p99 improved", Comparisons: rows, Emulated: true, Family: 6,
		Base:         compare.About{Name: "2.0.97", Release: "2.0.97", Firmware: "2.0.97", Runs: []string{"a"}, Boots: 8},
		New:          compare.About{Name: "2.0.106", Release: "2.0.106", Firmware: "2.0.106", Runs: []string{"b", "c"}, Boots: 8, Errors: 1},
		Scenarios:    []compare.ScenarioVerdict{{Scenario: "cipsend-size", Verdict: compare.TradeOff}},
		Exchange:     &compare.Exchange{Gains: []compare.Change{{Metric: "rtt_p99", Change: -0.05, Cases: 1}}, Costs: []compare.Change{{Metric: "goodput", Change: -0.051, Cases: 1}}},
		NotCompared:  []compare.Lack{{Scenario: "cipsend-size", Case: "length=8192", Side: "new", Why: "REFUSED: value out of range"}},
		Explanations: []compare.Explanation{{Condition: "rssi", Base: "-48 dBm", New: "-55 dBm"}},
		Settle:       &compare.Settle{Scenario: "cipsend-size", A: "2.0.97", B: "2.0.106", Boots: 16, Seconds: 1440},
	}
}

func TestComparisonGolden(t *testing.T) {
	var b bytes.Buffer
	if err := JUnitComparison(&b, syntheticComparison()); err != nil {
		t.Fatal(err)
	}
	golden(t, "comparison.xml", b.Bytes())
	b.Reset()
	if err := MarkdownComparison(&b, syntheticComparison()); err != nil {
		t.Fatal(err)
	}
	golden(t, "comparison.md", b.Bytes())
	checkTables(t, b.String())
}

// The file is green exactly when the exit code is 0.
func TestJUnitComparisonIsTheExitCode(t *testing.T) {
	for _, joint := range []compare.Joint{compare.Pass, compare.Dominates, compare.Fail, compare.TradeOff, compare.Undecided} {
		for _, exit := range []int{joint.Exit(), 1} {
			c := &compare.Comparison{Verdict: joint, Exit: exit, Text: "x", Base: compare.About{Name: "a"}, New: compare.About{Name: "b"}}
			suite := junitOf(t, func(w io.Writer) error { return JUnitComparison(w, c) })[0]
			if red := suite.attr("failures") != "0" || suite.attr("errors") != "0"; red != (exit != 0) {
				t.Errorf("%s with exit %d: failures %s, errors %s", joint, exit, suite.attr("failures"), suite.attr("errors"))
			}
		}
	}
}

// A metric fails when it regressed in its family; what is open is skipped with what would decide it; the rest passes.
func TestJUnitComparisonRows(t *testing.T) {
	suite := junitOf(t, func(w io.Writer) error { return JUnitComparison(w, syntheticComparison()) })[0]
	got := map[string]string{}
	for _, c := range suite.all("testcase") {
		for _, end := range c.Children {
			if end.XMLName.Local != "system-out" {
				got[c.attr("name")] = end.XMLName.Local + " " + end.attr("message")
			}
		}
	}
	for name, want := range map[string]string{
		"joint verdict":            "failure TRADE-OFF: 2.0.106 against 2.0.97",
		"length=2920 goodput":      "failure REGRESSED: goodput was 7.10 Mbit/s, is 6.74 Mbit/s, -5.1 % [-5.9, -4.3], margin 3 %, p 0.0006 after Holm, 8 + 8 boots",
		"length=2920 goodput_down": "skipped REGRESSED: goodput down was 7.10 Mbit/s",
		"length=2920 current":      "skipped INCONCLUSIVE: current was 70.0 mA, is 72.0 mA",
		"length=8192":              "skipped not compared, missing of new: REFUSED",
	} {
		if !strings.HasPrefix(got[name], want) {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("these did not pass: %q", got)
	}
}

// Of a loss both sides are fractions and the change is in points of a percentage.
func TestComparisonOfLosses(t *testing.T) {
	c := syntheticComparison()
	c.Comparisons = c.Comparisons[2:3]
	c.Comparisons[0].Margin, c.Comparisons[0].Change, c.Comparisons[0].Interval = 0.001, number64(0.002), &compare.Range{0.001, 0.003}
	var b bytes.Buffer
	if err := MarkdownComparison(&b, c); err != nil {
		t.Fatal(err)
	}
	if want := "| bytes lost | 0.1 % | 0.12 % | +0.2 pp \\[+0.1, +0.3\\] | NON-INFERIOR | 0.1 pp |"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
	c.Comparisons[0].Change, c.Comparisons[0].Interval = number64(0), &compare.Range{-2e-5, 2e-5}
	b.Reset()
	if err := MarkdownComparison(&b, c); err != nil {
		t.Fatal(err)
	}
	if want := "| 0.0 pp \\[-0.002, +0.002\\] |"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}

// Names of anybody are no markup, and a comparison of very many cases is cut.
func TestComparisonHostile(t *testing.T) {
	c := syntheticComparison()
	c.Base.Name, c.New.Name, c.Text, c.Explanations[0].New, c.Comparisons[1].Case, c.NotCompared[0].Why = hostile, hostile, hostile, hostile, hostile, hostile
	junitOf(t, func(w io.Writer) error { return JUnitComparison(w, c) })
	var b bytes.Buffer
	if err := MarkdownComparison(&b, c); err != nil {
		t.Fatal(err)
	}
	checkTables(t, b.String())
	if strings.Contains(b.String(), "<script") || strings.Contains(b.String(), "@team") {
		t.Errorf("markup:\n%s", b.String())
	}
	for i := range 10_000 {
		c.Comparisons = append(c.Comparisons, c.Comparisons[0])
		c.Comparisons[i].Case = fmt.Sprintf("length=%d", i)
	}
	b.Reset()
	if err := MarkdownComparison(&b, c); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); len(text) > mostMarkdown || !strings.HasSuffix(text, "</details>\n"+cutText) {
		t.Errorf("%d bytes, they end with %q", len(text), text[len(text)-200:])
	}
}
