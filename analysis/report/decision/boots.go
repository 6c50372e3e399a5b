package decision

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/compare"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// What is drawn boot by boot.
const (
	mostBootCharts = 4  // metrics
	mostBootCases  = 6  // of a metric, those that changed most first
	mostBoots      = 60 // of a side of a case
)

// The colours of the two sides: those of two runs side by side.
const (
	baseColour = "distinct:0"
	newColour  = "distinct:1"
)

// bootCase is a case with the values of both sides.
type bootCase struct {
	row  compare.Row
	a, b []analysis.Observation
}

// Boots show what each boot of both sides measured, a chart for each metric that is worse, better or open, and for the first
// of all where none is.
func Boots(c *compare.Comparison, base, new compare.Side) ([]*chart.Chart, error) {
	var out []*chart.Chart
	for _, m := range bootMetrics(c) {
		var cases []bootCase
		for _, r := range worstFirst(withChange(c.Comparisons), m) {
			a, b := compare.Values(base, new, r)
			if len(a) > 1 && len(b) > 1 && r.Base > 0 {
				cases = append(cases, bootCase{r, a, b})
			}
		}
		if len(cases) == 0 || len(out) == mostBootCharts {
			continue
		}
		drawn, err := bootChart(c, m, cases)
		if err != nil {
			return nil, err
		}
		out = append(out, drawn)
	}
	return out, nil
}

func withChange(rows []compare.Row) []compare.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r compare.Row) bool { return r.Change == nil })
}

// bootMetrics are those to be drawn: where a verdict counts or is open, in the order of the metric table.
func bootMetrics(c *compare.Comparison) (all []results.Metric) {
	var first []results.Metric
	for _, m := range results.Metrics() {
		own := slices.DeleteFunc(slices.Clone(c.Comparisons), func(r compare.Row) bool { return r.Metric != m.Name || isLoss(r.Metric) })
		if len(own) == 0 {
			continue
		}
		if first = append(first, m); slices.ContainsFunc(own, func(r compare.Row) bool { return r.Counts() && rank(string(r.Verdict)) < 2 }) {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return first[:min(1, len(first))]
	}
	return all
}

// bootChart has a point for each boot, against the base's mean in the case, so that cases of any size share an axis.
func bootChart(c *compare.Comparison, m results.Metric, cases []bootCase) (*chart.Chart, error) {
	shown := cases[:min(mostBootCases, len(cases))]
	var labels []string
	var base, new, joins []opts.CustomData
	paired := 0
	for i, x := range shown {
		labels = append(labels, caseLabel(c, x.row))
		p, q := x.points(c, i, x.a, c.Base.Name, -0.25), x.points(c, i, x.b, c.New.Name, 0.25)
		base, new = append(base, p...), append(new, q...)
		if x.row.Paired && len(p) == len(q) {
			paired++
			for k := range p {
				from, to := p[k].Value.([]any), q[k].Value.([]any)
				joins = append(joins, opts.CustomData{Value: []any{i, from[1], from[2], to[1], to[2]}})
			}
		}
	}
	names := []string{"base: " + chart.Shorten(c.Base.Name, 40), "new: " + chart.Shorten(c.New.Name, 40)}
	custom := charts.NewCustom()
	if len(joins) > 0 {
		custom.AddSeries("pair", joins, renders(chart.Join), coloured(chart.Muted), encoded(0, []int{2, 4}))
	}
	custom.AddSeries(names[0], base, renders(chart.Boot), coloured(baseColour), encoded(0, 2))
	custom.AddSeries(names[1], new, renders(chart.Boot), coloured(newColour), encoded(0, 2))
	custom.SetGlobalOptions(chart.Frame("item", chart.ItemName, names,
		opts.XAxis{Type: "category"},
		opts.YAxis{Type: "value", Name: "against the base's mean", Scale: opts.Bool(true), AxisLabel: chart.AxisLabel(chart.Signed)})...)
	custom.SetXAxis(labels)
	option, err := chart.Option(custom, func(option map[string]any) {
		option["xAxis"].([]any)[0].(map[string]any)["axisLine"] = map[string]any{"onZero": false}
		option["grid"].([]any)[0].(map[string]any)["bottom"] = "10"
	})
	if err != nil {
		return nil, err
	}
	out := &chart.Chart{ID: "boots-" + slug(m.Name), Palette: chart.Distinct, Height: 340, Option: option, Table: bootTable(c, cases)}
	out.Title = bootTitle(m, shown[0])
	out.Basis = chart.Basis{Unit: "change in per cent of the base's mean", N: countsText(rowsOf(shown)) + ", one point each", Source: "results.jsonl of both sides"}
	out.HowTo = "Each point is a boot, from left to right in the order in which they were measured: what drifts with time leans, what differs lies apart."
	if paired > 0 {
		out.HowTo += " A line joins two boots that were measured side by side: lines that all lean alike are a difference that the rig did not make."
	}
	out.Alt = out.Title + ". " + changeText(shown[0].row) + " " + verdictText(shown[0].row)
	if len(cases) > len(shown) {
		out.Note = fmt.Sprintf("%s not drawn for want of room, those that changed least; the table has all.", Counted(len(cases)-len(shown), "case"))
	}
	return out, nil
}

// bootTitle says how far the points of the first case lie apart.
func bootTitle(m results.Metric, x bootCase) string {
	word := "below"
	if *x.row.Change > 0 {
		word = "above"
	}
	beyond := 0
	for _, o := range x.b {
		if o.Value < x.row.Base == (word == "below") {
			beyond++
		}
	}
	return statement(fmt.Sprintf("%s at %s: %d of %s of the new side lie %s the base's mean", chart.Capital(compare.Title(m.Name)), spaced(x.row.Case), beyond, Counted(len(x.b), "boot"), word),
		compare.FormatChange(m.Name, *x.row.Change)+" on average")
}

// points are those of a side of a case, round a place of its column.
func (x bootCase) points(c *compare.Comparison, column int, all []analysis.Observation, side string, middle float64) (out []opts.CustomData) {
	for i, at := range evenly(len(all), mostBoots) {
		o := all[at]
		place := middle
		if n := min(len(all), mostBoots); n > 1 {
			place += 0.32 * (float64(i)/float64(n-1) - 0.5)
		}
		change := o.Value/x.row.Base - 1
		out = append(out, opts.CustomData{
			Name:  fmt.Sprintf("%s, %s\n%s %s: %s\n%s", side, caseLabel(c, x.row), x.unit(), bootName(o), chart.Quantity(x.row.Metric, o.Value), compare.FormatChange(x.row.Metric, change)),
			Value: []any{column, chart.Round(place), chart.Round(change)},
		})
	}
	return out
}

// unit is what a value is of.
func (x bootCase) unit() string {
	if x.row.Boots.Base == 1 && len(x.a) > 1 {
		return "repeat of boot"
	}
	return "boot"
}

// bootName tells a boot from those of other runs.
func bootName(o analysis.Observation) string {
	if o.Session != "" {
		return fmt.Sprintf("%d of session %s", o.Boot, chart.Shorten(o.Session, 40))
	}
	return fmt.Sprint(o.Boot)
}

// evenly are at most most of n indexes, the first and the last among them.
func evenly(n, most int) []int {
	out := make([]int, min(n, most))
	for i := range out {
		out[i] = i
		if n > most {
			out[i] = i * (n - 1) / (most - 1)
		}
	}
	return out
}

func encoded(x, y any) charts.SeriesOpts {
	return func(s *charts.SingleSeries) { s.Encode = &opts.Encode{X: x, Y: y} }
}

func rowsOf(cases []bootCase) (rows []compare.Row) {
	for _, x := range cases {
		rows = append(rows, x.row)
	}
	return rows
}

// bootTable has a row for each boot of both sides.
func bootTable(c *compare.Comparison, cases []bootCase) chart.Table {
	t := chart.Table{Head: []string{"case", "side", "run", "boot", "value", "against the base's mean"}}
	for _, x := range cases {
		for _, side := range []struct {
			name string
			of   []analysis.Observation
		}{{c.Base.Name, x.a}, {c.New.Name, x.b}} {
			for _, o := range side.of {
				t.Rows = append(t.Rows, []string{
					caseLabel(c, x.row), side.name, o.Run, fmt.Sprint(o.Boot), chart.Quantity(x.row.Metric, o.Value), compare.FormatChange(x.row.Metric, o.Value/x.row.Base-1),
				})
			}
		}
	}
	return t
}

// slug makes a part of an ID of a name: lower case letters, digits and "-".
func slug(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		}
		return '-'
	}, name), "-")
}
