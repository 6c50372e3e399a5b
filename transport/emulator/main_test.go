package emulator

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"st67bench/transport"
	"st67bench/transport/emulator/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what should happen soon; in a bubble it costs nothing.
const patience = 20 * time.Second

// line is what a test needs of a link.
type line interface {
	io.ReadWriter
	SetReadDeadline(time.Time) error
}

// host is a plain host: it writes text and compares what comes back byte by byte.
type host struct {
	t testing.TB
	line
}

// expect reads as many bytes as want has.
func (h host) expect(want string) {
	h.t.Helper()
	got := make([]byte, len(want))
	h.SetReadDeadline(time.Now().Add(patience))
	n, err := io.ReadFull(h, got)
	if string(got[:n]) != want {
		h.t.Fatalf("the module said %q (%v), want %q", got[:n], err, want)
	}
}

// do writes a line and expects an answer.
func (h host) do(line, want string) {
	h.t.Helper()
	if _, err := io.WriteString(h, line+"\r\n"); err != nil {
		h.t.Fatalf("%s: %v", line, err)
	}
	h.expect(want)
}

// ok writes lines that are answered with OK alone.
func (h host) ok(lines ...string) {
	h.t.Helper()
	for _, l := range lines {
		h.do(l, "\r\nOK\r\n")
	}
}

// restart resets the module, whatever it is saying when a host arrives: on a PTY
// its first `ready` may come before the host or after it.
func (h host) restart() {
	h.t.Helper()
	b := make([]byte, 256)
	for err := error(nil); err == nil; _, err = h.Read(b) {
		h.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	}
	h.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
}

// quiet fails when the module says something within d.
func (h host) quiet(d time.Duration) {
	h.t.Helper()
	h.SetReadDeadline(time.Now().Add(d))
	b := make([]byte, 256)
	if n, err := h.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		h.t.Fatalf("the module said %q (%v), want nothing", b[:n], err)
	}
}

// rig is a module, its host in memory, and a network in memory.
type rig struct {
	host
	m    *Module
	conn transport.Conn
	net  *memnet.Network
}

// open switches a module on in memory and waits for `ready`.
func open(t testing.TB, c Config) *rig {
	t.Helper()
	network := memnet.New()
	if c.Dial == nil {
		c.Dial, c.Listen, c.ListenPacket = network.Dial, network.Listen, network.ListenPacket
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{host: host{t, conn}, m: m, conn: conn, net: network}
	r.expect("\r\nready\r\n")
	return r
}

func (r *rig) close() {
	r.conn.Close()
	r.m.Close()
}

// join brings the station online.
func (r *rig) join() {
	r.t.Helper()
	r.ok("AT+CWMODE=1,0")
	r.do(`AT+CWJAP="st67bench","emulated-air"`, "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n")
}

const peerAddress = "192.168.67.9:5001"

// connect joins and opens link 0 to a peer in memory, whose end it returns.
func (r *rig) connect() net.Conn {
	r.t.Helper()
	l, err := r.net.Listen("tcp", peerAddress)
	if err != nil {
		r.t.Fatal(err)
	}
	defer l.Close()
	r.join()
	r.ok("AT+CIPMUX=1")
	r.do(`AT+CIPSTART=0,"TCP","192.168.67.9",5001`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
	peer, err := l.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	return peer
}

// receive reads n bytes at the peer.
func receive(t *testing.T, peer net.Conn, n int) string {
	t.Helper()
	p := make([]byte, n)
	peer.SetReadDeadline(time.Now().Add(patience))
	if k, err := io.ReadFull(peer, p); err != nil {
		t.Fatalf("the peer has %d of %d bytes: %v", k, n, err)
	}
	return string(p)
}

// payload is n bytes whose places can be told apart.
func payload(n int) string {
	return strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz+>\r\nOK\r\n", n/40+1)[:n]
}
