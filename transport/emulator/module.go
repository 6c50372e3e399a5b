package emulator

import (
	"context"
	"sync"
	"time"

	"st67bench/transport/emulator/basic"
	"st67bench/transport/emulator/ble"
	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/inet"
	"st67bench/transport/emulator/iperf"
	"st67bench/transport/emulator/mqtt"
	"st67bench/transport/emulator/power"
	"st67bench/transport/emulator/spislave"
	"st67bench/transport/emulator/wifi"
)

// Module is one emulated ST67W611M1. It is switched on by its first host and
// stays on, with its state, when that host leaves; over SPI, CHIP_EN switches it.
// It has one host at a time. Its methods may be called from any goroutine.
type Module struct {
	conf   sync.Mutex
	asked  Config // without defaults
	config Config // what is so now
	quirks *core.Switches
	clock  core.Clock
	faults *core.Faults
	flash  *core.Flash
	air    *wifi.Live
	logs   *logs
	past   *core.Timeline // what the module has done

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	busy sync.WaitGroup

	mu      sync.Mutex
	machine *core.Machine // of this switching on, or of the next
	spent   bool          // the machine was switched off by CHIP_EN
	wires   *spislave.Slave
	ended   <-chan struct{} // closed when the firmware's end of the wires has ended
	host    core.Stream
	left    <-chan struct{} // closed when the memory host that closed last has left
	undo    []func()        // what Close has to undo: the PTY's symbolic link
}

// New returns a module that is switched off. The error names every mistake of
// the configuration. In a testing/synctest bubble, New and everything after it
// have to be called inside the bubble.
func New(c Config) (*Module, error) {
	asked := c
	c = c.withDefaults()
	quirks, faults, err := c.check()
	if err != nil {
		return nil, err
	}
	m := &Module{asked: asked, config: c, quirks: core.NewSwitches(quirks), clock: core.NewClock(), faults: core.NewFaults(faults, c.Seed), flash: core.NewFlash(), logs: new(logs)}
	if c.Log != nil {
		m.logs.add(c.Log)
	}
	m.air = wifi.NewLive(c.air())
	m.past = core.NewTimeline(m.clock.Now(), c.Currents)
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.machine = m.newMachine()
	return m, nil
}

// newMachine returns a machine that is switched off, with what flash holds.
func (m *Module) newMachine() *core.Machine {
	c := m.settings()
	machine := core.NewMachine(core.Options{
		Clock:   m.clock,
		Radio:   m.newRadio(&c),
		Faults:  m.faults,
		Quirks:  m.quirks,
		Flash:   m.flash,
		Log:     m.logs,
		Version: c.release.Version,
		Latency: c.CommandLatency,
		Boot:    c.Boot,
		Seed:    c.Seed,
	})
	m.addFamilies(machine)
	return machine
}

// addFamilies fills the command table. The TCP/IP commands need to know whether
// the station is online, and lose their connections when it is not.
func (m *Module) addFamilies(machine *core.Machine) {
	c := m.settings()
	mac := c.mac()
	var online func() bool
	ip := inet.New(machine, inet.Options{
		Dial:         c.Dial,
		Listen:       c.Listen,
		ListenPacket: c.ListenPacket,
		Host:         moduleAddress.Addr(),
		Online:       func() bool { return online() },
		Blocking:     c.Build == BuildUART,

		SendMax:       c.release.SendMax,
		ReceiveBuffer: c.release.ReceiveBuffer,

		Hosts:  c.hosts(),
		Lookup: c.Lookup,
		Echo:   c.Echo,
	})
	throughput := iperf.New(machine, iperf.Options{
		Dial:         c.Dial,
		Listen:       c.Listen,
		ListenPacket: c.ListenPacket,
		Host:         moduleAddress.Addr(),
		Online:       func() bool { return online() },
		RSSI:         m.air.RSSIHeard,
	})
	publisher := mqtt.New(machine, mqtt.Options{
		Dial:   c.Dial,
		Hosts:  c.hosts(),
		Online: func() bool { return online() },
	})
	station := wifi.New(machine, wifi.Options{
		Air:  m.air,
		MAC:  mac,
		Down: func(at time.Time) { ip.Down(at); throughput.Down(at); publisher.Down(at) },
		V6:   ip.V6,
		Raw:  ip.Raw,
	})
	online = station.Up
	machine.Add(basic.New(machine, basic.Options{MAC: mac, Used: func() (heap, stack int) {
		heap, stack = publisher.Memory()
		links, sockets := ip.Memory()
		return heap + links, stack + sockets
	}}))
	machine.Add(power.New(machine))
	machine.Add(throughput)
	machine.Add(publisher)
	machine.Add(station)
	machine.Add(ble.New(machine, c.Ether, mac))
	machine.Add(ip) // the last: it may go into passthrough as soon as the module is ready
}

// String is the link URL that gives such a module.
func (m *Module) String() string {
	c := m.settings()
	return c.url()
}

// settings are those that hold now.
func (m *Module) settings() Config {
	m.conf.Lock()
	defer m.conf.Unlock()
	return m.config
}

// Injected is how often each fault has been injected so far, by name: altered
// bytes for drop, flip and duplicate, transactions for stall, else the events
// that were hit.
func (m *Module) Injected() map[string]uint64 { return m.faults.Injected() }

// current is the machine of this switching on, or of the next.
func (m *Module) current() *core.Machine {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.machine
}

// Close switches the module off and ends its host's link. When it returns, no
// goroutine and no descriptor of the module is left.
func (m *Module) Close() error {
	m.stop()
	m.closeWires()
	m.current().Close()
	m.busy.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, undo := range m.undo {
		undo()
	}
	m.undo = nil
	return nil
}

// attach makes s the module's host, and serves it until it ends.
func (m *Module) attach(s core.Stream) (ended <-chan struct{}, err error) {
	machine := m.current()
	if err := machine.Attach(s); err != nil {
		return nil, err
	}
	m.setHost(s)
	done := make(chan struct{})
	m.busy.Go(func() {
		defer close(done)
		_ = machine.Receive(s) // a host that leaves is no error of the module
		m.forgetHost(s)
		s.Close()
	})
	return done, nil
}

func (m *Module) setHost(s core.Stream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.host = s
}

func (m *Module) forgetHost(s core.Stream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.host == s {
		m.host = nil
	}
}

// Line is the rate in bit/s (Unpaced for none) and the flow control, FlowNone or
// FlowRTSCTS, of the line to the present host; those of the configuration when
// there is none. On a PTY they are what the host has set. The emulated line loses
// nothing but by the faults lose and overrun, from which RTS/CTS saves it.
func (m *Module) Line() (baud int, flow string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.host == nil {
		c := m.settings()
		return c.Baud, c.Flow
	}
	if f, ok := m.host.(core.RTSCTS); ok && f.RTSCTS() {
		return m.host.Rate(), FlowRTSCTS
	}
	return m.host.Rate(), FlowNone
}
