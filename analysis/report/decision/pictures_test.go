package decision_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"st67bench/analysis/compare"
	"st67bench/analysis/history"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/decision"
	"st67bench/analysis/tune"
)

// series are the values of all series of a name, as ECharts gets them.
func series(t *testing.T, c *chart.Chart, name string) (values [][]any) {
	t.Helper()
	for _, s := range c.Option["series"].([]any) {
		if one := s.(map[string]any); one["name"] == name {
			for _, item := range one["data"].([]any) {
				values = append(values, item.(map[string]any)["value"].([]any))
			}
		}
	}
	return values
}

// check has what every chart has.
func check(t *testing.T, all ...*chart.Chart) {
	t.Helper()
	for _, c := range all {
		if n := utf8.RuneCountInString(c.Title); n == 0 || n > 110 {
			t.Errorf("%s: a title of %d characters: %s", c.ID, n, c.Title)
		}
		if c.Basis.Unit == "" || c.Basis.N == "" || c.Basis.Source == "" || c.HowTo == "" || c.Alt == "" || len(c.Table.Rows) == 0 {
			t.Errorf("%s lacks what a reader must know: %+v, %q, %q, %d rows", c.ID, c.Basis, c.HowTo, c.Alt, len(c.Table.Rows))
		}
		for _, row := range c.Table.Rows {
			if len(row) != len(c.Table.Head) {
				t.Errorf("%s: %d cells below %d heads: %q", c.ID, len(row), len(c.Table.Head), row)
			}
		}
		text, err := json.Marshal(c.Option) // fails for a number that is none
		if err != nil || strings.Contains(string(text), "NaN") || strings.Contains(fmt.Sprint(c.Table.Rows), "NaN") {
			t.Errorf("%s: %v", c.ID, err)
		}
	}
}

// The goodput of three lengths is 5 % less, outside the band of 3 %; losses have a picture of their own, in points.
func TestForests(t *testing.T) {
	c, _, _ := compared(t, "2.0.97", "2.0.106")
	all, err := decision.Forests(c)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d charts, %v", len(all), err)
	}
	check(t, all...)
	changes, losses := all[0], all[1]
	if want := "Worse in 3 of 12 comparisons, most goodput -5.0 % at length 4096; better in 1"; changes.Title != want {
		t.Errorf("title %q, want %q", changes.Title, want)
	}
	// the group of goodput comes first: its heading is row 0, the three that are worse are rows 1 to 3
	worse := series(t, changes, string(compare.Regressed))
	points := worse[3:] // behind the intervals
	for i, v := range points {
		if v[0] != -0.05 || v[1] != float64(i+1) {
			t.Errorf("point %d of what is worse is %v, want -0.05 in row %d", i, v, i+1)
		}
	}
	if len(worse) != 6 { // three points and three intervals
		t.Errorf("%d points and intervals of what is worse", len(worse))
	}
	if band := series(t, changes, "within the margin")[0]; band[0] != 1.0 || band[1] != -0.03 || band[2] != 0.03093 {
		t.Errorf("the band of goodput is %v, want row 1 from -3 %% to 1/(1-3 %%)", band)
	}
	if lost := series(t, losses, string(compare.Regressed))[1]; lost[0] != 0.02 {
		t.Errorf("the loss is %v, want 2 points", lost)
	}
	if !strings.HasPrefix(losses.Title, "Losses: worse in 1 of 6 comparisons: loss +2.0 pp at length 512") {
		t.Errorf("title %q", losses.Title)
	}
}

// An interval that is far wider than all changes is cut, and says so by an arrow; more rows than fit are counted.
func TestForestCutsAndCounts(t *testing.T) {
	c := &compare.Comparison{Base: compare.About{Name: "a"}, New: compare.About{Name: "b"}, Scenarios: []compare.ScenarioVerdict{{Scenario: "s"}}}
	for i := range 60 {
		c.Comparisons = append(c.Comparisons, compare.Row{
			Scenario: "s", Case: fmt.Sprint("length=", i), Metric: "goodput", Base: 1, New: 1.01, Change: number(0.01), Interval: &compare.Range{-0.9, 9}, Margin: 0.03, Verdict: compare.Inconclusive,
		})
	}
	c.Comparisons[0].Change, c.Comparisons[0].Interval = nil, nil // from none: it is told in the table
	all, err := decision.Forests(c)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d charts, %v", len(all), err)
	}
	drawn := series(t, all[0], string(compare.Inconclusive))
	if n := len(drawn); n != 80 { // 40 points and 40 intervals
		t.Errorf("%d points and intervals, want 80", n)
	}
	span := drawn[slices.IndexFunc(drawn, func(v []any) bool { return len(v) == 5 })]
	if low, high := span[1].(float64), span[2].(float64); span[3] != 1.0 || span[4] != 1.0 || low < -0.2 || high > 0.2 {
		t.Errorf("the interval is drawn as %v, want it cut at both ends", span)
	}
	if !strings.HasPrefix(all[0].Note, "19 comparisons not drawn") {
		t.Errorf("note %q", all[0].Note)
	}
}

// Each boot is a point against the base's mean, and boots that were measured side by side are joined.
func TestBoots(t *testing.T) {
	c, a, b := compared(t, "2.0.97", "2.0.106")
	all, err := decision.Boots(c, a, b)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d charts, %v; want goodput and latency", len(all), err)
	}
	check(t, all...)
	base, new := series(t, all[0], "base: 2.0.97"), series(t, all[0], "new: 2.0.106")
	if len(base) != 6*boots || len(new) != 6*boots || len(series(t, all[0], "pair")) != 6*boots {
		t.Errorf("%d + %d boots, %d pairs; want %d of each", len(base), len(new), len(series(t, all[0], "pair")), 6*boots)
	}
	mean := 0.0
	for _, v := range new[:boots] {
		mean += v[2].(float64) / boots
	}
	if mean < -0.0505 || mean > -0.0495 {
		t.Errorf("the new side's boots are at %.4f of the base, want -0.05", mean)
	}
	// a row that was made of other runs has no boots here
	c.Comparisons[0].N.Base = 3
	c.Comparisons[0].Paired = false
	if a, b := compare.Values(a, b, c.Comparisons[0]); a != nil || b != nil {
		t.Errorf("%d + %d values of a row of other runs", len(a), len(b))
	}
}

// What regressed comes first, a change is named, one that was accepted is grey, and one that came with another unit names no release.
func TestPanels(t *testing.T) {
	h := courses(t, "2.0.88")
	all, left, err := decision.Panels(h)
	if err != nil || left != 0 || len(all) != 4 { // that without any loss is not drawn
		t.Fatalf("%d panels, %d left, %v", len(all), left, err)
	}
	check(t, all...)
	for i, want := range []string{
		"Length=64 goodput: -6.0 % at 2.0.88, still there", "Length=64 energy per bit: creeping +1.1 % a release since 2.0.80",
		"Length=64 send latency p50: +30.1 % at 2.0.86, acknowledged", "Length=64 service time p50: -20.0 % between 2.0.86 and 2.0.87, with unit a1 -> b2",
	} {
		if !strings.HasPrefix(all[i].Title, want) {
			t.Errorf("panel %d is %q, want %q", i, all[i].Title, want)
		}
	}
	if mark := series(t, all[0], "worse"); len(mark) != 1 || mark[0][0] != 8.0 || mark[0][2] != "2.0.88 -6.0 %" {
		t.Errorf("the mark of goodput is %v", mark)
	}
	if mark := series(t, all[2], "acknowledged"); len(mark) != 1 || mark[0][0] != 6.0 {
		t.Errorf("the mark of latency is %v", mark)
	}
	level := series(t, all[0], "level")
	if last := level[len(level)-1]; last[0] != 8.0 || last[1] != 15.0 || last[2].(float64) > 9.5e6 || last[2].(float64) < 9.3e6 {
		t.Errorf("the last level of goodput is %v, want 9.4 Mbit/s from release 8 to 15", last)
	}
	if points := series(t, all[0], "release"); points[3][1] != nil {
		t.Errorf("release 3 was not measured and is drawn at %v", points[3])
	}
	slope := series(t, all[1], "level")
	if len(slope) != 1 || slope[0][3].(float64) < 1.14*slope[0][2].(float64) {
		t.Errorf("the creep is drawn as %v, want 16 %% more at its end", slope)
	}
}

// The field has a cell for each release that was measured, in margins, worse below zero, and the worst in its title.
func TestOverview(t *testing.T) {
	h := courses(t, "2.0.88")
	c, err := decision.Overview(h)
	if err != nil {
		t.Fatal(err)
	}
	check(t, c)
	cells := series(t, c, "value")
	if len(cells) != 5*15 {
		t.Errorf("%d cells, want 5 series of 15 releases", len(cells))
	}
	last := cells[14] // goodput, the newest: 6 % less is two margins
	if v := last[2].(float64); v > -1.8 || v < -2.3 {
		t.Errorf("the newest goodput is at %v margins, want -2", last)
	}
	if !strings.HasPrefix(c.Title, "Farthest from the first level: length=64 send latency p50 +30.") {
		t.Errorf("title %q", c.Title)
	}
	if one, err := decision.Overview(&history.History{Releases: h.Releases, Courses: h.Courses[:1]}); err != nil || one != nil {
		t.Errorf("a single series has a field: %v", err)
	}
}

func TestTuning(t *testing.T) {
	a := answer("transmit")
	standings, err := decision.Standings(a)
	if err != nil {
		t.Fatal(err)
	}
	front, err := decision.FrontCharts(a)
	if err != nil {
		t.Fatal(err)
	}
	effects, err := decision.EffectCharts(a)
	if err != nil {
		t.Fatal(err)
	}
	check(t, append(append([]*chart.Chart{standings}, front...), effects...)...)
	for _, c := range []struct {
		got, want string
	}{
		{standings.Title, "6 cases: 3 worse than the best, 1 as good as it, 1 not measured; 3 left the race early"},
		{front[0].Title, "Goodput against send latency p50: from 630 kbit/s at 800 µs to 1.58 Mbit/s at 41.6 ms; 3 cases on the front"},
		{effects[0].Title, "Length explains 90 % of the differences in goodput; mean 1.10 Mbit/s"},
		{effects[1].Title, "Length and transmit together: +6.0 % goodput beyond their own effects at 64, 1; 9.0 % of the differences"},
	} {
		if c.got != c.want {
			t.Errorf("title %q, want %q", c.got, c.want)
		}
	}
	if best := series(t, standings, string(tune.Best)); len(best) != 1 || best[0][0] != 0.0 || best[0][1] != 1.0 {
		t.Errorf("the best is drawn at %v, want 0 in the first row", best)
	}
	if c, err := decision.Standings(&tune.Answer{Goal: "max goodput"}); err != nil || c != nil {
		t.Errorf("nothing was measured and is drawn: %v", err)
	}
}
