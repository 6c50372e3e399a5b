package export

import (
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// rowGroup is how many rows go into a row group: what is held in memory of a table.
const rowGroup = 1 << 16

// Parquet writes the table as an Apache Parquet file. Texts are dictionary encoded, instants are timestamps in ns and UTC,
// every column can be null, and pages are compressed by Snappy. A row group has 65 536 rows.
func (t Table) Parquet(to io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil { // the codec's way to report a column that it cannot write
			err = fmt.Errorf("parquet: %v", p)
		}
	}()
	w := parquet.NewWriter(to, t.schema(), parquet.CreatedBy("st67bench", "1", ""), parquet.Compression(&parquet.Snappy))
	out := make(parquet.Row, len(t.columns))
	n := 0
	err = t.rows(func(row []cell) error {
		for i, c := range row {
			defined := 1
			if c.IsNull() {
				defined = 0
			}
			out[i] = c.Level(0, defined, i)
		}
		if _, err := w.WriteRows([]parquet.Row{out}); err != nil {
			return err
		}
		if n++; n%rowGroup == 0 {
			return w.Flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Close()
}

// schema is that of the columns, in their order.
func (t Table) schema() *parquet.Schema {
	nodes := map[kind]parquet.Node{
		text:    parquet.Encoded(parquet.String(), &parquet.RLEDictionary),
		integer: parquet.Leaf(parquet.Int64Type),
		number:  parquet.Leaf(parquet.DoubleType),
		boolean: parquet.Leaf(parquet.BooleanType),
		instant: parquet.Timestamp(parquet.Nanosecond),
	}
	g := ordered{Group: parquet.Group{}}
	for _, c := range t.columns {
		g.Group[c.name] = parquet.Optional(nodes[c.kind])
		g.names = append(g.names, c.name)
	}
	return parquet.NewSchema("st67bench", g)
}

// ordered is a group whose fields are in the order of their names here; the codec's own is alphabetical.
type ordered struct {
	parquet.Group
	names []string
}

func (o ordered) Fields() []parquet.Field {
	fields := o.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int {
		return slices.Index(o.names, a.Name()) - slices.Index(o.names, b.Name())
	})
	return fields
}
