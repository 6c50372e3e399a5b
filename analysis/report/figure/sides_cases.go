package figure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/stats"
	"st67bench/results"
)

const (
	overlaid = 4  // cases whose distributions are laid over each other
	mostBars = 24 // of stages
)

// common are the keys of the cases that two or more runs have measured, in the order of the first run that has them.
func (v *Sides) common() []string {
	var keys []string
	count := map[string]int{}
	for _, r := range v.Runs {
		for _, c := range r.Cases {
			if c.Measured == 0 {
				continue
			}
			if count[c.Key]++; count[c.Key] == 1 {
				keys = append(keys, c.Key)
			}
		}
	}
	return slices.DeleteFunc(keys, func(key string) bool { return count[key] < 2 })
}

// StageChart shows where the time goes: the bars of all runs beside each other, for cases that they have in common, or else each
// run's own. nil when no run has stages.
func (v *Sides) StageChart() (*chart.Chart, error) {
	keys := chart.Spread(v.common(), max(1, mostBars/max(1, len(v.Runs))))
	if len(keys) == 0 {
		return v.ownStages()
	}
	var rows []stageRow
	for _, key := range keys {
		for i, r := range v.Runs {
			for _, c := range r.Cases {
				if c.Key == key && len(c.Stages) > 0 {
					rows = append(rows, stageRow{fmt.Sprintf("%s, run %d", name(r.Summary, c), i+1), c})
				}
			}
		}
	}
	return v.stages(rows)
}

func (v *Sides) ownStages() (*chart.Chart, error) {
	var rows []stageRow
	for i, r := range v.Runs {
		for _, c := range chart.Spread(r.Cases, max(2, mostBars/len(v.Runs))) {
			if len(c.Stages) > 0 {
				rows = append(rows, stageRow{fmt.Sprintf("%s, run %d", name(r.Summary, c), i+1), c})
			}
		}
	}
	return v.stages(rows)
}

func (v *Sides) stages(rows []stageRow) (*chart.Chart, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	c, err := stageBars(v.Runs[0].Event, rows)
	if err != nil {
		return nil, err
	}
	c.Title = stageClaim(v.Runs[0].Event, rows)
	c.HowTo += " " + v.numbered()
	c.Alt = c.Title + ". " + stageAlt(rows[0])
	return c, nil
}

// numbered says which run has which number.
func (v *Sides) numbered() string {
	var parts []string
	for i, r := range v.Runs {
		parts = append(parts, fmt.Sprintf("run %d: %s", i+1, r.Label()))
	}
	return chart.Capital(strings.Join(parts, "; ")) + "."
}

// DistributionCharts lay the distributions of the runs over each other, one chart for each of a few cases that they have in common.
// runs are those of NewSides. A run whose samples cannot be read is left out, and the chart says so.
func (v *Sides) DistributionCharts(runs []*results.Run) ([]*chart.Chart, error) {
	keys := chart.Spread(v.common(), overlaid)
	all := make([]sampled, len(v.Runs))
	for i, r := range v.Runs {
		part := *r.Summary
		part.Cases = slices.DeleteFunc(slices.Clone(r.Cases), func(c analysis.Case) bool { return !slices.Contains(keys, c.Key) })
		all[i] = sampledOf(&part, runs[i].Results, runs[i].ReadSamples)
	}
	for _, d := range distributions {
		var out []*chart.Chart
		for i, key := range keys {
			c, err := v.overlay(d, key, all)
			if err != nil {
				return nil, err
			}
			if c != nil {
				c.ID = fmt.Sprintf("%s-%d", d.id, i+1)
				out = append(out, c)
			}
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, nil
}

// overlay has a curve per run for one case; nil where fewer than two runs have values.
func (v *Sides) overlay(d distribution, key string, all []sampled) (*chart.Chart, error) {
	line := charts.NewLine()
	c := &chart.Chart{Palette: chart.Distinct, Height: 360}
	c.Table.Head = []string{"run", "values", "least", "p50", "p90", "p99", "most"}
	var spreads []spread
	var legend []string
	what, problem := "", ""
	for i, r := range v.Runs {
		if all[i].problem != "" {
			problem = r.Label() + ": " + all[i].problem
		}
		for _, cs := range all[i].cases {
			l := cs.values[d.series]
			if cs.c.Key != key || l == nil || len(l.V) < 2 {
				continue
			}
			sp := spread{r.Label(), slices.Sorted(slices.Values(l.V))}
			spreads, what = append(spreads, sp), name(r.Summary, cs.c)
			legend = append(legend, sp.name)
			line.AddSeries(sp.name, curve(analysis.Distribution(sp.values, mostPoints)),
				charts.WithItemStyleOpts(opts.ItemStyle{Color: runColour(i)}),
				charts.WithLineStyleOpts(opts.LineStyle{Color: runColour(i), Type: strokes[i%len(strokes)], Width: 2}),
				charts.WithLineChartOpts(opts.LineChart{Step: "end", ShowSymbol: opts.Bool(false), Symbol: "circle"}))
			c.Table.Rows = append(c.Table.Rows, quantileRow(sp.name, d.of(r.Summary), sp.values))
		}
	}
	if len(spreads) < 2 {
		return nil, nil
	}
	line.SetGlobalOptions(d.frame(legend, spreads)...)
	var err error
	c.Option, err = chart.Option(line, nil)
	c.Title = overlayClaim(d.named(v.Runs[0].Summary), what, spreads)
	c.Basis = d.basis(v.Runs[0].Summary, spreads)
	c.HowTo = "A curve is the share of all values of a run that were at most as long: the further left, the faster; the steeper, the steadier. Colours are those of the runs above."
	c.Note = problem
	c.Alt = c.Title + ". The table below has quantiles."
	return c, err
}

// overlayClaim has the medians of the fastest and of the slowest run.
func overlayClaim(what, at string, all []spread) string {
	low, high := 0.0, 0.0
	for i, sp := range all {
		m := stats.Quantile(sp.values, 0.5)
		if i == 0 {
			low, high = m, m
		}
		low, high = min(low, m), max(high, m)
	}
	return statement(fmt.Sprintf("%s at %s: half within %s", what, at, between(results.FormatQuantity(low, "s"), results.FormatQuantity(high, "s"))), ", by run")
}
