package core

import "time"

// hibernation is what AT+PWR=1 asks for.
type hibernation struct {
	wanted bool
	timer  time.Duration // until it ends by itself; 0: it does not
}

// Hibernate switches the module off when the handler has returned: until the
// timer has run out (0: there is none), the wake-up pin rises, or CHIP_EN has
// been low. It then restarts.
func (c *Call) Hibernate(timer time.Duration) {
	c.restart = true
	c.off = hibernation{true, timer}
}

// SetPower changes the power mode at the instant at; in standby the module may
// sleep while nothing is to be done.
func (m *Machine) SetPower(at time.Time, mode PowerMode) {
	m.Radio.setMode(at, mode)
	if f := m.port.framed; f != nil {
		f.Standby(mode == PowerStandby)
	}
}

// RaisePin is a pulse on the wake-up pin (GPIO16): it ends hibernation.
func (m *Machine) RaisePin() {
	select {
	case m.pin <- struct{}{}:
	default: // one is waiting
	}
}

// hibernated stays off for as long as the call has asked for; false when the AT
// task has been halted meanwhile.
func (m *Machine) hibernated() bool {
	c := &m.call
	if !c.off.wanted {
		return true
	}
	m.Radio.setMode(c.at, PowerHibernate)
	m.port.running(false)
	for _, f := range m.families {
		f.Boot(c.at)
	}
	m.port.in.deaf(true)
	defer m.port.in.deaf(false)
	select {
	case <-m.pin: // an old pulse
	default:
	}
	var over <-chan time.Time
	end := c.at.Add(c.off.timer)
	if c.off.timer > 0 {
		timer := time.NewTimer(end.Sub(m.Clock.Now()))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		c.at = end
	case <-m.pin:
		c.at = m.Clock.Now()
	case <-m.halt.ch:
		return false
	}
	return true
}
