package compare

import (
	"math"
	"slices"

	"st67bench/results"
)

// conclude draws the joint verdicts, of each scenario and of all.
func (c *Comparison) conclude() {
	for _, r := range c.Comparisons {
		known := func(s ScenarioVerdict) bool { return s.Scenario == r.Scenario }
		if !slices.ContainsFunc(c.Scenarios, known) {
			c.Scenarios = append(c.Scenarios, ScenarioVerdict{Scenario: r.Scenario})
		}
	}
	for i, s := range c.Scenarios {
		rows := slices.DeleteFunc(slices.Clone(c.Comparisons), func(r Row) bool { return r.Scenario != s.Scenario })
		lacks := slices.DeleteFunc(slices.Clone(c.NotCompared), func(l Lack) bool { return l.Scenario != s.Scenario })
		c.Scenarios[i].Verdict = joint(rows, lacks)
	}
	c.Verdict = joint(c.Comparisons, c.NotCompared)
	c.Exit = c.Verdict.Exit()
	if c.anyErrors() {
		c.Exit = exitError
	}
	if c.Verdict == TradeOff {
		c.Exchange = exchange(c.Comparisons)
	}
	c.Text = c.sentence()
}

// joint is the verdict over rows: FAIL and TRADE-OFF go by what counts in the family, and a pass needs every row to pass, which
// a difference that does not count does unless it is for the worse. What was measured on base and gave no figure on new is
// not shown to be no worse.
func joint(rows []Row, lacks []Lack) Joint {
	worse, better, open := false, false, len(rows) == 0
	for _, r := range rows {
		worse = worse || r.Verdict == Regressed && r.Counts()
		better = better || r.Verdict == Improved && r.Counts()
		open = open || !r.passes()
	}
	for _, l := range lacks {
		open = open || l.open()
	}
	switch {
	case worse && better:
		return TradeOff
	case worse:
		return Fail
	case open:
		return Undecided
	case better:
		return Dominates
	}
	return Pass
}

// passes says whether the row shows that the metric is not worse.
func (r *Row) passes() bool { return r.Verdict != Regressed && r.Verdict != Inconclusive }

// Counts says whether the difference that the row found counts in its family.
func (r *Row) Counts() bool { return r.PHolm != nil && *r.PHolm <= Alpha }

// open says whether new lacks a whole case that both planned.
func (l Lack) open() bool {
	return l.Side == "new" && l.Case != "" && l.Metric == "" && l.Why != notInSweep
}

// notInSweep is why a case is on one side only.
const notInSweep = "not in its sweep"

// exchange sums up what got better and what got worse.
func exchange(rows []Row) *Exchange {
	return &Exchange{Gains: changes(rows, Improved), Costs: changes(rows, Regressed)}
}

// changes are those of the metrics with the verdict, in the order of the table.
func changes(rows []Row, v Verdict) (all []Change) {
	for _, m := range results.Metrics() {
		sum, n := 0.0, 0
		for _, r := range rows {
			if r.Metric != m.Name || r.Verdict != v || !r.Counts() || r.Change == nil {
				continue
			}
			sum += toMean(m, *r.Change)
			n++
		}
		if n > 0 {
			all = append(all, Change{m.Name, fromMean(m, sum/float64(n)), n})
		}
	}
	return all
}

// toMean and fromMean make the mean of changes that of their ratios where the metric is compared by ratios.
func toMean(m results.Metric, change float64) float64 {
	if m.Ratio() && change > -1 {
		return math.Log1p(change)
	}
	return change
}

func fromMean(m results.Metric, mean float64) float64 {
	if m.Ratio() {
		return math.Expm1(mean)
	}
	return mean
}
