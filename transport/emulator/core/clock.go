package core

import (
	"runtime"
	"sync"
	"time"
)

// Clock tells the time and waits for instants.
type Clock interface {
	Now() time.Time
	// Sleep returns true at the instant t, or false as soon as stop is closed.
	Sleep(t time.Time, stop <-chan struct{}) bool
	// Near is Sleep without the last spin: in real time it may return up to
	// Spin before t. It is for steps whose effect carries its own instant.
	Near(t time.Time, stop <-chan struct{}) bool
}

// Spin is how long before an instant the real clock stops sleeping and spins.
const Spin = 120 * time.Microsecond

// timerReach is how far before an instant Go's timers are no longer trusted.
const timerReach = 2 * time.Millisecond

// NewClock returns the clock that fits where it is called: a clock that stands
// still while the program runs is that of a testing/synctest bubble, where
// timers are exact and spinning would never end. A system whose clock ticks
// coarser than a few microseconds (Windows) gets timers too.
func NewClock() Clock {
	start := time.Now()
	for range 1000 {
		if !time.Now().Equal(start) {
			return &realClock{}
		}
	}
	return &timerClock{}
}

// timers are reused, so that a sleep does not allocate.
type timers struct{ pool sync.Pool }

// wait returns true after d, or false when stop is closed.
func (s *timers) wait(d time.Duration, stop <-chan struct{}) bool {
	t, ok := s.pool.Get().(*time.Timer)
	if ok {
		t.Reset(d)
	} else {
		t = time.NewTimer(d)
	}
	defer s.pool.Put(t)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-stop:
		return false
	}
}

// timerClock sleeps by timers alone.
type timerClock struct{ timers timers }

func (c *timerClock) Now() time.Time { return time.Now() }

func (c *timerClock) Sleep(t time.Time, stop <-chan struct{}) bool {
	if d := time.Until(t); d > 0 {
		return c.timers.wait(d, stop)
	}
	return !stopped(stop)
}

func (c *timerClock) Near(t time.Time, stop <-chan struct{}) bool { return c.Sleep(t, stop) }

// realClock sleeps by a timer while the instant is far, by the system's own
// sleep while it is near, and spins the rest.
type realClock struct{ timers timers }

func (c *realClock) Now() time.Time { return time.Now() }

func (c *realClock) Near(t time.Time, stop <-chan struct{}) bool {
	if d := time.Until(t) - timerReach; d > 0 && !c.timers.wait(d, stop) {
		return false
	}
	if d := time.Until(t) - Spin; d > 0 {
		nanosleep(d)
	}
	return !stopped(stop)
}

func (c *realClock) Sleep(t time.Time, stop <-chan struct{}) bool {
	if !c.Near(t, stop) {
		return false
	}
	for time.Until(t) > 0 {
		runtime.Gosched()
	}
	return true
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}
