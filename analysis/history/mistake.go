package history

import (
	"fmt"
	"strings"
)

// Mistake is one thing that is wrong in a file.
type Mistake struct {
	File      string
	Line, Col int // from 1; Col in bytes
	Text      string
}

// Mistakes are those of one file, in its order; it is never empty.
type Mistakes []Mistake

// Error has each mistake on a line of its own: "file:line:col: text".
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", one.File, one.Line, one.Col, one.Text)
	}
	return strings.Join(lines, "\n")
}

// finder gathers the mistakes of a file.
type finder struct {
	file     string
	mistakes Mistakes
}

func (f *finder) mistake(line, col int, format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ") // a value may hold line ends
	f.mistakes = append(f.mistakes, Mistake{f.file, max(line, 1), max(col, 1), text})
}

// err is the mistakes as an error, or nil.
func (f *finder) err() error {
	if len(f.mistakes) == 0 {
		return nil
	}
	return f.mistakes
}
