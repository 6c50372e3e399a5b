package bench

import (
	"context"
	"fmt"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// minEvents make a median: it lies between the smallest and the largest of so few with a probability of 97 %.
const minEvents = 6

// latency paces the events of a workload and times them. Its kinds differ in what one event is.
type latency struct {
	scenarios.Workload
	pace *pacer
	load load
	n    int // events that were begun
	// reported says that the round trip is not what the host sees, but event.trip.
	reported bool
}

// newLatency has a load of blocks of so many bytes, if the workload has one.
func newLatency(w scenarios.Workload, seed uint64, block int) latency {
	return latency{Workload: w, pace: newPacer(w, seed), load: load{kind: w.Load, stream: peer.Stream{ID: loadStream, Seed: seed, Block: block}}}
}

// event is what one event gave.
type event struct {
	sent time.Time // before the write of its first command
	end  time.Time // when what was asked for was there; zero when it was lost
	trip time.Duration
}

// run begins events until the repeat is over. one is an event, of which it records what is its own.
func (l *latency) run(ctx context.Context, r *Rig, rec *Recorder, one func(due time.Time) (event, error)) error {
	if err := l.load.start(ctx); err != nil {
		return err
	}
	begin := time.Now()
	l.pace.start(begin, l.Duration)
	err := l.events(ctx, r, rec, begin, one)
	rec.Metric("sends", float64(l.n))
	if l.pace.open() {
		rec.Metric("late", float64(l.pace.late))
		rec.Metric("dropped", float64(l.pace.dropped))
	}
	return l.load.finish(ctx, rec, err)
}

func (l *latency) events(ctx context.Context, r *Rig, rec *Recorder, begin time.Time, one func(due time.Time) (event, error)) error {
	for {
		due, more := l.pace.next(time.Now())
		if !more {
			return nil
		}
		if err := l.load.until(ctx, r, due); err != nil {
			return err
		}
		if err := l.pace.wait(ctx, due); err != nil {
			return err
		}
		e, err := one(due)
		if err != nil {
			return l.failed(err)
		}
		l.n++
		l.took(rec, due, e)
		now := time.Now()
		bytes := int64(l.n) * int64(l.Length)
		rec.Progress(now, share(l.Workload, now.Sub(begin).Seconds(), bytes, l.n))
		if l.Sends > 0 && l.n >= l.Sends || l.Total > 0 && bytes >= l.Total {
			return nil
		}
	}
}

// failed says which event failed. The module's own error code to the first of all is a refusal of this level.
func (l *latency) failed(err error) error {
	if _, is := st67.Refusal(err); is && l.n == 0 {
		return refused(err)
	}
	return fmt.Errorf("event %d: %w", l.n+1, err)
}

// took records the times of an event: since it was due, and since it began.
func (l *latency) took(rec *Recorder, due time.Time, e event) {
	l.pace.begun(due, e.sent)
	if e.end.IsZero() {
		return
	}
	service, trip := e.end.Sub(e.sent), e.end.Sub(due)
	if l.reported {
		trip = e.trip
	}
	rec.Sample("service", e.sent, service.Seconds())
	rec.Keep("service", service.Seconds())
	rec.Sample("rtt", due, trip.Seconds())
	rec.Keep("rtt", trip.Seconds())
}

// longEnough refuses a repeat of fewer events than make a median.
func (l *latency) longEnough(answered int) error {
	if answered >= minEvents {
		return nil
	}
	mend := "or a longer duration"
	if l.Schedule != "closed" {
		mend += ", or a shorter time between them (every)"
	}
	return fmt.Errorf("too short: %d round trips; a median needs %d: sends: %d would be enough, %s", answered, minEvents, minEvents, mend)
}

// mean adds up one stage over the events.
type mean struct {
	name string
	sum  time.Duration
}

// add records the stage of one event, from one instant to another.
func (m *mean) add(rec *Recorder, from, to time.Time) { m.took(rec, from, to.Sub(from)) }

func (m *mean) took(rec *Recorder, at time.Time, d time.Duration) {
	m.sum += d
	rec.Sample(m.name, at, d.Seconds())
}

// metric is the mean over n events, in s.
func (m *mean) metric(rec *Recorder, n int) {
	if n > 0 {
		rec.Metric(m.name, m.sum.Seconds()/float64(n))
	}
}
