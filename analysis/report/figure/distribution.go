package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
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
	what   string // the beginning of its title; %s is the event with its article
	axis   string
}

// distributions is the table of them, in the order of the page.
var distributions = []distribution{
	{"latency-rtt", "rtt", "Round trip of %s", "round trip"},
	{"latency-service", "service", "Service time of %s", "service time"},
	{"latency-duration", "duration", "Time to the end of %s", "time to the end"},
	{"latency", "send_latency", "Latency of %s", "latency"},
	{"latency-up", "delay_up", "One-way delay up", "one-way delay up"},
	{"latency-down", "delay_down", "One-way delay down", "one-way delay down"},
	{"latency-notice", "notice", "Time to the notice", "time to the notice"},
	{"latency-wake", "wake_latency", "Wake latency", "wake latency"},
}

func isDistribution(series string) bool {
	return slices.ContainsFunc(distributions, func(d distribution) bool { return d.series == series })
}

// distributionCharts are those of the series that the samples have: of the first also its high percentiles and the boxes of the
// cases. When no sample could be read there is one that says so, without a drawing.
func distributionCharts(s *analysis.Summary, all sampled) ([]*chart.Chart, error) {
	var out []*chart.Chart
	for _, d := range distributions {
		spreads := d.spreads(s, all)
		if len(spreads) == 0 {
			continue
		}
		builds := []func(*analysis.Summary, []spread) (*chart.Chart, error){d.chart}
		if len(out) == 0 {
			builds = append(builds, d.percentiles, d.boxes)
		}
		for _, build := range builds {
			c, err := build(s, spreads)
			if err != nil {
				return nil, err
			}
			if c != nil {
				c.HowTo += drawnOf(len(c.Table.Rows), len(spreads)+all.left)
				out = append(out, c)
			}
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

// drawnOf says that not all cases are drawn.
func drawnOf(drawn, all int) string {
	if drawn >= all {
		return ""
	}
	return fmt.Sprintf(" %d of %d cases are drawn, spread over the sweep.", drawn, all)
}

// spread are the values of a case, of all its repeats, in ascending order.
type spread struct {
	name   string
	values []float64
}

// spreads are those of the cases that have two values or more.
func (d distribution) spreads(s *analysis.Summary, all sampled) []spread {
	var out []spread
	for _, cs := range all.cases {
		if l := cs.values[d.series]; l != nil && len(l.V) > 1 {
			out = append(out, spread{name(s, cs.c), slices.Sorted(slices.Values(l.V))})
		}
	}
	return out
}

// title is what is measured, and how long half of it takes: of the fastest and the slowest case.
func (d distribution) title(s *analysis.Summary, all []spread) string {
	median := func(sp spread) float64 { return stats.Quantile(sp.values, 0.5) }
	by := func(a, b spread) int { return cmp.Compare(median(a), median(b)) }
	low, high := slices.MinFunc(all, by), slices.MaxFunc(all, by)
	first := fmt.Sprintf("%s: half within %s", d.named(s), results.FormatQuantity(median(low), "s"))
	if len(all) == 1 {
		return statement(first, tail(low))
	}
	if flat(median(low), median(high)) {
		return statement(fmt.Sprintf("%s: half within %s in every case", d.named(s), results.FormatQuantity(median(high), "s")))
	}
	return statement(first, " at "+low.name, fmt.Sprintf(", within %s at %s", results.FormatQuantity(median(high), "s"), high.name))
}

// tail is the highest quantile of p99 and p90 that the values carry.
func tail(sp spread) string {
	for _, q := range []float64{0.99, 0.9} {
		if len(sp.values) >= stats.Needs(q) {
			return fmt.Sprintf(", %s within %s", results.FormatQuantity(q, ""), results.FormatQuantity(stats.Quantile(sp.values, q), "s"))
		}
	}
	return ""
}

// named is what is measured, of which event.
func (d distribution) named(s *analysis.Summary) string {
	if strings.Contains(d.what, "%s") {
		return fmt.Sprintf(d.what, an(s.Event))
	}
	return d.what
}

// basis says how many values there are.
func (d distribution) basis(s *analysis.Summary, all []spread) chart.Basis {
	least, most := len(all[0].values), 0
	for _, sp := range all {
		least, most = min(least, len(sp.values)), max(most, len(sp.values))
	}
	return chart.Basis{Unit: "s", N: chart.Counted(least, most, d.of(s)+"s") + " a case, repeats pooled", Source: "samples, series " + d.series}
}

// chart shows the distribution of a series per case, of all repeats.
func (d distribution) chart(s *analysis.Summary, all []spread) (*chart.Chart, error) {
	c := &chart.Chart{ID: d.id, Palette: chart.Ascending, Height: 420, Title: d.title(s, all), Basis: d.basis(s, all)}
	line := charts.NewLine()
	var legend []string
	c.Table.Head = []string{"case", "values", "least", "p50", "p90", "p99", "most"}
	for i, sp := range chart.Spread(all, mostCurves) {
		legend = append(legend, sp.name)
		line.AddSeries(sp.name, curve(analysis.Distribution(sp.values, mostPoints)), stroke(i),
			charts.WithLineChartOpts(opts.LineChart{Step: "end", ShowSymbol: opts.Bool(false), Symbol: "circle"}))
		c.Table.Rows = append(c.Table.Rows, quantileRow(sp.name, d.of(s), sp.values))
	}
	line.SetGlobalOptions(d.frame(legend, all)...)
	var err error
	if c.Option, err = chart.Option(line, nil); err != nil {
		return nil, err
	}
	c.HowTo = "A curve is the share of all values of a case that were at most as long; steep is steady, a long way to the upper right is a tail. " +
		"Repeats are pooled, so this is for the shape: the table of cases has the figures."
	c.Alt = c.Title + ": distribution of " + d.axis + " of " + strconv.Itoa(len(legend)) + " cases. The table below has quantiles."
	return c, nil
}

// frame has the axes of these distributions.
func (d distribution) frame(legend []string, all []spread) []charts.GlobalOpts {
	x := opts.XAxis{Type: "log", Name: d.axis + " (log scale)", NameLocation: "middle", NameGap: 30, AxisLabel: chart.AxisLabel(chart.Seconds)}
	least, most := math.Inf(1), 0.0
	for _, sp := range all {
		if above := sort.SearchFloat64s(sp.values, math.SmallestNonzeroFloat64); above < len(sp.values) {
			least, most = min(least, sp.values[above]), max(most, sp.values[len(sp.values)-1])
		}
	}
	if most > 0 {
		least, most = chart.Outward(least, most)
		x.Min, x.Max = least, most
		if math.Ceil(math.Log10(most))-math.Floor(math.Log10(least)) > 2 { // there are two powers of ten between, which say enough
			x.AxisLabel.ShowMinLabel, x.AxisLabel.ShowMaxLabel = opts.Bool(false), opts.Bool(false)
		}
	}
	return chart.Frame("axis", chart.Latency, legend, x,
		opts.YAxis{Type: "value", Min: 0, Max: 1, AxisLabel: chart.AxisLabel(chart.Percent), Name: "share that took at most this"})
}

// strokes tell lines apart without colours.
var strokes = []string{"solid", "dashed", "dotted"}

// stroke draws every other line dashed, so that neighbours are told apart without colours.
func stroke(i int) charts.SeriesOpts {
	return charts.WithLineStyleOpts(opts.LineStyle{Type: strokes[i%len(strokes)], Width: 2})
}

// of is what the values are of: events, but for what only some of them have.
func (d distribution) of(s *analysis.Summary) string {
	if strings.Contains(d.what, "%s") {
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
