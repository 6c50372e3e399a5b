package energy

import (
	"fmt"
	"math"
	"slices"

	"st67bench/results"
)

const (
	settled   = 10e-3 // s below a level, after which a transaction's tail is over
	looseCost = 0.05  // of the time of transactions, that the clock may be off at the begin of those that begin awake
	looseTail = 0.2   // the same of their tails
)

// transaction is what one event cost.
type transaction struct {
	energy float64 // J above what would have been used anyway
	tail   float64 // s from its end to the floor
	time   float64 // s from its begin to the floor
	awake  bool    // it did not begin in sleep, so that its energy is as uncertain as its begin
	rise   float64 // s from its begin to the rise of the current; NaN when it did not begin in sleep
}

// events are the figures of transactions: from each one's begin until the current is back on the floor, or at that of the
// idle module where it does not sleep.
func (m *measurement) events() error {
	if len(m.question.Events) == 0 {
		return nil
	}
	base, level, ok := m.base()
	if !ok {
		m.note("no figures of the events: neither a sleep floor nor the power of the idle module is known")
		return nil
	}
	var done []transaction
	for i, e := range m.question.Events {
		limit := m.to
		if i+1 < len(m.question.Events) {
			limit = min(limit, m.clock.Index(m.question.Events[i+1].From))
		}
		t, ok, err := m.transaction(e, limit, base, level)
		if err != nil {
			return err
		}
		if ok {
			done = append(done, t)
		}
	}
	if n := len(m.question.Events) - len(done); n > 0 {
		m.note("%d of %d events have no figures: the current was not back before the next one, or samples are missing", n, len(m.question.Events))
	}
	m.eventFigures(done)
	return nil
}

// base is the power without a transaction, and the level below which one is over.
func (m *measurement) base() (watts float64, l level, ok bool) {
	if m.floorKnown && m.metrics["power"] > 0 {
		return m.floorAmps * m.metrics["power"] / m.metrics["current"], m.segments.levels.border[0], true
	}
	return m.question.Idle, m.segments.levels.border[1], m.question.Idle > 0
}

func (m *measurement) transaction(e Span, limit, base float64, l level) (t transaction, ok bool, err error) {
	from, to := m.clock.Index(e.From), m.clock.Index(e.To)
	if from < m.from || to < from || to > limit {
		return t, false, nil
	}
	back, ok, err := m.back(to, limit, l)
	if err != nil || !ok {
		return t, false, err
	}
	begin, asleep := m.early(from)
	s, err := m.index.Sum(begin, back)
	if err != nil || s.Covered < minCoverage*(back-begin)*m.clock.Period {
		return t, false, err
	}
	t = transaction{energy: s.Energy - base*s.Covered, tail: (back - to) * m.clock.Period, time: (back - from) * m.clock.Period,
		rise: m.rise(from, back), awake: !asleep}
	return t, !math.IsNaN(t.energy), nil
}

// early is the earliest begin that a transaction may have, as far as the clock is known. A module that sleeps there draws its floor until the
// transaction begins, so that its energy from there on is that of the transaction, wherever it begins.
func (m *measurement) early(from float64) (begin float64, asleep bool) {
	begin = max(from-m.clock.Residual/m.clock.Period, m.from)
	list := m.segments.wakes.list
	i, _ := slices.BinarySearchFunc(list, begin, func(w wake, at float64) int { return order(w.off, at) })
	if asleep = m.floorKnown && (i == len(list) || float64(list[i].on) >= begin); !asleep {
		begin = from
	}
	return begin, asleep
}

// back is the index from which on the current stays below a level for 10 ms.
func (m *measurement) back(from, limit float64, l level) (at float64, ok bool, err error) {
	need := int64(math.Ceil(settled / m.clock.Period))
	at = from
	for b, err := range m.reader.Blocks(int64(math.Floor(from)), int64(math.Ceil(limit))) {
		if err != nil {
			return 0, false, err
		}
		for i, v := range b.Amps {
			switch index := b.Index + int64(i); {
			case v >= l.enter:
				at = float64(index + 1)
			case float64(index+1-need) >= at:
				return at, true, nil
			}
		}
	}
	return 0, false, nil
}

// rise is the time from an event that begins in sleep to the first wake that no schedule asked for.
func (m *measurement) rise(from, back float64) float64 {
	list := m.segments.wakes.list
	i, _ := slices.BinarySearchFunc(list, from, func(w wake, at float64) int { return order(w.off, at) })
	_, beat := slices.BinarySearchFunc(m.cadence.beats, i, func(b beat, i int) int { return int(b.wake) - i })
	beat = beat && m.question.Interval > 0 // events may be on a schedule themselves
	if i == len(list) || float64(list[i].on) < from || float64(list[i].on) >= back || beat {
		return math.NaN()
	}
	return (float64(list[i].on) - from) * m.clock.Period
}

func (m *measurement) eventFigures(done []transaction) {
	if len(done) == 0 {
		return
	}
	var energy, tail, time, awake float64
	var rises []float64
	for _, t := range done {
		energy += t.energy
		tail += t.tail
		time += t.time
		if t.awake {
			awake++
		}
		if !math.IsNaN(t.rise) {
			rises = append(rises, t.rise)
		}
	}
	m.metrics["energy_per_event"] = energy / float64(len(done))
	n := float64(len(done))
	m.loose(n, awake, time)
	if off := m.clock.Residual; n*off > looseTail*tail {
		m.note("no tail: it is %s, and the clock is known to %s", results.FormatQuantity(tail/n, "s"), results.FormatQuantity(off, "s"))
	} else {
		m.metrics["tail"] = tail / n
	}
	if len(rises) == 0 {
		return
	}
	rise := middle(rises)
	if rise < m.clock.Residual {
		m.note("no time to the rise of the current: it is shorter than the uncertainty of the clocks, %s", results.FormatQuantity(m.clock.Residual, "s"))
		return
	}
	m.metrics["wake_rise"] = rise
}

// loose voids the energy of n transactions, which take so many s in all, when too many begin awake for what is known of the clock.
func (m *measurement) loose(n, awake, time float64) {
	off := m.clock.Residual
	if awake*off <= looseCost*time {
		return
	}
	m.problems = append(m.problems, Problem{
		Name: "transactions", Void: true, Metrics: []string{"energy_per_event"},
		Text: fmt.Sprintf("a transaction takes %s until the current is back, %.0f of %.0f begin awake, and the clock is known to ±%s (%s)",
			seconds(time/n), awake, n, seconds(off), m.clock.Method),
		Do: "Wire CHIP_EN to a digital input of the instrument (docs/alignment.md).",
	})
}
