package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"st67bench/analysis/compare"
	"st67bench/results"
)

// comparisonNotes are the lines below the table.
func comparisonNotes(c *compare.Comparison) []string {
	var notes []string
	if len(c.Comparisons) > 0 {
		notes = append(notes, marginLine(c))
	}
	for _, w := range c.Warnings {
		notes = append(notes, "warning: "+w)
	}
	if slices.ContainsFunc(c.Comparisons, func(r compare.Row) bool { return strings.Contains(cellText(r), "sees") }) {
		notes = append(notes, "sees: the smallest change that so many boots of this spread show with 80 % power; needs: boots a side that would decide it")
	}
	if slices.ContainsFunc(c.Comparisons, func(r compare.Row) bool { return strings.HasSuffix(cellText(r), "*") }) {
		notes = append(notes, fmt.Sprintf("* by itself; among %d tests it may be chance (Holm's p above %g) and does not count", c.Family, compare.Alpha))
	}
	if slices.ContainsFunc(c.Comparisons, func(r compare.Row) bool { return r.Within }) {
		notes = append(notes, "within these associations only: a side has fewer than 5 boots")
	}
	notes = append(notes, rowNotes(c)...)
	notes = append(notes, lackLines(c)...)
	return append(notes, explainLine(c)...)
}

// marginLine says by what was judged: "margins: goodput 3 %, p99 10 %; Holm over 30 tests; 8 + 8 boots".
func marginLine(c *compare.Comparison) string {
	paired := 0
	for _, r := range c.Comparisons {
		if r.Paired {
			paired++
		}
	}
	text := fmt.Sprintf("margins: %s; Holm over %d tests; %s", marginText(c.Comparisons), c.Family, bootsText(c.Comparisons))
	if paired > 0 {
		text += fmt.Sprintf(", %d of %d comparisons paired", paired, len(c.Comparisons))
	}
	return text
}

// marginText lists the margins by where they are from, in the order of the metric table: "goodput 3 %; loss 0.05 pp (--margin)".
func marginText(rows []compare.Row) string {
	words := map[string][]string{}
	froms := []string{compare.FromTable}
	for _, m := range results.Metrics() {
		for _, r := range rows {
			if r.Metric != m.Name {
				continue
			}
			text := strings.TrimPrefix(compare.FormatChange(r.Metric, r.Margin), "+")
			text = compare.Title(m.Name) + " " + strings.Replace(text, ".0 %", " %", 1)
			if !slices.Contains(words[r.MarginFrom], text) {
				words[r.MarginFrom] = append(words[r.MarginFrom], text)
			}
			if !slices.Contains(froms, r.MarginFrom) {
				froms = append(froms, r.MarginFrom)
			}
		}
	}
	var parts []string
	for _, from := range froms {
		part := strings.Join(words[from], ", ")
		if from != compare.FromTable {
			part += " (" + from + ")"
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

// bootsText is how many boots each side has: "8 + 8 boots", "3..8 + 5 boots" where scenarios differ.
func bootsText(rows []compare.Row) string {
	most := map[string]compare.Counts{}
	for _, r := range rows {
		n := most[r.Scenario]
		most[r.Scenario] = compare.Counts{Base: max(n.Base, r.Boots.Base), New: max(n.New, r.Boots.New)}
	}
	var base, new []int
	for _, n := range most {
		base, new = append(base, n.Base), append(new, n.New)
	}
	return fmt.Sprintf("%s + %s boots", numberRange(base), numberRange(new))
}

func numberRange(all []int) string {
	lo, hi := slices.Min(all), slices.Max(all)
	if lo == hi {
		return strconv.Itoa(lo)
	}
	return fmt.Sprintf("%d..%d", lo, hi)
}

// rowNotes are the notes of the rows, each once.
func rowNotes(c *compare.Comparison) (notes []string) {
	at := map[string][]string{}
	var order []string
	for _, r := range c.Comparisons {
		if r.Note == "" {
			continue
		}
		if at[r.Note] == nil {
			order = append(order, r.Note)
		}
		at[r.Note] = append(at[r.Note], compare.Title(r.Metric)+" at "+r.Case)
	}
	for _, note := range order {
		of := at[note]
		switch {
		case len(of) == len(c.Comparisons):
			notes = append(notes, note)
		case len(of) > 3:
			notes = append(notes, fmt.Sprintf("%d comparisons: %s", len(of), note))
		default:
			notes = append(notes, strings.Join(of, ", ")+": "+note)
		}
	}
	return notes
}

// mostLacks are listed one by one.
const mostLacks = 5

func lackLines(c *compare.Comparison) (lines []string) {
	for i, l := range c.NotCompared {
		if i == mostLacks {
			return append(lines, fmt.Sprintf("not compared: %d more; --json lists them", len(c.NotCompared)-i))
		}
		what := l.Scenario
		if l.Case != "" {
			what = l.Case
		}
		if l.Metric != "" {
			what = compare.Title(l.Metric) + " at " + what
		}
		side := map[string]string{"base": "of " + c.Base.Name, "new": "of " + c.New.Name, "both": "on both sides"}[l.Side]
		lines = append(lines, fmt.Sprintf("not compared: %s, %s: %s", what, side, l.Why))
	}
	return lines
}

// explainLine names what else could explain a difference, and what would settle it.
func explainLine(c *compare.Comparison) (lines []string) {
	var words []string
	for _, e := range c.Explanations {
		words = append(words, e.String())
	}
	text := ""
	if len(words) > 0 {
		text = c.Else() + strings.Join(words, "; ") + ". "
	}
	if c.Settle != nil {
		text += "To settle: " + c.Settle.String()
	}
	if text != "" {
		lines = append(lines, strings.TrimRight(text, " "))
	}
	return lines
}
