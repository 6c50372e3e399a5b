package bench

import (
	"context"
	"runtime"
	"time"
)

const (
	// timerReach is how far before an instant Go's timers are not relied on: an idle program sleeps in whole ms.
	timerReach = 2 * time.Millisecond
	// spinTime is how long before an instant the system's own sleep ends and the host spins.
	spinTime = 120 * time.Microsecond
)

// waiter waits for instants to the microsecond, by one timer that it uses again and again.
type waiter struct {
	timer *time.Timer
	// exact says that timers are: in virtual time (testing/synctest) the clock stands still while the program runs, and
	// spinning would never end.
	exact bool
}

func newWaiter() waiter {
	w := waiter{timer: time.NewTimer(0), exact: true}
	start := time.Now()
	for range 1000 {
		w.exact = w.exact && time.Now().Equal(start)
	}
	return w
}

// until returns at the instant t, or when ctx has ended.
func (w *waiter) until(ctx context.Context, t time.Time) error {
	early := timerReach
	if w.exact {
		early = 0
	}
	if d := time.Until(t) - early; d > 0 {
		w.timer.Reset(d)
		select {
		case <-w.timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if w.exact {
		return nil
	}
	if d := time.Until(t) - spinTime; d > 0 {
		nap(d)
	}
	for time.Until(t) > 0 {
		runtime.Gosched()
	}
	return nil
}

// pause lets the time pass, to what Go's timers can do, or returns why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
