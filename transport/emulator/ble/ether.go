package ble

import (
	"bytes"
	"container/heap"
	"sync"
	"time"
)

// Ether is the air in which modules meet. Its methods and those of the families
// in it may be called from any goroutine; in a testing/synctest bubble it belongs
// to that bubble.
type Ether struct {
	mu      sync.Mutex
	devices []*Family // that BLEINIT has switched on
	events  events
	timer   *time.Timer
	armed   time.Time // what the timer is set to; zero when it is not
}

// NewEther returns an air without modules. It has no goroutine while nothing is
// under way in it.
func NewEther() *Ether { return &Ether{} }

// event is something that happens at an instant because of the module by.
type event struct {
	at  time.Time
	by  *Family
	seq uint64
	run func(at time.Time)
}

// events is a heap. At the same instant the order is that of the modules' factory
// addresses, then that in which a module planned them.
type events []event

func (q events) Len() int      { return len(q) }
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *events) Push(v any)   { *q = append(*q, v.(event)) }

func (q *events) Pop() any {
	last := len(*q) - 1
	v := (*q)[last]
	(*q)[last] = event{}
	*q = (*q)[:last]
	return v
}

func (q events) Less(i, j int) bool {
	a, b := &q[i], &q[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	if c := bytes.Compare(a.by.unit[:], b.by.unit[:]); c != 0 {
		return c < 0
	}
	return a.seq < b.seq
}

// lock takes the ether at the instant at: what happens until then has happened.
func (e *Ether) lock(at time.Time) {
	e.mu.Lock()
	e.run(at)
}

// plan lets run happen at the instant at, unless the module by leaves before. The
// caller holds mu.
func (e *Ether) plan(by *Family, at time.Time, run func(at time.Time)) {
	by.planned++
	heap.Push(&e.events, event{at, by, by.planned, run})
	e.arm()
}

// forget drops what the module has planned. The caller holds mu.
func (e *Ether) forget(by *Family) {
	kept := e.events[:0]
	for _, ev := range e.events {
		if ev.by != by {
			kept = append(kept, ev)
		}
	}
	clear(e.events[len(kept):])
	e.events = kept
	heap.Init(&e.events)
	e.arm()
}

// run lets everything happen that is planned until the instant until. The caller
// holds mu.
func (e *Ether) run(until time.Time) {
	for len(e.events) > 0 && !e.events[0].at.After(until) {
		ev := heap.Pop(&e.events).(event)
		ev.run(ev.at)
	}
	e.arm()
}

// arm sets the timer to the first event. The caller holds mu.
func (e *Ether) arm() {
	switch {
	case len(e.events) == 0:
		if e.timer != nil {
			e.timer.Stop()
		}
		e.armed = time.Time{}
	case !e.events[0].at.Equal(e.armed):
		e.armed = e.events[0].at
		d := max(time.Until(e.armed), 0)
		if e.timer == nil {
			e.timer = time.AfterFunc(d, e.fire)
		} else {
			e.timer.Reset(d)
		}
	}
}

// fire is the timer's own goroutine.
func (e *Ether) fire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.armed = time.Time{}
	e.run(time.Now())
}
