package emulator

import (
	"context"
	"errors"
	"net"

	"st67bench/transport/emulator/spislave"
)

var errOff = errors.New("the emulated module is closed")

// SPI returns the module's SPI wires, which are the same at each call. They
// start with CHIP_EN low, so the host that raises it switches the module on; what
// flash holds outlives a switching off, and so does the count of the faults.
func (m *Module) SPI() *spislave.Slave {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wires == nil {
		c := m.settings()
		m.wires = spislave.New(spislave.Options{
			Clock: m.clock, Faults: m.faults, Speed: c.Speed,
			Overhead: c.Overhead, High: c.ReadyHigh, Wake: c.Wake,
			On: m.switchOn, Off: m.switchOff,
		})
	}
	return m.wires
}

// ServeSPI offers the wires on a listener by the pin-level protocol of package
// spislave, to one client at a time. It closes the listener, and returns nil
// when ctx or the module has ended, else what the listener failed with.
func (m *Module) ServeSPI(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)()
	return m.SPI().Serve(ctx, l)
}

// switchOn is CHIP_EN going up.
func (m *Module) switchOn(side *spislave.Side) error {
	m.mu.Lock()
	if m.ctx.Err() != nil {
		m.mu.Unlock()
		return errOff
	}
	if m.spent {
		supplied := m.machine.Supplied()
		m.machine, m.spent = m.newMachine(), false
		m.machine.Supply(supplied)
	}
	m.mu.Unlock()
	ended, err := m.attach(side)
	m.mu.Lock()
	m.ended = ended
	m.mu.Unlock()
	return err
}

// switchOff is CHIP_EN going down.
func (m *Module) switchOff() {
	m.mu.Lock()
	m.spent = true
	machine, ended := m.machine, m.ended
	m.mu.Unlock()
	machine.Close()
	<-ended
}

func (m *Module) closeWires() {
	m.mu.Lock()
	wires := m.wires
	m.mu.Unlock()
	if wires != nil {
		_ = wires.Close() // a second Close of the module finds them closed
	}
}
