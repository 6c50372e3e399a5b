package bench

import (
	"context"
	"time"
)

// lateSend is how long after it was due a send may begin without being counted as late: a host with nothing else to do needs
// far less.
const lateSend = time.Millisecond

// offer is the schedule of an offered load: sends are due at fixed times, whether the one before has ended or not. What is
// late begins at once, and its latency counts from when it was due. Without a rate each is due when the one before has ended.
type offer struct {
	begin time.Time
	every float64 // s; 0 for as much as goes
	n     int
	late  int
	timer *time.Timer
}

// start begins the schedule of sends of so many bytes at a rate in bit/s.
func (o *offer) start(begin time.Time, rate float64, length int) {
	*o = offer{begin: begin}
	if rate > 0 {
		o.every = 8 * float64(length) / rate
		o.timer = time.NewTimer(0)
	}
}

// next waits until the next send is due and returns when that was; the zero time where there is no schedule.
func (o *offer) next(ctx context.Context) (due time.Time, err error) {
	if o.every == 0 {
		return due, nil
	}
	due = o.begin.Add(time.Duration(float64(o.n) * o.every * 1e9))
	o.n++
	early := time.Until(due)
	if early <= 0 {
		if -early > lateSend {
			o.late++
		}
		return due, nil
	}
	o.timer.Reset(early)
	select {
	case <-o.timer.C:
		return due, nil
	case <-ctx.Done():
		return due, context.Cause(ctx)
	}
}
