package energy

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// The synthetic module: its current is constant in segments, so that the charge of any span is a sum.

// segment is a current that lasts until the next one begins.
type segment struct {
	from float64 // s on the host's clock
	amps float64
}

// sleeper is a module that sleeps and wakes for beacons, or for TWT service periods. Its figures are those of a BL616
// with its low-power firmware: 78.6 µA of floor and 74.8 µC at each wake, receiving at 38 mA for 1.97 ms (fitted to
// the table of bouffalo_sdk, examples/pmu/wl_ble_lp).
type sleeper struct {
	floor       float64 // A
	period      float64 // s from wake to wake, by its own clock
	ppm         float64 // how much longer its second is than the host's
	jitter      float64 // s, standard deviation of a wake's begin
	wake        float64 // s
	receive     float64 // A
	skipped     float64 // share of the scheduled wakes that do not take place
	missed      float64 // share of them at which the beacon does not come: it listens for 15 ms instead
	unscheduled float64 // wakes a second beside the schedule, each with a frame sent: 1 ms at 300 mA
	off         []Span  // without CHIP_EN
}

func bl616(beacons int) sleeper {
	return sleeper{floor: 78.6e-6, period: 0.1024 * float64(beacons), jitter: 30e-6, wake: 1.97e-3, receive: 38e-3}
}

// truth is what a figure should be.
type truth struct {
	segments             []segment
	wakes                int
	skipped, unscheduled int
	missed               int
	perWake              float64 // C above the floor of a normal scheduled wake
}

// run is the module's current from 0 to an instant.
func (m sleeper) run(rng *rand.Rand, seconds float64) truth {
	tr := truth{segments: []segment{{0, m.floor}}, perWake: (m.receive - m.floor) * m.wake}
	type wake struct{ at, receive, send float64 }
	var wakes []wake
	period := m.period * (1 + m.ppm*1e-6)
	grid := 0.1403
	for t := grid; t < seconds-0.25; t += period {
		edge := t == grid || t+period >= seconds-0.25 // the cadence of the train is told by its first and last wake
		w := wake{at: t + rng.NormFloat64()*m.jitter, receive: m.wake}
		switch u := rng.Float64(); {
		case !edge && u < m.skipped:
			tr.skipped++
			continue
		case !edge && u > 1-m.missed:
			w.receive = 15e-3
			tr.missed++
		}
		wakes = append(wakes, w)
	}
	for t := rng.ExpFloat64() / max(m.unscheduled, 1e-9); t < seconds-0.25; t += 0.02 + rng.ExpFloat64()/max(m.unscheduled, 1e-9) {
		beacon := 0.1024 * (1 + m.ppm*1e-6) // at a beacon, such a wake could be a scheduled one
		if away := math.Remainder(t-grid, beacon); t < grid || away < 0.025 && away > -0.012 {
			continue
		}
		wakes = append(wakes, wake{t, 2e-3, 1e-3})
		tr.unscheduled++
	}
	slices.SortFunc(wakes, func(a, b wake) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	for _, w := range wakes {
		tr.segments = append(tr.segments, segment{w.at, m.receive})
		if w.send > 0 {
			tr.segments = append(tr.segments, segment{w.at + w.receive, 0.3})
		}
		tr.segments = append(tr.segments, segment{w.at + w.receive + w.send, m.floor})
	}
	tr.wakes = len(wakes)
	for _, s := range m.off {
		tr.segments = cut(tr.segments, s.From.Seconds(), s.To.Seconds(), 0.2e-6)
	}
	return tr
}

// cut replaces the current of a span.
func cut(segments []segment, from, to, amps float64) []segment {
	resume := ampsAt(segments, to)
	var out []segment
	for _, s := range segments {
		if s.from < from || s.from > to {
			out = append(out, s)
		}
	}
	out = append(out, segment{from, amps}, segment{to, resume})
	sort.SliceStable(out, func(i, j int) bool { return out[i].from < out[j].from })
	return out
}

func ampsAt(segments []segment, t float64) float64 {
	i := sort.Search(len(segments), func(i int) bool { return segments[i].from > t })
	return segments[max(i-1, 0)].amps
}

// charge is the exact charge of a span, in C.
func (tr truth) charge(from, to float64) float64 {
	sum := 0.0
	for i, s := range tr.segments {
		end := to
		if i+1 < len(tr.segments) {
			end = min(end, tr.segments[i+1].from)
		}
		if begin := max(s.from, from); end > begin {
			sum += s.amps * (end - begin)
		}
	}
	return sum
}
