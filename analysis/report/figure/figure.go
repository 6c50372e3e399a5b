// Package figure draws what a run measured: its metrics over what was swept, where
// the time went, how values are spread and how they went over time; and the same of
// several runs side by side. Every chart is made of a summary, the results and their
// samples, so that it can be made again from the run directory.
//
// Run says which charts there are and in which order they stand. A chart is drawn only
// when there is enough to see in it: a builder returns nil otherwise.
package figure

import (
	"slices"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// Run are the charts that this run supports, in reading order.
func Run(s *analysis.Summary, run *results.Run) ([]*chart.Chart, error) {
	all, err := metricCharts(s)
	if err != nil {
		return nil, err
	}
	samples := sampledOf(s, run.Results, run.ReadSamples)
	for _, build := range []func(*analysis.Summary, sampled) ([]*chart.Chart, error){distributionCharts, courseCharts} {
		more, err := build(s, samples)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// metricCharts are made from the results alone: what the run is about, where the
// time goes, and what else the sweep changed.
func metricCharts(s *analysis.Summary) ([]*chart.Chart, error) {
	var builds []func() (*chart.Chart, error)
	plots := plotsOf(s)
	for _, m := range plots {
		builds = append(builds, func() (*chart.Chart, error) { return metricChart(s, m) })
	}
	builds = slices.Insert(builds, min(1, len(plots)), func() (*chart.Chart, error) { return stageChart(s) })
	var all []*chart.Chart
	for _, build := range builds {
		c, err := build()
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, c)
		}
	}
	return all, nil
}
