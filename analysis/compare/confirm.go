package compare

import (
	"cmp"
	"fmt"
	"slices"
)

// Regressions are the rows that say REGRESSED.
func (c *Comparison) Regressions() []Row {
	return slices.DeleteFunc(slices.Clone(c.Comparisons), func(r Row) bool { return r.Verdict != Regressed })
}

// Confirm puts what an interleaved run of the regressed cases of a scenario says in place of the regressions, and draws the joint
// verdict again. One that it finds as well stays what it is; of any other its own verdict counts, since what changed between the
// baseline and now fell on both of its sides. What it has no row of stays unconfirmed.
func (c *Comparison) Confirm(scenario string, again *Comparison) {
	for i := range c.Comparisons {
		row := &c.Comparisons[i]
		if row.Verdict != Regressed || row.Scenario != scenario {
			continue
		}
		k := slices.IndexFunc(again.Comparisons, func(r Row) bool { return r.Case == row.Case && r.Metric == row.Metric })
		if k < 0 {
			row.note("unconfirmed: the interleaved run has no value of it")
			continue
		}
		row.confirm(again.Comparisons[k])
	}
	c.Exchange, c.Settle = nil, nil
	c.conclude()
}

// confirm is Confirm for one row.
func (r *Row) confirm(again Row) {
	if again.Verdict == Regressed && again.Counts() {
		r.note("confirmed by an interleaved run: " + again.changeText())
		return
	}
	before := r.changeText()
	*r = again
	if again.Verdict == Regressed { // but not among all that was tried again
		r.Verdict = Inconclusive
	}
	r.note(fmt.Sprintf("%s against the baseline, not confirmed by the interleaved run", before))
}

// changeText is the change with its interval.
func (r *Row) changeText() string {
	if r.Change == nil {
		return cmp.Or(Title(r.Metric), r.Metric) + " from none"
	}
	text := FormatChange(r.Metric, *r.Change)
	if r.Interval != nil {
		text += fmt.Sprintf(" [%s, %s]", FormatChange(r.Metric, r.Interval[0]), FormatChange(r.Metric, r.Interval[1]))
	}
	return text
}

// Unconfirmed says of each regression of a scenario why no interleaved run has confirmed it. The verdict stays.
func (c *Comparison) Unconfirmed(scenario, why string) {
	for i := range c.Comparisons {
		if row := &c.Comparisons[i]; row.Verdict == Regressed && row.Scenario == scenario {
			row.note("unconfirmed: " + why)
		}
	}
}

// note adds to what else to know of the row.
func (r *Row) note(text string) {
	if r.Note != "" {
		text = r.Note + "; " + text
	}
	r.Note = text
}
