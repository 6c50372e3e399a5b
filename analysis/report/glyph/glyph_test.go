package glyph

import (
	"strings"
	"testing"
	"unicode/utf8"

	"st67bench/analysis"
	"st67bench/analysis/report/reporttest"
)

// sweep has a case per level: half of the ceiling at the first, all of it at the last.
func sweep() *analysis.Summary {
	s := &analysis.Summary{Workload: "cipsend", Event: "send", Factors: []string{"length"}, Emulated: true}
	for _, c := range []struct {
		level              string
		goodput, p50, most float64
	}{{"64", 0.5e6, 0.001, 0.1}, {"1024", 1e6, 0.01, 0}} {
		m := map[string]analysis.Stat{"goodput": {Median: c.goodput}, "ceiling": {Median: 1e6}, "send_latency_p50": {Median: c.p50}}
		if c.most > 0 {
			m["send_latency_p90"] = analysis.Stat{Median: c.most}
		}
		s.Cases = append(s.Cases, analysis.Case{Key: "length=" + c.level, Factors: map[string]string{"length": c.level}, Metrics: m, Measured: 6,
			Stages: []analysis.Share{{Name: "command", Seconds: 0.001, Fraction: 0.25}, {Name: "prompt", Fraction: 0.001}, {Name: "payload", Seconds: 0.003, Fraction: 0.749}}})
	}
	return s
}

// A bar of 16 columns: half of them are reached, and 10 ms is in the middle of 1 ms and 100 ms.
func TestCharts(t *testing.T) {
	const want = `goodput against length: █ reached, ░ up to the ceiling (emulated module)
  64  ████████░░░░░░░░  500 kbit/s
1024  ████████████████  1.00 Mbit/s

where the time goes against length: █ command, ▒ payload (emulated module)
  64  █████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  4.00 ms
1024  █████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  4.00 ms

send latency against length, log scale: ▌ p50, ┤ p90 (emulated module)
  64  ▌──────────┤  1.00 ms, 100 ms
1024        ▌       10.0 ms`
	if got := strings.Join(Run(sweep(), Ink{Width: 35}), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	ascii := strings.Join(Run(sweep(), Ink{Width: 35, ASCII: true}), "\n")
	for _, r := range ascii {
		if r > '~' {
			t.Fatalf("%q is not ASCII:\n%s", r, ascii)
		}
	}
	if !strings.Contains(ascii, "  64  ########........  500") || !strings.Contains(ascii, "5----------9") {
		t.Errorf("%s", ascii)
	}
}

func TestEighths(t *testing.T) {
	for length, want := range map[float64]string{0: "", 0.49: "▌", 1: "█", 2.125: "██▏", 2.99: "███"} {
		if got := bar(length, Ink{}); got != want {
			t.Errorf("%v is %q, want %q", length, got, want)
		}
	}
}

// What cannot be compared is not drawn, and an emulated run beside a real one is told.
func TestNothingToShow(t *testing.T) {
	s := sweep()
	s.Cases = s.Cases[:1]
	if got := Run(s, Ink{}); got != nil {
		t.Errorf("a chart of one case: %q", got)
	}
	if got := Run(&analysis.Summary{}, Ink{}); got != nil {
		t.Errorf("a chart of nothing: %q", got)
	}
	real := sweep()
	real.Emulated = false
	got := strings.Join(Sides([]Side{{"A", sweep()}, {"B", real}}, "goodput", Ink{}), "\n")
	if !strings.Contains(got, "(emulated module in part)") || !strings.Contains(got, "B 1024  ████") {
		t.Errorf("%s", got)
	}
	if got := strings.Join(Run(real, Ink{}), "\n"); strings.Contains(got, "emulated") {
		t.Errorf("a module is called emulated: %s", got)
	}
}

// Every workload's charts keep to the width, have two lines or more of data and no control characters.
func TestEveryFamily(t *testing.T) {
	drawn := 0
	for _, f := range reporttest.Families {
		lines := Run(reporttest.Summarize(t, f.Run(t)), Ink{Width: 80})
		drawn += min(len(lines), 1)
		for _, line := range lines {
			if strings.Contains(line, "  ") && utf8.RuneCountInString(line) > 80 {
				t.Errorf("%s: %d columns: %s", f.Kind, utf8.RuneCountInString(line), line)
			}
		}
	}
	if drawn < len(reporttest.Families)/2 {
		t.Errorf("charts for %d of %d workloads", drawn, len(reporttest.Families))
	}
	text := strings.Join(Run(reporttest.Summarize(t, reporttest.Hostile(t)), Ink{}), "")
	if strings.ContainsAny(text, "\x1b\x00\u202e") || !strings.Contains(text, "PWNED") {
		t.Errorf("%q", text)
	}
}

// Of many cases some are shown, the first and the last among them.
func TestManyCases(t *testing.T) {
	s := sweep()
	one := s.Cases[0]
	for range 98 {
		s.Cases = append([]analysis.Case{one}, s.Cases...)
	}
	lines := primary([]Side{{Summary: s}}, "goodput", Ink{})
	if len(lines) != mostRows+1 || !strings.Contains(lines[0], "(16 of 100 cases)") || !strings.HasPrefix(lines[mostRows], "1024") {
		t.Errorf("%d lines: %s", len(lines), strings.Join(lines, "\n"))
	}
}
