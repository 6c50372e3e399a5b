package report

import (
	"fmt"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"

	"st67bench/analysis"
	"st67bench/results"
)

// goodputChart shows goodput against the factor with the most levels, one line
// per combination of the others, with intervals and the ceiling. nil when no
// case has goodput.
func goodputChart(s *analysis.Summary) (*chart, error) {
	if !shows(s, "goodput") {
		return nil, nil
	}
	p := newPlot(s)
	x := opts.XAxis{Type: "category", Data: p.levels, Name: p.axis, NameLocation: "middle", NameGap: 30}
	if p.numeric {
		x = opts.XAxis{Type: "log", Name: p.axis + " (log scale)", NameLocation: "middle", NameGap: 30,
			Min: "dataMin", Max: "dataMax", AxisLabel: axisLabel(fnPlain)}
	}
	y := opts.YAxis{Type: "value", Name: "goodput", Min: 0, AxisLabel: axisLabel(fnBitrate)}
	line, bars, ceilings := charts.NewLine(), charts.NewCustom(), charts.NewLine()
	var legend []string
	for _, l := range p.lines {
		medians, intervals := p.points(s, l)
		legend = append(legend, l.name)
		line.AddSeries(l.name, medians, charts.WithLineChartOpts(opts.LineChart{Symbol: "circle", SymbolSize: 7, ShowSymbol: opts.Bool(true)}))
		if len(intervals) > 0 {
			bars.AddSeries(l.name, intervals, charts.WithSeriesOpts(func(c *charts.SingleSeries) {
				c.RenderItem = types.FuncStr(fnInterval)
				c.Encode = &opts.Encode{X: 0, Y: []int{1, 2}}
			}))
		}
	}
	for _, l := range p.ceilings(s) {
		legend = append(legend, l.name)
		ceilings.AddSeries(l.name, l.points,
			charts.WithLineChartOpts(opts.LineChart{Symbol: l.symbol(), SymbolSize: 9, ShowSymbol: opts.Bool(true)}),
			charts.WithLineStyleOpts(opts.LineStyle{Type: "dashed", Width: 1.5, Color: colorMuted}),
			charts.WithItemStyleOpts(opts.ItemStyle{Color: colorMuted}))
	}
	line.SetGlobalOptions(frame("item", fnItemName, legend, x, y)...)
	if !p.numeric {
		line.SetXAxis(p.levels)
	}
	line.Overlap(bars, ceilings)
	option, err := optionOf(line, func(option map[string]any) {
		if p.numeric {
			option["xAxis"].([]any)[0].(map[string]any)["logBase"] = 2
		}
	})
	if err != nil {
		return nil, err
	}
	c := &chart{id: "goodput", palette: paletteOne, height: 380, option: option, table: goodputTable(s)}
	c.title = "Goodput against " + p.axis
	c.howTo = "Points are medians over " + unitOf(s) + ", bars their exact 95 % intervals, " + s.Scope +
		". The dashed line is the ceiling: the same exchange with a module that takes no time. Source: results.jsonl."
	c.alt = c.title + ". " + s.Verdict
	return c, nil
}

// unitOf is what the intervals of goodput are over.
func unitOf(s *analysis.Summary) string {
	for _, c := range s.Cases {
		if g, ok := c.Metrics["goodput"]; ok {
			return g.Of
		}
	}
	return "repeats"
}

// describe is a statistic in words: "7.10 Mbit/s [7.02, 7.15], n 6".
func describe(metric string, st analysis.Stat) string {
	text := quantity(metric, st.Median)
	if iv := intervalText(metric, st); iv != "" {
		text += " " + iv
	}
	return text + fmt.Sprintf(", n %d", st.N)
}

func intervalText(metric string, st analysis.Stat) string {
	if st.Interval == nil {
		return ""
	}
	return "[" + quantity(metric, st.Interval.Lo) + ", " + quantity(metric, st.Interval.Hi) + "]"
}

func efficiency(c analysis.Case) string {
	e, ok := c.Metrics["efficiency"]
	if !ok {
		return ""
	}
	return results.FormatQuantity(e.Median, "") + " of its ceiling"
}

func goodputTable(s *analysis.Summary) dataTable {
	t := dataTable{Head: []string{"case", "median", "95 % interval", "exact coverage", "least", "most", "n", "ceiling"}}
	for _, c := range s.Cases {
		g, ok := c.Metrics["goodput"]
		if !ok {
			t.Rows = append(t.Rows, []string{label(s, c), string(c.Outcome), "", "", "", "", "", ""})
			continue
		}
		coverage, ceiling := "", ""
		if g.Interval != nil {
			coverage = strconv.FormatFloat(100*g.Interval.Confidence, 'f', 1, 64) + " %"
		}
		if m, ok := c.Metrics["ceiling"]; ok {
			ceiling = quantity("ceiling", m.Median)
		}
		t.Rows = append(t.Rows, []string{label(s, c), quantity("goodput", g.Median), intervalText("goodput", g), coverage,
			quantity("goodput", g.Min), quantity("goodput", g.Max), strconv.Itoa(g.N), ceiling})
	}
	return t
}
