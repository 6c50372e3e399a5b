package decision

import (
	"fmt"
	"strconv"

	"st67bench/analysis/compare"
	"st67bench/analysis/report/chart"
)

// ChangesTable has a row for each of these comparisons, with all that decided it.
func ChangesTable(c *compare.Comparison, rows []compare.Row) chart.Table {
	t := chart.Table{Head: []string{"case", "metric", c.Base.Name, c.New.Name, "change", "95 % interval", "verdict", "margin", "p gate", "p Holm", "p exact", "n", "boots needed", "note"}}
	if len(c.Scenarios) > 1 {
		t.Head = append([]string{"scenario"}, t.Head...)
	}
	for i, r := range rows {
		needed, change := "", "from none"
		if r.Needed > 0 {
			needed = strconv.Itoa(r.Needed)
		}
		if r.Change != nil {
			change = compare.FormatChange(r.Metric, *r.Change)
		}
		cells := []string{
			spaced(r.Case), compare.Title(r.Metric), quantity(r.Metric, r.Base), quantity(r.Metric, r.New), change, intervalText(r), verdictText(r),
			marginText(r) + ", " + r.MarginFrom, P(r.PGate), P(r.PHolm), P(r.PExact), fmt.Sprintf("%d + %d", r.N.Base, r.N.New), needed, r.Note,
		}
		if len(c.Scenarios) > 1 {
			cells = append([]string{r.Scenario}, cells...)
		}
		t.Rows = append(t.Rows, cells)
		if r.Verdict == compare.Regressed {
			t.Marked = append(t.Marked, i)
		}
	}
	return t
}

// P is a p-value as people read it; nothing where there is none.
func P(p *float64) string {
	switch {
	case p == nil:
		return ""
	case *p < 0.0001:
		return "< 0.0001"
	}
	return strconv.FormatFloat(*p, 'g', 2, 64)
}
