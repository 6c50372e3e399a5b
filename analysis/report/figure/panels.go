package figure

import (
	"cmp"
	"fmt"
	"slices"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// mostPanels is how many charts of one metric are drawn: more are a table.
const mostPanels = 4

// panel is the part of a run that one chart shows: the cases with one level of a factor.
type panel struct {
	*analysis.Summary
	prefix string // of its title: "links 3: "
	left   string // what is not drawn at all, a sentence
}

// panels splits a run by a factor that is not the axis, so that each part has no more lines than can be told apart: by the factor
// with the fewest levels that does it, or else the one with the most. A run with few lines is one panel.
func panels(s *analysis.Summary, axis string, measures []measure) []panel {
	if len(plotOn(s, axis, measures...).lines) <= chart.PaletteLen {
		return []panel{{Summary: s}}
	}
	var others []string
	for _, f := range s.Factors {
		if f != axis && len(levelsOf(s, f)) > 1 {
			others = append(others, f)
		}
	}
	slices.SortStableFunc(others, func(a, b string) int { return cmp.Compare(len(levelsOf(s, a)), len(levelsOf(s, b))) })
	by := slices.IndexFunc(others, func(f string) bool { return mostLines(s, f, axis, measures) <= chart.PaletteLen })
	if by < 0 {
		by = len(others) - 1
	}
	factor, levels, left := others[by], levelsOf(s, others[by]), ""
	n := min(len(levels), mostPanels)
	if n < len(levels) {
		left = fmt.Sprintf(" %d of the %d levels of %s are drawn.", n, len(levels), factor)
	}
	var out []panel
	for i := range n {
		level := levels[i*(len(levels)-1)/(n-1)]
		out = append(out, panel{only(s, factor, level), factor + " " + chart.LevelText(factor, level) + ": ", left})
	}
	return out
}

// mostLines is how many lines a panel has when these are split.
func mostLines(s *analysis.Summary, factor, axis string, measures []measure) int {
	most := 0
	for _, level := range levelsOf(s, factor) {
		most = max(most, len(plotOn(only(s, factor, level), axis, measures...).lines))
	}
	return most
}

// only is the run as if it had but the cases with this level.
func only(s *analysis.Summary, factor, level string) *analysis.Summary {
	part := *s
	part.Cases = slices.DeleteFunc(slices.Clone(s.Cases), func(c analysis.Case) bool { return c.Factors[factor] != level })
	return &part
}
