package figure

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/stats"
	"st67bench/results"
)

const (
	leastBox     = 5   // values of a case: of fewer there is no box
	mostOutliers = 60  // drawn of a case
	reach        = 1.5 // interquartile ranges from the box to the end of a whisker, at the most (Tukey, Exploratory Data Analysis, 1977)
)

// box is a summary of values in five numbers, and what is beyond.
type box struct {
	five     [5]float64 // end of the lower whisker, quartiles, end of the upper whisker
	outliers []float64  // ascending
}

// boxOf has type 7 quartiles; whiskers end at the farthest value within reach. sorted is not empty.
func boxOf(sorted []float64) box {
	b := box{five: [5]float64{1: stats.Quantile(sorted, 0.25), 2: stats.Quantile(sorted, 0.5), 3: stats.Quantile(sorted, 0.75)}}
	far := reach * (b.five[3] - b.five[1])
	lo := slices.IndexFunc(sorted, func(v float64) bool { return v >= b.five[1]-far })
	hi := len(sorted)
	for sorted[hi-1] > b.five[3]+far {
		hi--
	}
	b.five[0], b.five[4] = min(sorted[lo], b.five[1]), max(sorted[hi-1], b.five[3])
	b.outliers = slices.Concat(sorted[:lo], sorted[hi:])
	return b
}

// boxes shows a box per case, of all values. nil where no case has enough.
func (d distribution) boxes(s *analysis.Summary, all []spread) (*chart.Chart, error) {
	all = slices.DeleteFunc(slices.Clone(all), func(sp spread) bool { return len(sp.values) < leastBox })
	if len(all) == 0 {
		return nil, nil
	}
	var rows []string
	var fives []opts.BoxPlotData
	var beyond []opts.ScatterData
	var values []float64
	widest, widths := all[0], 0.0
	c := &chart.Chart{ID: d.id + "-boxes", Palette: chart.Distinct, Height: 110 + 32*len(all), Basis: d.basis(s, all)}
	c.Table.Head = []string{"case", "values", "whisker", "quartile", "median", "quartile", "whisker", "outliers", "least", "most"}
	for i, sp := range all {
		b := boxOf(sp.values)
		rows = append(rows, sp.name)
		values = append(values, sp.values[0], sp.values[len(sp.values)-1])
		if w := b.five[3] - b.five[1]; w > widths {
			widest, widths = sp, w
		}
		var five []float64
		for _, v := range b.five {
			five = append(five, chart.Round(v))
		}
		fives = append(fives, opts.BoxPlotData{Name: b.tip(sp), Value: five})
		for _, k := range chart.Extremes(b.outliers, b.outliers, mostOutliers) {
			v := b.outliers[k]
			beyond = append(beyond, opts.ScatterData{Name: sp.name + "\n" + results.FormatQuantity(v, "s"), Value: []any{chart.Round(v), i}})
		}
		c.Table.Rows = append(c.Table.Rows, b.row(sp))
	}
	plot, outliers := charts.NewBoxPlot(), charts.NewScatter()
	plot.AddSeries("box", fives)
	legend := []string{"box"}
	if len(beyond) > 0 {
		outliers.AddSeries("outlier", beyond, charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 4, Symbol: "circle"}))
		legend = append(legend, "outlier")
	}
	x := chart.YAxis(d.axis, "rtt", values)
	plot.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend,
		opts.XAxis{Type: x.Type, Name: x.Name, NameLocation: "middle", NameGap: 30, AxisLabel: x.AxisLabel, Scale: opts.Bool(true)},
		opts.YAxis{Type: "category", Data: rows, Inverse: opts.Bool(true)})...)
	plot.Overlap(outliers)
	var err error
	c.Option, err = chart.Option(plot, func(option map[string]any) {
		option["series"].([]any)[0].(map[string]any)["itemStyle"] = map[string]any{"color": "line", "borderColor": "distinct:0"}
	})
	if err != nil {
		return nil, err
	}
	c.Title = d.boxClaim(s, all, widest)
	c.HowTo = fmt.Sprintf("A box holds the middle half of the values, its line is the median; whiskers end at the farthest value within %g widths of the box, what is beyond is drawn by itself", reach)
	c.HowTo += fmt.Sprintf(", up to %d values a case, the farthest among them.", mostOutliers)
	c.Alt = c.Title + ". The table below has all numbers."
	return c, nil
}

// boxClaim says how wide the widest of the boxes is, and which value is the farthest out.
func (d distribution) boxClaim(s *analysis.Summary, all []spread, widest spread) string {
	slowest := slices.MaxFunc(all, func(a, b spread) int { return cmp.Compare(a.values[len(a.values)-1], b.values[len(b.values)-1]) })
	b := boxOf(widest.values)
	return statement(fmt.Sprintf("%s: the middle half spans %s", d.named(s), results.FormatQuantity(b.five[3]-b.five[1], "s")), unless(len(all) == 1, " at "+widest.name),
		fmt.Sprintf("; the longest took %s", results.FormatQuantity(slowest.values[len(slowest.values)-1], "s")), unless(len(all) == 1, " ("+slowest.name+")"))
}

func (b box) tip(sp spread) string {
	text := sp.name
	for i, of := range []string{"lower whisker", "lower quartile", "median", "upper quartile", "upper whisker"} {
		text += "\n" + of + " " + results.FormatQuantity(b.five[i], "s")
	}
	return text + fmt.Sprintf("\n%d values, %d outliers", len(sp.values), len(b.outliers))
}

func (b box) row(sp spread) []string {
	row := []string{sp.name, fmt.Sprint(len(sp.values))}
	for _, v := range b.five {
		row = append(row, results.FormatQuantity(v, "s"))
	}
	return append(row, fmt.Sprint(len(b.outliers)), results.FormatQuantity(sp.values[0], "s"), results.FormatQuantity(sp.values[len(sp.values)-1], "s"))
}
