// Package current draws what a run took from its supply: where the charge went, what
// follows from it over the run's cases, and the current as it flowed.
//
// Run says which charts there are and in which order they stand: first those that are
// made of the figures of all repeats, from a Summary and the fits of package energy;
// then those that are drawn from traces, of which one of each of at most six cases is
// looked at, in a view: in one pass over its samples, and a second look at what is shown
// closer. A run without a meter has none of them, and a trace that cannot be read has a
// note in its place.
package current

import (
	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// Run are the charts of a run's current, in reading order.
func Run(s *analysis.Summary, run *results.Run) ([]*chart.Chart, error) {
	views := look(s, run)
	var all []*chart.Chart
	for _, build := range []func() (*chart.Chart, error){
		func() (*chart.Chart, error) { return chargeChart(s) },
		func() (*chart.Chart, error) { return wakeFitChart(s, run) },
		func() (*chart.Chart, error) { return bitChart(s, run) },
		func() (*chart.Chart, error) { return loadChart(s, run) },
		func() (*chart.Chart, error) { return tradeoffChart(s) },
		func() (*chart.Chart, error) { return eventChart(s) },
		func() (*chart.Chart, error) { return wakeChart(s) },
		func() (*chart.Chart, error) { return batteryChart(s) },
	} {
		c, err := build()
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, c)
		}
	}
	laid, err := overlayCharts(s, views)
	if err != nil {
		return nil, err
	}
	drawn, err := traceCharts(s, views)
	return append(append(all, laid...), drawn...), err
}
