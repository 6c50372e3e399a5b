package current

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// madeOf is where figures of the current come from.
const madeOf = "results.jsonl, made of power/"

// fitting is the first text that is short enough for a title, or else the last one, cut.
func fitting(texts ...string) string {
	for _, t := range texts {
		if utf8.RuneCountInString(t) <= chart.MostTitle {
			return t
		}
	}
	return chart.Shorten(texts[len(texts)-1], chart.MostTitle)
}

// basis is that of medians of a metric, drawn in this unit.
func basis(s *analysis.Summary, metric, unit string) chart.Basis {
	return chart.Medians(s, metric, unit, madeOf)
}

// having are the cases that have all of some metrics.
func having(s *analysis.Summary, metrics ...string) []analysis.Case {
	var out []analysis.Case
	for _, c := range s.Cases {
		lacks := func(m string) bool { _, ok := c.Metrics[m]; return !ok }
		if !slices.ContainsFunc(metrics, lacks) {
			out = append(out, c)
		}
	}
	return out
}

// label is a case in a chart: "rate 1.20 Mbit/s, links 2".
func label(s *analysis.Summary, c analysis.Case) string {
	if len(s.Factors) == 0 {
		return c.Key
	}
	parts := make([]string, len(s.Factors))
	for i, f := range s.Factors {
		parts[i] = f + " " + chart.LevelText(f, c.Factors[f])
	}
	return strings.Join(parts, ", ")
}

// at names a case in a title: " at dtim 1"; nothing when there is but one.
func at(s *analysis.Summary, c analysis.Case) string {
	if len(s.Cases) < 2 {
		return ""
	}
	return " at " + label(s, c)
}

// extremesOf are the cases of which a metric's median is the least and the greatest.
func extremesOf(cases []analysis.Case, metric string) (least, most analysis.Case) {
	least, most = cases[0], cases[0]
	for _, c := range cases {
		if c.Metrics[metric].Median < least.Metrics[metric].Median {
			least = c
		}
		if c.Metrics[metric].Median > most.Metrics[metric].Median {
			most = c
		}
	}
	return least, most
}

// medianOf is that of a case as it is written.
func medianOf(c analysis.Case, metric string) string {
	return chart.Quantity(metric, c.Metrics[metric].Median)
}

// described is a metric of a case for tables; empty where it is absent.
func described(c analysis.Case, metric string) string {
	st, ok := c.Metrics[metric]
	if !ok {
		return ""
	}
	return chart.Describe(metric, st)
}

// upright are intervals [x, low, high] along the y axis, across such along the x axis, whose first value is y.
func upright(c *charts.SingleSeries) {
	c.RenderItem = types.FuncStr(chart.Interval)
	c.Encode = &opts.Encode{X: 0, Y: []int{1, 2}}
}

func across(c *charts.SingleSeries) {
	c.RenderItem = types.FuncStr(chart.Across)
	c.Encode = &opts.Encode{X: []int{1, 2}, Y: 0}
}

// middleName puts the name of an axis below or beside its middle.
func middleName(name, typ, label string) opts.XAxis {
	return opts.XAxis{Type: typ, Name: name, NameLocation: "middle", NameGap: 30, AxisLabel: chart.AxisLabel(label)}
}

// tidied is an option whose axes stand at the edges, wherever 0 is, and whose last label is not cut.
func tidied(d interface {
	Validate()
	JSON() map[string]any
}, adjust func(option map[string]any)) (map[string]any, error) {
	return chart.Option(d, func(option map[string]any) {
		for _, name := range []string{"xAxis", "yAxis"} {
			axis := option[name].([]any)[0].(map[string]any)
			axis["axisLine"] = map[string]any{"onZero": false}
			if label, ok := axis["axisLabel"].(map[string]any); ok && name == "xAxis" {
				label["alignMinLabel"], label["alignMaxLabel"] = "left", "right"
			}
		}
		if adjust != nil {
			adjust(option)
		}
	})
}

// unlabelled ends of an axis are at no round number.
func unlabelled(x opts.XAxis) opts.XAxis {
	x.AxisLabel.ShowMinLabel, x.AxisLabel.ShowMaxLabel = opts.Bool(false), opts.Bool(false)
	return x
}

// xAxis is linear from zero on, or logarithmic for values that are far apart.
func xAxis(name, metric string, values []float64) opts.XAxis {
	y := chart.YAxis(name, metric, values)
	x := middleName(y.Name, y.Type, chart.FormatterOf(metric))
	x.Min = y.Min
	return x
}

// logarithmic says that an axis of chart.YAxis or xAxis is, as a type of axis.
func logarithmic(values []float64) bool { return chart.YAxis("", "", values).Type == "log" }

// between are n values from low to high: evenly, or evenly on a logarithmic axis.
func between(low, high float64, n int, log bool) []float64 {
	out := make([]float64, n)
	for i := range out {
		part := float64(i) / float64(n-1)
		if out[i] = low + part*(high-low); log {
			out[i] = low * math.Pow(high/low, part)
		}
	}
	return out
}
