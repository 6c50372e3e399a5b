package inet_test

import (
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/inet"
	"st67bench/transport/emulator/memnet"
)

// Times of the module under test: 10 bits a byte at 2 Mbit/s, a byte on the radio
// at 20 Mbit/s, one way through the air, a command.
const (
	byteTime = 5 * time.Microsecond
	airByte  = 400 * time.Nanosecond
	air      = time.Millisecond
	latency  = 250 * time.Microsecond
)

const (
	okay   = "\r\nOK\r\n"
	prompt = "\r\n>"
	failed = "\r\nERROR\r\n"
)

// module is a module with nothing but its TCP/IP commands, on a line in memory.
type module struct {
	*memnet.Conn
	t    testing.TB
	net  *memnet.Network
	core *core.Machine
	log  *journal
}

// journal is what the module has printed on its log port.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// stream is the module's end of the line.
type stream struct {
	net.Conn
	baud int
}

func (s stream) Rate() int { return s.baud }

// frames is an SPI link: each write of the host is one frame.
type frames struct{ stream }

func (f frames) MaxFrame() int { return 6144 }
func (f frames) Running(bool)  {}
func (f frames) Standby(bool)  {}
func (f frames) ReadFrame(p []byte) (int, time.Time, error) {
	n, err := f.Read(p)
	return n, time.Now(), err
}

// resetter is AT+RST, and the bits of AT+SYSMSG by an own command.
type resetter struct{ m *core.Machine }

func (r resetter) Commands() []core.Command {
	return []core.Command{
		{Name: "+RST", Execute: func(c *core.Call) error { c.Reboot(); return nil }},
		{Name: "+SYSMSG", Min: 1, Max: 1, Set: func(c *core.Call) error {
			r.m.SysMsg.Store(uint32(c.Args.Int(0, 0, 7)))
			return c.Args.Err()
		}},
	}
}
func (resetter) Boot(time.Time) {}
func (resetter) Close()         {}

// setup is what a test changes.
type setup struct {
	inet.Options
	core.Quirks
	faults []string
	radio  float64 // bit/s; 0 for 20 Mbit/s
	frames bool
	// unpaced is a line and a radio that take no time.
	unpaced bool
}

// with runs a test with a module that has said `ready`, in virtual time.
func with(t *testing.T, s setup, test func(t *testing.T, m *module)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := open(t, s)
		m.expect("\r\nready\r\n")
		test(t, m)
	})
}

func open(t testing.TB, s setup) *module {
	t.Helper()
	m := &module{t: t, net: memnet.New(), log: new(journal)}
	if s.Quirks == 0 {
		s.Quirks = core.DefaultQuirks(core.V2_0_106)
	}
	if s.radio == 0 {
		s.radio = 20e6
	}
	wait := air
	if s.unpaced {
		s.radio, wait = math.Inf(1), 0
	}
	var list []core.Fault
	for _, name := range s.faults {
		f, err := core.ParseFault(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	m.core = core.NewMachine(core.Options{
		Clock: core.NewClock(), Radio: &core.Radio{Rate: s.radio, Latency: wait}, Faults: core.NewFaults(list, 0),
		Quirks: core.NewSwitches(s.Quirks), Latency: latency, Boot: 500 * time.Millisecond, Log: m.log,
	})
	if s.Dial == nil {
		s.Dial, s.Listen, s.ListenPacket = m.net.Dial, m.net.Listen, m.net.ListenPacket
	}
	if s.Online == nil {
		s.Online = func() bool { return true }
	}
	m.core.Add(resetter{m.core})
	m.core.Add(inet.New(m.core, s.Options))
	near, far := memnet.Pipe("module", 0)
	m.Conn = near
	line := stream{far, 2_000_000}
	if s.unpaced {
		line.baud = core.Unpaced
	}
	var end core.Stream = line
	if s.frames {
		end = frames{line}
	}
	if err := m.core.Attach(end); err != nil {
		t.Fatal(err)
	}
	left := make(chan struct{})
	go func() { defer close(left); _ = m.core.Receive(end) }()
	t.Cleanup(func() { near.Close(); m.core.Close(); <-left })
	return m
}

func (m *module) write(s string) {
	m.t.Helper()
	if _, err := io.WriteString(m.Conn, s); err != nil {
		m.t.Error(err)
	}
}

// expect reads as many bytes as want has.
func (m *module) expect(want string) {
	m.t.Helper()
	got := make([]byte, len(want))
	m.SetReadDeadline(time.Now().Add(time.Minute))
	n, err := io.ReadFull(m, got)
	if string(got[:n]) != want {
		m.t.Fatalf("the module said %.2000q (%v), want %.2000q", got[:n], err, want)
	}
}

func (m *module) do(line, want string) {
	m.t.Helper()
	m.write(line + "\r\n")
	m.expect(want)
}

// quiet fails when the module says something within d.
func (m *module) quiet(d time.Duration) {
	m.t.Helper()
	m.SetReadDeadline(time.Now().Add(d))
	b := make([]byte, 256)
	if n, err := m.Read(b); err == nil {
		m.t.Fatalf("the module said %q, want nothing", b[:n])
	}
}

// connect opens the only connection, of single connection mode, and returns the
// peer's end.
func (m *module) connect() net.Conn {
	m.t.Helper()
	l := m.listen()
	defer l.Close()
	m.do(`AT+CIPSTART="TCP","10.0.0.9",5001`, "+CIP:CONNECTED\r\n"+okay)
	return m.accept(l)
}

func (m *module) listen() net.Listener {
	m.t.Helper()
	l, err := m.net.Listen("tcp", "10.0.0.9:5001")
	if err != nil {
		m.t.Fatal(err)
	}
	return l
}

func (m *module) accept(l net.Listener) net.Conn {
	m.t.Helper()
	c, err := l.Accept()
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { c.Close() })
	return c
}

// receive reads n bytes at the peer and returns when the last came.
func receive(t *testing.T, peer net.Conn, n int) (string, time.Time) {
	t.Helper()
	p := make([]byte, n)
	peer.SetReadDeadline(time.Now().Add(time.Hour))
	if k, err := io.ReadFull(peer, p); err != nil {
		t.Errorf("the peer received %.100q, %d of %d bytes: %v", p[:k], k, n, err)
	}
	return string(p), time.Now()
}

// receiving starts to read n bytes at the peer; the result waits for them and
// compares them.
func receiving(t *testing.T, peer net.Conn, want string) func() time.Time {
	t.Helper()
	done := make(chan time.Time, 1)
	go func() {
		got, at := receive(t, peer, len(want))
		if got != want {
			t.Error("the peer received other bytes than were sent")
		}
		done <- at
	}()
	t.Cleanup(func() { peer.Close() })
	return func() time.Time { return <-done }
}

// nothing fails when the peer receives something within d.
func nothing(t *testing.T, peer net.Conn, d time.Duration) {
	t.Helper()
	p := make([]byte, 64)
	peer.SetReadDeadline(time.Now().Add(d))
	if n, err := peer.Read(p); err == nil {
		t.Errorf("the peer received %q", p[:n])
	}
}

// payload is n bytes whose places can be told apart, the end included.
func payload(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d+++\r\nOK", i)
	}
	return b.String()[:n]
}

func same(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got != want {
		t.Errorf("%s after %v, the closed form says %v", what, got, want)
	}
}
