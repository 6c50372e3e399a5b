package core

import (
	"sync"
	"sync/atomic"
	"time"
)

// halt is what ends the waits of the AT task: for good when the module is
// switched off, until the restart when it crashes.
type halt struct {
	dead atomic.Bool // between crash and restart nothing is said

	mu      sync.Mutex
	ch      chan struct{} // closed when the waits have to end
	off     bool
	crashed time.Time // zero: it did not
}

// close closes ch, once; the caller holds mu.
func (h *halt) close() {
	if !h.off && h.crashed.IsZero() {
		close(h.ch)
	}
}

// crash restarts the module at the instant at, whatever it is doing.
func (m *Machine) crash(at time.Time) {
	m.halt.mu.Lock()
	defer m.halt.mu.Unlock()
	m.halt.close()
	m.halt.crashed = at
	m.halt.dead.Store(true)
	m.port.in.interrupt(true)
	m.happen(Crash, at)
}

// end ends the AT task.
func (m *Machine) end() {
	m.halt.mu.Lock()
	defer m.halt.mu.Unlock()
	m.halt.close()
	m.halt.off = true
}

// revive goes on after a crash, at its instant; false when the module is off.
func (m *Machine) revive() bool {
	m.halt.mu.Lock()
	on := !m.halt.off && !m.halt.crashed.IsZero()
	m.call.at = m.halt.crashed
	m.halt.mu.Unlock()
	return on && m.powered() && m.reload() && m.boot()
}

// arm lets the AT task wait again, until it is halted the next time; false when
// the module is off.
func (m *Machine) arm() bool {
	m.halt.mu.Lock()
	defer m.halt.mu.Unlock()
	if m.halt.off {
		return false
	}
	if m.halt.ch == nil || !m.halt.crashed.IsZero() {
		m.halt.ch, m.halt.crashed = make(chan struct{}), time.Time{}
	}
	m.halt.dead.Store(false)
	m.port.in.interrupt(false)
	return true
}

// struck is what a fault does to the machine.
func (m *Machine) struck(a *armed, at time.Time) {
	if at.IsZero() {
		at = m.call.at
	}
	switch a.kind {
	case deauth:
		m.happen(Deauth, at)
	case brokerGone:
		m.happen(BrokerGone, at)
	case decay:
		m.Faults.setDecay(at, a.span)
	case brownOut:
		m.brown.Store(true)
	}
	if a.timed && (a.kind == crash || a.kind == reboot || a.kind == brownOut) {
		m.crash(at)
	}
}
