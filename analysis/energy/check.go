package energy

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"st67bench/results/trace"
)

// What the checks hold a trace against. The module's figures are of its datasheet (DS14784); docs/power-checks.md gives
// the reasons of the others.
const (
	txPeak        = 0.377  // A, the module's largest current: 802.11b at 11 Mbit/s and 22 dBm
	leastVolts    = 2.97   // V of its supply
	shutdownAmps  = 0.2e-6 // A with CHIP_EN low
	onAmps        = 5e-6   // A that a module draws at least which is on
	hibernateAmps = 1e-6   // A of one that hibernates
	wakeAmps      = 1e-3   // A that are exceeded whenever it listens

	farOver      = 1.2    // times the end of the range: no current, but a stream out of step
	atEnd        = 0.999  // of the range: saturated
	lostShare    = 0.001  // of samples or charge that voids a figure
	clipShare    = 0.01   // of samples below the range that biases the floor
	glitch       = 0.005  // of the charge that a spike filter may change before it is told
	glitchVoid   = 0.03   // before it voids the charge
	pointRate    = 5000   // samples/s of a point for a wake of 2 ms
	meanRate     = 1000   // of a mean
	peakRate     = 50_000 // of a point for frames of less than a millisecond
	peakMeanRate = 10_000 // of a mean for them
	collapse     = 5 * time.Millisecond
	warmUp       = 10 * time.Second // of an LPM01A, whose first readings are high
)

// wakeMetrics need samples that show each wake.
var wakeMetrics = []string{
	"wakes", "wake_rate", "wake_duty", "wake_charge", "wake_time", "wake_interval", "wake_beacons", "wake_jitter", "wakes_skipped",
	"wakes_unscheduled", "beacons_missed", "current_floor", "current_peak", "tail", "energy_per_event", "share_off", "share_sleep",
	"share_idle", "share_receive", "share_transmit", "charge_off", "charge_sleep", "charge_idle", "charge_receive", "charge_transmit",
}

// Check returns what is wrong with the part of a trace that a question is about: whatever an instrument, its line to the
// host, its supply or its clock may have got wrong. clock is that of Align. It passes over the samples once, without
// allocating for a block, and keeps nothing. The error is that of reading.
func Check(r trace.Reader, clock trace.Clock, q Question) ([]Problem, error) {
	c := &check{side: r.Side(), clock: clock, q: q}
	c.from, c.to = c.window()
	c.scan.prepare(c.side.Header, q)
	for b, err := range r.Blocks(c.from, c.to) {
		if err != nil {
			return nil, err
		}
		c.scan.add(b)
	}
	c.scan.finish()
	for _, look := range []func(){
		c.compressed, c.implausible, c.covered, c.poweredDown, c.off, c.brownOut, c.saturated, c.reach, c.sampling, c.clipped, c.filtered, c.warm,
		c.calibrated, c.aligned,
	} {
		look()
	}
	return c.problems, nil
}

// Apply adds problems, such as those of Check, and takes away what they make void. The coverage always stays: it may
// say why. What was found before is not added again.
func (f *Figures) Apply(problems []Problem) {
	for _, p := range problems {
		if slices.ContainsFunc(f.Problems, func(q Problem) bool { return q.Name == p.Name && q.Void == p.Void }) {
			continue
		}
		f.Problems = append(f.Problems, p)
		if !p.Void {
			continue
		}
		gone := func(name string) bool {
			if len(p.Metrics) == 0 {
				return name != "coverage"
			}
			return slices.Contains(p.Metrics, name)
		}
		maps.DeleteFunc(f.Metrics, func(name string, _ float64) bool { return gone(name) })
		maps.DeleteFunc(f.Intervals, func(name string, _ Interval) bool { return gone(name) })
	}
}

// check is one call of Check.
type check struct {
	side     trace.Side
	clock    trace.Clock
	q        Question
	from, to int64 // samples that count
	scan     scan
	problems []Problem
}

// window are the samples that the question is about.
func (c *check) window() (from, to int64) {
	to = c.side.Samples
	if c.q.Span == (Span{}) {
		return min(int64(math.Ceil(c.q.Settle.Seconds()*c.side.Header.Rate)), to), to
	}
	from = max(int64(math.Ceil(c.clock.Index(c.q.From+c.q.Settle))), 0)
	return min(from, to), max(min(int64(c.clock.Index(c.q.To)), to), 0)
}

// void takes figures away: those that are named, or all.
func (c *check) void(metrics []string, name, do, format string, args ...any) {
	c.problems = append(c.problems, Problem{Name: name, Text: fmt.Sprintf(format, args...), Do: do, Void: true, Metrics: metrics})
}

// doubt tells without taking figures away.
func (c *check) doubt(metrics []string, name, do, format string, args ...any) {
	c.problems = append(c.problems, Problem{Name: name, Text: fmt.Sprintf(format, args...), Do: do, Metrics: metrics})
}

// seconds that a number of samples last.
func (c *check) seconds(samples int64) float64 { return float64(samples) / c.side.Header.Rate }

// events are those of a kind in the window: how many, and the one with the largest value.
func (c *check) events(kind trace.EventKind) (n int, worst trace.Event) {
	for _, e := range c.side.Events {
		if e.Kind != kind || e.Index < c.from || e.Index > c.to {
			continue
		}
		if n == 0 || e.Value > worst.Value {
			worst = e
		}
		n++
	}
	return n, worst
}
