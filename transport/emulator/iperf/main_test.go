package iperf

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	module  = "127.67.0.2"
	peer    = "192.168.1.9:5001"
	latency = time.Millisecond // of the radio
	boot    = 500 * time.Millisecond
)

// setup is what a test may choose; zero is a radio of 20 Mbit/s without loss.
type setup struct {
	rate    float64
	loss    float64
	outages []core.Outage
	quirks  []string
	real    bool // sockets of this machine in place of memnet
}

// bench is a module with these commands alone, its host, and its log.
type bench struct {
	t      *testing.T
	host   net.Conn
	net    *memnet.Network
	f      *Family
	m      *core.Machine
	online bool
	start  time.Time // of the module

	mu  sync.Mutex
	log strings.Builder
}

// wire is the module's end of a line that takes no time.
type wire struct{ net.Conn }

func (wire) Rate() int { return core.Unpaced }

func (b *bench) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.Write(p)
}

// logged is what came on the log port since the last call.
func (b *bench) logged() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.log.String()
	b.log.Reset()
	return s
}

func open(t *testing.T, s setup) *bench {
	t.Helper()
	if s.rate == 0 {
		s.rate = 20e6
	}
	var quirks core.Quirks
	for _, q := range s.quirks {
		var err error
		if quirks, err = quirks.With(q); err != nil {
			t.Fatal(err)
		}
	}
	b := &bench{t: t, net: memnet.New(), online: true, start: time.Now()}
	b.m = core.NewMachine(core.Options{
		Clock:  core.NewClock(),
		Radio:  &core.Radio{Rate: s.rate, Latency: latency, Loss: s.loss, Outages: s.outages},
		Faults: core.NewFaults(nil, 1), Quirks: core.NewSwitches(quirks), Log: b, Boot: boot, Seed: 1,
	})
	o := Options{
		Dial: b.net.Dial, Listen: b.net.Listen, ListenPacket: b.net.ListenPacket,
		Host: netip.MustParseAddr(module), Online: func() bool { return b.online }, RSSI: func() int { return -45 },
	}
	if s.real {
		o.Dial, o.Listen, o.ListenPacket = new(net.Dialer).DialContext, net.Listen, net.ListenPacket
	}
	b.f = New(b.m, o)
	b.m.Add(b.f)
	near, far := memnet.Pipe("host", 0)
	if err := b.m.Attach(wire{far}); err != nil {
		t.Fatal(err)
	}
	left := make(chan struct{})
	go func() {
		defer close(left)
		_ = b.m.Receive(wire{far})
	}()
	b.host = near
	t.Cleanup(func() {
		near.Close()
		b.m.Close()
		<-left
	})
	b.expect("\r\nready\r\n")
	return b
}

func (b *bench) expect(want string) {
	b.t.Helper()
	got := make([]byte, len(want))
	_ = b.host.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := io.ReadFull(b.host, got)
	if string(got[:n]) != want {
		b.t.Fatalf("the module said %q (%v), want %q", got[:n], err, want)
	}
}

func (b *bench) do(line, want string) {
	b.t.Helper()
	if _, err := io.WriteString(b.host, line+"\r\n"); err != nil {
		b.t.Fatal(err)
	}
	b.expect(want)
}

func (b *bench) ok(line string) {
	b.t.Helper()
	b.do(line, "\r\nOK\r\n")
}

func (b *bench) refused(line string) {
	b.t.Helper()
	b.do(line, "\r\nERROR\r\n")
}

// quiet fails when the AT port says something within d.
func (b *bench) quiet(d time.Duration) {
	b.t.Helper()
	_ = b.host.SetReadDeadline(time.Now().Add(d))
	p := make([]byte, 256)
	if n, err := b.host.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
		b.t.Fatalf("the module said %q (%v), want nothing", p[:n], err)
	}
}

// said compares the log with want once nothing more can be said at this instant.
func (b *bench) said(want ...string) {
	b.t.Helper()
	synctest.Wait()
	if got, want := b.logged(), strings.Join(want, ""); got != want {
		b.t.Errorf("the log has\n%q, want\n%q", got, want)
	}
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// listen waits for the module's connection at the peer's address.
func (b *bench) listen() net.Listener {
	b.t.Helper()
	l, err := b.net.Listen("tcp", peer)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { l.Close() })
	return l
}

// dial connects to the module's server, which listens soon after OK.
func (b *bench) dial() net.Conn {
	b.t.Helper()
	synctest.Wait()
	c, err := b.net.Dial(b.t.Context(), "tcp", module+":5001")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	return c
}

// socket is the peer's UDP socket.
func (b *bench) socket() *memnet.PacketConn {
	b.t.Helper()
	c, err := b.net.ListenPacket("udp", peer)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	return c.(*memnet.PacketConn)
}

const (
	rssiLine  = "rssi: -45dB\r\n"
	rules     = rule + rule
	rowHead   = "[ ID] Interval       Transfer     Bandwidth\n"
	udpHead   = "[ ID]  Interval      Transfer     Bandwidth       Jitter   Lost/Total Datagrams\n"
	closeLine = "Close Iperf Success 0\n"
)
