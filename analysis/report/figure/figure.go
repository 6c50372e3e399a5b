// Package figure draws what a run measured: its metrics over what was swept, where
// the time went, how values are spread, how they went over time and what the factors
// do; and the same of several runs side by side. Every chart is made of a summary, the
// results and their samples, so that it can be made again from the run directory.
//
// Run says which charts there are and in which order they stand. A chart is drawn only
// when there is enough to see in it: a builder returns nil otherwise.
//
// # Statements
//
// The title of a chart says what it shows, with the figure that matters. It is computed
// from what is drawn, so that it is never wrong; where nothing can be said shortly, it
// says less. It judges nothing: which difference counts is the business of comparisons.
package figure

import (
	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// Group are charts that answer one question of the reader.
type Group struct {
	ID, Title string
	Charts    []*chart.Chart
}

// builder makes charts: none where there is nothing to see.
type builder func() ([]*chart.Chart, error)

// Run are the charts that this run supports, in reading order; there is no group without any.
func Run(s *analysis.Summary, run *results.Run) ([]Group, error) {
	samples := sampledOf(s, run.Results, run.ReadSamples)
	plots := plotsOf(s)
	return grouped([]planned{
		{"measured", measuredTitle(s), []builder{func() ([]*chart.Chart, error) { return metricCharts(s, plots[:min(1, len(plots))]) }}},
		{"where", "Where the time goes", []builder{one(func() (*chart.Chart, error) { return stageChart(s) })}},
		{"spread", "How latency is spread", []builder{func() ([]*chart.Chart, error) { return distributionCharts(s, samples) }}},
		{"beside", "What else changed", []builder{func() ([]*chart.Chart, error) { return metricCharts(s, plots[min(1, len(plots)):]) }}},
		{"over-time", "Over time", []builder{
			one(func() (*chart.Chart, error) { return orderChart(s, run) }),
			func() ([]*chart.Chart, error) { return courseCharts(s, samples) },
		}},
		{"what-if", "What the factors do", []builder{
			func() ([]*chart.Chart, error) { return fieldCharts(s) },
			func() ([]*chart.Chart, error) { return effectCharts(s, run) },
			func() ([]*chart.Chart, error) { return frontCharts(s, run) },
		}},
	})
}

// measuredTitle names what the run is about in two words.
func measuredTitle(s *analysis.Summary) string {
	switch metric := s.Primary(); metric {
	case "goodput", "throughput", "rate":
		return "Throughput"
	case "":
		return "What was measured"
	default:
		return chart.Capital(primaryPlot(metric).name)
	}
}

// planned is a group before its charts are made.
type planned struct {
	id, title string
	builders  []builder
}

func grouped(all []planned) ([]Group, error) {
	var out []Group
	for _, p := range all {
		g := Group{ID: p.id, Title: p.title}
		for _, build := range p.builders {
			charts, err := build()
			if err != nil {
				return nil, err
			}
			g.Charts = append(g.Charts, charts...)
		}
		if len(g.Charts) > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

// one is a builder of at most one chart.
func one(build func() (*chart.Chart, error)) builder {
	return func() ([]*chart.Chart, error) {
		c, err := build()
		if c == nil {
			return nil, err
		}
		return []*chart.Chart{c}, err
	}
}

func metricCharts(s *analysis.Summary, plots []metricPlot) ([]*chart.Chart, error) {
	var all []*chart.Chart
	for _, m := range plots {
		some, err := m.charts(s)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
