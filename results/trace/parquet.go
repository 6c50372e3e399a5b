package trace

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
)

// row is one of a Parquet file.
type row struct {
	I     float32  `parquet:"i"`          // A; NaN when it is lost
	V     *float32 `parquet:"v,optional"` // V; null when it is not measured
	D     uint8    `parquet:"d"`          // digital channels
	Flags uint8    `parquet:"flags"`
}

// flagLost is the flag of a sample that was lost.
const flagLost = 1

// Row groups are a second long, and within these bounds.
const (
	leastRows = 1 << 10
	mostRows  = 1 << 18
)

// WriteParquet writes a row for each sample, lost ones too, so that the instant of row n, from 0, is offset + n * period, both of
// which are in the file's metadata. A row group is a second.
func (c Cut) WriteParquet(ctx context.Context, to io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil { // the codec's way to report a column that it cannot write
			err = fmt.Errorf("parquet: %v", p)
		}
	}()
	s := c.Side()
	options, err := keyValues(s)
	if err != nil {
		return err
	}
	p := &parquetWriter{rows: parquet.NewGenericWriter[row](to, options...), group: int(min(max(s.Header.Rate, leastRows), mostRows))}
	p.buf = make([]row, 0, 1024)
	next := int64(0)
	err = c.each(func(b Block) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for ; next < b.Index; next++ {
			if err := p.add(row{I: notANumber, Flags: flagLost}); err != nil {
				return err
			}
		}
		next = b.End()
		if err := p.block(b); err != nil {
			return err
		}
		return p.flush() // before the block's voltages are another's
	})
	for ; err == nil && next < s.Samples; next++ {
		err = p.add(row{I: notANumber, Flags: flagLost})
	}
	if err == nil {
		err = p.flush()
	}
	if err != nil {
		return err
	}
	return p.rows.Close()
}

// keyValues are the file's metadata.
func keyValues(s Side) ([]parquet.WriterOption, error) {
	header, err := json.Marshal(s.Header)
	if err != nil {
		return nil, err
	}
	marks, err := json.Marshal(s.Marks)
	if err != nil {
		return nil, err
	}
	options := []parquet.WriterOption{parquet.CreatedBy("st67bench", "1", "")}
	for _, kv := range [][2]string{
		{"rate", strconv.FormatFloat(s.Header.Rate, 'g', -1, 64)},
		{"offset", strconv.FormatFloat(s.Clock.Offset.Seconds(), 'g', -1, 64)},
		{"period", strconv.FormatFloat(s.Clock.Period, 'g', -1, 64)},
		{"start", s.Header.Start.Format(time.RFC3339Nano)},
		{"instrument", s.Header.Instrument},
		{"kind", string(s.Header.Kind)},
		{"header", string(header)},
		{"marks", string(marks)},
	} {
		options = append(options, parquet.KeyValueMetadata(kv[0], kv[1]))
	}
	return options, nil
}

// parquetWriter writes rows in groups.
type parquetWriter struct {
	rows    *parquet.GenericWriter[row]
	buf     []row
	group   int
	inGroup int
}

func (p *parquetWriter) block(b Block) error {
	for i := range b.Amps {
		r := row{I: b.Amps[i]}
		if b.Volts != nil && isNumber(b.Volts[i]) {
			r.V = &b.Volts[i]
		}
		if b.Digital != nil {
			r.D = b.Digital[i]
		}
		if err := p.add(r); err != nil {
			return err
		}
	}
	return nil
}

func (p *parquetWriter) add(r row) error {
	p.buf = append(p.buf, r)
	if len(p.buf) == cap(p.buf) || p.inGroup+len(p.buf) == p.group {
		return p.flush()
	}
	return nil
}

func (p *parquetWriter) flush() error {
	n, err := p.rows.Write(p.buf)
	p.buf = p.buf[:0]
	p.inGroup += n
	if err == nil && p.inGroup >= p.group {
		p.inGroup = 0
		err = p.rows.Flush()
	}
	return err
}
