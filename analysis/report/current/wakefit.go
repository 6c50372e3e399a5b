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

// curvePoints of a fitted line that is drawn where it is none: enough to look round.
const curvePoints = 40

// wakeFitChart shows the current over the interval of the wakes, and the lines I = I0 + q/T through it. nil without a fit.
func wakeFitChart(s *analysis.Summary, run *results.Run) (*chart.Chart, error) {
	fits := energy.WakeFits(run)
	if len(fits) == 0 {
		return nil, nil
	}
	points, every, currents := wakePoints(s, run)
	low, high := slices.Min(every), slices.Max(every)
	scatter, line, bars := charts.NewScatter(), charts.NewLine(), charts.NewCustom()
	c := &chart.Chart{ID: "fit-wakes", Palette: chart.Distinct, Height: 380}
	c.Table.Head = []string{"of", "current without wakes", "charge per wake by the line", "by the wakes themselves", "fit"}
	legend := []string{"repeats"}
	scatter.AddSeries("repeats", points, charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 9}), named)
	if intervals := wakeIntervals(s); len(intervals) > 0 {
		bars.AddSeries("repeats", intervals, upright)
	}
	for _, f := range fits {
		name := fitName(f.Over, f.Group)
		legend = append(legend, name)
		var curve []opts.LineData
		for _, t := range between(f.Shortest, f.Longest, curvePoints, true) {
			curve = append(curve, opts.LineData{Value: []any{chart.Round(t), chart.Round(f.Base + f.Slope/t)}})
		}
		line.AddSeries(name, curve, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}))
		c.Table.Rows = append(c.Table.Rows, []string{name, withInterval(f.Base, f.BaseInterval, "A"), withInterval(f.Slope, f.SlopeInterval, "C"), known(f.Direct, "C"), f.Fit()})
	}
	x := middleName("wake interval (log scale)", "log", chart.Seconds)
	x.Min, x.Max = chart.Round(low/1.3), chart.Round(high*1.3)
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, unlabelled(x), chart.YAxis("current", "current", currents))...)
	scatter.Overlap(bars, line)
	var err error
	if c.Option, err = tidied(scatter, roomForNames); err != nil {
		return nil, err
	}
	c.Title = wakeTitle(fits[0])
	c.Basis = basis(s, "current", "A")
	c.Basis.N = fmt.Sprintf("%d repeats", len(points))
	c.HowTo = "Points are repeats. A line is the current without wakes plus the charge of one wake, as often as there is one; " +
		"where points lie off it, something else costs charge." + chart.Aligned(s, "current")
	c.Alt = c.Title + ". The table below has the lines."
	return c, nil
}

// wakeTitle says what a fit comes to, and what the wakes themselves show.
func wakeTitle(f energy.WakeFit) string {
	title := fmt.Sprintf("Current is %s plus %s per wake", known(f.Base, "A"), known(f.Slope, "C"))
	if f.Points > 2 {
		title += fmt.Sprintf(" (R² %.4f)", f.R2)
	}
	switch {
	case f.Problem != nil:
		return fitting(title + "; the wakes themselves show " + known(f.Direct, "C"))
	case f.Direct > 0:
		return fitting(title + ", and the wakes themselves show " + known(f.Direct, "C"))
	}
	return fitting(title)
}

// fitName names a line by what it is over and by the other factors.
func fitName(over, group string) string {
	if group == "" {
		return "fit over " + over
	}
	return "fit over " + over + ", " + group
}

// withInterval is a figure of a fit.
func withInterval(v float64, in *energy.Interval, unit string) string {
	if in == nil {
		return known(v, unit)
	}
	return known(v, unit) + " [" + known(in.Low, unit) + ", " + known(in.High, unit) + "]"
}

// known is a quantity; nothing where it is 0, since then it is not known.
func known(v float64, unit string) string {
	if v == 0 {
		return ""
	}
	return results.FormatQuantity(v, unit)
}

// wakePoints are the repeats that woke on a schedule.
func wakePoints(s *analysis.Summary, run *results.Run) (points []opts.ScatterData, every, currents []float64) {
	for _, r := range run.Results {
		interval, i := r.Metrics["wake_interval"], r.Metrics["current"]
		if !(interval > 0) || !(i > 0) {
			continue
		}
		every, currents = append(every, interval), append(currents, i)
		name := fmt.Sprintf("%s\nrepeat %d: %s, a wake every %s", label(s, analysis.Case{Key: r.Case, Factors: r.Factors}), r.Repeat, chart.Quantity("current", i), chart.Quantity("wake_interval", interval))
		points = append(points, opts.ScatterData{Name: name, Value: []any{chart.Round(interval), chart.Round(i)}})
	}
	return points, every, currents
}

// wakeIntervals are the intervals of the cases' medians.
func wakeIntervals(s *analysis.Summary) []opts.CustomData {
	var out []opts.CustomData
	for _, c := range having(s, "wake_interval", "current") {
		if st := c.Metrics["current"]; st.Interval != nil {
			out = append(out, opts.CustomData{Name: label(s, c) + "\n" + chart.Describe("current", st),
				Value: []any{chart.Round(c.Metrics["wake_interval"].Median), chart.Round(st.Interval.Lo), chart.Round(st.Interval.Hi)}})
		}
	}
	return out
}
