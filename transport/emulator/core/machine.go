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

// brownOutLine is what the log port says after a breakdown of the supply. The
// firmware's own words are not published.
const brownOutLine = "reset: brown-out\r\n"

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
	spill    [lineSize]byte // takes what is too long of a line
	rest     []byte         // of line: what is still to be run of a frame
	payload  [PayloadSize]byte

	onFault onFault
	halt    halt
	brown   atomic.Bool   // the restart to come is due to the supply
	pin     chan struct{} // a pulse on the wake-up pin
	supply  supply
	loading loading

	mu     sync.Mutex
	closed bool
	stop   chan struct{} // closed by Close
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
	o.Radio.faults = o.Faults
	return &Machine{Options: o, table: make(map[string]*Command), stop: make(chan struct{}), pin: make(chan struct{}, 1),
		supply: supply{again: make(chan struct{}, 1)},
	}
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
	m.port = newPort(m.Clock, s, m.Faults)
	m.log = newLogPort(m.Options.Log)
	if err := m.port.attach(s); err != nil {
		return err
	}
	now := m.Clock.Now()
	m.Radio.begin(now, m.Seed)
	if !m.Supplied() {
		m.Radio.unsupplied(now)
	}
	m.Faults.begin(m.Clock, m.struck)
	m.arm()
	m.busy.Go(m.run)
	m.busy.Go(func() { m.Faults.watch(m.stop) })
	return nil
}

// Receive takes what the attached host writes until its stream ends, and
// returns what ended it; the module is then free for another host.
func (m *Machine) Receive(s Stream) error { return m.port.receive(s) }

// Close switches the module off; it returns when every goroutine has ended.
func (m *Machine) Close() {
	m.mu.Lock()
	port, first := m.port, !m.closed
	m.closed = true
	m.mu.Unlock()
	if port == nil {
		return
	}
	if first {
		close(m.stop)
	}
	m.end()
	port.close()
	m.closeFamilies()
	m.busy.Wait()
	m.log.close()
	if first {
		m.shut(m.Clock.Now())
	}
}

// Event says something unasked at the instant at. It may be called from any
// goroutine; messages of one call stay together.
func (m *Machine) Event(at time.Time, messages ...[]byte) {
	if !m.halt.dead.Load() {
		m.port.Say(at, messages...)
	}
}

// Print writes text to the log UART. It may be called from any goroutine until
// the family's Close returns, and never waits.
func (m *Machine) Print(text string) { m.log.print(text) }

// run is the AT task.
func (m *Machine) run() {
	m.call.m = m
	m.call.at = m.Clock.Now()
	for on := m.powered() && m.boot(); on; {
		on = m.step() || m.revive()
	}
}

// boot restarts the module at the call's instant: what arrives before `ready`
// is lost.
func (m *Machine) boot() bool {
	c := &m.call
	if !m.arm() {
		return false
	}
	m.Echo, m.Syslog, m.Store, m.rest = false, false, true, nil
	m.Radio.boot(c.at)
	m.port.running(false)
	m.port.out.setShape(shape{})
	m.Faults.setDecay(time.Time{}, 0)
	if m.brown.Swap(false) {
		m.Print(brownOutLine)
	}
	for _, f := range m.families {
		f.Boot(c.at)
	}
	c.at = c.at.Add(m.Boot)
	if !m.Clock.Near(c.at, m.halt.ch) {
		return m.revive()
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

// step takes one command line and carries it out; false when the AT task has
// been halted.
func (m *Machine) step() bool {
	c := &m.call
	line, at, err, ok := m.readCommand()
	if !ok {
		return false
	}
	if at.Before(c.at) {
		at = c.at // it waited for the command before
	}
	at = m.Radio.serve(at, m.port.framed != nil)
	hit := m.Faults.command()
	m.port.out.setShape(hit.shape)
	m.echo(line, at, hit.echo)
	c.begin(at.Add(m.Latency))
	if !c.Wait(c.at) {
		return false
	}
	if hit.crash {
		return m.boot()
	}
	m.answer(line, err, hit)
	m.Radio.rest(c.at)
	if c.restart {
		return m.hibernated() && m.boot()
	}
	return !m.halt.dead.Load()
}

// echo repeats a line that has been taken, when ATE1 is on.
func (m *Machine) echo(line []byte, at time.Time, broken bool) {
	switch {
	case !m.Echo:
	case broken:
		m.port.Say(at, echoed(line))
	default:
		m.port.Say(at, line)
	}
}

// answer carries a line out, unless there was a mistake in it or a fault has hit
// it, and gives the final code.
func (m *Machine) answer(line []byte, err error, hit commandHit) {
	c := &m.call
	switch c.unasked = hit.reply; {
	case hit.busy:
		m.port.Say(c.at, busyText)
		return
	case err == nil && hit.noMemory:
		err = NoMemory
	case err == nil:
		err = m.carryOut(line[:len(line)-2])
	}
	m.finish(err)
}

// refuseEarly drops what the host sent before it had the final code.
// Frames wait in the link's buffers instead.
func (m *Machine) refuseEarly() {
	if m.port.framed == nil && m.Quirks.Has(FlowBusy) && m.port.in.drop(m.call.at) > 0 {
		m.Event(m.call.at, busyText)
	}
}

// readLine takes bytes up to LF. at is when the LF has arrived. A line that is
// too long, or that does not end in CRLF, is a mistake; its excess is dropped.
func (m *Machine) readLine() (line []byte, at time.Time, err error, ok bool) {
	m.port.settle(m.call.at)
	n := 0
	for last := byte(0); last != '\n'; {
		p := m.line[n:]
		if n == lineSize {
			p, err = m.spill[:], NoTerminator
		}
		k, t, ok := m.port.in.take(p, true)
		if !ok {
			return nil, at, nil, false
		}
		last, at = p[k-1], t
		if err == nil {
			n += k
		}
	}
	if err == nil && (n < 2 || m.line[n-2] != '\r') {
		err = NoTerminator
	}
	return m.line[:n], at, err, true
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
	room := m.payload[:c.collect]
	if c.excess && m.port.framed != nil {
		room = m.payload[:]
	}
	n := 0
	for n < c.collect {
		k, at, ok := m.takeData(room[n:])
		if !ok {
			return Silent
		}
		n += k
		c.at = at
	}
	if !c.Wait(c.at) {
		return Silent
	}
	return cmd.Data(c, room[:n])
}

// finish gives the final code.
func (m *Machine) finish(err error) {
	c := &m.call
	code, refused := err.(Code)
	switch {
	case err == Silent:
	case err == nil:
		c.OK()
	case refused && m.Syslog:
		c.final([]byte(code.Error()+"\r\n"), errorText)
	default:
		c.final(errorText)
	}
}
