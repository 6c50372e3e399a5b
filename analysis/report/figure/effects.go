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
	"st67bench/analysis/tune"
	"st67bench/results"
)

// effectCharts show what each factor does to what the run is about, and how the two strongest work together. None where not at
// least two factors were measured with all combinations of their levels, more than once.
func effectCharts(s *analysis.Summary, run *results.Run) ([]*chart.Chart, error) {
	e, ok := tune.EffectsOf(run, s.Primary())
	if !ok || !slices.ContainsFunc(e.Terms, func(t tune.Term) bool { return len(t.Factors) > 1 }) {
		return nil, nil
	}
	main, err := mainEffects(s, e)
	if err != nil {
		return nil, err
	}
	both, err := interaction(s, e)
	return []*chart.Chart{main, both}, err
}

// effectBasis is that of all charts of effects.
func effectBasis(s *analysis.Summary, e tune.Effects) chart.Basis {
	m, _ := results.LookupMetric(e.Metric)
	unit := "blocks"
	if s.Boots > 1 {
		unit = "boots"
	}
	return chart.Basis{Unit: unitText(m.Unit), N: fmt.Sprintf("means over %d %s with all combinations", e.Units, unit), Source: "results.jsonl"}
}

// mainEffects has the mean of each level of each factor, the others averaged.
func mainEffects(s *analysis.Summary, e tune.Effects) (*chart.Chart, error) {
	line, bars := charts.NewLine(), charts.NewCustom()
	c := &chart.Chart{ID: "effects", Palette: chart.Distinct, Height: 380, Basis: effectBasis(s, e)}
	c.Basis.Interval = "95 % interval of the level's effect, analysis of variance, " + s.Scope
	c.Table.Head = []string{"factor", "level", "mean", "against the mean of all", "95 % interval", "explains", "p"}
	var legend, levels []string
	var values []float64
	for _, t := range mains(e) {
		f := t.Factors[0]
		legend = append(legend, f)
		var means []opts.LineData
		var intervals []opts.CustomData
		for _, l := range t.Levels {
			at := f + " " + chart.LevelText(f, l.Levels[f])
			mean, lo, hi := e.At(l.Change), e.At(l.Interval.Lo), e.At(l.Interval.Hi)
			tip := fmt.Sprintf("%s\n%s [%s, %s]", at, chart.Quantity(e.Metric, mean), chart.Quantity(e.Metric, lo), chart.Quantity(e.Metric, hi))
			means = append(means, opts.LineData{Name: tip, Value: []any{len(levels), chart.Round(mean)}})
			intervals = append(intervals, opts.CustomData{Name: tip, Value: []any{len(levels), chart.Round(lo), chart.Round(hi)}})
			levels, values = append(levels, short(chart.LevelText(f, l.Levels[f]))), append(values, mean)
			c.Table.Rows = append(c.Table.Rows, []string{f, chart.LevelText(f, l.Levels[f]), chart.Quantity(e.Metric, mean), change(e.Metric, l.Change),
				"[" + change(e.Metric, l.Interval.Lo) + ", " + change(e.Metric, l.Interval.Hi) + "]", results.FormatQuantity(t.Share, ""), pText(t.P)})
		}
		line.AddSeries(f, means, charts.WithLineChartOpts(opts.LineChart{Symbol: symbols[(len(legend)-1)%len(symbols)], SymbolSize: 8, ShowSymbol: opts.Bool(true)}))
		bars.AddSeries(f, intervals, asIntervals)
	}
	line.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, opts.XAxis{Type: "category"}, chart.YAxis(titleOf(e.Metric), e.Metric, values))...)
	line.SetXAxis(levels)
	line.Overlap(bars)
	var err error
	c.Option, err = chart.Option(line, func(option map[string]any) {
		series := option["series"].([]any)[0].(map[string]any)
		series["markLine"] = map[string]any{"silent": true, "symbol": "none", "precision": -1, "label": map[string]any{"show": false},
			"lineStyle": map[string]any{"color": chart.Muted, "type": "dotted"}, "data": []any{map[string]any{"yAxis": chart.Round(e.Mean)}}}
	})
	c.Title = effectClaim(e)
	c.HowTo = "Each point is the mean over all cases with that level, the other factors averaged; the dotted line is the mean of all. The steeper a line, the more the factor does."
	if len(e.LeftOut) > 0 {
		c.HowTo += " Without " + strings.Join(e.LeftOut, ", ") + ", of which combinations were not measured."
	}
	c.Alt = c.Title + ". The table below has all levels."
	return c, err
}

// mains are the terms of single factors, the strongest first.
func mains(e tune.Effects) []tune.Term {
	out := slices.DeleteFunc(slices.Clone(e.Terms), func(t tune.Term) bool { return len(t.Factors) > 1 })
	slices.SortStableFunc(out, func(a, b tune.Term) int { return cmp.Compare(b.Share, a.Share) })
	return out
}

// effectClaim says how much of the differences each factor explains, the strongest first, and what they do together.
func effectClaim(e tune.Effects) string {
	all, together := mains(e), 0.0
	for _, t := range e.Terms {
		if len(t.Factors) > 1 {
			together += t.Share
		}
	}
	var parts []string
	for _, t := range all[1:] {
		parts = append(parts, fmt.Sprintf(", %s %s", short(t.Factors[0]), results.FormatQuantity(t.Share, "")))
	}
	parts = append(parts, fmt.Sprintf("; together beyond that %s", results.FormatQuantity(together, "")))
	return statement(fmt.Sprintf("%s explains %s of what moves %s", short(all[0].Factors[0]), results.FormatQuantity(all[0].Share, ""), titleOf(e.Metric)), parts...)
}

// change is an effect for people.
func change(metric string, v float64) string {
	m, _ := results.LookupMetric(metric)
	text := results.FormatQuantity(v, "")
	if !m.Ratio() {
		text = m.Format(v)
	}
	if v > 0 {
		text = "+" + text
	}
	return text
}

func pText(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// interaction shows the two factors that do the most: over the levels of one, a line per level of the other.
func interaction(s *analysis.Summary, e tune.Effects) (*chart.Chart, error) {
	two := mains(e)[:2]
	if len(two[1].Levels) > len(two[0].Levels) {
		slices.Reverse(two)
	}
	x, by := two[0], two[1]
	f, g := x.Factors[0], by.Factors[0]
	term := e.Terms[slices.IndexFunc(e.Terms, func(t tune.Term) bool {
		return len(t.Factors) == 2 && slices.Contains(t.Factors, f) && slices.Contains(t.Factors, g)
	})]
	c := &chart.Chart{ID: "interaction", Palette: chart.Distinct, Height: 380, Basis: effectBasis(s, e)}
	c.Table.Head = []string{g}
	var levels, legend []string
	for _, l := range x.Levels {
		levels = append(levels, chart.LevelText(f, l.Levels[f]))
		c.Table.Head = append(c.Table.Head, f+" "+chart.LevelText(f, l.Levels[f]))
	}
	line := charts.NewLine()
	var values []float64
	for i, b := range by.Levels {
		label := g + " " + chart.LevelText(g, b.Levels[g])
		row := []string{chart.LevelText(g, b.Levels[g])}
		var means []opts.LineData
		for k, a := range x.Levels {
			j := slices.IndexFunc(term.Levels, func(l tune.Level) bool { return l.Levels[f] == a.Levels[f] && l.Levels[g] == b.Levels[g] })
			mean := e.At(a.Change, b.Change, term.Levels[j].Change)
			values = append(values, mean)
			row = append(row, chart.Quantity(e.Metric, mean))
			means = append(means, opts.LineData{Name: fmt.Sprintf("%s %s, %s\n%s", f, levels[k], label, row[k+1]), Value: chart.Round(mean)})
		}
		c.Table.Rows = append(c.Table.Rows, row)
		if i < chart.PaletteLen {
			legend = append(legend, short(label))
			line.AddSeries(short(label), means, charts.WithLineChartOpts(opts.LineChart{Symbol: symbols[i%len(symbols)], SymbolSize: 8, ShowSymbol: opts.Bool(true)}))
		}
	}
	line.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, opts.XAxis{Type: "category", Name: plot{axis: f}.axisName(), NameLocation: "middle", NameGap: 30},
		chart.YAxis(titleOf(e.Metric), e.Metric, values))...)
	line.SetXAxis(levels)
	var err error
	c.Option, err = chart.Option(line, nil)
	c.Title = statement(fmt.Sprintf("%s and %s together do %s beyond what each does alone", short(f), short(g), results.FormatQuantity(term.Share, "")), fmt.Sprintf(" (p %s)", pText(term.P)))
	c.HowTo = "Means over all other factors. Parallel lines: each factor does the same at every level of the other. Lines that part or cross: what one does depends on the other."
	if n := len(by.Levels); n > chart.PaletteLen {
		c.HowTo += fmt.Sprintf(" %d of %d levels of %s are drawn, the table has all.", chart.PaletteLen, n, g)
	}
	c.Alt = c.Title + ". The table below has all means."
	return c, err
}
