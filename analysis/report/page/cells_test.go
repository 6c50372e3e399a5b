package page

import (
	"io"
	"strings"
	"testing"

	"st67bench/analysis/report/chart"
)

func TestTones(t *testing.T) {
	for text, want := range map[string]Tone{
		"REGRESSED": Bad, "-5.1 % [-5.9 %, -4.3 %] REGRESSED": Bad, "ERROR": Bad, "IMPROVED": Good, "EQUIVALENT": Good, "PASS": Good,
		"INCONCLUSIVE": Unsure, "REFUSED": Unsure, "FAIL: goodput is below its limit": Bad, "": Neutral, "passed": Neutral, "1.54 Mbit/s": Neutral,
		"why a case may ERROR out": Neutral,
	} {
		if got := toneOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Columns of numbers stand to the right, also where a word says why there is none; what a row is about is its header.
func TestGrid(t *testing.T) {
	g := gridOf(chart.Table{
		Head:   []string{"", "goodput", "p99", "when", "note"},
		Rows:   [][]string{{"64", "1.54 Mbit/s ±0.1 %", "-, needs 368 sends, has 7", "2026-11-22 18:40", ""}, {"", "REFUSED", "-", "2026-11-23 18:40", "ERR CODE:0x01070000 value out of range: this firmware stops at 6144"}},
		Marked: []int{1},
	})
	var got []string
	for _, c := range append(g.Head, append(g.Rows[0].Cells, g.Rows[1].Cells...)...) {
		got = append(got, c.Scope+"/"+c.Class)
	}
	const want = "/number col/number col/ col/ col/ " + "row/number /number / / / " + "/number /number unsure / / /words"
	if text := strings.Join(got, " "); text != want {
		t.Errorf("cells are\n%s, want\n%s", text, want)
	}
	if g.Rows[0].Marked || !g.Rows[1].Marked || g.Long {
		t.Errorf("%+v", g)
	}
}

// A link leads to one thing.
func TestTwoThingsOfOneID(t *testing.T) {
	p := &Page{Sections: []Section{{ID: "current", Parts: []Part{{Chart: &chart.Chart{ID: "current"}}}}}}
	if err := write(io.Discard, p, ""); err == nil || !strings.Contains(err.Error(), "two things have the ID current") {
		t.Errorf("%v", err)
	}
}
