package export

import (
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
)

// Table is rows with named columns, made while they are read. It is valid as long as the runs that it was made from.
type Table struct {
	columns []column
	rows    func(emit func(row []cell) error) error // a row is valid until emit returns
}

// column is one of a table. Names are unique.
type column struct {
	name string
	kind kind
}

// kind is the type of a column's values. Any of them can be absent.
type kind int

const (
	text    kind = iota
	integer      // int64
	number       // float64
	boolean      // true or false
	instant      // a wall-clock time in UTC, to the ns
)

// cell is one value; the zero cell is an absent one.
type cell = parquet.Value

// textCell is absent for an empty text.
func textCell(s string) cell {
	if s == "" {
		return cell{}
	}
	return parquet.ByteArrayValue([]byte(s))
}

func integerCell(n int) cell       { return parquet.Int64Value(int64(n)) }
func numberCell(v float64) cell    { return parquet.DoubleValue(v) }
func booleanCell(b bool) cell      { return parquet.BooleanValue(b) }
func instantCell(t time.Time) cell { return parquet.Int64Value(t.UnixNano()) }

// format writes a cell of this kind as text that reads back as the same value; nothing for an absent one.
func (k kind) format(c cell) string {
	if c.IsNull() {
		return ""
	}
	switch k {
	case integer:
		return strconv.FormatInt(c.Int64(), 10)
	case number:
		return strconv.FormatFloat(c.Double(), 'g', -1, 64)
	case boolean:
		return strconv.FormatBool(c.Boolean())
	case instant:
		return time.Unix(0, c.Int64()).UTC().Format(time.RFC3339Nano)
	}
	return string(c.ByteArray())
}
