package current

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/energy"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// fitted is a line through the repeats of a run, and what it is drawn over.
type fitted struct {
	name string // of the group; empty for all
	energy.Line
}

// fitChart describes one: a metric over another.
type fitChart struct {
	id, howTo        string
	x                string // what the axis is, in words
	xMetric, yMetric string // whose units the axes have
	at               func(metrics map[string]float64) (x float64, ok bool)
	lines            []fitted
}

// fitCharts are those of the fits that a run carries.
func fitCharts(s *analysis.Summary, run *results.Run) ([]*chart.Chart, error) {
	wakes := fitChart{
		id: "fit-wakes", x: "wakes in a second", xMetric: "wake_rate", yMetric: "current",
		howTo: "Points are repeats. Where the line meets the axis is the current without wakes, its slope is the charge of one wake.",
		at: func(m map[string]float64) (float64, bool) {
			every, ok := m["wake_interval"]
			return 1 / every, ok && every > 0
		},
	}
	for _, f := range energy.WakeFits(run) {
		wakes.lines = append(wakes.lines, fitted{f.Group, f.Line})
	}
	load := fitChart{
		id: "fit-load", x: "goodput", xMetric: "goodput", yMetric: "power",
		howTo: "Points are repeats. Where the line meets the axis is the power without payload, its slope is the energy of one bit more.",
		at:    func(m map[string]float64) (float64, bool) { v, ok := m["goodput"]; return v, ok },
	}
	for _, f := range energy.LoadFits(run) {
		load.lines = append(load.lines, fitted{f.Group, f.Line})
	}
	var out []*chart.Chart
	for _, f := range []fitChart{wakes, load} {
		if len(f.lines) == 0 {
			continue
		}
		c, err := f.chart(s, run)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// chart draws repeats and lines.
func (f fitChart) chart(s *analysis.Summary, run *results.Run) (*chart.Chart, error) {
	points, most := f.points(run)
	line, scatter := charts.NewLine(), charts.NewScatter()
	c := &chart.Chart{ID: f.id, Palette: chart.Distinct, Height: 360}
	c.Table.Head = []string{"of", "at 0", "slope", "R²", "repeats"}
	legend := []string{"repeats"}
	for _, l := range f.lines {
		name := "fit"
		if l.name != "" {
			name = "fit at " + l.name
		}
		legend = append(legend, name)
		line.AddSeries(name, []opts.LineData{{Value: []any{0, chart.Round(l.Base)}}, {Value: []any{chart.Round(most), chart.Round(l.Base + l.Slope*most)}}},
			charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}))
		c.Table.Rows = append(c.Table.Rows, f.row(name, l))
	}
	scatter.AddSeries("repeats", points, charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 8}))
	y := chart.YAxis(f.yName(), f.yMetric, nil)
	y.Min = 0
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend,
		opts.XAxis{Type: "value", Name: f.x, NameLocation: "middle", NameGap: 30, Min: 0, Max: "dataMax", AxisLabel: chart.AxisLabel(chart.FormatterOf(f.xMetric))}, y)...)
	scatter.Overlap(line)
	var err error
	if c.Option, err = chart.Option(scatter, nil); err != nil {
		return nil, err
	}
	c.Title = f.headline()
	c.HowTo = f.howTo + fmt.Sprintf(" n = %d. Source: results.jsonl.", f.lines[0].Points) + chart.Aligned(s, f.yMetric)
	c.Alt = c.Title + ". The table below has the lines."
	return c, nil
}

func (f fitChart) yName() string {
	m, _ := results.LookupMetric(f.yMetric)
	return m.Title
}

// headline says what the first line comes to.
func (f fitChart) headline() string {
	l := f.lines[0]
	text := fmt.Sprintf("%s is %s plus %s", chart.Capital(f.yName()), chart.Quantity(f.yMetric, l.Base), f.slope(l))
	if f.id == "fit-wakes" {
		return text + " per wake"
	}
	return text + " of payload"
}

// slope has the unit of y over that of x: A per 1/s is C, W per bit/s is J/bit.
func (f fitChart) slope(l fitted) string {
	unit := map[string]string{"current": "C", "power": "J/bit"}[f.yMetric]
	return results.FormatQuantity(l.Slope, unit)
}

func (f fitChart) row(name string, l fitted) []string {
	return []string{name, chart.Quantity(f.yMetric, l.Base), f.slope(l), fmt.Sprintf("%.4f", l.R2), fmt.Sprint(l.Points)}
}

// points are the repeats, and the greatest x of them.
func (f fitChart) points(run *results.Run) (points []opts.ScatterData, most float64) {
	for _, r := range run.Results {
		x, ok := f.at(r.Metrics)
		y, also := r.Metrics[f.yMetric]
		if !ok || !also || math.IsNaN(x) {
			continue
		}
		most = max(most, x)
		name := fmt.Sprintf("%s, repeat %d\n%s at %s", r.Case, r.Repeat, chart.Quantity(f.yMetric, y), chart.Quantity(f.xMetric, x))
		points = append(points, opts.ScatterData{Name: name, Value: []any{chart.Round(x), chart.Round(y)}})
	}
	return points, most
}
