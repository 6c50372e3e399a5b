package compare

import (
	"st67bench/analysis"
	"st67bench/results"
)

// Values are those of both sides that the row of a metric was made of, in their order: one per boot, of a side of one boot its
// repeats. Of pairs they are those that have a partner, put together in equal places. None are given of losses, which were
// pooled, and of a row that was made of other runs, as one that was measured again.
func Values(base, new Side, r Row) (a, b []analysis.Observation) {
	x, y := byScenario(base)[r.Scenario], byScenario(new)[r.Scenario]
	if isLoss(r.Metric) || len(x) == 0 || len(y) == 0 {
		return nil, nil
	}
	m, _ := results.LookupMetric(r.Metric)
	a, b = newSided(x).observe(r.Case, m), newSided(y).observe(r.Case, m)
	if left, right, ok := pair(a, b); ok && r.Paired {
		a, b = nil, nil
		for i := range left {
			if len(left[i]) == 1 && len(right[i]) == 1 {
				a, b = append(a, left[i][0]), append(b, right[i][0])
			}
		}
	} else if r.Paired || len(a) != r.N.Base || len(b) != r.N.New {
		return nil, nil
	}
	return a, b
}
