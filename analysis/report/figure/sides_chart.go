package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// sidesApart is from which ratio of the runs' highest values on their axis is
// logarithmic: on a linear one the slower run would be a line at the bottom.
const sidesApart = 4

// sideSymbols tell lines apart when there are more than colours.
var sideSymbols = []string{"circle", "rect", "triangle", "diamond"}

// sideLine is one line of the chart: a run, or one combination of a run's other
// factors. Line, intervals and ceiling have one name, and thus one colour and
// one entry of the legend.
type sideLine struct {
	name      string
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

// PrimaryName is what the axis of Chart is called.
func (v *Sides) PrimaryName() string { return primaryPlot(v.Primary()).name }

// Chart shows what the runs are about against the common factor, one line,
// its intervals and its ceiling per run. nil when no run has it.
func (v *Sides) Chart() (*chart.Chart, error) {
	levels := v.levels()
	scale := numeric(levels)
	lines := v.lines(scale)
	if len(lines) == 0 {
		return nil, nil
	}
	p := plot{axis: v.Axis, levels: levels, numeric: scale}
	m := primaryPlot(v.Primary())
	y := chart.YAxis(m.name, v.Primary(), []float64{0})
	if wide(lines) {
		y = opts.YAxis{Type: "log", Name: m.name + " (log scale)", AxisLabel: chart.AxisLabel(chart.FormatterOf(v.Primary()))}
	}
	line, legend := drawLines(lines)
	line.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, p.xAxis(), y)...)
	if !scale {
		line.SetXAxis(levels)
	}
	option, err := chart.Option(line, p.scaled)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: m.id, Palette: chart.Distinct, Height: 440, Option: option, Table: v.primaryTable()}
	c.Title = chart.Capital(m.name) + " against " + v.Axis
	c.HowTo = "One colour per run. Points are medians, bars 95 % intervals; the dashed line of the same colour is the limit of that run's own link: " +
		"the same exchange with a module that takes no time. Source: results.jsonl of each run."
	c.Alt = c.Title
	for _, r := range v.Runs {
		c.Alt += ". " + r.Label() + ": " + CeilingShare(r.Summary)
	}
	return c, nil
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

func (v *Sides) lines(scale bool) []sideLine {
	var out []sideLine
	for _, r := range v.Runs {
		p := plotOn(r.Summary, v.Axis, measure{v.Primary(), v.Primary()})
		p.numeric = scale
		drawn := map[string]bool{}
		for _, l := range p.lines {
			n := sideLine{name: r.Label()}
			if len(p.lines) > 1 {
				n.name += ", " + l.name
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

func drawLines(lines []sideLine) (line *charts.Line, legend []string) {
	line = charts.NewLine()
	bars, ceilings := charts.NewCustom(), charts.NewLine()
	for i, l := range lines {
		legend = append(legend, l.name)
		symbol := sideSymbols[i/chart.PaletteLen%len(sideSymbols)]
		line.AddSeries(l.name, l.medians, charts.WithLineChartOpts(opts.LineChart{Symbol: symbol, SymbolSize: 7, ShowSymbol: opts.Bool(true)}))
		if len(l.intervals) > 0 {
			bars.AddSeries(l.name, l.intervals, asIntervals)
		}
		if len(l.ceiling.points) > 0 {
			ceilings.AddSeries(l.name, l.ceiling.points,
				charts.WithLineChartOpts(opts.LineChart{Symbol: l.ceiling.symbol(), SymbolSize: 9, ShowSymbol: opts.Bool(true)}),
				charts.WithLineStyleOpts(opts.LineStyle{Type: "dashed", Width: 1.5}))
		}
	}
	line.Overlap(bars, ceilings)
	return line, legend
}

// primaryTable is that of each run, below one another.
func (v *Sides) primaryTable() chart.Table {
	var t chart.Table
	for _, r := range v.Runs {
		own := metricTable(r.Summary, []measure{{v.Primary(), v.Primary()}})
		t.Head = append([]string{"run"}, own.Head...)
		for _, row := range own.Rows {
			t.Rows = append(t.Rows, append([]string{r.Label()}, row...))
		}
	}
	return t
}

// StageCharts are the stages of each run that has them.
func (v *Sides) StageCharts() ([]*chart.Chart, error) {
	var out []*chart.Chart
	for i, r := range v.Runs {
		c, err := stageChart(r.Summary)
		if err != nil {
			return nil, err
		}
		if c == nil {
			continue
		}
		c.ID = fmt.Sprintf("stages-%d", i+1)
		c.Title += ": " + r.Label()
		c.Alt = r.Label() + ". " + c.Alt
		out = append(out, c)
	}
	return out, nil
}
