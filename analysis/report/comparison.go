package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"st67bench/analysis/compare"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// ComparisonJSON writes a comparison as one indented JSON object: "schema", then the fields of compare.Comparison, whose
// documentation is that of the keys.
func ComparisonJSON(w io.Writer, c *compare.Comparison) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Schema int `json:"schema"`
		*compare.Comparison
	}{jsonSchema, c})
}

// Comparison writes a comparison for terminals: the joint verdict in words, a table with a row per case and a column per gated
// metric, in as many parts as the width asks for, and what a reader must know to believe it. A width of 0 or less cuts nothing.
func Comparison(w io.Writer, c *compare.Comparison, width int) error {
	var b bytes.Buffer
	head := string(c.Verdict) + "  "
	b.WriteString(head)
	paragraph(&b, c.Text, len(head), width)
	if c.Emulated {
		paragraph(&b, emulatedText, 0, width)
	}
	for _, s := range c.Scenarios {
		rows := slices.DeleteFunc(slices.Clone(c.Comparisons), func(r compare.Row) bool { return r.Scenario != s.Scenario })
		b.WriteByte('\n')
		if len(c.Scenarios) > 1 {
			paragraph(&b, fmt.Sprintf("%s: %s", s.Scenario, s.Verdict), 0, width)
		}
		writeComparison(&b, rows, width)
	}
	b.WriteByte('\n')
	for _, text := range comparisonNotes(c) {
		paragraph(&b, text, 0, width)
	}
	for text := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(text, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// between is the space between two columns.
const between = 2

// writeComparison writes the table of one scenario.
func writeComparison(b *bytes.Buffer, rows []compare.Row, width int) {
	keys, columns := comparisonColumns(rows)
	first := 0
	for _, key := range keys {
		first = max(first, utf8.RuneCountInString(key))
	}
	for len(columns) > 0 {
		n, at := 1, first+between+columns[0].wide()
		for n < len(columns) && (width <= 0 || at+between+columns[n].wide() <= width) {
			at += between + columns[n].wide()
			n++
		}
		writePart(b, keys, first, columns[:n])
		if columns = columns[n:]; len(columns) > 0 {
			b.WriteByte('\n')
		}
	}
}

func writePart(b *bytes.Buffer, keys []string, first int, columns []comparisonColumn) {
	pad(b, "", first+between, false)
	for _, c := range columns {
		pad(b, c.head, c.wide()+between, false)
	}
	b.WriteByte('\n')
	for _, key := range keys {
		pad(b, key, first+between, false)
		for _, c := range columns {
			cell := c.cells[key]
			pad(b, cell.change, c.change, true)
			pad(b, "  "+cell.rest, c.rest+2*between, false)
		}
		b.WriteByte('\n')
	}
}

// comparisonColumn is one metric of the table: the changes, aligned to the right, and what follows them.
type comparisonColumn struct {
	head         string
	cells        map[string]comparisonCell // by case
	change, rest int                       // widths
}

type comparisonCell struct{ change, rest string }

func (c comparisonColumn) wide() int {
	return max(c.change+between+c.rest, utf8.RuneCountInString(c.head))
}

// comparisonColumns are the cases and the columns of a table, in the order of the rows and of the metric table.
func comparisonColumns(rows []compare.Row) (keys []string, columns []comparisonColumn) {
	for _, r := range rows {
		if key := chart.Printable(r.Case); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, m := range results.Metrics() {
		c := comparisonColumn{head: compare.Title(m.Name), cells: map[string]comparisonCell{}}
		for _, r := range rows {
			if r.Metric != m.Name {
				continue
			}
			cell := comparisonCell{"-", cellText(r)}
			if r.Change != nil {
				cell.change = compare.FormatChange(r.Metric, *r.Change)
			}
			c.cells[chart.Printable(r.Case)] = cell
			c.change = max(c.change, utf8.RuneCountInString(cell.change))
			c.rest = max(c.rest, utf8.RuneCountInString(cell.rest))
		}
		if len(c.cells) > 0 {
			c.rest = max(c.rest, utf8.RuneCountInString(c.head)-c.change-between)
			columns = append(columns, c)
		}
	}
	return keys, columns
}

// cellText is what stands behind the change: of a difference its interval, of no difference what would have been seen or what
// there can be at most, and of an open question both and the boots that it needs.
func cellText(r compare.Row) string {
	text := string(r.Verdict)
	switch {
	case r.Verdict == compare.Regressed || r.Verdict == compare.Improved:
		if !r.Counts() {
			text += "*"
		}
		return changeInterval(r) + text
	case r.Verdict == compare.Inconclusive:
		text = changeInterval(r) + text + seesText(r)
		if r.Needed > 0 {
			text += fmt.Sprintf(", needs %d", r.Needed)
		}
		return text
	}
	if r.Detectable == nil && r.Interval != nil { // of losses: their interval says what could be there
		return fmt.Sprintf("%s, below %.2g pp", text, 100*max(r.Interval[1], -r.Interval[0]))
	}
	return text + seesText(r)
}

func changeInterval(r compare.Row) string {
	if r.Interval == nil {
		return ""
	}
	end := func(v float64) string {
		text, _, _ := strings.Cut(compare.FormatChange(r.Metric, v), " ")
		return text
	}
	return fmt.Sprintf("[%s, %s]  ", end(r.Interval[0]), end(r.Interval[1]))
}

// seesText is the smallest change that would have been seen.
func seesText(r compare.Row) string {
	if r.Detectable == nil {
		return ""
	}
	return ", sees " + strings.TrimPrefix(compare.FormatChange(r.Metric, *r.Detectable), "+")
}
