package compare

import (
	"fmt"
	"strings"
	"testing"

	"st67bench/results"
)

// The command names firmwares that a flash hook can load, and as many boots as are needed.
func TestSettle(t *testing.T) {
	for _, c := range []struct {
		name   string
		boots  int
		change func(a, b *results.Run)
		want   string
	}{
		{"versions", 8, func(_, _ *results.Run) {}, "st67bench ab cipsend-size --a 2.0.97 --b 2.0.106 (16 boots, 34 s)"},
		{"fewer boots", 5, func(_, _ *results.Run) {}, "st67bench ab cipsend-size --a 2.0.97 --b 2.0.106 --boots 5 (10 boots, 22 s)"},
		{"releases with names", 8, func(a, b *results.Run) { a.Release, b.Release = "spring", "autumn" },
			"st67bench ab cipsend-size --a 2.0.97 --b 2.0.106 (16 boots, 34 s)"},
		{"builds of one version", 8, func(a, b *results.Run) {
			a.Release, b.Release, a.Identity["firmware"] = "nightly-1", "nightly-2", "2.0.106"
		}, "st67bench ab cipsend-size --a nightly-1 --b nightly-2 (16 boots, 34 s)"},
		{"as an A/B run loaded it", 8, func(a, _ *results.Run) { a.Subject, a.Variant = "firmware", "builds/97.bin" },
			"st67bench ab cipsend-size --a builds/97.bin --b 2.0.106 (16 boots, 34 s)"},
		{"a file of one's own", 8, func(_, b *results.Run) { b.Scenario.File = "tests/mine.yaml" },
			"st67bench ab tests/mine.yaml --a 2.0.97 --b 2.0.106 (16 boots, 34 s)"},
		{"times not known", 8, func(a, _ *results.Run) {
			for i := range a.Results {
				a.Results[i].Marks = nil
			}
		}, "st67bench ab cipsend-size --a 2.0.97 --b 2.0.106 (16 boots)"},
	} {
		a, b := two([]string{"length=64"}, c.boots, metricsOf(map[string]float64{"goodput": 1e7}), metricsOf(map[string]float64{"goodput": 0.9e7}))
		b.Runs[0].Conditions["channel"] = "11"
		c.change(a.Runs[0], b.Runs[0])
		a, b = sideOf(a.Name, a.Runs[0]), sideOf(b.Name, b.Runs[0])
		s := compared(t, a, b, Options{}).Settle
		if s == nil || s.String() != c.want {
			t.Errorf("%s: %v; want %s", c.name, s, c.want)
		}
	}
}

// More boots than anybody would measure are not proposed.
func TestNotFeasible(t *testing.T) {
	for boots, want := range map[int]bool{16: true, 2 * mostBoots: true, 2*mostBoots + 2: false, 37165: false} {
		s := Settle{Scenario: "cipsend-size", A: "2.0.97", B: "2.0.106", Boots: boots, Seconds: 1e6}
		if text := s.String(); s.Feasible() != want || strings.HasPrefix(text, "st67bench ab ") != want || !want && (strings.Contains(text, fmt.Sprint(boots)) || !strings.Contains(text, "st67bench aa cipsend-size")) {
			t.Errorf("%d boots: %s", boots, text)
		}
	}
}

// No interleaved run settles that a firmware refuses a case.
func TestNothingToSettle(t *testing.T) {
	cases := []string{"length=64", "length=8192"}
	a, b := two(cases, 8, metricsOf(map[string]float64{"goodput": 1e7}), metricsOf(map[string]float64{"goodput": 1e7}))
	for i, r := range b.Runs[0].Results {
		if r.Case == cases[1] {
			b.Runs[0].Results[i].Outcome, b.Runs[0].Results[i].Metrics = results.Refused, nil
		}
	}
	if c := compared(t, a, b, Options{}); c.Verdict != Undecided || c.Settle != nil {
		t.Errorf("%s, %+v", c.Verdict, c.Settle)
	}
}
