package figure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// metricPlot is what a chart of metrics against the swept factor is about.
type metricPlot struct {
	id, name string // "goodput"; name is that of the y axis
	measures []measure
}

// primaryPlot is what a run is about, with what belongs into the same picture.
func primaryPlot(metric string) metricPlot {
	switch metric {
	case "rtt_p50":
		return metricPlot{"rtt", "round trip", []measure{{metric, "p50"}, {"rtt_p99", "p99"}}}
	case "duration_p50":
		return metricPlot{"duration", "time", []measure{{metric, "p50"}, {"duration_p99", "p99"}}}
	case "send_latency_p50":
		return metricPlot{"sends", "send latency", []measure{{metric, "p50"}, {"send_latency_p99", "p99"}}}
	case "rate":
		return metricPlot{metric, titleOf(metric), []measure{{metric, "rate"}}}
	case "goodput":
		return metricPlot{"goodput", "goodput", []measure{{metric, "goodput"}, {"goodput_up", "up"}, {"goodput_down", "down"}}}
	case "current":
		return metricPlot{metric, "current", []measure{{metric, "mean"}, {"current_floor", "floor"}}}
	case "energy_per_bit":
		return metricPlot{"energy", "energy per bit", []measure{{metric, "all"}, {"energy_per_bit_net", "above idle"}}}
	default:
		return metricPlot{strings.ReplaceAll(metric, "_", "-"), titleOf(metric), []measure{{metric, titleOf(metric)}}}
	}
}

// plotsOf are the plots that a run may have, the primary one first; none for a
// single case, of which the table says all.
func plotsOf(s *analysis.Summary) []metricPlot {
	if len(s.Cases) < 2 {
		return nil
	}
	all := []metricPlot{
		primaryPlot(s.Primary()),
		{"delays", "one-way delay", []measure{{"delay_up_p50", "up p50"}, {"delay_down_p50", "down p50"}}},
		{"lost", "share lost", []measure{{"datagram_loss", "lost"}}},
		{"jitter", "jitter", []measure{{"jitter", "jitter"}}},
	}
	if s.Primary() != "current" && slices.Contains(s.Needs, "meter") {
		all = append(all, metricPlot{"current", "current", []measure{{"current", "mean"}}})
	}
	if s.Primary() != "rate" {
		all = append(all, primaryPlot("rate"))
	}
	return all
}

// shown are the measures that some case has.
func (m metricPlot) shown(s *analysis.Summary) []measure {
	var out []measure
	for _, one := range m.measures {
		for _, c := range s.Cases {
			if _, ok := c.Metrics[one.metric]; ok {
				out = append(out, one)
				break
			}
		}
	}
	return out
}

// charts show metrics against the factor with the most levels, one line per combination of the others, with intervals and
// the ceiling or bound; several charts with one y axis where there are more lines than can be told apart. None when no
// case has any of them.
func (m metricPlot) charts(s *analysis.Summary) ([]*chart.Chart, error) {
	measures := m.shown(s)
	if len(measures) == 0 {
		return nil, nil
	}
	whole := newPlot(s, measures...)
	if len(whole.lines) > chart.PaletteLen {
		measures = measures[:1]
		whole = newPlot(s, measures...)
	}
	var values []float64
	for _, l := range whole.lines {
		medians, _ := whole.points(s, l)
		for _, point := range medians {
			values = append(values, height(point.Value, 1))
		}
	}
	y := chart.YAxis(m.name, measures[0].metric, values)
	var out []*chart.Chart
	for i, part := range panels(s, whole.axis, measures) {
		c, err := m.chart(part, measures, whole.axis, y)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			c.ID += "-" + strconv.Itoa(i+1)
		}
		out = append(out, c)
	}
	return out, nil
}

// chart is one of them.
func (m metricPlot) chart(of panel, measures []measure, axis string, y opts.YAxis) (*chart.Chart, error) {
	s := of.Summary
	p := plotOn(s, axis, measures...)
	line, bars, ceilings := charts.NewLine(), charts.NewCustom(), charts.NewLine()
	var legend []string
	barred := false
	for i, l := range p.lines {
		medians, intervals := p.points(s, l)
		if len(medians) > 0 { // a line without any keeps its colour, which is the same in all panels
			legend = append(legend, l.name)
		}
		line.AddSeries(l.name, medians, stroke(i/4), charts.WithLineChartOpts(opts.LineChart{Symbol: symbols[i%len(symbols)], SymbolSize: 8, ShowSymbol: opts.Bool(true)}))
		if len(intervals) > 0 {
			barred = true
			bars.AddSeries(l.name, intervals, asIntervals)
		}
	}
	limits, own := p.ceilings(s)
	for _, l := range limits {
		colour := chart.Muted
		if own {
			colour = "" // that of its line
		} else {
			legend = append(legend, l.name)
		}
		ceilings.AddSeries(l.name, l.points,
			charts.WithLineChartOpts(opts.LineChart{Symbol: l.symbol(), SymbolSize: 9, ShowSymbol: opts.Bool(true)}),
			charts.WithLineStyleOpts(opts.LineStyle{Type: "dashed", Width: 1.5, Color: colour}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: colour}))
	}
	line.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, p.xAxis(), y)...)
	if !p.numeric {
		line.SetXAxis(p.levels)
	}
	line.Overlap(bars, ceilings)
	option, err := chart.Option(line, p.scaled)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: m.id, Palette: chart.Distinct, Height: 380, Option: option, Table: metricTable(s, measures), Basis: basis(s, measures[0].metric)}
	c.Title = of.prefix + p.claim(s, m.name)
	c.HowTo = "Points are medians."
	if barred {
		c.HowTo = "Points are medians, bars their intervals."
	}
	if len(limits) > 0 {
		c.HowTo += boundText(analysis.Bound(measures[0].metric), own)
	}
	c.HowTo += of.left + chart.Aligned(s, measures[0].metric)
	c.Alt = c.Title + ". " + s.Verdict
	return c, nil
}

// symbols tell lines apart without colours.
var symbols = []string{"circle", "rect", "triangle", "diamond", "arrow", "roundRect", "pin"}

// boundText says what the dashed line is.
func boundText(bound string, own bool) string {
	line := " The dashed line"
	if own {
		line = " The dashed line of the same colour"
	}
	if bound == "ceiling" {
		return line + " is the ceiling: the same exchange with a module that takes no time."
	}
	return line + " is the bound: the least time of the same exchange, with a module and a network that take no time."
}

// axisName is the factor with its unit: "length, B".
func (p plot) axisName() string {
	if unit := chart.UnitOfLevels(p.axis); unit != "" {
		return p.axis + ", " + unit
	}
	return p.axis
}

func asIntervals(c *charts.SingleSeries) {
	c.RenderItem = types.FuncStr(chart.Interval)
	c.Encode = &opts.Encode{X: 0, Y: []int{1, 2}}
}

// offered is the factor of an offered load. Its axis is linear, because what goes of
// what is offered is a straight line until it is too much.
const offered = "rate"

// xAxis is a scale where the levels are numbers.
func (p plot) xAxis() opts.XAxis {
	switch {
	case !p.numeric:
		return opts.XAxis{Type: "category", Data: p.levels, Name: p.axis, NameLocation: "middle", NameGap: 30}
	case p.axis == offered:
		return opts.XAxis{Type: "value", Name: p.axis + " offered", NameLocation: "middle", NameGap: 30, Min: 0, Max: "dataMax", AxisLabel: chart.AxisLabel(chart.Bitrate)}
	}
	return opts.XAxis{Type: "log", Name: p.axisName() + " (log scale)", NameLocation: "middle", NameGap: 30,
		Min: "dataMin", Max: "dataMax", AxisLabel: chart.AxisLabel(chart.Plain)}
}

// scaled has the marks of a logarithmic axis at powers of two, and those of an offered load inside the chart, which is not wide enough
// for half of the last one beside it.
func (p plot) scaled(option map[string]any) {
	x := option["xAxis"].([]any)[0].(map[string]any)
	switch {
	case p.numeric && p.axis == offered:
		x["axisLabel"].(map[string]any)["alignMaxLabel"] = "right"
	case p.numeric:
		x["logBase"] = 2
	}
}

func efficiency(c analysis.Case) string {
	e, ok := c.Metrics["efficiency"]
	if !ok {
		return ""
	}
	return results.FormatQuantity(e.Median, "") + " of its ceiling"
}

// metricTable has a row per case and measure.
func metricTable(s *analysis.Summary, measures []measure) chart.Table {
	bound := analysis.Bound(measures[0].metric)
	t := chart.Table{Head: []string{"case", "of", "median", "95 % interval", "coverage", "least", "most", "n"}}
	if bound != "" {
		t.Head = append(t.Head, bound)
	}
	for _, c := range s.Cases {
		for _, m := range measures {
			row := append([]string{s.Label(c), m.name}, statCells(c, m.metric)...)
			if bound != "" {
				row = append(row, boundCell(c, m.metric))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// statCells are median, interval, coverage, least, most and n, or why there are none.
func statCells(c analysis.Case, metric string) []string {
	g, ok := c.Metrics[metric]
	if !ok {
		why := ""
		if w, withheld := c.Withheld[metric]; withheld {
			why = w.String()
		} else if c.Measured == 0 {
			why = string(c.Outcome)
		}
		return []string{why, "", "", "", "", ""}
	}
	coverage := ""
	if g.Interval != nil {
		coverage = strconv.FormatFloat(100*g.Interval.Confidence, 'f', 1, 64) + " %"
	}
	return []string{chart.Quantity(metric, g.Median), chart.IntervalText(metric, g), coverage, chart.Quantity(metric, g.Min), chart.Quantity(metric, g.Max), strconv.Itoa(g.N)}
}

func boundCell(c analysis.Case, metric string) string {
	if b, ok := c.Metrics[analysis.Bound(metric)]; ok {
		return chart.Quantity(metric, b.Median)
	}
	return ""
}
