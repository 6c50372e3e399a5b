package compare

import (
	"strings"
	"testing"
)

// against compares goodputs of a case, with so much more or less on the new side.
func against(t *testing.T, scenario string, change func(boot int) float64, boots int) *Comparison {
	t.Helper()
	side := func(firmware string, level func(boot int) float64) Side {
		return sideOf(firmware, plan{scenario: scenario, firmware: firmware, session: firmware, cases: []string{"a", "b"}, boots: boots, metrics: func(key string, boot, _ int) map[string]float64 {
			v := 1e7 * wobble(boot)
			if key == "a" {
				v *= level(boot)
			}
			return map[string]float64{"goodput": v}
		}}.run())
	}
	c, err := Compare(side("1", func(int) float64 { return 1 }), side("2", change), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func less(by float64) func(int) float64 { return func(int) float64 { return 1 - by } }

// A regression that the interleaved run finds as well stays; of one that it does not find its verdict counts; one that it can say
// nothing about is open. What was no regression stays in any case. The interval of -8 % is R's exp(t.test(log(.92*w), log(w))$conf.int)-1
// of the wobbles w.
func TestConfirm(t *testing.T) {
	swing := func(boot int) float64 { return 1 + []float64{.2, -.2, .15, -.18, .1, -.1, .2, -.2}[boot] }
	for _, tt := range []struct {
		name    string
		again   *Comparison
		verdict Verdict
		joint   Joint
		exit    int
		note    string
	}{
		{"found again", against(t, "s", less(.06), 8), Regressed, Fail, 3, "confirmed by an interleaved run: -6.0 %"},
		{"not found", against(t, "s", less(0), 8), Equivalent, Pass, 0, "-8.0 % [-8.8 %, -7.2 %] against the baseline, not confirmed by the interleaved run"},
		{"open", against(t, "s", swing, 8), Inconclusive, Undecided, 4, "not confirmed by the interleaved run"},
	} {
		c := against(t, "s", less(.08), 8)
		if len(c.Regressions()) != 1 || c.Verdict != Fail {
			t.Fatalf("%s: %v", c.Verdict, c.Regressions())
		}
		b := c.Comparisons[1]
		c.Confirm("other", tt.again)
		if c.Verdict != Fail || c.Comparisons[0].Note != "" {
			t.Errorf("%s: another scenario's run says %q", tt.name, c.Comparisons[0].Note)
		}
		c.Confirm("s", tt.again)
		row := c.Comparisons[0]
		if row.Verdict != tt.verdict || c.Verdict != tt.joint || c.Exit != tt.exit || !strings.Contains(row.Note, tt.note) {
			t.Errorf("%s: %s, %s, exit %d, %q", tt.name, row.Verdict, c.Verdict, c.Exit, row.Note)
		}
		if c.Comparisons[1] != b || c.Scenarios[0].Verdict != tt.joint || len(c.Scenarios) != 1 {
			t.Errorf("%s: %+v, %v", tt.name, c.Comparisons[1], c.Scenarios)
		}
	}
	c := against(t, "s", less(.08), 8)
	none := against(t, "s", less(.08), 8)
	none.Comparisons = nil
	c.Confirm("s", none)
	if c.Verdict != Fail || !strings.HasPrefix(c.Comparisons[0].Note, "unconfirmed: ") {
		t.Errorf("%s, %q", c.Verdict, c.Comparisons[0].Note)
	}
}

// Without an interleaved run a regression is one.
func TestUnconfirmed(t *testing.T) {
	c := against(t, "s", less(.08), 8)
	c.Unconfirmed("other", "no hook")
	c.Unconfirmed("s", "no hook")
	if c.Exit != 3 || c.Comparisons[0].Note != "unconfirmed: no hook" || c.Comparisons[1].Note != "" {
		t.Errorf("exit %d, %q, %q", c.Exit, c.Comparisons[0].Note, c.Comparisons[1].Note)
	}
}
