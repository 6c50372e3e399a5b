package decision

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"st67bench/analysis/compare"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// ring is a symbol that is open in the middle.
const ring = "path://M8 0A8 8 0 1 0 8 16A8 8 0 1 0 8 0ZM8 4A4 4 0 1 1 8 12A4 4 0 1 1 8 4Z"

// verdictKinds are how verdicts look, worse first.
var verdictKinds = []kind{
	{string(compare.Regressed), "diamond", "distinct:4"},
	{string(compare.Improved), "triangle", "distinct:0"},
	{string(compare.Inconclusive), ring, "distinct:1"},
	{string(compare.Negligible), "rect", "distinct:5"},
	{string(compare.NonInferior), "roundRect", "distinct:2"},
	{string(compare.Equivalent), "circle", "mutedInk"},
}

// Forests are the first pictures of a comparison: all changes that are ratios, and those of losses, which are differences
// in percentage points, on an axis of their own.
func Forests(c *compare.Comparison) ([]*chart.Chart, error) {
	var out []*chart.Chart
	for _, loss := range []bool{false, true} {
		rows := slices.DeleteFunc(slices.Clone(c.Comparisons), func(r compare.Row) bool { return isLoss(r.Metric) != loss || r.Change == nil })
		drawn, err := verdictForest(c, rows, loss)
		if err != nil {
			return nil, err
		}
		out = append(out, present(drawn)...)
	}
	return out, nil
}

func isLoss(metric string) bool { return metric == "loss" || metric == "datagram_loss" }

// verdictForest is that of some rows of a comparison; nil without any, and of losses when nothing was lost.
func verdictForest(c *compare.Comparison, rows []compare.Row, loss bool) (*chart.Chart, error) {
	if len(rows) == 0 || loss && !slices.ContainsFunc(rows, func(r compare.Row) bool { return r.Base > 0 || r.New > 0 }) {
		return nil, nil
	}
	f := forest{kinds: verdictKinds, axis: "change", format: chart.Signed, margin: "within the margin"}
	out := &chart.Chart{ID: "changes", Palette: chart.Distinct}
	if loss {
		f.axis, f.format, out.ID = "difference", chart.Points, "losses"
	}
	for _, m := range results.Metrics() {
		g := group{head: arrow(m) + compare.Title(m.Name)}
		for _, r := range worstFirst(rows, m) {
			g.rows = append(g.rows, verdictRow(c, r))
		}
		if len(g.rows) > 0 {
			f.groups = append(f.groups, g)
		}
	}
	slices.SortStableFunc(f.groups, func(a, b group) int { return cmp.Compare(rank(a.rows[0].kind), rank(b.rows[0].kind)) })
	left := f.cut()
	option, err := f.option()
	if err != nil {
		return nil, err
	}
	out.Option, out.Height = option, f.height()
	out.Title = changesTitle(rows)
	if loss {
		out.Title = chart.Shorten("Losses: "+lower(changesTitle(rows)), chart.MostTitle)
	}
	out.Basis = chart.Basis{
		Unit: "change in per cent of " + chart.Shorten(c.Base.Name, 40), N: countsText(rows),
		Interval: "95 % interval, Student's t over boots", Source: "results.jsonl of both sides",
	}
	if loss {
		out.Basis.Unit, out.Basis.Interval = "difference in percentage points", "95 % interval, Newcombe's, or of boots where losses come in bursts"
	}
	out.HowTo = "One row for each metric and case, worst first. The arrow before a metric points to better. A regression is an interval off zero whose point lies outside the grey band, on the side of worse."
	out.Alt = out.Title + ". " + c.Text
	out.Table = ChangesTable(c, rows)
	if left > 0 {
		out.Note = fmt.Sprintf("%s not drawn for want of room, the best of each metric; the table has all %d.", Counted(left, "comparison"), len(rows))
	}
	return out, nil
}

// arrow points to better.
func arrow(m results.Metric) string {
	if m.Better < 0 {
		return "← "
	}
	return "→ "
}

// rank is the place of a verdict in the order of verdictKinds.
func rank(verdict string) int {
	return slices.IndexFunc(verdictKinds, func(k kind) bool { return k.name == verdict })
}

// worstFirst are the rows of a metric: by verdict, and then those that changed most.
func worstFirst(rows []compare.Row, m results.Metric) []compare.Row {
	own := slices.DeleteFunc(slices.Clone(rows), func(r compare.Row) bool { return r.Metric != m.Name })
	slices.SortStableFunc(own, func(a, b compare.Row) int {
		return cmp.Or(cmp.Compare(rank(string(a.Verdict)), rank(string(b.Verdict))), cmp.Compare(math.Abs(*b.Change), math.Abs(*a.Change)))
	})
	return own
}

func verdictRow(c *compare.Comparison, r compare.Row) row {
	out := row{label: caseLabel(c, r), value: *r.Change, kind: string(r.Verdict)}
	if r.Margin > 0 {
		out.band = &[2]float64{-r.Margin, r.Margin}
		if m, _ := results.LookupMetric(r.Metric); m.Ratio() {
			out.band[1] = 1/(1-r.Margin) - 1 // the same distance on logarithms, by which ratios are judged
		}
	}
	if r.Interval != nil {
		out.span = (*[2]float64)(r.Interval)
	}
	out.tip = fmt.Sprintf("%s, %s\n%s %s\n%s to %s\n%s + %s, margin %s", compare.Title(r.Metric), caseLabel(c, r), changeText(r), verdictText(r),
		quantity(r.Metric, r.Base), quantity(r.Metric, r.New), Counted(r.Boots.Base, "boot"), Counted(r.Boots.New, "boot"), marginText(r))
	if r.Note != "" {
		out.tip += "\n" + chart.Shorten(r.Note, 80)
	}
	return out
}

// quantity is a value of a row; losses are shares of what was sent.
func quantity(metric string, v float64) string {
	if isLoss(metric) {
		return results.FormatQuantity(v, "")
	}
	return chart.Quantity(metric, v)
}

// caseLabel names the case, and its scenario where there are several.
func caseLabel(c *compare.Comparison, r compare.Row) string {
	if len(c.Scenarios) > 1 {
		return r.Scenario + ": " + spaced(r.Case)
	}
	return spaced(r.Case)
}

// verdictText is the verdict, and that it does not count among so many tests.
func verdictText(r compare.Row) string {
	text := string(r.Verdict)
	if (r.Verdict == compare.Regressed || r.Verdict == compare.Improved) && !r.Counts() {
		text += ", which may be chance among all tests"
	}
	return text
}

func changeText(r compare.Row) string {
	if r.Change == nil {
		return "from none"
	}
	return compare.FormatChange(r.Metric, *r.Change) + intervalText(r)
}

func intervalText(r compare.Row) string {
	if r.Interval == nil {
		return ""
	}
	return fmt.Sprintf(" [%s, %s]", compare.FormatChange(r.Metric, r.Interval[0]), compare.FormatChange(r.Metric, r.Interval[1]))
}

func marginText(r compare.Row) string {
	return compare.FormatChange(r.Metric, r.Margin)[1:]
}

// changesTitle says what the rows show.
func changesTitle(rows []compare.Row) string {
	worse, better, open := counting(rows, compare.Regressed), counting(rows, compare.Improved), 0
	for _, r := range rows {
		if r.Verdict == compare.Inconclusive || r.Verdict == compare.Regressed && !r.Counts() {
			open++
		}
	}
	var parts []string
	for _, of := range []struct {
		word string
		rows []compare.Row
	}{{"Worse", worse}, {"Better", better}} {
		if len(of.rows) == 0 {
			continue
		}
		first := ": "
		if len(of.rows) > 1 {
			first = ", most "
		}
		if len(parts) > 0 {
			parts = append(parts, fmt.Sprintf("better in %d%s%s", len(of.rows), first, named(most(of.rows))))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s in %d of %s%s%s", of.word, len(of.rows), Counted(len(rows), "comparison"), first, named(most(of.rows))))
	}
	switch {
	case open > 0 && len(parts) > 0:
		parts = append(parts, fmt.Sprintf("%d undecided", open))
	case open > 0:
		parts = append(parts, fmt.Sprintf("Undecided in %d of %s; none is shown to be worse", open, Counted(len(rows), "comparison")))
	case len(parts) == 0:
		parts = append(parts, fmt.Sprintf("Of %s none is worse by its margin or more", Counted(len(rows), "comparison")))
	}
	if title := statement(parts...); len(worse) == 0 || len(better) == 0 || strings.Contains(title, "better in") {
		return title
	}
	parts[1] = fmt.Sprintf("better in %d", len(better))
	return statement(parts...)
}

func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// counting are the rows of a verdict that counts among all tests.
func counting(rows []compare.Row, v compare.Verdict) []compare.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r compare.Row) bool { return r.Verdict != v || !r.Counts() })
}

// most is the row that changed most.
func most(rows []compare.Row) compare.Row {
	return slices.MaxFunc(rows, func(a, b compare.Row) int { return cmp.Compare(math.Abs(*a.Change), math.Abs(*b.Change)) })
}

func named(r compare.Row) string {
	return fmt.Sprintf("%s %s at %s", compare.Title(r.Metric), compare.FormatChange(r.Metric, *r.Change), spaced(r.Case))
}

// countsText is how many values a side was compared by: "8 + 8 boots", "3 to 8 + 8 boots".
func countsText(rows []compare.Row) string {
	var base, new []int
	for _, r := range rows {
		base, new = append(base, r.Boots.Base), append(new, r.Boots.New)
	}
	return stretch(base) + " + " + stretch(new) + " boots"
}

func stretch(all []int) string {
	if lo, hi := slices.Min(all), slices.Max(all); lo != hi {
		return fmt.Sprintf("%d to %d", lo, hi)
	}
	return fmt.Sprint(all[0])
}
