package page

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"st67bench/analysis/report/chart"
)

// longText is from how many characters on a cell is a sentence.
const longText = 40

// longTable is from how many rows a table scrolls in a box of its own, below its head.
const longTable = 25

// tones are how the words are meant that stand for an outcome or a verdict.
var tones = map[string]Tone{
	"PASS": Good, "IMPROVED": Good, "DOMINATES": Good, "EQUIVALENT": Good, "NEGLIGIBLE": Good, "NON-INFERIOR": Good,
	"FAIL": Bad, "REGRESSED": Bad, "ERROR": Bad, "ABORTED": Bad,
	"INCONCLUSIVE": Unsure, "TRADE-OFF": Unsure, "REFUSED": Unsure, "SKIPPED": Unsure,
}

// toneOf is that of a cell which is, begins with or ends with such a word.
func toneOf(cell string) Tone {
	words := strings.Fields(cell)
	if len(words) == 0 {
		return Neutral
	}
	if t, ok := tones[strings.TrimRight(words[0], ":;,")]; ok {
		return t
	}
	return tones[words[len(words)-1]]
}

// grid is a table as the page shows it.
type grid struct {
	Caption string
	Long    bool
	Head    []cell
	Rows    []gridRow
}

type gridRow struct {
	Marked bool
	Cells  []cell
}

type cell struct {
	Text, Scope, Class string
}

// gridOf says of each cell whether it is a header, a number or a verdict. The first cell
// of a row is what the row is about.
func gridOf(t chart.Table) grid {
	g := grid{Caption: t.Caption, Long: len(t.Rows) >= longTable}
	numbers := make([]bool, len(t.Head))
	for i, text := range t.Head {
		numbers[i] = numeric(t.Rows, i)
		g.Head = append(g.Head, header(text, "col", numbers[i]))
	}
	for i, row := range t.Rows {
		r := gridRow{Marked: slices.Contains(t.Marked, i)}
		for j, text := range row {
			number := j < len(numbers) && numbers[j]
			if j == 0 {
				r.Cells = append(r.Cells, header(text, "row", number))
				continue
			}
			r.Cells = append(r.Cells, cell{Text: text, Class: class(text, number)})
		}
		g.Rows = append(g.Rows, r)
	}
	return g
}

// header is a header cell; an empty one would be the header of nothing.
func header(text, scope string, number bool) cell {
	if text == "" {
		scope = ""
	}
	if number {
		return cell{text, scope, "number"}
	}
	return cell{text, scope, ""}
}

// class are the classes of a cell: a number, words that need room, how a verdict is meant.
func class(text string, number bool) string {
	var names []string
	if number {
		names = append(names, "number")
	}
	if utf8.RuneCountInString(text) > longText {
		names = append(names, "words")
	}
	if tone := toneOf(text); tone != Neutral {
		names = append(names, string(tone))
	}
	return strings.Join(names, " ")
}

var (
	startsWithNumber = regexp.MustCompile(`^\[?[-+±]?[0-9]`)
	date             = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-`)
)

// numeric tells whether a column has numbers, but for words that say why there is none.
func numeric(rows [][]string, column int) bool {
	found := false
	for _, row := range rows {
		if column >= len(row) || row[column] == "" || row[column] == "-" || strings.HasPrefix(row[column], "-,") || toneOf(row[column]) != Neutral {
			continue
		}
		if !startsWithNumber.MatchString(row[column]) || date.MatchString(row[column]) {
			return false
		}
		found = true
	}
	return found
}
