package report

import (
	"fmt"
	"io"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/glyph"
)

// Charts writes the small charts of a run, each below an empty line; nothing when it
// supports none.
func Charts(w io.Writer, s *analysis.Summary, ink glyph.Ink) error {
	return writeBlock(w, glyph.Run(s, ink))
}

// Charts writes the chart of what the runs are about, below an empty line, with a letter
// for each; nothing when they support none.
func (v *Sides) Charts(w io.Writer, ink glyph.Ink) error {
	var all []glyph.Side
	var legend []string
	for i, r := range v.Runs {
		letter := string(rune('A' + i))
		all = append(all, glyph.Side{Letter: letter, Summary: r.Summary})
		legend = append(legend, fmt.Sprintf("%s  %s", letter, chart.Printable(r.Label())))
	}
	lines := glyph.Sides(all, v.Primary(), ink)
	if len(lines) == 0 {
		return nil
	}
	return writeBlock(w, append(lines, legend...))
}

func writeBlock(w io.Writer, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	_, err := io.WriteString(w, "\n"+strings.Join(lines, "\n")+"\n")
	return err
}
