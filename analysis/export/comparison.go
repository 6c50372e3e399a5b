package export

import (
	"fmt"
	"strings"

	"st67bench/analysis/compare"
)

// fails says that a row is why a comparison fails: worse by more than the margin, also among all that was tested.
func fails(r compare.Row) bool {
	return r.Verdict == compare.Regressed && r.PHolm != nil && *r.PHolm <= compare.Alpha
}

// decided says that nothing is open about a row.
func decided(r compare.Row) bool {
	return r.Verdict != compare.Inconclusive && r.Verdict != compare.Regressed || fails(r)
}

// losses are metrics whose rows are fractions, and their changes points of a percentage.
var losses = map[string]bool{"loss": true, "datagram_loss": true}

// sideCell is what one side has of a row's metric.
func sideCell(r compare.Row, v float64) string {
	if losses[r.Metric] {
		return fmt.Sprintf("%.3g %%", 100*v)
	}
	return quantity(r.Metric, v)
}

// changeCell is the change of a row, and its interval.
func changeCell(r compare.Row) string {
	if r.Change == nil {
		return ""
	}
	text := compare.FormatChange(r.Metric, *r.Change)
	if i := r.Interval; i != nil {
		end := func(v float64) string { return strings.Fields(compare.FormatChange(r.Metric, v))[0] }
		text += fmt.Sprintf(" [%s, %s]", end(i[0]), end(i[1]))
	}
	return text
}

// marginCell is the smallest worsening that matters.
func marginCell(r compare.Row) string {
	if losses[r.Metric] {
		return fmt.Sprintf("%.3g pp", 100*r.Margin)
	}
	return fmt.Sprintf("%.3g %%", 100*r.Margin)
}

// notes are what to know about a row.
func notes(r compare.Row) (all []string) {
	if r.Verdict == compare.Regressed && !fails(r) {
		all = append(all, "not so among all that was tested")
	}
	if r.Needed > 0 {
		all = append(all, fmt.Sprintf("about %d boots a side would decide it", r.Needed))
	}
	return append(all, nonEmpty(r.Note)...)
}

// probability is a p-value for people; empty for none.
func probability(p *float64) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%.2g", *p)
}

// countsCell is how many boots each side has, or values where these are repeats.
func countsCell(r compare.Row) string {
	text := fmt.Sprintf("%d + %d boots", r.Boots.Base, r.Boots.New)
	if r.N != r.Boots {
		text += fmt.Sprintf(" (%d + %d values)", r.N.Base, r.N.New)
	}
	return text
}

// rowSentence is a row in words: what it was, what it is, how sure that is, and what is missing.
func rowSentence(r compare.Row) string {
	parts := []string{fmt.Sprintf("%s: %s was %s, is %s", r.Verdict, title(r.Metric), sideCell(r, r.Base), sideCell(r, r.New))}
	if c := changeCell(r); c != "" {
		parts = append(parts, c)
	}
	parts = append(parts, "margin "+marginCell(r))
	if p := probability(r.PHolm); p != "" {
		parts = append(parts, "p "+p+" after Holm")
	}
	return strings.Join(append(append(parts, countsCell(r)), notes(r)...), ", ")
}

// openQuestions are what a reader must know beside the rows: what could explain a difference, and what would settle it.
func openQuestions(c *compare.Comparison) (all []string) {
	for _, e := range c.Explanations {
		all = append(all, c.Else()+e.String())
	}
	if s := c.Settle; s != nil {
		all = append(all, "to settle it: "+s.String())
	}
	return all
}
