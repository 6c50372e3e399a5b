package bench

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"st67bench/scenarios"
)

const (
	// lateAfter is how long after it was due an event may begin without being counted as late. A host that has nothing else to
	// do needs far less; more is the wait for the event before, or for the load.
	lateAfter = time.Millisecond
	// backlog is how many events may be due at once, in multiples of the mean time between two. One that has waited for longer is
	// dropped: in an overloaded loop latency would else say nothing but how long it ran.
	backlog = 1000
)

// pacer says when the events of a latency are due.
//
//	closed   each as soon as the one before has ended
//	fixed    every so often, the first at a random time within the first interval
//	poisson  at random: the times between two are exponential with that mean, and so is the time to the first
//
// The last two are open loops: an event is due whether the one before has ended or not. It then begins late, and as its
// latency counts from when it was due, a stall is charged to every event that it held up (no coordinated omission).
// All that is random comes from the seed. Nothing is kept of the events that wait, so memory does not grow with them.
type pacer struct {
	schedule string
	every    time.Duration
	rng      *rand.Rand
	due      time.Time // of the next event of an open loop
	end      time.Time // events are due before it; zero for no end
	late     int       // events that began later than lateAfter after they were due
	dropped  int       // events that were due and not begun
	clock    waiter
}

func newPacer(w scenarios.Workload, seed uint64) *pacer {
	var key [32]byte // of ChaCha8, for which seeds in a row are as good as any
	copy(key[binary.PutUvarint(key[:], seed):], "pacer")
	return &pacer{schedule: w.Schedule, every: w.Every, rng: rand.New(rand.NewChaCha8(key)), clock: newWaiter()}
}

// open says whether events are due by a clock.
func (p *pacer) open() bool { return p.schedule == "fixed" || p.schedule == "poisson" }

// start begins the schedule, which lasts for a time; 0 is without end.
func (p *pacer) start(now time.Time, lasts time.Duration) {
	if lasts > 0 {
		p.end = now.Add(lasts)
	}
	p.due = now
	switch p.schedule {
	case "fixed":
		p.due = now.Add(time.Duration(p.rng.Float64() * float64(p.every)))
	case "poisson":
		p.due = now.Add(p.gap())
	}
}

// gap is the time from one event to the next.
func (p *pacer) gap() time.Duration {
	if p.schedule == "poisson" {
		return time.Duration(p.rng.ExpFloat64() * float64(p.every))
	}
	return p.every
}

// next is when the next event is due; more is false when there is none before the end. Events that were due before the end
// and can no longer begin before it are dropped.
func (p *pacer) next(now time.Time) (due time.Time, more bool) {
	if !p.open() {
		return now, p.before(now)
	}
	for p.before(p.due) && (now.Sub(p.due) > backlog*p.every || !p.before(now)) {
		p.dropped++
		p.due = p.due.Add(p.gap())
	}
	if !p.before(p.due) {
		return time.Time{}, false
	}
	due = p.due
	p.due = due.Add(p.gap())
	return due, true
}

func (p *pacer) before(t time.Time) bool { return p.end.IsZero() || t.Before(p.end) }

// wait returns when an event is due, at once when it is overdue.
func (p *pacer) wait(ctx context.Context, due time.Time) error { return p.clock.until(ctx, due) }

// begun counts an event that began at now.
func (p *pacer) begun(due, now time.Time) {
	if now.Sub(due) > lateAfter {
		p.late++
	}
}
