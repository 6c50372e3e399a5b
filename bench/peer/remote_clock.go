package peer

import (
	"context"
	"math"
	"sync"
	"time"
)

// maxDrift is by how much two clocks may differ in rate when nothing is known of them: crystals of 50 ppm each.
const maxDrift = 100e-6

// keepAnchors is how many measurements of the clock are kept.
const keepAnchors = 64

// stampEpoch turns instants of one process into stamps: ns since 1970 by the wall clock as it was at the epoch, carried on
// by the monotonic clock. So nobody who sets the wall clock moves them.
type stampEpoch struct {
	at   time.Time
	skew func(time.Duration) time.Duration // for tests: makes the clock a wrong one; may be nil
}

// stamp is 0 for the zero time.
func (e stampEpoch) stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	d := t.Sub(e.at)
	if e.skew != nil {
		d = e.skew(d)
	}
	return e.at.UnixNano() + int64(d)
}

// time is the inverse, for an epoch without skew.
func (e stampEpoch) time(stamp int64) time.Time {
	return e.at.Add(time.Duration(stamp - e.at.UnixNano()))
}

// anchor is one measurement of the other clock: at the stamp at of this clock the other one was ahead by offset, give
// or take half. The bound is hard: no message arrives before it was sent.
type anchor struct{ at, offset, half int64 }

// clockModel says how the other clock runs against this one: ahead by ref.offset at ref.at, and faster by rate.
type clockModel struct {
	anchors         []anchor
	ref             anchor
	rate, rateError float64
}

// add takes a further measurement. One that the model excludes shows that a clock was set, or stood still: then what was before
// counts no more.
func (m *clockModel) add(a anchor) {
	if len(m.anchors) > 0 {
		if offset, uncertainty := m.at(a.at); math.Abs(float64(a.offset-offset)) > float64(uncertainty+a.half) {
			m.anchors = m.anchors[:0]
		}
	}
	if len(m.anchors) == keepAnchors {
		m.anchors = m.anchors[:copy(m.anchors, m.anchors[1:])]
	}
	m.anchors = append(m.anchors, a)
	m.ref = m.best(m.anchors)
	m.fit()
}

// best is the measurement that says most about now.
func (m *clockModel) best(of []anchor) anchor {
	now := m.anchors[len(m.anchors)-1].at
	worth := func(a anchor) float64 { return float64(a.half) + maxDrift*float64(now-a.at) }
	best := of[0]
	for _, a := range of[1:] {
		if worth(a) <= worth(best) {
			best = a
		}
	}
	return best
}

// fit compares the best of the older measurements with the best of the newer ones. A rate that cannot be told from 0
// is 0: durations are then those of the other clock, untouched.
func (m *clockModel) fit() {
	m.rate, m.rateError = 0, maxDrift
	half := len(m.anchors) / 2
	if half == 0 {
		return
	}
	a, b := m.best(m.anchors[:half]), m.best(m.anchors[half:])
	span := float64(b.at - a.at)
	if span <= 0 {
		return
	}
	rate, within := float64(b.offset-a.offset)/span, float64(a.half+b.half)/span
	if math.Abs(rate) <= within {
		m.rateError = min(maxDrift, math.Abs(rate)+within)
		return
	}
	m.rate, m.rateError = rate, within
}

// at is by how much the other clock is ahead at a stamp of this one, and how well that is known.
func (m *clockModel) at(stamp int64) (offset, uncertainty int64) {
	age := float64(stamp - m.ref.at)
	return m.ref.offset + int64(math.Round(m.rate*age)), m.ref.half + int64(math.Ceil(m.rateError*math.Abs(age)))
}

// here turns a stamp of the other clock into one of this clock.
func (m *clockModel) here(stamp int64) int64 {
	return m.ref.at + int64(math.Round(float64(stamp-m.ref.offset-m.ref.at)/(1+m.rate)))
}

// Clocked is a peer whose clock is not the harness's. All of its times are converted; how far they can be trusted, the
// uncertainty says.
type Clocked interface {
	// Clock is by how much the peer's clock is ahead of this host's now, and the uncertainty of that: half of the shortest
	// round trip, and more the longer ago that was. Times of the peer are wrong by no more than the uncertainty.
	Clock() (offset, uncertainty time.Duration)
	// Synchronize measures the clock anew, which takes a second at most, longer only where a round trip does. Before and after a
	// repeat is the time to do it, for load on the network makes round trips long.
	Synchronize(ctx context.Context) error
}

// A measurement is that of the shortest of so many round trips. It ends early, after clockLeast of them, when they take
// longer than clockTime.
const (
	clockProbes = 64
	clockLeast  = 8
	clockTime   = time.Second
)

// remoteTime is the clock of the remote peer, seen from here.
type remoteTime struct {
	epoch stampEpoch

	mu    sync.Mutex
	model clockModel
}

func (c *remoteTime) add(a anchor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.model.add(a)
}

// time is the instant of a stamp of the remote clock; 0 is the zero time.
func (c *remoteTime) time(stamp int64) time.Time {
	if stamp == 0 {
		return time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch.time(c.model.here(stamp))
}

// measure asks for the remote clock up to n times, and takes the shortest round trip.
func (r *Remote) measure(ctx context.Context, n int) error {
	var best anchor
	begin := time.Now()
	for i := range n {
		if i >= clockLeast && time.Since(begin) > clockTime {
			break
		}
		a, err := r.probe(ctx)
		if err != nil {
			return err
		}
		if i == 0 || a.half < best.half {
			best = a
		}
	}
	r.clock.add(best)
	return nil
}

// probe is one round trip, by the formulas of NTP (RFC 5905, 8).
func (r *Remote) probe(ctx context.Context) (anchor, error) {
	var c clockResult
	sent := time.Now()
	received, err := r.ask(ctx, "clock", 0, nil, &c)
	if err != nil {
		return anchor{}, err
	}
	t1, t4 := r.clock.epoch.stamp(sent), r.clock.epoch.stamp(received)
	round := (t4 - t1) - (c.Sent - c.Received)
	return anchor{
		at:     t1 + (t4-t1)/2,
		offset: ((c.Received - t1) + (c.Sent - t4)) / 2,
		half:   max(round, 0)/2 + 1, // what the division cuts off
	}, nil
}

// Clock is that of [Clocked].
func (r *Remote) Clock() (offset, uncertainty time.Duration) {
	now := r.clock.epoch.stamp(time.Now())
	r.clock.mu.Lock()
	defer r.clock.mu.Unlock()
	o, u := r.clock.model.at(now)
	return time.Duration(o), time.Duration(u)
}

// Synchronize is that of [Clocked].
func (r *Remote) Synchronize(ctx context.Context) error { return r.measure(ctx, clockProbes) }

// duration turns a duration of the remote clock into one of this clock.
func (c *remoteTime) duration(d int64) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(math.Round(float64(d) / (1 + c.model.rate)))
}
