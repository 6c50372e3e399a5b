package report

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// leastNote is the narrowest note column, in characters: a terminal with less
// room gets long lines, which it wraps itself.
const leastNote = 24

// indent is where the text of the lines round the table begins.
const indent = 10

// Text writes the summary for terminals: what was measured on what, the table
// of cases, and what a reader must know to believe it. Lines are wrapped at
// width characters; 0 or less wraps nothing. What cannot be printed, such as a
// control sequence in a network's name, is shown as "?".
func Text(w io.Writer, s *analysis.Summary, width int) error {
	var b bytes.Buffer
	rig := rigLine(s)
	if s.Emulated {
		rig = emulatedText
	}
	line(&b, "rig", rig, width)
	line(&b, "module", moduleLine(s), width)
	b.WriteByte('\n')
	writeTable(&b, caseTable(s), width)
	b.WriteByte('\n')
	for _, text := range append(s.Findings, checkedLine(s), excessLine(s)) {
		if text != "" {
			paragraph(&b, text, 0, width)
		}
	}
	line(&b, "network", networkLine(s), width)
	line(&b, "stopped", s.Stopped(), width)
	for _, warning := range s.Warnings {
		line(&b, "warning", warning.Text, width)
	}
	for text := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(text, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// line writes "head      text"; a line without text is left out.
func line(b *bytes.Buffer, head, text string, width int) {
	if text == "" {
		return
	}
	pad(b, head, indent, false)
	paragraph(b, text, indent, width)
}

// paragraph writes text, the cursor being at column at, and wraps it there.
func paragraph(b *bytes.Buffer, text string, at, width int) {
	for i, part := range wrap(chart.Printable(text), width-at) {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", at))
		}
		b.WriteString(part)
		b.WriteByte('\n')
	}
}

// wrap cuts text at spaces into parts of at most width characters. A width
// below leastNote cuts nothing.
func wrap(text string, width int) []string {
	if width < leastNote {
		return []string{text}
	}
	var out []string
	for utf8.RuneCountInString(text) > width {
		head := string([]rune(text)[:width+1])
		cut := strings.LastIndexByte(head, ' ')
		if whole := strings.LastIndexByte(head[:max(cut, 0)], ' '); whole > 0 && quantityEnds.MatchString(text[whole:]) {
			cut = whole // a number stays with its unit
		}
		if cut <= 0 {
			break
		}
		out = append(out, strings.TrimRight(text[:cut], " "))
		text = strings.TrimLeft(text[cut:], " ")
	}
	return append(out, text)
}

// quantityEnds matches a word that ends in a digit and the unit behind it.
var quantityEnds = regexp.MustCompile(`^ \S*\d (%|pp|°C|dBm|[kMGmµn]?(bit/s|baud|B|s|A|C|J|W|V))[^\w/]`)

// split cuts a cell into the number, which is aligned to the right, and what
// follows it, which is aligned to the left: "7.10" and " Mbit/s ±1.2 %".
func split(cell string) (number, rest string) {
	number, rest, found := strings.Cut(cell, " ")
	if number == "" || (number[0] < '0' || number[0] > '9') && number[0] != '-' {
		return "", cell
	}
	if found {
		rest = " " + rest
	}
	return number, rest
}

// writeTable aligns the columns; the last one is wrapped in its own column.
func writeTable(b *bytes.Buffer, t table, width int) {
	columns := len(t.head) - 1
	number, rest := make([]int, columns), make([]int, columns)
	for _, r := range t.rows {
		for i, cell := range r.Cells {
			n, after := split(chart.Printable(cell))
			number[i] = max(number[i], utf8.RuneCountInString(n))
			rest[i] = max(rest[i], utf8.RuneCountInString(after))
		}
	}
	at := 0
	wide := make([]int, columns)
	for i := range columns {
		wide[i] = max(number[i]+rest[i], utf8.RuneCountInString(t.head[i]))
		pad(b, chart.Printable(t.head[i]), wide[i], number[i] > 0 && rest[i] == 0)
		b.WriteString("  ")
		at += wide[i] + 2
	}
	b.WriteString(t.head[columns] + "\n")
	for _, r := range t.rows {
		for i, cell := range r.Cells {
			n, after := split(chart.Printable(cell))
			writeCell(b, n, after, number[i], wide[i], rest[i] == 0)
			b.WriteString("  ")
		}
		paragraph(b, r.Note, at, width)
	}
}

// writeCell writes a cell whose number ends at column number of it, or at the
// right edge of a column of numbers alone.
func writeCell(b *bytes.Buffer, n, after string, number, wide int, right bool) {
	if right {
		number = wide
	}
	if n == "" {
		pad(b, after, wide, false)
		return
	}
	pad(b, n, number, true)
	pad(b, after, wide-number, false)
}

// pad writes text in a field of width characters.
func pad(b *bytes.Buffer, text string, width int, right bool) {
	space := strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
	if right {
		b.WriteString(space + text)
		return
	}
	b.WriteString(text + space)
}
