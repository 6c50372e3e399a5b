package energy

import (
	"math"

	"st67bench/results"
	"st67bench/results/trace"
)

// scan passes once over the samples: charge, histogram, states and wakes. It passes a second time only when the samples
// show that the default levels do not fit them.
func (m *measurement) scan() error {
	m.first, m.last = int64(math.Floor(m.from)), int64(math.Ceil(m.to))
	if m.header.Kind == trace.Point {
		m.last++ // the last period ends at a sample
	}
	m.index = newIndex(m.reader, m.clock, m.first)
	m.segments = newSegmenter(defaultLevels, m.clock.Period)
	all := &histogram{}
	for b, err := range m.reader.Blocks(m.first, m.last) {
		if err != nil {
			return err
		}
		m.index.add(b)
		all.addEvery(8, b.Amps) // enough to see where the states lie
		m.segments.add(b)
	}
	m.segments.finish()
	l := findLevels(all)
	if l == defaultLevels {
		return nil
	}
	var err error
	m.segments, err = m.segment(l, m.first, m.last)
	return err
}

// segment passes over a part of the trace.
func (m *measurement) segment(l levels, from, to int64) (*segmenter, error) {
	s := newSegmenter(l, m.clock.Period)
	for b, err := range m.reader.Blocks(from, to) {
		if err != nil {
			return nil, err
		}
		s.add(b)
	}
	s.finish()
	return s, nil
}

// trim cuts the span to whole wake cycles, with its edges in the middle between two wakes, so that no part of a wake is
// in or out by chance. A span that other figures belong to, such as the bits that were sent in it, stays as it is.
func (m *measurement) trim() {
	m.cutFrom, m.cutTo = m.from, m.to
	if len(m.cadence.beats) == 0 || m.question.Bits > 0 || len(m.question.Events) > 0 {
		return
	}
	cycle := m.cadence.interval / m.clock.Period
	from := m.cadence.beats[0].t/m.clock.Period - cycle/2
	from -= math.Floor((from-m.from)/cycle) * cycle
	n := math.Floor((m.to - from) / cycle)
	if n < 1 {
		return
	}
	m.cutFrom, m.cutTo = from, from+n*cycle
	m.note("over %.0f whole wake cycles: %s of %s", n, results.FormatQuantity(n*m.cadence.interval, "s"),
		results.FormatQuantity((m.to-m.from)*m.clock.Period, "s"))
}

// states are the shares of the module's states.
func (m *measurement) states() error {
	m.shares = m.segments.totals
	for _, edge := range [2][2]float64{{m.from, m.cutFrom}, {m.cutTo, m.to}} {
		if edge[1]-edge[0] < 1 {
			continue
		}
		s, err := m.segment(m.segments.levels, int64(math.Floor(edge[0])), int64(math.Floor(edge[1])))
		if err != nil {
			return err
		}
		m.shares.less(s.totals)
	}
	total := 0.0
	for _, n := range m.shares.count {
		total += float64(n)
	}
	if total == 0 {
		return nil
	}
	for s := Off; s < states; s++ {
		m.metrics["share_"+s.String()] = float64(m.shares.count[s]) / total
		m.metrics["charge_"+s.String()] = m.shares.sum[s] / total * m.measured // n instants are n - 1 periods
	}
	m.metrics["current_peak"] = float64(m.segments.totals.peak)
	m.note("%s", m.segments.levels)
	m.wakeFigures()
	return nil
}

// floor is the current asleep.
func (m *measurement) floor() {
	t := &m.segments.totals
	m.floorAmps, m.floorKnown = m.segments.floor.mean(t, m.segments.levels.off, m.clock.Period)
	if m.floorKnown {
		m.metrics["current_floor"] = m.floorAmps
		return
	}
	if m.question.Asleep && t.count[Off]+t.count[Sleep] == 0 {
		m.problem(true, "awake", "See whether AT+PWR was taken; with a static address this module's power save does not work.",
			"the module was told to sleep, and its current was never below %s",
			results.FormatQuantity(float64(m.segments.levels.border[0].enter), "A"))
	}
}
