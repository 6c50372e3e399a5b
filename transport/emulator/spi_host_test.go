package emulator

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/memnet"
	"st67bench/transport/emulator/spislave"
)

// wires is a host that drives the pins of an emulated module by hand. It belongs
// into a testing/synctest bubble.
type wires struct {
	*spislave.Slave
	t   *testing.T
	m   *Module
	net *memnet.Network

	trace  []string // what was clocked: "MOSI / MISO"
	stream bytes.Buffer
	stalls int
}

// openSPI switches a module on over SPI and waits for `ready`.
func openSPI(t *testing.T, c Config) *wires {
	t.Helper()
	network := memnet.New()
	c.Link, c.Dial, c.Listen = LinkSPI, network.Dial, network.Listen
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := &wires{Slave: m.SPI(), t: t, m: m, net: network}
	w.enable(true)
	w.expect("\r\nready\r\n")
	return w
}

func (w *wires) enable(on bool) {
	w.t.Helper()
	if err := w.SetEnable(on); err != nil {
		w.t.Fatal(err)
	}
}

// await waits for a level of RDY; false after d.
func (w *wires) await(want bool, d time.Duration) bool {
	w.t.Helper()
	for end := time.Now().Add(d); ; {
		level, err := w.Ready()
		if err != nil {
			w.t.Fatal(err)
		}
		if level == want {
			return true
		}
		if _, _, _, err := w.WaitEdge(end); errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
	}
}

func (w *wires) clock(tx []byte) []byte {
	w.t.Helper()
	rx := make([]byte, len(tx))
	if err := w.Transfer(tx, rx); err != nil {
		w.t.Fatal(err)
	}
	w.trace = append(w.trace, hex.EncodeToString(tx)+" / "+hex.EncodeToString(rx))
	return rx
}

// exchange is one transaction; it says whether the module took the payload.
func (w *wires) exchange(payload string) bool {
	w.t.Helper()
	w.SetCS(true)
	if !w.await(true, 2*time.Second) {
		w.t.Fatal("RDY does not rise")
	}
	tx := append([]byte{0xAA, 0x55, byte(len(payload)), byte(len(payload) >> 8), 0, 0, 0, 0}, payload...)
	for len(tx)%4 != 0 {
		tx = append(tx, 0x88)
	}
	rx := w.clock(tx)
	if !w.await(false, 100*time.Millisecond) {
		w.t.Fatal("RDY does not fall")
	}
	n := int(rx[2]) | int(rx[3])<<8
	if rest := 8 + (n+3)/4*4 - len(rx); rest > 0 {
		rx = append(rx, w.clock(make([]byte, rest))...)
	}
	w.SetCS(false)
	w.stream.Write(rx[8 : 8+n])
	if rx[4]&4 != 0 {
		w.stalls++
		return false
	}
	return true
}

// send sends frames, each again until the module takes it.
func (w *wires) send(frames ...string) {
	w.t.Helper()
	for _, f := range frames {
		for !w.exchange(f) {
		}
	}
}

// expect reads what the module says.
func (w *wires) expect(want string) {
	w.t.Helper()
	for w.stream.Len() < len(want) {
		if !w.await(true, patience) {
			w.t.Fatalf("the module said %q, want %q", w.stream.String(), want)
		}
		w.exchange("")
	}
	if got := string(w.stream.Next(len(want))); got != want {
		w.t.Fatalf("the module said %q, want %q", got, want)
	}
}

// quiet fails when the module has something to say within d.
func (w *wires) quiet(d time.Duration) {
	w.t.Helper()
	if w.stream.Len() > 0 || w.await(true, d) {
		w.t.Fatalf("the module says something (so far %q)", w.stream.String())
	}
}

func (w *wires) do(line, want string) {
	w.t.Helper()
	w.send(line + "\r\n")
	w.expect(want)
}

// connect joins and opens link 0 to a peer, whose end gives what it received.
func (w *wires) connect() (received func(n int) string) {
	w.t.Helper()
	w.do("AT+CWMODE=1,0", "\r\nOK\r\n")
	w.do(`AT+CWJAP="st67bench","emulated-air"`, "+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n")
	return w.dial()
}

// dial is connect for a station that is online.
func (w *wires) dial() (received func(n int) string) {
	w.t.Helper()
	l, err := w.net.Listen("tcp", peerAddress)
	if err != nil {
		w.t.Fatal(err)
	}
	defer l.Close()
	w.do("AT+CIPMUX=1", "\r\nOK\r\n")
	w.do(`AT+CIPSTART=0,"TCP","192.168.67.9",5001`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
	peer, err := l.Accept()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { peer.Close() })
	return func(n int) string { return receive(w.t, peer, n) }
}

// inBubble runs a test on a module over SPI and closes it.
func inBubble(t *testing.T, c Config, test func(w *wires)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := openSPI(t, c)
		defer w.m.Close()
		test(w)
	})
}
