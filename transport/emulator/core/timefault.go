package core

import (
	"math"
	"sync"
	"time"
)

// FaultEvent is a fault that happens to what a family owns.
type FaultEvent uint8

const (
	// Deauth: the access point has ended the station's association.
	Deauth FaultEvent = iota
	// BrokerGone: the connections to the MQTT brokers have ended.
	BrokerGone
	// Crash: the module restarts. What a handler waits for has to end now; Boot
	// follows when the handler has returned.
	Crash
	faultEvents
)

// OnFault has do called at each such event, with its instant; a family says so
// when it is made. do is called from any goroutine, the AT task included, and
// must not wait.
func (m *Machine) OnFault(e FaultEvent, do func(at time.Time)) {
	m.onFault.mu.Lock()
	defer m.onFault.mu.Unlock()
	m.onFault.of[e] = append(m.onFault.of[e], do)
}

// onFault are the handlers of the families.
type onFault struct {
	mu sync.Mutex
	of [faultEvents][]func(time.Time)
}

func (m *Machine) happen(e FaultEvent, at time.Time) {
	m.onFault.mu.Lock()
	handlers := m.onFault.of[e]
	m.onFault.mu.Unlock()
	for _, do := range handlers {
		do(at)
	}
}

// strikes is what a fault does to the machine at an instant: zero is that of the
// AT task, which has called.
type strikes func(a *armed, at time.Time)

// tells says whether the machine has to know that a strikes.
func (a *armed) tells() bool {
	switch a.kind {
	case deauth, brokerGone, decay, brownOut, crash, reboot:
		return true
	}
	return false
}

// tell lets faults strike that an event of the AT task has brought about.
func (f *Faults) tell(struck []*armed) {
	for _, a := range struck {
		if f.strikes != nil {
			f.strikes(a, time.Time{})
		}
	}
}

// begin is called when a machine is switched on.
func (f *Faults) begin(clock Clock, s strikes) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clock == nil {
		f.clock, f.start = clock, clock.Now()
	}
	f.strikes = s
}

// watch lets timed faults strike until stop is closed.
func (f *Faults) watch(stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if a, at := f.nextTimed(); a == nil {
			timer.Stop()
		} else if d := at.Sub(f.clock.Now()); d > 0 {
			timer.Reset(d)
		} else {
			f.strikes(a, at)
			f.rearm(a)
			continue
		}
		select {
		case <-stop:
			return
		case <-f.changed:
		case <-timer.C:
		}
	}
}

// nextTimed is the timed fault that strikes next, nil when there is none.
func (f *Faults) nextTimed() (next *armed, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.armed {
		if a.timed && a.due >= 0 && (next == nil || a.due < next.due) {
			next = a
		}
	}
	if next != nil {
		at = f.start.Add(next.due)
	}
	return next, at
}

// rearm counts a timed fault that has struck.
func (f *Faults) rearm(a *armed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.injected[a.Name]++
	if a.Again > 0 {
		a.due += a.Again
	} else {
		a.due = -1
	}
}

// decaying is a rate that falls to nothing.
type decaying struct {
	from time.Time // zero: it does not
	span time.Duration
}

// leastRate is what a rate that has decayed is left with, so that every wait for
// it ends.
const leastRate = 1e-4

// RadioFactor is what the radio's rate has to be multiplied with at the instant
// at: 1 unless the fault `decay` has struck.
func (f *Faults) RadioFactor(at time.Time) float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.decay.from.IsZero() || at.Before(f.decay.from) {
		return 1
	}
	return math.Max(1-at.Sub(f.decay.from).Seconds()/f.decay.span.Seconds(), leastRate)
}

// setDecay lets the rate fall from the instant at; zero lets it be as it was.
func (f *Faults) setDecay(at time.Time, span time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.decay = decaying{at, span}
}

// Drift is the relative error of the RC clock by the fault `drift`, as a
// fraction: 0.0005 is a clock that is 500 ppm fast.
func (f *Faults) Drift() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.line.drift
}
