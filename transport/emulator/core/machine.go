package core

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// lineSize is the firmware's line buffer, CRLF included (manual 1).
const lineSize = 256

// PayloadSize is the longest data phase, in bytes.
const PayloadSize = 8192

// Fixed texts of the firmware, byte for byte.
var (
	readyText = []byte("\r\nready\r\n")
	okText    = []byte("\r\nOK\r\n")
	errorText = []byte("\r\nERROR\r\n")
	busyText  = []byte("\r\nbusy p...\r\n")
)

// Bits of AT+SYSMSG (manual 2.2.8.3).
const (
	QuitMessage   = 1 << iota // +QUITT when passthrough ends
	LinkDetail                // +LINK_CONN: in place of +CIP:<id>,CONNECTED
	StateMessages             // changes of state are reported in passthrough too
)

var errClosed = errors.New("the emulated module is closed")

// Options are what a machine is made of.
type Options struct {
	Clock   Clock
	Radio   *Radio
	Faults  *Faults
	Quirks  *Switches     // nil: none is on
	Flash   *Flash        // nil: that of a new unit
	Log     io.Writer     // the log UART; nil when nobody reads it
	Version Version       // of the firmware: commands of later releases do not exist
	Latency time.Duration // from the last byte of a command line to its handler
	Boot    time.Duration // from switching on or reset to `ready`
	Seed    uint64
}

// Machine is the module's AT task and what it shares with the families. It is
// switched on by its first host.
type Machine struct {
	Options

	// Echo, Syslog and Store are the settings of ATE, AT+SYSLOG and
	// AT+SYSSTORE; only handlers touch them.
	Echo, Syslog, Store bool

	// SysMsg has the bits of AT+SYSMSG.
	SysMsg atomic.Uint32

	port     *Port
	log      *logPort
	table    map[string]*Command
	order    []*Command // as they were added
	families []Family
	call     Call
	line     [lineSize]byte
	payload  [PayloadSize]byte

	mu     sync.Mutex
	closed bool
	busy   sync.WaitGroup
}

// NewMachine returns a machine that is switched off and has no commands.
func NewMachine(o Options) *Machine {
	if o.Quirks == nil {
		o.Quirks = new(Switches)
	}
	if o.Flash == nil {
		o.Flash = NewFlash()
	}
	return &Machine{Options: o, table: make(map[string]*Command)}
}

// Add puts a family's commands into the table. A name that is there already is
// a mistake of the program.
func (m *Machine) Add(f Family) {
	m.families = append(m.families, f)
	for _, c := range f.Commands() {
		if m.table[c.Name] != nil {
			panic(fmt.Sprintf("emulator: AT%s is in the command table twice", c.Name))
		}
		if c.Since > m.Version && m.Version != 0 {
			continue
		}
		m.table[c.Name] = &c
		m.order = append(m.order, &c)
	}
}

// Commands is the command table in the order in which it was filled, which is
// that of AT+CMD?.
func (m *Machine) Commands() []*Command { return m.order }

// Attach makes s the module's host. The first host switches the module on, and
// misses nothing of what it says. Receive has to follow.
func (m *Machine) Attach(s Stream) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return errClosed
	case m.port != nil:
		return m.port.attach(s)
	}
	m.port = newPort(m.Clock, s)
	m.log = newLogPort(m.Options.Log)
	if err := m.port.attach(s); err != nil {
		return err
	}
	m.Radio.begin(m.Clock.Now(), m.Seed)
	m.busy.Go(m.run)
	return nil
}

// Receive takes what the attached host writes until its stream ends, and
// returns what ended it; the module is then free for another host.
func (m *Machine) Receive(s Stream) error { return m.port.receive(s) }

// Close switches the module off; it returns when every goroutine has ended.
func (m *Machine) Close() {
	m.mu.Lock()
	port := m.port
	m.closed = true
	m.mu.Unlock()
	if port == nil {
		return
	}
	port.close()
	for _, f := range m.families {
		f.Close()
	}
	m.busy.Wait()
	m.log.close()
}

// Event says something unasked at the instant at. It may be called from any
// goroutine; messages of one call stay together.
func (m *Machine) Event(at time.Time, messages ...[]byte) { m.port.Say(at, messages...) }

// Print writes text to the log UART. It may be called from any goroutine until
// the family's Close returns, and never waits.
func (m *Machine) Print(text string) { m.log.print(text) }

// run is the AT task.
func (m *Machine) run() {
	m.call.m = m
	m.call.at = m.Clock.Now()
	if !m.boot() {
		return
	}
	for m.step() {
	}
}

// boot restarts the module at the call's instant: what arrives before `ready`
// is lost.
func (m *Machine) boot() bool {
	c := &m.call
	m.Echo, m.Syslog, m.Store = false, false, true
	m.port.running(false)
	for _, f := range m.families {
		f.Boot(c.at)
	}
	c.at = c.at.Add(m.Boot)
	if !m.Clock.Near(c.at, m.port.stop) {
		return false
	}
	m.port.in.drop(c.at)
	m.port.running(true)
	m.port.Say(c.at, readyText)
	for _, f := range m.families {
		if s, ok := f.(Starter); ok {
			s.Ready(c)
		}
	}
	return true
}

// step takes one command line and carries it out; false when switched off.
func (m *Machine) step() bool {
	c := &m.call
	line, at, err, ok := m.readCommand()
	if !ok {
		return false
	}
	if m.Echo {
		m.port.Say(at, line)
	}
	c.begin(at.Add(m.Latency))
	if !c.Wait(c.at) {
		return false
	}
	if err == nil {
		err = m.carryOut(line[:len(line)-2])
	}
	m.finish(err)
	if c.restart {
		return m.boot()
	}
	return true
}

// refuseEarly drops what the host sent before it had the final code.
// Frames wait in the link's buffers instead.
func (m *Machine) refuseEarly() {
	if m.port.framed == nil && m.port.in.drop(m.call.at) > 0 {
		m.port.Say(m.call.at, busyText)
	}
}

// readLine takes bytes up to LF. at is when the LF has arrived. A line that is
// too long, or that does not end in CRLF, is a mistake; its excess is dropped.
func (m *Machine) readLine() (line []byte, at time.Time, err error, ok bool) {
	n := 0
	for {
		k, t, ok := m.port.in.take(m.line[n:], true)
		if !ok {
			return nil, at, nil, false
		}
		n += k
		switch {
		case m.line[n-1] == '\n':
			if err == nil && (n < 2 || m.line[n-2] != '\r') {
				err = NoTerminator
			}
			return m.line[:n], t, err, true
		case n == lineSize:
			err, n = NoTerminator, 0
		}
	}
}

// carryOut looks the command up and calls its handler, then its data phase.
func (m *Machine) carryOut(line []byte) error {
	c := &m.call
	name, form, params, err := command(line)
	if err != nil {
		return err
	}
	cmd := m.table[string(name)]
	if cmd == nil {
		return Unsupported
	}
	handler := cmd.handler(form)
	if handler == nil {
		return BadForm
	}
	if form == set || form == ask {
		if err := c.Args.parse(params); err != nil {
			return err
		}
		if c.Args.n < cmd.Min || c.Args.n > cmd.Max {
			return BadCount
		}
	}
	err = handler(c)
	if err == nil && c.collect > 0 {
		return m.dataPhase(cmd)
	}
	return err
}

// dataPhase collects the payload that the handler has asked for and hands it to
// the command's Data.
func (m *Machine) dataPhase(cmd *Command) error {
	c := &m.call
	p := m.payload[:c.collect]
	for n := 0; n < len(p); {
		k, at, ok := m.port.takeData(p[n:])
		if !ok {
			return Silent
		}
		n += k
		c.at = at
	}
	if !c.Wait(c.at) {
		return Silent
	}
	return cmd.Data(c, p)
}

// finish gives the final code.
func (m *Machine) finish(err error) {
	at := m.call.at
	code, refused := err.(Code)
	switch {
	case err == nil:
		m.port.Say(at, okText)
	case err == Silent:
	case refused && m.Syslog:
		m.port.Say(at, []byte(code.Error()+"\r\n"), errorText)
	default:
		m.port.Say(at, errorText)
	}
}
