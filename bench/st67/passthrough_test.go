package st67

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"st67bench/transport/emulator/memnet"
)

// heard keeps what a sink takes.
type heard struct {
	mu  sync.Mutex
	got bytes.Buffer
}

func (h *heard) take(p []byte, _ time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.got.String()
}

// TestPassthrough: both directions carry anything, +++ alone included, and after Quit commands work again.
func TestPassthrough(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		if err := m.ReceiveMode(t.Context(), true); err != nil { // which passthrough cannot have
			t.Fatal(err)
		}
		single := func(to netip.AddrPort) error { return m.ConnectSingle(t.Context(), "tcp", to) }
		c := accepted(t, network, "5001", single)
		if _, err := m.Send(t.Context(), 0, []byte("one link"), SendOptions{}); err != nil {
			t.Fatal(err)
		}
		arrives(t, c, len("one link"))
		st, err := m.Passthrough(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var in heard
		st.SetSink(in.take)
		nasty := "\r\nOK\r\n>\x00+++AT\r\n+IPD:0,9,ready\r\nERROR\r\n"
		for _, p := range []string{nasty, "+++", strings.Repeat("x", 10_000)} {
			if n, err := st.Write([]byte(p)); n != len(p) || err != nil {
				t.Fatalf("%d bytes written, %v", n, err)
			}
			if got := arrives(t, c, len(p)); string(got) != p {
				t.Errorf("the peer has %.20q in place of %.20q", got, p)
			}
			time.Sleep(time.Second)
		}
		if _, err := m.Command(t.Context(), "AT"); err == nil {
			t.Error("a command was taken in passthrough mode")
		}
		c.Write([]byte(nasty))
		if err := st.Quit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if in.String() != nasty {
			t.Errorf("the sink has %q", in.String())
		}
		if _, err := st.Write([]byte("x")); err == nil {
			t.Error("Write after Quit")
		}
		silent(t, c)
		if err := m.CloseLink(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		accepted(t, network, "5002", func(to netip.AddrPort) error { return m.Connect(t.Context(), 3, "tcp", to) })
		if !m.mode.mux || m.mode.passive {
			t.Errorf("mode %+v", m.mode)
		}
	})
}

// TestPassthroughIsPutBack: Restore ends it, and a Reset does.
func TestPassthroughIsPutBack(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		single := func(to netip.AddrPort) error { return m.ConnectSingle(t.Context(), "tcp", to) }
		for _, end := range []func() error{
			func() error { return m.Boot(t.Context()) },
			func() error { return m.Restore(t.Context()) },
		} {
			accepted(t, network, "5001", single)
			if _, err := m.Passthrough(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if _, err := m.Command(t.Context(), "AT+CIPMUX?"); err != nil {
				t.Error(err)
			}
		}
		if lines, err := m.Command(t.Context(), "AT+CIPMUX?"); err != nil || lines[0] != "+CIPMUX:0" { // as after a start
			t.Errorf("%q, %v", lines, err)
		}
	})
}

// TestOpenInPassthrough: a run that was killed has left the module in it; the next one gets out by +++.
func TestOpenInPassthrough(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		accepted(t, network, "5001", func(to netip.AddrPort) error { return m.ConnectSingle(t.Context(), "tcp", to) })
		if _, err := m.Passthrough(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.s.EndPassthrough()
		if err := Resync(t.Context(), m.s); err != nil {
			t.Error(err)
		}
		m.through = nil
	})
}

func TestPassthroughNeedsOneLink(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		if _, err := m.Passthrough(t.Context()); err == nil || !strings.Contains(err.Error(), "ConnectSingle") {
			t.Errorf("got %v", err)
		}
		f.set(func(f *fake) {
			f.answers["AT+CIPCLOSE"] = ok
			f.answers[`AT+CIPSTART="TCP","192.168.1.10",5001`] = "+CIP:CONNECTED\r\n" + ok
			f.answers["AT+CIPSEND"] = "ERR CODE:0x01100000\r\n" + fail
		})
		if err := m.ConnectSingle(t.Context(), "tcp", peer); err != nil {
			t.Fatal(err)
		}
		_, err := m.Passthrough(t.Context())
		if text, refusal := Refusal(err); !refusal || !strings.Contains(text, "not allowed") {
			t.Errorf("got %v", err)
		}
		if err := m.Restore(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestPassthroughOverUDP: to a fixed remote end.
func TestPassthroughOverUDP(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		peer, err := network.ListenPacket("udp", host+":6001")
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		if err := m.ConnectSingle(t.Context(), "udp", netip.MustParseAddrPort(host+":6001")); err != nil {
			t.Fatal(err)
		}
		st, err := m.Passthrough(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.Write([]byte("datagram")); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 100)
		peer.SetReadDeadline(time.Now().Add(time.Minute))
		if n, _, err := peer.ReadFrom(p); err != nil || string(p[:n]) != "datagram" {
			t.Errorf("%q, %v", p[:n], err)
		}
		if err := st.Quit(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
