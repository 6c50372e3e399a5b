package core

import (
	"sync/atomic"
	"time"
)

// supply is the module's power rail.
type supply struct {
	cut   atomic.Bool
	again chan struct{} // a pulse when it is back
}

// Supply switches the power rail off or on. Without it the module draws nothing, says nothing and hears nothing; when it
// comes back the module starts as after a reset.
func (m *Machine) Supply(on bool) {
	if m.supply.cut.Swap(!on) == !on {
		return
	}
	m.mu.Lock()
	running := m.port != nil && !m.closed
	m.mu.Unlock()
	switch {
	case !running: // CHIP_EN is low
		m.shut(m.Clock.Now())
	case on:
		m.supply.again <- struct{}{}
	default:
		select {
		case <-m.supply.again: // an old pulse
		default:
		}
		m.crash(m.Clock.Now())
	}
}

// shut is the current from the instant at on while CHIP_EN is low.
func (m *Machine) shut(at time.Time) {
	if m.Supplied() {
		m.Radio.off(at)
	} else {
		m.Radio.unsupplied(at)
	}
}

// Supplied says whether the power rail is on.
func (m *Machine) Supplied() bool { return !m.supply.cut.Load() }

// powered waits while the supply is off; false when the machine has been closed meanwhile.
func (m *Machine) powered() bool {
	if !m.supply.cut.Load() {
		return true
	}
	m.Radio.unsupplied(m.call.at)
	m.port.running(false)
	for _, f := range m.families {
		f.Boot(m.call.at)
	}
	m.port.in.deaf(true)
	defer m.port.in.deaf(false)
	for m.arm() {
		select {
		case <-m.supply.again:
			m.call.at = m.Clock.Now()
			return true
		case <-m.halt.ch: // closed, or a crash, which a module without supply does not notice
		}
	}
	return false
}
