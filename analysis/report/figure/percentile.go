package figure

import (
	"fmt"
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/stats"
	"st67bench/results"
)

// perDecade is how many points a percentile curve has from 90 % to 99 %, and so on.
const perDecade = 80

// percentiles shows the quantiles of a series per case over 1/(1-q): one of so many values takes longer. Each further nine is as
// wide as the one before, so that the tail is seen. A curve ends at the highest quantile that its values carry. nil where none
// carries p99.
func (d distribution) percentiles(s *analysis.Summary, all []spread) (*chart.Chart, error) {
	line := charts.NewLine()
	var legend []string
	var values []float64
	most, longest := 0.0, spread{}
	c := &chart.Chart{ID: d.id + "-percentiles", Palette: chart.Ascending, Height: 400, Basis: d.basis(s, all)}
	c.Table.Head = []string{"case", "values", "p50", "p90", "p99", "p99.9", "p99.99"}
	for i, sp := range chart.Spread(all, mostCurves) {
		end := carried(len(sp.values))
		if end > most {
			most, longest = end, sp
		}
		legend = append(legend, sp.name)
		points := percentileCurve(sp.values)
		for _, p := range points {
			values = append(values, height(p.Value, 1))
		}
		line.AddSeries(sp.name, points, stroke(i), charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}))
		c.Table.Rows = append(c.Table.Rows, tailRow(sp, d.of(s)))
	}
	if len(longest.values) < stats.Needs(0.99) {
		return nil, nil
	}
	line.SetGlobalOptions(chart.Frame("axis", chart.Percentiles, legend,
		opts.XAxis{Type: "log", Name: "percentile", NameLocation: "middle", NameGap: 30, Min: 1, Max: chart.Round(most), AxisLabel: chart.AxisLabel(chart.OneIn)},
		chart.YAxis(d.axis, "rtt", values))...)
	var err error
	c.Option, err = chart.Option(line, func(option map[string]any) {
		x := option["xAxis"].([]any)[0].(map[string]any)
		marks := []float64{1, 2}
		for v := 10.0; v <= most; v *= 10 {
			marks = append(marks, v)
		}
		x["axisLabel"].(map[string]any)["customValues"] = marks
		x["axisTick"] = map[string]any{"customValues": marks}
		x["minorTick"], x["minorSplitLine"] = map[string]any{"show": false}, map[string]any{"show": false}
	})
	if err != nil {
		return nil, err
	}
	c.Title = d.tail(s, chart.Spread(all, mostCurves), highest(len(longest.values)))
	c.HowTo = "To the right are ever rarer values: at 99 % one of a hundred takes longer. A curve that turns upwards has a tail. Each ends where its number of values carries no higher percentile."
	c.Alt = c.Title + ". The table below has the percentiles of all cases."
	return c, nil
}

// tail says where quantile q is in the slowest case of those that carry it.
func (d distribution) tail(s *analysis.Summary, all []spread, q float64) string {
	slowest, worst := 0.0, ""
	for _, sp := range all {
		if at := stats.Quantile(sp.values, q); len(sp.values) >= stats.Needs(q) && at > slowest {
			slowest, worst = at, sp.name
		}
	}
	return statement(fmt.Sprintf("The tail: %s of all %ss are within %s", ninesText(q), d.of(s), results.FormatQuantity(slowest, "s")), unless(len(all) == 1, " at "+worst))
}

// carried is the highest 1/(1-q) that n values carry: see stats.Needs, of which this is the other way round.
func carried(n int) float64 {
	return 1 / (1 - math.Pow((1-stats.Confidence)/2, 1/float64(n)))
}

// percentileCurve are type 7 quantiles, at equal distances of log 1/(1-q).
func percentileCurve(sorted []float64) []opts.LineData {
	end := carried(len(sorted))
	n := max(2, int(math.Ceil(math.Log10(end)*perDecade)))
	var out []opts.LineData
	for i := range n + 1 {
		x := math.Pow(end, float64(i)/float64(n))
		out = append(out, opts.LineData{Value: []any{chart.Round(x), chart.Round(stats.Quantile(sorted, 1-1/x))}})
	}
	return out
}

// nines are the percentiles of the table.
var nines = []float64{0.5, 0.9, 0.99, 0.999, 0.9999}

// highest is the highest of nines that n values carry, 0 for none.
func highest(n int) float64 {
	top := 0.0
	for _, q := range nines {
		if n >= stats.Needs(q) {
			top = q
		}
	}
	return top
}

// ninesText keeps all nines: "99.9 %".
func ninesText(q float64) string { return fmt.Sprintf("%.6g %%", 100*q) }

func tailRow(sp spread, of string) []string {
	row := []string{sp.name, fmt.Sprint(len(sp.values))}
	for _, q := range nines {
		text := analysis.Withheld{Needs: stats.Needs(q), Has: len(sp.values), Of: of}.String()
		if len(sp.values) >= stats.Needs(q) {
			text = results.FormatQuantity(stats.Quantile(sp.values, q), "s")
		}
		row = append(row, text)
	}
	return row
}
