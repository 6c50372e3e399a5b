package trace

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Cut is a part of a trace: the samples from index From to before index To.
type Cut struct {
	Reader
	From, To int64
	Progress func(part float64) // is called now and then with how much was read, from 0 to 1; nil for none
}

// Side is that of the part, as a trace of its own.
func (c Cut) Side() Side {
	all := c.Reader.Side()
	s := all
	s.Samples, s.First = c.To-c.From, all.First+c.From
	s.Clock = all.Clock.From(c.From)
	s.Gaps, s.Events, s.Marks, s.Arrivals, s.Files = nil, nil, nil, nil, nil
	for _, g := range all.Gaps {
		if from, to := max(g.From, c.From), min(g.To, c.To); from < to {
			s.Gaps = append(s.Gaps, Span{from - c.From, to - c.From})
		}
	}
	for _, e := range all.Events {
		if e.Index >= c.From && (e.Index < c.To || c.To == all.Samples) {
			e.Index -= c.From
			s.Events = append(s.Events, e)
		}
	}
	begin, end := s.Clock.Time(0), s.Clock.Time(float64(s.Samples))
	for _, m := range all.Marks {
		if m.T >= begin && m.T <= end {
			s.Marks = append(s.Marks, m)
		}
	}
	for _, a := range all.Arrivals {
		if a.Index > c.From && a.Index <= c.To {
			a.Index -= c.From
			s.Arrivals = append(s.Arrivals, a)
		}
	}
	return s
}

// each gives the samples of the part, with indices of their own.
func (c Cut) each(emit func(Block) error) error {
	for b, err := range c.Reader.Blocks(c.From, c.To) {
		if err != nil {
			return err
		}
		b.Index -= c.From
		b.Events = nil // those of Side are all
		if err := emit(b); err != nil {
			return err
		}
		if c.Progress != nil {
			c.Progress(float64(b.End()) / float64(c.To-c.From))
		}
	}
	return nil
}

// WritePPK2 makes the part a trace of its own at path.
func (c Cut) WritePPK2(ctx context.Context, path string) (Side, error) {
	s := c.Side()
	w, err := Create(path, s.Header)
	if err != nil {
		return Side{}, err
	}
	return w.copy(ctx, &copied{cut: c, side: s})
}

// WriteCSV writes a heading and a line for each sample: its instant in s since Header.Start, the current in A, and, where the
// trace has them, voltage in V and the state of each digital channel. Lost samples have no line.
func (c Cut) WriteCSV(ctx context.Context, to io.Writer) error {
	s := c.Side()
	w := bufio.NewWriterSize(to, 1<<16)
	var line []byte
	headed := false
	err := c.each(func(b Block) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !headed {
			headed = true
			fmt.Fprintln(w, heading(s.Header, b))
		}
		for i := range b.Amps {
			at := float64(s.Clock.Offset)*1e-9 + float64(b.Index+int64(i))*s.Clock.Period
			line = strconv.AppendFloat(line[:0], at, 'f', 9, 64)
			line = strconv.AppendFloat(append(line, ','), float64(b.Amps[i]), 'g', -1, 32)
			if b.Volts != nil {
				line = append(line, ',')
				if !math.IsNaN(float64(b.Volts[i])) {
					line = strconv.AppendFloat(line, float64(b.Volts[i]), 'g', -1, 32)
				}
			}
			if b.Digital != nil {
				for d := range s.Header.Digital {
					line = append(line, ',', '0'+b.Digital[i]>>d&1)
				}
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// heading names the columns so that Import finds them.
func heading(h Header, b Block) string {
	text := "time (s),current (A)"
	if b.Volts != nil {
		text += ",voltage (V)"
	}
	if b.Digital != nil {
		for d, name := range h.Digital {
			text += fmt.Sprintf(",D%d", d)
			if name != "" {
				text += " " + strings.Map(plainRune, name)
			}
		}
	}
	return text
}

// plainRune keeps a name in its column.
func plainRune(r rune) rune {
	if r < ' ' || r == '"' || r == ',' {
		return '_'
	}
	return r
}
