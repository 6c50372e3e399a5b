package energy

import (
	"errors"
	"fmt"
	"math"

	"st67bench/results"
	"st67bench/results/trace"
)

// minCoverage is the share of a span below which its figures are void: what is missing may have been a wake.
const minCoverage = 0.999

// Measure makes the figures of a part of a trace. An error is one of reading it, or of a question that it cannot
// answer; whatever is wrong with what was measured is a [Problem] of the figures.
func Measure(r trace.Reader, clock trace.Clock, q Question) (Figures, error) {
	m, err := newMeasurement(r, clock, q)
	if err != nil {
		return Figures{}, err
	}
	for _, step := range []func() error{m.scan, m.covered, m.sleeping, m.totals, m.states, m.events} {
		if err := step(); err != nil {
			return Figures{}, err
		}
	}
	return m.figures(), nil
}

// measurement is the work on one question.
type measurement struct {
	reader   trace.Reader
	header   trace.Header
	gaps     []trace.Span
	clock    trace.Clock
	question Question
	from, to float64 // what counts, as indices

	first, last    int64 // samples that are looked at
	index          *Index
	segments       *segmenter
	cadence        cadence // without beats when there is none
	cutFrom, cutTo float64 // what is left in whole wake cycles
	shares         totals  // of that
	measured       float64 // s of that
	floorAmps      float64
	floorKnown     bool

	metrics   map[string]float64
	intervals map[string]Interval
	problems  []Problem
	notes     []string
}

func newMeasurement(r trace.Reader, clock trace.Clock, q Question) (*measurement, error) {
	side := r.Side()
	if !(clock.Period > 0) {
		return nil, fmt.Errorf("the trace's clock has a period of %v s", clock.Period)
	}
	m := &measurement{reader: r, header: side.Header, gaps: side.Gaps, clock: clock, question: q,
		metrics: map[string]float64{}, intervals: map[string]Interval{}}
	m.to = float64(side.Samples)
	if side.Header.Kind == trace.Point {
		m.to-- // the instant of the last sample
	}
	if q.Span != (Span{}) {
		m.from, m.to = clock.Index(q.From), clock.Index(q.To)
	}
	m.from += q.Settle.Seconds() / clock.Period
	if !(m.to > m.from) {
		return nil, errors.New("nothing is left of the trace to be measured: the span ends before it begins, or is shorter than the time to settle")
	}
	return m, nil
}

func (m *measurement) problem(void bool, name, do, format string, args ...any) {
	m.problems = append(m.problems, Problem{Name: name, Text: fmt.Sprintf(format, args...), Do: do, Void: void})
}

func (m *measurement) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

// covered says how much of what was asked for was measured.
func (m *measurement) covered() error {
	s, err := m.index.Sum(m.from, m.to)
	if err != nil {
		return err
	}
	asked := (m.to - m.from) * m.clock.Period
	m.metrics["coverage"] = min(s.Covered/asked, 1)
	if s.Covered < minCoverage*asked {
		m.problem(true, "coverage", "Find where samples got lost: the USB port, a hub, a busy host.",
			"only %.3f %% of %s was measured", 100*s.Covered/asked, results.FormatQuantity(asked, "s"))
	}
	return nil
}

// sleeping is about sleep and wakes, of an instrument that can show any.
func (m *measurement) sleeping() error {
	if coarse(m.header) {
		m.cutFrom, m.cutTo = m.from, m.to
		return nil
	}
	m.floor()
	m.schedule()
	m.trim()
	return nil
}

// totals are charge, energy, and what follows from them at once.
func (m *measurement) totals() error {
	s, err := m.index.Sum(m.cutFrom, m.cutTo)
	if err != nil || s.Covered == 0 {
		return err
	}
	m.measured = s.Covered
	if m.clock.Method != trace.NominalMethod { // of that nobody knows how far off it is
		m.metrics["alignment"] = m.clock.Residual
	}
	m.metrics["current"], m.metrics["charge"] = s.Charge/s.Covered, s.Charge
	m.uncertainty()
	if math.IsNaN(s.Energy) {
		m.note("no energy: the voltage of the supply is not known")
		return nil
	}
	m.energy(s)
	return nil
}

func (m *measurement) energy(s Sums) {
	power := s.Energy / s.Covered
	m.metrics["energy"], m.metrics["power"] = s.Energy, power
	if bits := m.question.Bits; bits > 0 {
		m.metrics["energy_per_bit"] = s.Energy / bits
		if m.question.Idle > 0 {
			m.metrics["energy_per_bit_net"] = (power - m.question.Idle) * s.Covered / bits
		}
	}
	if m.header.VoltsFrom != "measured" {
		m.note("energy by the voltage that was set, %s, not measured", results.FormatQuantity(m.header.Volts, "V"))
	}
}

// figures leaves out what a problem has made void.
func (m *measurement) figures() Figures {
	f := Figures{Metrics: m.metrics, Intervals: m.intervals, Notes: m.notes}
	f.Apply(m.problems)
	return f
}
