package current

import (
	"fmt"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// eventChart shows what one transaction costs: a request, a publication, a connection, or a join, which is all that its repeat does.
func eventChart(s *analysis.Summary) (*chart.Chart, error) {
	metric := "energy_per_event"
	if s.Workload == "join" {
		metric = "energy"
	}
	cases := having(s, metric)
	if len(cases) == 0 {
		return nil, nil
	}
	c, err := barChart(s, cases, []part{{metric, "one " + s.Event}})
	if err != nil {
		return nil, err
	}
	least, most := extremesOf(cases, metric)
	c.ID, c.Basis = "energy-event", basis(s, metric, "J")
	c.Title = fmt.Sprintf("One %s takes %s", s.Event, medianOf(most, metric))
	if len(cases) > 1 {
		c.Title += ", whatever the case"
	}
	if medianOf(least, metric) != medianOf(most, metric) {
		c.Title = fitting(fmt.Sprintf("One %s takes %s%s, and %s%s", s.Event, medianOf(least, metric), at(s, least), medianOf(most, metric), at(s, most)),
			fmt.Sprintf("One %s takes %s to %s", s.Event, medianOf(least, metric), medianOf(most, metric)))
	}
	c.HowTo = "What is used above the floor, or above the idle module, from the begin of each one until the current is back."
	if metric == "energy" {
		c.HowTo = "All that is used from the begin to the end of each one."
	}
	c.HowTo += chart.Aligned(s, "energy")
	c.Alt = c.Title + ". The table below has all."
	return c, nil
}

// wakeChart shows how long it takes to wake the module: until its current rises, until it answers, and until it sleeps again.
func wakeChart(s *analysis.Summary) (*chart.Chart, error) {
	parts := []part{{"wake_rise", "current rises"}, {"wake_latency_p50", "answer later, p50"}, {"wake_latency_p90", "answer later, p90"},
		{"wake_latency_p99", "answer later, p99"}, {"tail", "asleep again after"}}
	cases := having(s, "wake_latency_p50")
	if len(cases) == 0 || len(having(s, "current")) == 0 {
		return nil, nil
	}
	c, err := barChart(s, cases, parts)
	if err != nil {
		return nil, err
	}
	least, most := extremesOf(cases, "wake_latency_p50")
	c.ID, c.Basis = "wakeup", basis(s, "wake_latency_p50", "s")
	c.Title = fmt.Sprintf("Woken by a command, the module answers %s later than when awake (p50)", medianOf(most, "wake_latency_p50"))
	if medianOf(least, "wake_latency_p50") != medianOf(most, "wake_latency_p50") {
		c.Title = fmt.Sprintf("Woken by a command, the module answers %s to %s later than when awake (p50)", medianOf(least, "wake_latency_p50"), medianOf(most, "wake_latency_p50"))
	}
	if cost, ok := most.Metrics["energy_per_event"]; ok && len(cases) == 1 {
		c.Title = fitting(c.Title+", for "+chart.Quantity("energy_per_event", cost.Median), c.Title)
	}
	c.HowTo = "From the command to the rise of the current; by how much the answer comes later than that of a module that is awake; and from the answer until it sleeps. " +
		"What is shorter than the clocks are sure of is left out." + chart.Aligned(s, "current")
	c.Alt = c.Title + ". The table below has all."
	return c, nil
}

// part is one bar of each case.
type part struct{ metric, name string }

// barChart has a bar for each part of each case, with its interval, from zero on.
func barChart(s *analysis.Summary, cases []analysis.Case, parts []part) (*chart.Chart, error) {
	var rows []string
	var data []opts.BarData
	var intervals []opts.CustomData
	t := chart.Table{Head: []string{"case", "of", "median, 95 % interval"}}
	for _, c := range cases {
		for _, p := range parts {
			st, ok := c.Metrics[p.metric]
			if !ok {
				continue
			}
			row := label(s, c) + ": " + p.name
			switch {
			case len(parts) == 1:
				row = label(s, c)
			case len(cases) == 1:
				row = p.name
			}
			name := fmt.Sprintf("%s\n%s", row, chart.Describe(p.metric, st))
			if st.Interval != nil {
				intervals = append(intervals, opts.CustomData{Name: name, Value: []any{len(rows), chart.Round(st.Interval.Lo), chart.Round(st.Interval.Hi)}})
			}
			data = append(data, opts.BarData{Name: name, Value: chart.Round(st.Median)})
			rows = append(rows, row)
			t.Rows = append(t.Rows, []string{label(s, c), p.name, chart.Describe(p.metric, st)})
		}
	}
	bar, bars := charts.NewBar(), charts.NewCustom()
	bar.AddSeries("median", data, charts.WithBarChartOpts(opts.BarChart{BarCategoryGap: "28%"}))
	if len(intervals) > 0 {
		bars.AddSeries("95 % interval", intervals, across, charts.WithItemStyleOpts(opts.ItemStyle{Color: "ink"}))
	}
	x := middleName("time", "value", chart.FormatterOf(parts[0].metric))
	x.Min = 0
	if len(parts) == 1 {
		x.Name = chart.Title(parts[0].metric)
	}
	bar.SetGlobalOptions(chart.Frame("item", chart.ItemName, nil, x, opts.YAxis{Type: "category", Data: rows, Inverse: opts.Bool(true)})...)
	bar.Overlap(bars)
	option, err := tidied(bar, func(option map[string]any) {
		option["legend"].(map[string]any)["show"] = false // rows have names
		option["grid"].([]any)[0].(map[string]any)["top"] = "16"
	})
	if err != nil {
		return nil, err
	}
	return &chart.Chart{Palette: chart.Distinct, Height: 76 + 30*len(rows), Option: option, Table: t}, nil
}
