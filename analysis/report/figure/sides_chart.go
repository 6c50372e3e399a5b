package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// sidesApart is from which ratio of the runs' highest values on their axis is
// logarithmic: on a linear one the slower run would be a line at the bottom.
const sidesApart = 4

// besides are the metrics that are shown beside what the runs are about.
var besides = []string{"efficiency", "send_latency_p50", "send_latency_p99", "delay_up_p50", "delay_down_p50", "datagram_loss", "jitter", "rate", "energy_per_bit", "current"}

// sideLine is one line of a chart: a run, or one combination of a run's other
// factors. Line, intervals and ceiling have one name, and thus one entry of the legend.
type sideLine struct {
	name      string
	run       int // whose colour it has
	medians   []opts.LineData
	intervals []opts.CustomData
	ceiling   ceilingLine
}

// Primary is what the runs are about: that of the first that was measured.
func (v *Sides) Primary() string {
	for _, r := range v.Runs {
		if metric := r.Summary.Primary(); metric != "" {
			return metric
		}
	}
	return "goodput"
}

// PrimaryName is what the axis of the first of MetricCharts is called.
func (v *Sides) PrimaryName() string { return primaryPlot(v.Primary()).name }

// MetricCharts show what the runs are about against the common factor, and every other metric that two or more of them have: one
// colour per run, the same in all.
func (v *Sides) MetricCharts() ([]*chart.Chart, error) {
	var metrics []string
	for _, m := range primaryPlot(v.Primary()).measures {
		metrics = append(metrics, m.metric)
	}
	var out []*chart.Chart
	for i, metric := range append(metrics, besides...) {
		if slices.Contains(append(metrics, besides...)[:i], metric) || i > 0 && v.having(metric) < 2 {
			continue
		}
		c, err := v.metricChart(metric)
		if err != nil {
			return nil, err
		}
		if c != nil {
			out = append(out, c)
		}
	}
	return out, nil
}

// having is how many runs have a metric.
func (v *Sides) having(metric string) int {
	n := 0
	for _, r := range v.Runs {
		if len(measured(r.Summary, metric)) > 0 {
			n++
		}
	}
	return n
}

// metricChart shows a metric against the common factor, one line, its intervals and its ceiling per run. nil when no run has it.
func (v *Sides) metricChart(metric string) (*chart.Chart, error) {
	levels := v.levels()
	lines := v.lines(metric, numeric(levels))
	if len(lines) == 0 {
		return nil, nil
	}
	m, _ := results.LookupMetric(metric)
	called := titleOf(metric)
	p := plot{axis: v.Axis, levels: levels, numeric: numeric(levels)}
	y := chart.YAxis(called, metric, []float64{0})
	if wide(lines) {
		y = opts.YAxis{Type: "log", Name: called + " (log scale)", AxisLabel: chart.AxisLabel(chart.FormatterOf(metric))}
	}
	line, legend, limits := drawLines(lines)
	line.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, p.xAxis(), y)...)
	if !p.numeric {
		line.SetXAxis(levels)
	}
	option, err := chart.Option(line, p.scaled)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: strings.ReplaceAll(metric, "_", "-"), Palette: chart.Distinct, Height: 420, Option: option, Table: v.metricTable(metric), Basis: v.basis(metric)}
	c.Title = v.claim(m)
	c.HowTo = "One colour per run. Points are medians, bars their intervals."
	if len(lines) > v.having(metric) { // several lines of a run go by its number
		c.HowTo += " " + v.numbered()
	}
	if limits {
		c.HowTo += " The dashed line of the same colour is the limit of that run's own link: the same exchange with a module that takes no time."
	}
	c.Alt = c.Title
	if metric == v.Primary() {
		for _, r := range v.Runs {
			c.Alt += ". " + r.Label() + ": " + CeilingShare(r.Summary)
		}
	}
	return c, nil
}

// basis is that of the first run that has the metric; numbers of repeats are in the table.
func (v *Sides) basis(metric string) chart.Basis {
	var b chart.Basis
	for _, r := range v.Runs {
		if b = basis(r.Summary, metric); b.N != "" {
			break
		}
	}
	b.N, b.Source = "medians, n in the table", "results.jsonl of each run"
	return b
}

// claim says by how much the others are off the first run in the cases that they have in common: shown, not tested.
func (v *Sides) claim(m results.Metric) string {
	called := titleOf(m.Name)
	plain := statement(fmt.Sprintf("%s against %s, one colour per run", called, v.Axis))
	if len(v.Runs) < 2 {
		return plain
	}
	low, high, n := v.off(m)
	in := fmt.Sprintf(", in %s", chart.Counted(n, n, "common cases"))
	text := offText(m, low, high)
	switch {
	case n == 0:
		return plain
	case text == "0 % off":
		return statement(called+" is the same in all runs", in)
	}
	others := "the other runs"
	if len(v.Runs) == 2 {
		others = "the second run"
	}
	if difference, ok := strings.CutSuffix(text, " off"); ok {
		return statement(fmt.Sprintf("%s of %s against the first's: %s", called, others, difference), in)
	}
	return statement(fmt.Sprintf("%s of %s is %s the first's", called, others, text), in)
}

// off is how far the medians of the other runs are from those of the first, at the least and at the most, and in how many cases: as
// ratios, or as differences of what is not compared so.
func (v *Sides) off(m results.Metric) (low, high float64, cases int) {
	for _, c := range v.Runs[0].Cases {
		own, ok := c.Metrics[m.Name]
		if !ok || m.Ratio() && own.Median <= 0 {
			continue
		}
		seen := false
		for _, r := range v.Runs[1:] {
			other, found := metricOf(r.Summary, c.Key, m.Name)
			if !found {
				continue
			}
			d := other.Median - own.Median
			if m.Ratio() {
				d = other.Median / own.Median
			}
			if cases == 0 && !seen {
				low, high = d, d
			}
			low, high, seen = min(low, d), max(high, d), true
		}
		if seen {
			cases++
		}
	}
	return low, high, cases
}

func metricOf(s *analysis.Summary, key, metric string) (analysis.Stat, bool) {
	i := slices.IndexFunc(s.Cases, func(c analysis.Case) bool { return c.Key == key })
	if i < 0 {
		return analysis.Stat{}, false
	}
	st, ok := s.Cases[i].Metrics[metric]
	return st, ok
}

// offText is such a range in words: "-5.1 % to +0.4 % off", "10 to 10.3 times".
func offText(m results.Metric, low, high float64) string {
	if !m.Ratio() {
		return between(change(m.Name, low), change(m.Name, high)) + " off"
	}
	if high >= 2 || low <= 0.5 {
		return between(factorText(low), factorText(high)) + " times"
	}
	return between(change(m.Name, low-1), change(m.Name, high-1)) + " off"
}

func factorText(ratio float64) string {
	return strconv.FormatFloat(ratio, 'g', 3, 64)
}

// levels are those of the axis; numbers in ascending order.
func (v *Sides) levels() []string {
	var all []*analysis.Summary
	for _, r := range v.Runs {
		all = append(all, r.Summary)
	}
	levels := unionOf(all, v.Axis)
	if numeric(levels) {
		slices.SortStableFunc(levels, func(a, b string) int {
			x, _ := strconv.ParseFloat(a, 64) // numeric has parsed them
			y, _ := strconv.ParseFloat(b, 64)
			return cmp.Compare(x, y)
		})
	}
	return levels
}

func (v *Sides) lines(metric string, scale bool) []sideLine {
	var out []sideLine
	for i, r := range v.Runs {
		p := plotOn(r.Summary, v.Axis, measure{metric, metric})
		p.numeric = scale
		drawn := map[string]bool{}
		for _, l := range p.lines {
			n := sideLine{name: r.Label(), run: i}
			if len(p.lines) > 1 {
				n.name = fmt.Sprintf("run %d, %s", i+1, l.name)
			}
			n.medians, n.intervals = p.points(r.Summary, l)
			n.ceiling = ceilingLine{points: p.ceiling(r.Summary, l)}
			if drawn[n.ceiling.curve()] { // as that of another line of this run
				n.ceiling.points = nil
			}
			drawn[n.ceiling.curve()] = true
			if len(n.medians) > 0 {
				out = append(out, n.named(r))
			}
		}
	}
	return out
}

// named puts the run above what a tooltip says of its points.
func (l sideLine) named(r Side) sideLine {
	for i := range l.medians {
		l.medians[i].Name = r.Label() + "\n" + l.medians[i].Name
	}
	for i := range l.intervals {
		l.intervals[i].Name = r.Label() + "\n" + l.intervals[i].Name
	}
	for i := range l.ceiling.points {
		l.ceiling.points[i].Name = r.Label() + "\n" + l.ceiling.points[i].Name
	}
	return l
}

// wide tells whether the lines are too far apart for a linear axis, and all
// above zero, as a logarithmic one needs.
func wide(lines []sideLine) bool {
	low, high := 0.0, 0.0
	for i, l := range lines {
		top := 0.0
		for _, p := range l.medians {
			top = max(top, height(p.Value, 1))
			if height(p.Value, 1) <= 0 {
				return false
			}
		}
		if slices.ContainsFunc(l.intervals, func(p opts.CustomData) bool { return height(p.Value, 1) <= 0 }) {
			return false
		}
		if i == 0 {
			low, high = top, top
		}
		low, high = min(low, top), max(high, top)
	}
	return high > sidesApart*low
}

// height is a number of a point of plot.
func height(point any, i int) float64 { return point.([]any)[i].(float64) }

// runColour is the colour of a run in every chart.
func runColour(i int) string { return chart.Distinct + ":" + strconv.Itoa(i) }

// drawLines gives each line its run's colour and a symbol of its own.
func drawLines(lines []sideLine) (line *charts.Line, legend []string, limits bool) {
	line = charts.NewLine()
	bars, ceilings := charts.NewCustom(), charts.NewLine()
	for i, l := range lines {
		legend = append(legend, l.name)
		colour := charts.WithItemStyleOpts(opts.ItemStyle{Color: runColour(l.run)})
		line.AddSeries(l.name, l.medians, colour, charts.WithLineStyleOpts(opts.LineStyle{Color: runColour(l.run)}),
			charts.WithLineChartOpts(opts.LineChart{Symbol: symbols[i%len(symbols)], SymbolSize: 8, ShowSymbol: opts.Bool(true)}))
		if len(l.intervals) > 0 {
			bars.AddSeries(l.name, l.intervals, colour, asIntervals)
		}
		if len(l.ceiling.points) > 0 {
			limits = true
			ceilings.AddSeries(l.name, l.ceiling.points, colour,
				charts.WithLineChartOpts(opts.LineChart{Symbol: l.ceiling.symbol(), SymbolSize: 9, ShowSymbol: opts.Bool(true)}),
				charts.WithLineStyleOpts(opts.LineStyle{Type: "dashed", Width: 1.5, Color: runColour(l.run)}))
		}
	}
	line.Overlap(bars, ceilings)
	return line, legend, limits
}

// metricTable is that of each run, below one another.
func (v *Sides) metricTable(metric string) chart.Table {
	var t chart.Table
	for _, r := range v.Runs {
		own := metricTable(r.Summary, []measure{{metric, metric}})
		t.Head = append([]string{"run"}, own.Head...)
		for _, row := range own.Rows {
			t.Rows = append(t.Rows, append([]string{r.Label()}, row...))
		}
	}
	return t
}
