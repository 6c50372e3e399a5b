package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"st67bench/analysis/compare"
)

func number(v float64) *float64 { return &v }

// comparison has each kind of cell.
func comparison() *compare.Comparison {
	row := func(key, metric string, change float64, v compare.Verdict) compare.Row {
		return compare.Row{
			Scenario: "cipsend-size", Case: key, Metric: metric, Base: 1e7, New: 1e7 * (1 + change), Change: number(change),
			Interval: &compare.Range{change - 0.01, change + 0.01}, PGate: number(0.001), PHolm: number(0.004), Margin: 0.03,
			MarginFrom: compare.FromTable, Verdict: v, Detectable: number(0.015),
		}
	}
	rows := []compare.Row{
		row("length=2920", "goodput", -0.051, compare.Regressed), row("length=2920", "energy_per_bit", 0.004, compare.Equivalent),
		row("length=6144", "goodput", -0.048, compare.Regressed), row("length=6144", "energy_per_bit", 0.021, compare.Inconclusive),
	}
	rows[2].PHolm, rows[3].Needed = number(0.2), 12
	for i := range rows {
		rows[i].Boots = compare.Counts{Base: 8, New: 8}
	}
	other := row("size=64", "goodput", 0.001, compare.Equivalent)
	other.Scenario, other.Boots = "echo", compare.Counts{Base: 3, New: 8}
	rows[3].MarginFrom, rows[3].Note = "--margin", "methods disagree: t p 0.26, exact p 0.0079"
	return &compare.Comparison{
		Verdict: compare.Fail, Exit: 3, Text: "2.0.106 against 2.0.97: goodput regressed at 1 of 2 cases", Comparisons: append(rows, other), Family: 4,
		Base: compare.About{Name: "2.0.97", Boots: 8}, New: compare.About{Name: "2.0.106", Boots: 8},
		Scenarios:    []compare.ScenarioVerdict{{Scenario: "cipsend-size", Verdict: compare.Fail}, {Scenario: "echo", Verdict: compare.Pass}},
		NotCompared:  []compare.Lack{{Scenario: "cipsend-size", Case: "length=8192", Side: "new", Why: "REFUSED"}},
		Explanations: []compare.Explanation{{Condition: "rssi", Base: "-48", New: "-55"}},
		Settle:       &compare.Settle{Scenario: "cipsend-size", A: "2.0.97", B: "2.0.106", Boots: 16, Seconds: 1440},
	}
}

func TestComparisonText(t *testing.T) {
	for _, width := range []int{80, 120, 0} {
		var out bytes.Buffer
		if err := Comparison(&out, comparison(), width); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		for _, want := range []string{
			"FAIL  2.0.106 against 2.0.97: goodput regressed at 1 of 2 cases\n",
			"length=2920  -5.1 %  [-6.1, -4.1]  REGRESSED", "length=6144  -4.8 %  [-5.8, -3.8]  REGRESSED*",
			"+0.4 %  EQUIVALENT, sees 1.5 %", "+2.1 %  [+1.1, +3.1]  INCONCLUSIVE, sees 1.5 %, needs 12",
			"margins: goodput 3 %, energy per bit 3 %; energy per bit 3 % (--margin); Holm over 4 tests; 3..8 + 8 boots", "* by itself; among 4 tests",
			"energy per bit at length=6144: methods disagree", "not compared: length=8192, of 2.0.106: REFUSED",
			"could also explain it: RSSI -48 dBm then, -55 dBm now.", "st67bench ab cipsend-size --a 2.0.97 --b 2.0.106 (16 boots, 24 min)",
		} {
			if flat := strings.Join(strings.Fields(text), " "); !strings.Contains(flat, strings.Join(strings.Fields(want), " ")) {
				t.Errorf("width %d lacks %q:\n%s", width, want, text)
			}
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
				t.Errorf("width %d: a line of %d: %s", width, n, line)
			}
		}
	}
}

// Where nothing was compared there were no margins.
func TestComparisonOfNothing(t *testing.T) {
	c := comparison()
	c.Comparisons, c.Settle = nil, nil
	var out bytes.Buffer
	if err := Comparison(&out, c, 80); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "margins") {
		t.Error(out.String())
	}
}

func TestComparisonJSON(t *testing.T) {
	var out bytes.Buffer
	if err := ComparisonJSON(&out, comparison()); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got["verdict"] != "FAIL" || got["schema"] != 1.0 {
		t.Errorf("%v: %s", err, out.String())
	}
}
