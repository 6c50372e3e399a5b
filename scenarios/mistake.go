package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"st67bench/results"
)

// Mistake is one thing that is wrong in a file.
type Mistake struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
	Col  int    `json:"col"`  // from 1, in characters
	Text string `json:"text"` // one line
}

// String is the mistake as editors and terminals link it: "file:line:col: text".
func (m Mistake) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Col, m.Text)
}

// Errors is every mistake of one file, in the order of the file; it is never empty.
type Errors []Mistake

// Error joins the mistakes, one per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, m := range e {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the mistakes in the order of the file, each once.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(e)
}

// unknown words a name that is not in the list, with the nearest name that is.
func unknown(what, name string, allowed []string) string {
	text := fmt.Sprintf("unknown %s %q; ", what, name)
	if near := results.Nearest(name, allowed); near != "" {
		text += fmt.Sprintf("did you mean %q? ", near)
	}
	return text + "allowed here: " + strings.Join(allowed, ", ")
}
