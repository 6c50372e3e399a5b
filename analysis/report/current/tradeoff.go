package current

import (
	"fmt"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// latencies are what a lower current may cost, the most telling first.
var latencies = []string{"rtt", "delay_down"}

// tradeoffChart shows the current over the latency of each case. nil unless two cases have both.
func tradeoffChart(s *analysis.Summary) (*chart.Chart, error) {
	for _, series := range latencies {
		if cases := having(s, "current", series+"_p50"); len(cases) > 1 {
			return tradeoff(s, series, cases)
		}
	}
	return nil, nil
}

func tradeoff(s *analysis.Summary, series string, cases []analysis.Case) (*chart.Chart, error) {
	scatter, bars := charts.NewScatter(), charts.NewCustom()
	t := chart.Table{Head: []string{"case", "current"}}
	for _, c := range cases {
		t.Rows = append(t.Rows, []string{label(s, c), described(c, "current")})
	}
	var legend []string
	var xs, ys []float64
	for _, q := range []string{"p50", "p90", "p99"} {
		metric := series + "_" + q
		if len(having(s, "current", metric)) == 0 {
			continue
		}
		legend, t.Head = append(legend, q), append(t.Head, chart.Title(metric))
		var points []opts.ScatterData
		var up, along []opts.CustomData
		for i, c := range cases {
			t.Rows[i] = append(t.Rows[i], described(c, metric))
			late, ok := c.Metrics[metric]
			if !ok {
				continue
			}
			amps := c.Metrics["current"]
			x, y := chart.Round(late.Median), chart.Round(amps.Median)
			xs, ys = append(xs, x), append(ys, y)
			name := fmt.Sprintf("%s\n%s %s\ncurrent %s", label(s, c), chart.Title(metric), chart.Describe(metric, late), chart.Describe("current", amps))
			points = append(points, opts.ScatterData{Name: name, Value: []any{x, y}})
			if in := amps.Interval; in != nil {
				up = append(up, opts.CustomData{Name: name, Value: []any{x, chart.Round(in.Lo), chart.Round(in.Hi)}})
			}
			if in := late.Interval; in != nil {
				along = append(along, opts.CustomData{Name: name, Value: []any{y, chart.Round(in.Lo), chart.Round(in.Hi)}})
			}
		}
		scatter.AddSeries(q, points, charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 11}), named)
		if len(up) > 0 {
			bars.AddSeries(q, up, upright)
		}
		if len(along) > 0 {
			bars.AddSeries(q, along, across)
		}
	}
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, xAxis(chart.Title(series), series, xs), chart.YAxis("current", "current", ys))...)
	scatter.Overlap(bars)
	option, err := tidied(scatter, roomForNames)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "latency-current", Palette: chart.Distinct, Height: 400, Option: option, Table: t}
	c.Title = tradeoffTitle(s, series, cases)
	c.Basis = basis(s, "current", "A, s")
	c.HowTo = "Each case by its latency and its mean current; what is further down and to the left is better in both." + chart.Aligned(s, "current")
	c.Alt = c.Title + ". The table below has all."
	return c, nil
}

// named writes the first line of an item's name beside it.
func named(c *charts.SingleSeries) {
	c.Label = &opts.Label{Show: opts.Bool(true), Position: "top", Formatter: chart.FirstLine, Color: chart.Muted}
}

// roomForNames hides a name that would be on another one.
func roomForNames(option map[string]any) {
	for _, s := range option["series"].([]any) {
		s.(map[string]any)["labelLayout"] = map[string]any{"hideOverlap": true}
	}
}

// tradeoffTitle weighs the case of the least current against that of the least latency.
func tradeoffTitle(s *analysis.Summary, series string, cases []analysis.Case) string {
	metric := series + "_p50"
	frugal, _ := extremesOf(cases, "current")
	quick, _ := extremesOf(cases, metric)
	both := func(c analysis.Case) string { return medianOf(c, "current") + " with " + medianOf(c, metric) }
	if frugal.Key == quick.Key {
		return fitting(fmt.Sprintf("The least current and the least %s are both%s: %s", chart.Title(metric), at(s, quick), both(quick)))
	}
	return fitting(fmt.Sprintf("%s (p50)%s, against %s%s", both(frugal), at(s, frugal), both(quick), at(s, quick)),
		fmt.Sprintf("%s (p50) in one case, against %s in another", both(frugal), both(quick)))
}
