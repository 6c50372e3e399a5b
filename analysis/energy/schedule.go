package energy

import (
	"fmt"
	"math"
	"slices"
	"time"

	"st67bench/results"
	"st67bench/results/trace"
)

const (
	beaconInterval = 102400 * time.Microsecond // 100 time units of 1024 µs (IEEE 802.11, dot11BeaconPeriod's usual value)
	granted        = 0.01                      // how far an interval may be from the one that was asked for
	wholeBeacons   = 1e-3                      // the same for a whole number of beacons: clocks are within 100 ppm
)

// schedule finds the cadence of the wakes and holds it against what was asked for.
func (m *measurement) schedule() {
	wakes := m.begun(func(wake) bool { return true })
	long := wakes
	if m.question.TWT && m.question.Service > 0 {
		long = m.begun(func(w wake) bool { return m.seconds(w.off-w.on) >= m.question.Service.Seconds()/2 })
	}
	ok := m.follow(long)
	if m.question.TWT && len(long) < len(wakes) && !(ok && m.asAsked()) {
		ok = m.follow(wakes) // no such agreement: what is there instead?
	}
	switch {
	case m.question.Interval > 0:
		m.judge(ok)
	case !ok && len(wakes) >= minBeats:
		m.note("the %d wakes follow no schedule", len(wakes))
	}
	if ok {
		m.cadenceFigures(wakes)
	}
}

// begun are the wakes of which the begin was seen and that are as they should be, as places in the list.
func (m *measurement) begun(right func(wake) bool) []int32 {
	at := make([]int32, 0, len(m.segments.wakes.list))
	for i, w := range m.segments.wakes.list {
		if w.began && right(w) {
			at = append(at, int32(i))
		}
	}
	return at
}

func (m *measurement) seconds(samples int64) float64 { return float64(samples) * m.clock.Period }

// follow finds the cadence of some of the wakes.
func (m *measurement) follow(wakes []int32) (ok bool) {
	onsets := make([]float64, len(wakes))
	for i, w := range wakes {
		onsets[i] = m.seconds(m.segments.wakes.list[w].on)
	}
	m.cadence, ok = findCadence(onsets)
	for i, b := range m.cadence.beats {
		m.cadence.beats[i].wake = wakes[b.wake]
	}
	return ok
}

func (m *measurement) asAsked() bool {
	return math.Abs(m.cadence.interval/m.question.Interval.Seconds()-1) <= granted
}

// judge says when the wakes are not those that the module was asked for: a current that belongs to another setting is
// no figure of this one.
func (m *measurement) judge(ok bool) {
	asked := m.question.Interval.Seconds()
	length := (m.to - m.from) * m.clock.Period
	what, do := "wakes", "AT+GET_AP_DTIM? says the access point's DTIM; whether AT+SLWKDTIM counts beacons or DTIMs depends on the firmware."
	if m.question.TWT {
		what, do = "TWT", "See AT+TWT_STATUS?; the access point may refuse TWT, or change its parameters."
	}
	switch {
	case ok && m.asAsked():
	case ok:
		m.problem(true, "not-granted", do, "asked for %s %s, the trace shows %s", what, m.every(asked), m.every(m.cadence.interval))
	case length < (minBeats+1)*asked:
		m.problem(true, "too-short", fmt.Sprintf("Measure for %s or more.", results.FormatQuantity((minBeats+2)*asked, "s")),
			"%s are too short to see %s %s", results.FormatQuantity(length, "s"), what, m.every(asked))
	default:
		m.problem(true, "no-cadence", do, "asked for %s %s, the trace shows %d wakes without a schedule", what, m.every(asked), len(m.segments.wakes.list))
	}
}

// every says an interval in beacons, where it is a whole number of them.
func (m *measurement) every(interval float64) string {
	text := results.FormatQuantity(interval, "s")
	n, whole := m.beacons(interval)
	switch {
	case !whole:
		return "every " + text
	case n == 1:
		return "every beacon (" + text + ")"
	}
	suffix := "th"
	if i := int(n); i%100/10 != 1 && i%10 >= 1 && i%10 <= 3 {
		suffix = [4]string{1: "st", 2: "nd", 3: "rd"}[i%10]
	}
	return fmt.Sprintf("every %.0f%s beacon (%s)", n, suffix, text)
}

// beacons is an interval in beacon intervals: a whole number, where it is one but for the clocks' errors.
func (m *measurement) beacons(interval float64) (n float64, whole bool) {
	n = interval / m.beacon()
	if r := math.Round(n); r > 0 && math.Abs(n/r-1) <= wholeBeacons {
		return r, true
	}
	return n, false
}

func (m *measurement) beacon() float64 {
	if m.question.Beacon > 0 {
		return m.question.Beacon.Seconds()
	}
	return beaconInterval.Seconds()
}

// cadenceFigures are those of a schedule and of the wakes on it.
func (m *measurement) cadenceFigures(wakes []int32) {
	c := &m.cadence
	m.metrics["wake_interval"], m.metrics["wake_jitter"] = c.interval, c.jitter
	m.metrics["wake_beacons"], _ = m.beacons(c.interval)
	m.metrics["wakes_skipped"] = float64(m.skipped())
	m.metrics["wakes_unscheduled"] = float64(len(wakes) - len(c.beats))
	if m.question.TWT {
		m.beside(wakes)
		return
	}
	m.beaconRate()
}

// beaconRate holds the cadence against the beacons', when the wakes span enough time to tell.
func (m *measurement) beaconRate() {
	c := &m.cadence
	length := c.beats[len(c.beats)-1].t - c.beats[0].t
	_, whole := m.beacons(c.interval)
	if !whole || 4*c.jitter > length*beaconSpread*1e-6 {
		return
	}
	if _, p := BeaconRate(time.Duration(c.interval*1e9), time.Duration(m.beacon()*1e9)); p != nil {
		m.problems = append(m.problems, *p)
	}
}

// skipped counts the beats that were due in time that was measured and asleep, and did not come.
func (m *measurement) skipped() int {
	n := 0
	margin := onTime / m.clock.Period
	for t := range m.cadence.absent(m.from*m.clock.Period+onTime, m.to*m.clock.Period-onTime) {
		at := t / m.clock.Period
		g, _ := slices.BinarySearchFunc(m.gaps, at-margin, func(g trace.Span, at float64) int { return order(g.To, at) })
		w, _ := slices.BinarySearchFunc(m.segments.wakes.list, at, func(w wake, at float64) int { return order(w.off, at) })
		gap := g < len(m.gaps) && float64(m.gaps[g].From) <= at+margin
		awake := w < len(m.segments.wakes.list) && float64(m.segments.wakes.list[w].on) <= at
		if !gap && !awake {
			n++
		}
	}
	return n
}

// order is for searches: whether what ends at an index is over at another one.
func order(end int64, at float64) int {
	if float64(end) < at {
		return -1
	}
	return 1
}

// beside says what wakes a module has beside those of its TWT agreement.
func (m *measurement) beside(wakes []int32) {
	on := map[int32]bool{}
	for _, b := range m.cadence.beats {
		on[b.wake] = true
	}
	var onsets []float64
	for _, w := range wakes {
		if !on[w] {
			onsets = append(onsets, m.seconds(m.segments.wakes.list[w].on))
		}
	}
	if other, ok := findCadence(onsets); ok {
		m.note("%d wakes beside the TWT agreement, %s: beacons are still listened to", len(onsets), m.every(other.interval))
	}
}
