package current

import (
	"fmt"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/energy"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// state is one of the segmentation: its name in metrics, what the module does in it, and its colour wherever it is shown.
type state struct{ name, doing, colour string }

// states are in ascending order of their current, which is that of energy.State.
var states = []state{
	energy.Off:      {"off", "off", chart.Muted},
	energy.Sleep:    {"sleep", "asleep", "distinct:0"},
	energy.Idle:     {"idle", "awake and idle", "distinct:1"},
	energy.Receive:  {"receive", "receiving", "distinct:2"},
	energy.Transmit: {"transmit", "transmitting", "distinct:4"},
}

// chargeChart shows where the charge of each case goes, as a share by state. nil when no case has a trace.
func chargeChart(s *analysis.Summary) (*chart.Chart, error) {
	var cases []analysis.Case
	var rows []string
	for _, c := range s.Cases {
		if m, ok := c.Metrics["current"]; ok && chargeOf(c) > 0 {
			cases = append(cases, c)
			rows = append(rows, fmt.Sprintf("%s: %s", label(s, c), chart.Quantity("current", m.Median)))
		}
	}
	if len(cases) == 0 {
		return nil, nil
	}
	found := slices.DeleteFunc(slices.Clone(states), func(st state) bool { return !chart.Some(s, "charge_"+st.name) })
	t := chart.Table{Head: []string{"case"}}
	var legend []string
	for _, st := range found {
		legend = append(legend, st.name)
	}
	t.Head = append(t.Head, legend...)
	bar := charts.NewBar()
	x := middleName("share of the charge", "value", chart.Percent)
	x.Min, x.Max = 0, 1
	bar.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, x, opts.YAxis{Type: "category", Data: rows, Inverse: opts.Bool(true)})...)
	for _, c := range cases {
		t.Rows = append(t.Rows, chargeRow(s, c, found))
	}
	for _, st := range found {
		var data []opts.BarData
		for _, c := range cases {
			data = append(data, chargeBar(s, c, st))
		}
		bar.AddSeries(st.name, data, charts.WithBarChartOpts(opts.BarChart{Stack: "charge", BarCategoryGap: "28%"}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: st.colour}))
	}
	option, err := tidied(bar, nil)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "charge", Palette: chart.Distinct, Height: 110 + 30*len(cases), Option: option, Table: t}
	c.Title = chargeTitle(s, cases, found)
	c.Basis = basis(s, "current", "share of the charge in C")
	c.Basis.Interval = "" // none is drawn
	c.HowTo = "Each bar is the charge of a case, cut by what the module did while it flowed; beside it the mean current. The states are told by the current alone." + chart.Aligned(s, "current")
	c.Alt = c.Title + ". The table below has all."
	return c, nil
}

// chargeTitle says which state takes most in the case where one takes the most, and how much it takes elsewhere.
func chargeTitle(s *analysis.Summary, cases []analysis.Case, found []state) string {
	share := func(c analysis.Case, st state) float64 { return c.Metrics["charge_"+st.name].Median / chargeOf(c) }
	top, most := found[0], cases[0]
	for _, c := range cases {
		for _, st := range found {
			if share(c, st) > share(most, top) {
				top, most = st, c
			}
		}
	}
	least := most
	for _, c := range cases {
		if share(c, top) < share(least, top) {
			least = c
		}
	}
	text := func(c analysis.Case) string { return results.FormatQuantity(share(c, top), "") }
	title := fmt.Sprintf("%s of the charge%s is %s", text(most), at(s, most), top.doing)
	if len(cases) == 1 {
		return fitting(title)
	}
	if text(least) == text(most) {
		return fitting(fmt.Sprintf("%s of the charge is %s, whatever the case", text(most), top.doing))
	}
	return fitting(title+fmt.Sprintf(", and %s%s", text(least), at(s, least)), title, fmt.Sprintf("Up to %s of the charge is %s", text(most), top.doing))
}

// chargeOf is the charge of a case over all states, in C.
func chargeOf(c analysis.Case) float64 {
	sum := 0.0
	for _, st := range states {
		sum += c.Metrics["charge_"+st.name].Median
	}
	return sum
}

func chargeBar(s *analysis.Summary, c analysis.Case, st state) opts.BarData {
	q := c.Metrics["charge_"+st.name].Median
	share := q / chargeOf(c)
	return opts.BarData{Name: fmt.Sprintf("%s\n%s %s, %s", label(s, c), st.name, chart.Quantity("charge", q), results.FormatQuantity(share, "")), Value: chart.Round(share)}
}

func chargeRow(s *analysis.Summary, c analysis.Case, found []state) []string {
	row := []string{label(s, c)}
	for _, st := range found {
		text := ""
		if m, ok := c.Metrics["charge_"+st.name]; ok {
			text = chart.Quantity("charge", m.Median)
			if time, ok := c.Metrics["share_"+st.name]; ok {
				text += " in " + results.FormatQuantity(time.Median, "") + " of the time"
			}
		}
		row = append(row, text)
	}
	return row
}
