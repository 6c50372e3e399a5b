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

// loadChart shows the power over the payload that goes through, and the line P = P0 + e R. nil without a fit.
func loadChart(s *analysis.Summary, run *results.Run) (*chart.Chart, error) {
	fits := energy.LoadFits(run)
	if len(fits) == 0 {
		return nil, nil
	}
	points, most := loadPoints(s, run)
	line, scatter := charts.NewLine(), charts.NewScatter()
	c := &chart.Chart{ID: "fit-load", Palette: chart.Distinct, Height: 360}
	c.Table.Head = []string{"of", "power without payload", "energy of one bit more", "fit"}
	legend := []string{"repeats"}
	scatter.AddSeries("repeats", points, charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 9}))
	for _, f := range fits {
		name := fitName("load", f.Group)
		legend = append(legend, name)
		line.AddSeries(name, []opts.LineData{{Value: []any{0, chart.Round(f.Base)}}, {Value: []any{chart.Round(most), chart.Round(f.Base + f.Slope*most)}}},
			charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}))
		c.Table.Rows = append(c.Table.Rows, []string{name, withInterval(f.Base, f.BaseInterval, "W"), withInterval(f.Slope, f.SlopeInterval, "J/bit"), f.Fit()})
	}
	x := middleName("goodput", "value", chart.Bitrate)
	x.Min, x.Max, x.AxisLabel.ShowMaxLabel = 0, "dataMax", opts.Bool(false) // it is at no round number
	y := chart.YAxis("power", "power", nil)
	y.Min = 0
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, x, y)...)
	scatter.Overlap(line)
	var err error
	if c.Option, err = tidied(scatter, nil); err != nil {
		return nil, err
	}
	c.Title = fmt.Sprintf("Power is %s plus %s of payload", known(fits[0].Base, "W"), known(fits[0].Slope, "J/bit"))
	if fits[0].Points > 2 {
		c.Title += fmt.Sprintf(" (R² %.4f)", fits[0].R2)
	}
	c.Basis = basis(s, "power", "W")
	c.Basis.N = fmt.Sprintf("%d repeats", len(points))
	c.HowTo = "Points are repeats. Where the line meets the axis is the power without payload, its slope is the energy of one bit more." + chart.Aligned(s, "power")
	c.Alt = c.Title + ". The table below has the lines."
	return c, nil
}

// loadPoints are the repeats, and the greatest goodput of them.
func loadPoints(s *analysis.Summary, run *results.Run) (points []opts.ScatterData, most float64) {
	for _, r := range run.Results {
		x, y := r.Metrics["goodput"], r.Metrics["power"]
		if !(x > 0) || !(y > 0) {
			continue
		}
		most = max(most, x)
		name := fmt.Sprintf("%s\nrepeat %d: %s at %s", label(s, analysis.Case{Key: r.Case, Factors: r.Factors}), r.Repeat, chart.Quantity("power", y), chart.Quantity("goodput", x))
		points = append(points, opts.ScatterData{Name: name, Value: []any{chart.Round(x), chart.Round(y)}})
	}
	return points, most
}

// bitChart shows what a bit costs over how many go through, with the curve e + P0/R where the load is a factor. nil unless two cases
// differ in goodput.
func bitChart(s *analysis.Summary, run *results.Run) (*chart.Chart, error) {
	cases := having(s, "energy_per_bit", "goodput")
	if len(cases) == 0 {
		return nil, nil
	}
	slow, fast := extremesOf(cases, "goodput")
	low, high := slow.Metrics["goodput"].Median, fast.Metrics["goodput"].Median
	if !(low > 0) || high < 1.02*low {
		return nil, nil
	}
	scatter, bars, line := charts.NewScatter(), charts.NewCustom(), charts.NewLine()
	var legend []string
	var values []float64
	for _, m := range []struct{ name, metric string }{{"all", "energy_per_bit"}, {"above idle", "energy_per_bit_net"}} {
		points, intervals := bitPoints(s, cases, m.metric)
		if len(points) == 0 {
			continue
		}
		legend = append(legend, m.name)
		scatter.AddSeries(m.name, points, charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 10}))
		if len(intervals) > 0 {
			bars.AddSeries(m.name, intervals, upright)
		}
		for _, c := range having(s, "goodput", m.metric) {
			values = append(values, c.Metrics[m.metric].Median)
		}
	}
	goodputs := []float64{low, high}
	fits := energy.LoadFits(run)
	for _, f := range fits {
		name := fitName("load", f.Group)
		legend = append(legend, name)
		var curve []opts.LineData
		for _, g := range between(low, high, curvePoints, logarithmic(goodputs)) {
			curve = append(curve, opts.LineData{Value: []any{chart.Round(g), chart.Round(f.Slope + f.Base/g)}})
		}
		line.AddSeries(name, curve, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}))
	}
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, xAxis("goodput", "goodput", goodputs), chart.YAxis("energy per bit", "energy_per_bit", values))...)
	scatter.Overlap(bars, line)
	option, err := tidied(scatter, nil)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "energy-per-bit", Palette: chart.Distinct, Height: 380, Option: option, Table: bitTable(s, cases)}
	c.Title = bitTitle(slow, fast, fits)
	c.Basis = basis(s, "energy_per_bit", "J/bit")
	c.HowTo = "Each case by its goodput: all of the energy over the bits that arrived, and what is above the idle module's."
	if len(fits) > 0 {
		c.HowTo += " The curve is the power without load over the goodput, plus the energy of one bit more."
	}
	c.HowTo += chart.Aligned(s, "power")
	c.Alt = c.Title + ". The table below has all."
	return c, nil
}

// bitTitle says what a bit costs at the least and at the most goodput.
func bitTitle(slow, fast analysis.Case, fits []energy.LoadFit) string {
	title := fmt.Sprintf("%s at %s, %s at %s", medianOf(slow, "energy_per_bit"), medianOf(slow, "goodput"),
		medianOf(fast, "energy_per_bit"), medianOf(fast, "goodput"))
	if len(fits) == 0 {
		return fitting("A bit costs " + title)
	}
	return fitting(fmt.Sprintf("%s: %s plus %s of being awake", title, known(fits[0].Slope, "J/bit"), known(fits[0].Base, "W")), title)
}

func bitPoints(s *analysis.Summary, cases []analysis.Case, metric string) (points []opts.ScatterData, intervals []opts.CustomData) {
	for _, c := range cases {
		st, ok := c.Metrics[metric]
		if !ok {
			continue
		}
		x := chart.Round(c.Metrics["goodput"].Median)
		name := fmt.Sprintf("%s\n%s at %s", label(s, c), chart.Describe(metric, st), medianOf(c, "goodput"))
		points = append(points, opts.ScatterData{Name: name, Value: []any{x, chart.Round(st.Median)}})
		if st.Interval != nil {
			intervals = append(intervals, opts.CustomData{Name: name, Value: []any{x, chart.Round(st.Interval.Lo), chart.Round(st.Interval.Hi)}})
		}
	}
	return points, intervals
}

func bitTable(s *analysis.Summary, cases []analysis.Case) chart.Table {
	t := chart.Table{Head: []string{"case", "goodput", "energy per bit", "above idle", "power"}}
	sorted := slices.Clone(cases)
	slices.SortStableFunc(sorted, func(a, b analysis.Case) int {
		return int(a.Metrics["goodput"].Median - b.Metrics["goodput"].Median)
	})
	for _, c := range sorted {
		t.Rows = append(t.Rows, []string{label(s, c), described(c, "goodput"), described(c, "energy_per_bit"), described(c, "energy_per_bit_net"), described(c, "power")})
	}
	return t
}
