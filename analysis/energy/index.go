package energy

import (
	"fmt"
	"math"

	"st67bench/results/trace"
)

const (
	cellSamples = 4096    // of one prefix sum, at first
	maxCells    = 1 << 18 // above it two cells become one, so that memory does not grow with the trace
)

// prefix is everything before an instant, in A, W and sample periods.
type prefix struct{ charge, energy, count float64 }

// Index holds prefix sums of a part of a trace, one for each few thousand samples, so that the charge of any window costs
// no more than reading the samples at its two edges. It is made in one pass.
type Index struct {
	reader trace.Reader
	period float64
	first  int64 // index where the first cell begins
	end    int64 // index after the last sample that was added
	cell   int64 // samples of one cell
	cells  []prefix

	fresh                  integral // one that nothing was added to
	open                   integral // the cell that is being added to
	charge, energy, counts compensated
}

// NewIndex passes once over the samples from index from to before index to.
func NewIndex(r trace.Reader, clock trace.Clock, from, to int64) (*Index, error) {
	x := newIndex(r, clock, from)
	for b, err := range r.Blocks(from, to) {
		if err != nil {
			return nil, err
		}
		x.add(b)
	}
	return x, nil
}

func newIndex(r trace.Reader, clock trace.Clock, first int64) *Index {
	h := r.Side().Header
	fresh := integral{point: h.Kind == trace.Point, volts: h.Volts}
	if h.Volts == 0 {
		fresh.volts = math.NaN()
	}
	return &Index{reader: r, period: clock.Period, first: first, end: first, cell: cellSamples,
		cells: make([]prefix, 1, 64), fresh: fresh, open: fresh}
}

// add takes the next block. It allocates nothing but what its cells need.
func (x *Index) add(b trace.Block) {
	b.Events = nil
	for len(b.Amps) > 0 {
		x.open.link(b) // the trapezoid before a cell's first sample belongs to the cell before
		for b.Index >= x.first+int64(len(x.cells))*x.cell {
			x.close()
		}
		last := min(b.End(), x.first+int64(len(x.cells))*x.cell)
		x.open.add(b.Slice(b.Index, last))
		b = b.Slice(last, b.End())
	}
	x.end = b.Index
}

// close ends the open cell.
func (x *Index) close() {
	x.charge.add(x.open.charge)
	x.energy.add(x.open.energy)
	x.counts.add(x.open.count)
	x.open.charge, x.open.energy, x.open.count = 0, 0, 0
	x.cells = append(x.cells, prefix{x.charge.value(), x.energy.value(), x.counts.value()})
	if len(x.cells) > maxCells {
		x.halve()
	}
}

// halve doubles the length of a cell.
func (x *Index) halve() {
	n := 0
	for i := 0; i < len(x.cells); i += 2 {
		x.cells[n] = x.cells[i]
		n++
	}
	x.cells, x.cell = x.cells[:n], 2*x.cell
}

// Sum is that from one index to another, which may lie between two samples. What is outside of the part that
// the index was made of was not measured.
func (x *Index) Sum(from, to float64) (Sums, error) {
	a, b, err := x.ends(from, to)
	if err != nil {
		return Sums{}, err
	}
	s := Sums{(b.charge - a.charge) * x.period, (b.energy - a.energy) * x.period, (b.count - a.count) * x.period}
	if math.IsNaN(s.Charge) || math.IsInf(s.Charge, 0) {
		return Sums{}, fmt.Errorf("the trace has samples that are not numbers, between %v and %v", int64(from), int64(to))
	}
	return s, nil
}

func (x *Index) ends(from, to float64) (a, b prefix, err error) {
	if a, err = x.before(from); err == nil {
		b, err = x.before(to)
	}
	return a, b, err
}

// before is the sum of all that is before an index.
func (x *Index) before(at float64) (prefix, error) {
	s, end := x.fresh, x.end
	if s.point {
		end-- // the last instant that is known
	}
	at = max(min(at, float64(end)), float64(x.first))
	whole := int64(math.Floor(at))
	cell := min((whole-x.first)/x.cell, int64(len(x.cells)-1))
	edge := whole // the sample of which a part counts
	if s.point {
		edge++
	}
	for b, err := range x.reader.Blocks(x.first+cell*x.cell, edge+1) {
		if err != nil {
			return prefix{}, err
		}
		b.Events = nil
		if b.Index < edge {
			s.add(b.Slice(b.Index, min(edge, b.End())))
		}
		if b.End() > edge {
			s.part(b.Slice(edge, edge+1), at-float64(whole))
		}
	}
	p := x.cells[cell]
	return prefix{p.charge + s.charge, p.energy + s.energy, p.count + s.count}, nil
}
