package energy

import (
	"math"

	"st67bench/results"
)

const (
	wideTimes = 3    // times the median, from which on a wake looks like a missed beacon
	wideTime  = 4e-3 // s, that it has to last too
)

// wakeFigures are what the wakes cost.
func (m *measurement) wakeFigures() {
	l, t := &m.segments.wakes, &m.segments.totals
	if t.count[Off]+t.count[Sleep] == 0 {
		return // it never slept: there is nothing to wake from
	}
	n := l.more
	for _, w := range l.list {
		if w.began {
			n++
		}
	}
	m.metrics["wakes"] = float64(n)
	m.metrics["wake_rate"], m.metrics["wake_duty"] = m.rate()
	if l.more > 0 {
		m.note("of %d wakes the first %d make cadence and charges", n, len(l.list))
	}
	if m.floorKnown && len(m.cadence.beats) > 0 {
		m.beatFigures()
	}
}

// rate is wakes in a second and the share of the time awake, where that is measured in whole cycles.
func (m *measurement) rate() (rate, duty float64) {
	var n, awake, total float64
	for _, w := range m.segments.wakes.list {
		if at := float64(w.on); at >= m.cutFrom && at < m.cutTo {
			awake += float64(w.off - w.on)
			if w.began {
				n++
			}
		}
	}
	for _, c := range m.shares.count {
		total += float64(c)
	}
	return (n + float64(m.segments.wakes.more)) / (total * m.clock.Period), awake / total
}

// beatFigures are those of the wakes on the schedule that were seen whole.
func (m *measurement) beatFigures() {
	list := m.segments.wakes.list
	var whole []int32
	var times, charges []float64
	for _, b := range m.cadence.beats {
		if w := list[b.wake]; w.ended {
			whole = append(whole, b.wake)
			times = append(times, m.seconds(w.off-w.on))
		}
	}
	if len(whole) == 0 {
		return
	}
	limit := max(wideTimes*middle(times), wideTime)
	times = times[:0]
	var missed int
	var missedCharge float64
	for _, i := range whole {
		w := list[i]
		time := m.seconds(w.off - w.on)
		if !m.question.TWT && (time > limit || m.shortened(list[i:])) {
			missed++
			missedCharge += m.above(w)
			continue
		}
		times, charges = append(times, time), append(charges, m.above(w))
	}
	typical := middle(charges)
	if len(charges) > 0 {
		m.metrics["wake_charge"], m.metrics["wake_time"] = typical, middle(times)
	}
	if m.question.TWT {
		m.service(middle(times))
		return
	}
	if len(m.question.Events) > 0 {
		return // a wake that a transaction has made longer looks like a missed beacon
	}
	m.metrics["beacons_missed"] = 1000 * float64(missed) / float64(len(whole))
	if missed > 0 {
		m.note("about %d beacons missed: they cost %s more than others, in all", missed,
			results.FormatQuantity(missedCharge-float64(missed)*typical, "C"))
	}
}

// above is the charge of a wake above the floor.
func (m *measurement) above(w wake) float64 {
	return float64(w.charge)*m.clock.Period - m.floorAmps*m.seconds(w.off-w.on)
}

// shortened says that the next of some wakes came after fewer beacons than the schedule has: so the low-power firmware does after a
// beacon that it did not hear.
func (m *measurement) shortened(wakes []wake) bool {
	if len(wakes) < 2 {
		return false
	}
	d := m.seconds(wakes[1].on - wakes[0].on)
	n := math.Round(d / m.beacon())
	return n >= 1 && d < m.cadence.interval-onTime && math.Abs(d-n*m.beacon()) <= together+3*m.cadence.jitter
}

// service says how long the module is really awake in a TWT service period.
func (m *measurement) service(awake float64) {
	if nominal := m.question.Service.Seconds(); nominal > 0 {
		m.note("awake for %s, %.2f times the service period that was asked for", results.FormatQuantity(awake, "s"), awake/nominal)
	}
}
