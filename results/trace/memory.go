package trace

import (
	"iter"
	"slices"
)

// Memory is a trace in memory, for short ones and for tests. Its blocks are in order.
type Memory struct {
	Meta Side
	Data []Block
}

// Add appends a copy of a block, with its gap and its events.
func (m *Memory) Add(b Block) {
	if b.Index > m.Meta.Samples {
		m.Meta.Gaps = append(m.Meta.Gaps, Span{From: m.Meta.Samples, To: b.Index})
	}
	b.Amps, b.Plain, b.Volts = slices.Clone(b.Amps), slices.Clone(b.Plain), slices.Clone(b.Volts)
	b.Digital, b.Events = slices.Clone(b.Digital), slices.Clone(b.Events)
	m.Meta.Events = append(m.Meta.Events, b.Events...)
	m.Meta.Samples = b.End()
	m.Data = append(m.Data, b)
}

// Side implements Reader.
func (m *Memory) Side() Side { return m.Meta }

// Blocks implements Reader.
func (m *Memory) Blocks(from, to int64) iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		for _, b := range m.Data {
			first, last := max(from, b.Index), min(to, b.End())
			if first < last && !yield(b.Slice(first, last), nil) {
				return
			}
		}
	}
}
