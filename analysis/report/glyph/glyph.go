// Package glyph draws small charts of characters, for terminals and for code blocks in
// pull requests: what a run is about as bars against their ceiling, where the time goes as
// stacked bars, and the quantiles of a latency on a strip.
//
// They are made of a summary alone, and have no colour: what tells parts apart is their
// shape, so that they read the same on paper, in a log and for everybody. Ink draws them
// with block elements, or with ASCII where those cannot be shown.
//
// A chart is drawn when there are two cases or more to compare. Its lines are at most as
// wide as asked for; of many cases it shows some, evenly over the sweep, and says so.
package glyph

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// Ink is how charts are drawn.
type Ink struct {
	Width int // columns; 0 or less is 100
	ASCII bool
}

const (
	usualWidth = 100
	mostRows   = 16 // cases of a chart
	leastBar   = 12 // columns: a narrower bar says nothing
	mostBar    = 50 // columns: a wider one says no more
	between    = 2
)

// Run are the charts of a run, as lines; charts are separated by empty ones. There are
// none when the run supports none.
func Run(s *analysis.Summary, ink Ink) []string {
	return joined(primary([]Side{{Summary: s}}, s.Primary(), ink), stages(s, ink), quantiles(s, ink))
}

// Side is a run beside others, and the one letter that it has in a chart.
type Side struct {
	Letter  string
	Summary *analysis.Summary
}

// Sides is the chart of what several runs are about: one bar for each case of each run.
func Sides(all []Side, metric string, ink Ink) []string { return primary(all, metric, ink) }

func joined(charts ...[]string) []string {
	var out []string
	for _, c := range charts {
		if len(c) > 0 && len(out) > 0 {
			out = append(out, "")
		}
		out = append(out, c...)
	}
	return out
}

// row is one line of a chart: what it is of, and its figures in words.
type row struct{ label, text string }

// table writes rows, each with what draw makes of it in the room that is left.
func table(head string, rows []row, ink Ink, draw func(i, room int) string) []string {
	label, text := 0, 0
	for _, r := range rows {
		label, text = max(label, utf8.RuneCountInString(r.label)), max(text, utf8.RuneCountInString(r.text))
	}
	width := ink.Width
	if width <= 0 {
		width = usualWidth
	}
	room := min(max(width-label-text-2*between, leastBar), mostBar)
	lines := []string{chart.Printable(head)}
	for i, r := range rows {
		bar := draw(i, room)
		line := fmt.Sprintf("%*s  %s%s  %s", label, chart.Printable(r.label), bar, strings.Repeat(" ", max(room-utf8.RuneCountInString(bar), 0)), chart.Printable(r.text))
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// label names a case by its levels alone: the head has the factors.
func label(s *analysis.Summary, c analysis.Case) string {
	if len(s.Factors) == 0 {
		return c.Key
	}
	var levels []string
	for _, f := range s.Factors {
		levels = append(levels, c.Factors[f])
	}
	return strings.Join(levels, ", ")
}

// against names the factors, and how many of the cases are shown.
func against(s *analysis.Summary, shown, of int) string {
	text := ""
	if len(s.Factors) > 0 {
		text = " against " + strings.Join(s.Factors, ", ")
	}
	if shown < of {
		text += fmt.Sprintf(" (%d of %d cases)", shown, of)
	}
	return text
}

// shown picks the cases that have something to show.
func shown(s *analysis.Summary, has func(analysis.Case) bool, most int) (cases []analysis.Case, of int) {
	all := slices.DeleteFunc(slices.Clone(s.Cases), func(c analysis.Case) bool { return !has(c) })
	return chart.Spread(all, most), len(all)
}

// title is what a metric is called.
func title(metric string) string {
	if m, ok := results.LookupMetric(metric); ok && m.Title != "" {
		return m.Title
	}
	return metric
}

// emulated ends the head of a chart whose figures are the emulated module's.
func emulated(all []Side) string {
	n := 0
	for _, side := range all {
		if side.Summary.Emulated {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case len(all):
		return " (emulated module)"
	}
	return " (emulated module in part)"
}
