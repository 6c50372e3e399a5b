package current

import (
	"fmt"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// states are those of the segmentation, in ascending order of their current.
var states = []string{"off", "sleep", "idle", "receive", "transmit"}

// chargeChart shows where the charge of each case goes, as a share by state. nil when no case has a trace.
func chargeChart(s *analysis.Summary) (*chart.Chart, error) {
	var cases []analysis.Case
	var rows []string
	for _, c := range s.Cases {
		if m, ok := c.Metrics["current"]; ok && chargeOf(c) > 0 {
			cases = append(cases, c)
			rows = append(rows, fmt.Sprintf("%s: %s", s.Label(c), chart.Quantity("current", m.Median)))
		}
	}
	if len(cases) == 0 {
		return nil, nil
	}
	found := slices.DeleteFunc(slices.Clone(states), func(state string) bool { return !chart.Some(s, "charge_"+state) })
	bar := charts.NewBar()
	bar.SetGlobalOptions(chart.Frame("item", chart.ItemName, found,
		opts.XAxis{Type: "value", Min: 0, Max: 1, AxisLabel: chart.AxisLabel(chart.Percent), Name: "share of the charge", NameLocation: "middle", NameGap: 30},
		opts.YAxis{Type: "category", Data: rows, Inverse: opts.Bool(true)})...)
	t := chart.Table{Head: append([]string{"case"}, found...)}
	for _, c := range cases {
		t.Rows = append(t.Rows, chargeRow(s, c, found))
	}
	for _, state := range found {
		var data []opts.BarData
		for _, c := range cases {
			data = append(data, chargeBar(s, c, state))
		}
		bar.AddSeries(state, data, charts.WithBarChartOpts(opts.BarChart{Stack: "charge", BarCategoryGap: "28%"}))
	}
	option, err := chart.Option(bar, nil)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "charge", Palette: chart.Distinct, Height: 110 + 30*len(cases), Option: option, Table: t}
	c.Title = "Where the charge goes"
	c.HowTo = "Each bar is the charge of a case, cut by what the module did while it flowed; beside it the mean current. The states are told by the current alone. Medians over repeats. Source: results.jsonl, made of power/." + chart.Aligned(s, "current")
	c.Alt = c.Title + ". The table below has all."
	return c, nil
}

// chargeOf is the charge of a case over all states, in C.
func chargeOf(c analysis.Case) float64 {
	sum := 0.0
	for _, state := range states {
		sum += c.Metrics["charge_"+state].Median
	}
	return sum
}

func chargeBar(s *analysis.Summary, c analysis.Case, state string) opts.BarData {
	q := c.Metrics["charge_"+state].Median
	share := q / chargeOf(c)
	return opts.BarData{Name: fmt.Sprintf("%s\n%s %s, %s", s.Label(c), state, chart.Quantity("charge", q), results.FormatQuantity(share, "")), Value: chart.Round(share)}
}

func chargeRow(s *analysis.Summary, c analysis.Case, found []string) []string {
	row := []string{s.Label(c)}
	for _, state := range found {
		text := ""
		if m, ok := c.Metrics["charge_"+state]; ok {
			text = chart.Quantity("charge", m.Median)
			if time, ok := c.Metrics["share_"+state]; ok {
				text += " in " + results.FormatQuantity(time.Median, "") + " of the time"
			}
		}
		row = append(row, text)
	}
	return row
}
