package core

import (
	"sync"
	"time"
)

// Firmware is what one release differs in from another.
type Firmware struct {
	Version  Version
	Latency  time.Duration // as in Options
	Boot     time.Duration
	Families func(m *Machine) // adds the command families; the radio's settings may change in it too
}

// loading is a firmware that waits for the restart which brings it.
type loading struct {
	mu     sync.Mutex
	next   *Firmware
	closed bool // the families are
}

// Load writes another firmware into the module's flash and restarts the module with it; false when the module was
// never switched on. Settings in flash stay.
func (m *Machine) Load(f Firmware) bool {
	m.mu.Lock()
	running := m.port != nil
	m.mu.Unlock()
	if !running {
		return false
	}
	m.loading.mu.Lock()
	m.loading.next = &f
	m.loading.mu.Unlock()
	m.crash(m.Clock.Now())
	return true
}

// reload takes over a firmware that waits; false when the module has been closed. It belongs to the AT task.
func (m *Machine) reload() bool {
	m.loading.mu.Lock()
	defer m.loading.mu.Unlock()
	next := m.loading.next
	if next == nil || m.loading.closed {
		return !m.loading.closed
	}
	for _, f := range m.families {
		f.Close()
	}
	m.onFault.mu.Lock()
	clear(m.onFault.of[:])
	m.onFault.mu.Unlock()
	m.families, m.order, m.table = nil, nil, make(map[string]*Command)
	m.Version, m.Latency, m.Boot = next.Version, next.Latency, next.Boot
	m.loading.next = nil
	next.Families(m)
	return true
}

// closeFamilies ends what the families do.
func (m *Machine) closeFamilies() {
	m.loading.mu.Lock()
	defer m.loading.mu.Unlock()
	m.loading.closed = true
	for _, f := range m.families {
		f.Close()
	}
}
