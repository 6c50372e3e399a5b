package current

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/energy"
	"st67bench/analysis/report/chart"
	"st67bench/results"
	"st67bench/results/trace"
)

const (
	leastWakes = 3   // that are laid over each other
	leadPart   = 0.4 // of a wake, that is shown before its rise
	tailPart   = 1.8 // from its rise on
	samePulse  = 0.2 // of its length: a charge is of the wakes that are drawn
	alike      = 2   // wakes that differ by less in length are in one chart
)

// lay lays the wakes of what was measured over each other.
func (v *view) lay(r trace.Reader) (err error) {
	wakes := v.wakes()
	if len(wakes) < leastWakes {
		return nil
	}
	long := make([]int64, len(wakes))
	for i, w := range wakes {
		long[i] = w.To - w.From
	}
	slices.Sort(long)
	v.typical = float64(long[len(long)/2]) * v.side.Clock.Period
	v.overlay, err = energy.Lay(r, v.side.Clock, wakes, leadPart*v.typical, tailPart*v.typical, overlayBins)
	return err
}

// overlayCharts have the wakes of all views, those of like length together.
func overlayCharts(s *analysis.Summary, views []*view) ([]*chart.Chart, error) {
	var groups [][]*view
	for _, v := range views {
		if v.overlay.Wakes < leastWakes {
			continue
		}
		i := slices.IndexFunc(groups, func(g []*view) bool {
			return v.typical < alike*g[0].typical && g[0].typical < alike*v.typical
		})
		if i < 0 {
			groups = append(groups, []*view{v})
			continue
		}
		groups[i] = append(groups[i], v)
	}
	var out []*chart.Chart
	for i, g := range groups {
		c, err := overlayChart(s, g)
		if err != nil {
			return nil, err
		}
		c.ID = "wakes"
		if i > 0 {
			c.ID = fmt.Sprintf("wakes-%d", i+1)
		}
		out = append(out, c)
	}
	return out, nil
}

func overlayChart(s *analysis.Summary, views []*view) (*chart.Chart, error) {
	line, bands := charts.NewLine(), charts.NewCustom()
	t := chart.Table{Head: []string{"case", "wakes", "time awake", "charge above the floor", "greatest mean", "p10 and p90 there", "trace"}}
	var legend, counts, sources []string
	from, to := views[0].overlay.From, 0.0
	for k, v := range views {
		name, o := label(s, v.c), v.overlay
		var mean []opts.LineData
		var band []opts.CustomData
		most := 0
		for i, amps := range o.Mean {
			x := chart.Round(o.From + (float64(i)+0.5)*o.Bin)
			mean = append(mean, opts.LineData{Value: []any{x, chart.Round(amps)}})
			band = append(band, opts.CustomData{Value: []any{x, chart.Round(o.Low[i]), chart.Round(o.High[i])}})
			if amps > o.Mean[most] {
				most = i
			}
		}
		from, to = min(from, o.From), max(to, o.From+float64(len(o.Mean))*o.Bin)
		legend = append(legend, name)
		bands.AddSeries(name, band, charts.WithCustomChartOpts(opts.CustomChart{RenderItem: chart.Area}), encodeArea)
		line.AddSeries(name, mean, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}), charts.WithLineStyleOpts(opts.LineStyle{Width: 1.5 + 2*float32(len(views)-1-k)}))
		counts = append(counts, fmt.Sprintf("%d wakes%s", o.Wakes, at(s, v.c)))
		sources = append(sources, v.result.Power)
		t.Rows = append(t.Rows, []string{name, fmt.Sprint(o.Wakes), results.FormatQuantity(v.typical, "s"), described(v.c, "wake_charge"),
			chart.Quantity("current", o.Mean[most]), chart.Quantity("current", o.Low[most]) + ", " + chart.Quantity("current", o.High[most]), v.result.Power})
	}
	x := middleName("time since the current rose", "value", chart.Seconds)
	x.Min, x.Max = chart.Round(from), chart.Round(to)
	line.SetGlobalOptions(chart.Frame("axis", chart.Bounds, legend, unlabelled(x), opts.YAxis{Type: "value", Name: "current", Min: 0, AxisLabel: chart.AxisLabel(chart.In + "A")})...)
	line.Overlap(bands)
	option, err := tidied(line, nil)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{Palette: chart.Distinct, Height: 360, Option: option, Table: t}
	c.Title = overlayTitle(s, views)
	c.Basis = chart.Basis{Unit: "A", N: strings.Join(counts, ", "), Interval: "band from p10 to p90 of the samples at each time", Source: strings.Join(sources, ", ")}
	c.HowTo = "Wakes laid over each other where the current rises: the line is their mean, its area the charge. A wide band says that they are not alike." + chart.Aligned(s, "current")
	c.Alt = c.Title + ". The table below has the greatest of each."
	return c, nil
}

func encodeArea(c *charts.SingleSeries) { c.Encode = &opts.Encode{X: 0, Y: []int{1, 2}} }

// overlayTitle says how long a wake is, and what it costs where that is known.
func overlayTitle(s *analysis.Summary, views []*view) string {
	about := func(v *view) string {
		text := "takes " + results.FormatQuantity(v.typical, "s")
		if q, ok := v.c.Metrics["wake_charge"]; ok && math.Abs(v.typical/v.c.Metrics["wake_time"].Median-1) < samePulse {
			text += " and " + chart.Quantity("wake_charge", q.Median) + " above the floor"
		}
		return text
	}
	first := "A wake" + at(s, views[0].c) + " " + about(views[0])
	if len(views) == 1 {
		return fitting(first)
	}
	same := !slices.ContainsFunc(views, func(v *view) bool { return about(v) != about(views[0]) })
	if same {
		return fitting("A wake " + about(views[0]) + ", whatever the case")
	}
	last := views[len(views)-1]
	return fitting(first+", one"+at(s, last.c)+" "+strings.TrimPrefix(about(last), "takes "), first)
}
