// Package current draws what a run took from its supply: where the charge went, the
// current as it flowed, and what follows from both over the run.
//
// Run says which charts there are and in which order they stand. A run without a
// meter has none.
package current

import (
	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// Run are the charts of a run's current, in reading order.
func Run(s *analysis.Summary, run *results.Run) ([]*chart.Chart, error) {
	var all []*chart.Chart
	charge, err := chargeChart(s)
	if err != nil {
		return nil, err
	}
	if charge != nil {
		all = append(all, charge)
	}
	fits, err := fitCharts(s, run)
	if err != nil {
		return nil, err
	}
	return append(append(all, fits...), traceCharts(s, run)...), nil
}
