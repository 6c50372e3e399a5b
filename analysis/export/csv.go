package export

import (
	"encoding/csv"
	"io"
)

// CSV writes a heading and a line for each row (RFC 4180, in UTF-8, with a line feed at the end of each line). Numbers
// have as many digits as they need to be read back unchanged, instants are RFC 3339, and what is absent is empty.
func (t Table) CSV(to io.Writer) error {
	w := csv.NewWriter(to)
	line := make([]string, len(t.columns))
	for i, c := range t.columns {
		line[i] = c.name
	}
	if err := w.Write(line); err != nil {
		return err
	}
	err := t.rows(func(row []cell) error {
		for i, c := range row {
			line[i] = t.columns[i].kind.format(c)
		}
		return w.Write(line)
	})
	if err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}
