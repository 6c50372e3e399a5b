// Package decision draws what was decided: whether one release is worse than another, what happened over the releases of
// a firmware, and which setting is the best for a goal.
//
// # Forests
//
// Most of it is one kind of picture: changes with their intervals, one below another, against zero and against the margin
// within which a change does not matter. A verdict has a symbol and a colour, so that it shows without colours as well.
// What lies beyond the axis ends in an arrow; its figures are in the tooltip and in the table.
//
// # Courses
//
// A history has a panel for each series: points with intervals, the level of each segment with its band, and marks where
// something changed. One field of cells shows all series at once, in margins of each, so that metrics can be compared.
//
// A chart is drawn only where the data supports it; what is not drawn for want of room is counted in its note and stands
// in its table.
package decision

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"st67bench/analysis/report/chart"
)

// statement joins the parts of a title with semicolons, as many as fit; the first is always there, cut if need be.
func statement(parts ...string) string {
	text := chart.Shorten(parts[0], chart.MostTitle)
	for _, p := range parts[1:] {
		if p != "" && utf8.RuneCountInString(text)+2+utf8.RuneCountInString(p) <= chart.MostTitle {
			text += "; " + p
		}
	}
	return text
}

// spaced is a case key in words: "length 2920, transmit 1460".
func spaced(key string) string { return strings.NewReplacer("=", " ", "/", ", ").Replace(key) }

// Counted is a number of things: "1 case", "3 cases".
func Counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// present are the charts that there are.
func present(all ...*chart.Chart) (out []*chart.Chart) {
	for _, c := range all {
		if c != nil {
			out = append(out, c)
		}
	}
	return out
}
