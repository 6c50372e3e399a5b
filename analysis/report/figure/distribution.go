package figure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/stats"
	"st67bench/results"
)

// distribution is a series of times that is drawn as a cumulative distribution.
type distribution struct {
	id     string // of the chart
	series string
	title  string // %s is the event
	axis   string
}

// distributions is the table of them, in the order of the page.
var distributions = []distribution{
	{"latency-rtt", "rtt", "How long a %s takes there and back", "round trip"},
	{"latency-service", "service", "How long a %s takes once it is begun", "service time"},
	{"latency-duration", "duration", "How long a %s takes", "time to the end"},
	{"latency", "send_latency", "How long a %s takes", "latency"},
	{"latency-up", "delay_up", "How long the way up takes", "one-way delay up"},
	{"latency-down", "delay_down", "How long the way down takes", "one-way delay down"},
	{"latency-notice", "notice", "How long until it is noticed", "time to the notice"},
	{"latency-wake", "wake_latency", "How long waking takes", "wake latency"},
}

func isDistribution(series string) bool {
	return slices.ContainsFunc(distributions, func(d distribution) bool { return d.series == series })
}

// distributionCharts are those of the series that the samples have. When no
// sample could be read there is one that says so, without a drawing.
func distributionCharts(s *analysis.Summary, all sampled) ([]*chart.Chart, error) {
	var out []*chart.Chart
	for _, d := range distributions {
		c, err := d.chart(s, all)
		if err != nil {
			return nil, err
		}
		if c != nil {
			out = append(out, c)
		}
	}
	if len(out) == 0 && all.problem != "" {
		out = append(out, &chart.Chart{ID: "samples", Title: "Samples"})
	}
	if len(out) > 0 {
		out[0].Note = all.problem
	}
	return out, nil
}

// chart shows the distribution of a series per case, of all repeats; nil without it.
func (d distribution) chart(s *analysis.Summary, all sampled) (*chart.Chart, error) {
	c := &chart.Chart{ID: d.id, Palette: chart.Ascending, Height: 420, Title: d.title}
	line := charts.NewLine()
	var legend []string
	c.Table.Head = []string{"case", "values", "least", "p50", "p90", "p99", "most"}
	for _, cs := range all.cases {
		l := cs.values[d.series]
		if l == nil || len(l.V) < 2 {
			continue
		}
		name := s.Label(cs.c)
		legend = append(legend, name)
		values := slices.Clone(l.V)
		line.AddSeries(name, curve(analysis.Distribution(values, mostPoints)),
			charts.WithLineChartOpts(opts.LineChart{Step: "end", ShowSymbol: opts.Bool(false), Symbol: "circle"}))
		c.Table.Rows = append(c.Table.Rows, quantileRow(name, d.of(s), values)) // Distribution has sorted them
	}
	if len(legend) == 0 {
		return nil, nil
	}
	if strings.Contains(d.title, "%s") {
		c.Title = fmt.Sprintf(d.title, s.Event)
	}
	line.SetGlobalOptions(chart.Frame("axis", chart.Latency, legend,
		opts.XAxis{Type: "log", Name: d.axis + " (log scale)", NameLocation: "middle", NameGap: 30, AxisLabel: chart.AxisLabel(chart.Seconds), Min: "dataMin", Max: "dataMax"},
		opts.YAxis{Type: "value", Min: 0, Max: 1, AxisLabel: chart.AxisLabel(chart.Percent), Name: "share that took at most this"})...)
	var err error
	if c.Option, err = chart.Option(line, nil); err != nil {
		return nil, err
	}
	c.HowTo = "A curve is the share of all values of a case that were at most as long; steep is steady, a long way to the upper right is a tail. " +
		"Repeats are pooled, so this is for the shape: the table of cases has the figures. Source: samples, series " + d.series + "."
	if all.left > 0 {
		c.HowTo += fmt.Sprintf(" %d of %d cases are drawn, spread over the sweep.", len(all.cases), len(all.cases)+all.left)
	}
	c.Alt = c.Title + ": distribution of " + d.axis + " of " + strconv.Itoa(len(legend)) + " cases. The table below has quantiles."
	return c, nil
}

// of is what the values are of: events, but for what only some of them have.
func (d distribution) of(s *analysis.Summary) string {
	if strings.Contains(d.title, "%s") {
		return s.Event
	}
	return "value"
}

// curve leaves out what a logarithmic axis has no place for: a delay of nothing or
// less, as an uncertain clock can give.
func curve(points []analysis.Point) []opts.LineData {
	var data []opts.LineData
	for _, p := range points {
		if p.V > 0 {
			data = append(data, opts.LineData{Value: []float64{chart.Round(p.V), chart.Round(p.P)}})
		}
	}
	return data
}

// quantileRow is the row of a case; quantiles that the values cannot carry are withheld.
func quantileRow(name, of string, sorted []float64) []string {
	row := []string{name, strconv.Itoa(len(sorted)), results.FormatQuantity(sorted[0], "s")}
	for _, q := range []float64{0.5, 0.9, 0.99} {
		text := analysis.Withheld{Needs: stats.Needs(q), Has: len(sorted), Of: of}.String()
		if len(sorted) >= stats.Needs(q) {
			text = results.FormatQuantity(stats.Quantile(sorted, q), "s")
		}
		row = append(row, text)
	}
	return append(row, results.FormatQuantity(sorted[len(sorted)-1], "s"))
}
