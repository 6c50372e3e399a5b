package st67

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// counted is payload whose bytes tell their offset.
func counted(p []byte, offset int64) {
	for i := range p {
		p[i] = byte((offset + int64(i)) * 7)
	}
}

// TestSendEverywhere: a send ends in each dialogue without a time-out, and the peer has its bytes.
func TestSendEverywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		c := accepted(t, network, "5001", func(to netip.AddrPort) error { return m.Connect(t.Context(), 0, "tcp", to) })
		payload := bytes.Repeat([]byte("\r\nOK\r\n>+IPD:0,5,+++\x00\\0"), 40)
		for i, o := range []SendOptions{{}, {UntilRecv: true}, {}, {UntilRecv: true}} {
			begin := time.Now()
			if _, err := m.Send(t.Context(), 0, payload, o); err != nil {
				t.Fatalf("send %d: %v", i, err)
			}
			if d := time.Since(begin); d > time.Second {
				t.Errorf("send %d took %v", i, d)
			}
			if got := arrives(t, c, len(payload)); !bytes.Equal(got, payload) {
				t.Errorf("send %d: other bytes", i)
			}
		}
		want := recvAlways
		if strings.Contains(t.Name(), "manual") {
			want = recvNever
		}
		if m.recv != want {
			t.Errorf("the first send found out %v about Recv", m.recv)
		}
	})
}

// TestSendEx: the escapes are the module's affair, whatever the payload.
func TestSendEx(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		c := accepted(t, network, "5001", func(to netip.AddrPort) error { return m.Connect(t.Context(), 0, "tcp", to) })
		for _, payload := range []string{"plain", `\`, `\0`, `a\\0b\`, strings.Repeat(`\`, 1000), "\x00+++\r\n"} {
			for _, o := range []SendOptions{{}, {UntilRecv: true}} {
				if _, err := m.SendEx(t.Context(), 0, []byte(payload), o); err != nil {
					t.Fatalf("%.20q: %v", payload, err)
				}
				if got := arrives(t, c, len(payload)); string(got) != payload {
					t.Errorf("%.20q: the peer has %.20q", payload, got)
				}
			}
		}
		silent(t, c)
	})
}

// TestSendLong: all of it, with its reports and blocks.
func TestSendLong(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		c := accepted(t, network, "5001", func(to netip.AddrPort) error { return m.Connect(t.Context(), 0, "tcp", to) })
		if err := m.SendLongConfig(t.Context(), 20000, 1000); err != nil {
			t.Fatal(err)
		}
		const n = 100_000
		got := make(chan []byte)
		go func() { got <- arrives(t, c, n) }()
		var reports []int64
		r, err := m.SendLong(t.Context(), 0, n, LongOptions{Fill: counted, Report: func(sent, received int64, _ time.Time) {
			if received < sent {
				t.Errorf("%d bytes sent of %d received", sent, received)
			}
			reports = append(reports, sent)
		}})
		if err != nil || r.Cancelled || r.Sent != n || string(r.Final) != "SEND OK" || r.Payload.IsZero() {
			t.Fatalf("%+v, %v", r, err)
		}
		if want := []int64{20000, 40000, 60000, 80000, 100000}; !slices.Equal(reports, want) {
			t.Errorf("reports %v", reports)
		}
		want := make([]byte, n)
		counted(want, 0)
		if !bytes.Equal(<-got, want) {
			t.Error("the peer has other bytes")
		}
		if err := m.SendLongConfig(t.Context(), 99, 1000); err == nil {
			t.Error("a report size of 99 is taken")
		}
	})
}

// TestSendLongCancel: what was given before is sent, and the next command works.
func TestSendLongCancel(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		c := accepted(t, network, "5001", func(to netip.AddrPort) error { return m.Connect(t.Context(), 0, "tcp", to) })
		for _, after := range []int64{1, 5000, 40_000} {
			got := make(chan []byte)
			go func() { got <- arrives(t, c, int(after)) }()
			r, err := m.SendLong(t.Context(), 0, LongMax, LongOptions{Fill: counted, CancelAfter: after})
			if err != nil || !r.Cancelled || r.Sent > after || r.End.IsZero() {
				t.Fatalf("after %d: %+v, %v", after, r, err)
			}
			want := make([]byte, after)
			counted(want, 0)
			if !bytes.Equal(<-got, want) {
				t.Error("the peer has other bytes")
			}
			if _, err := m.Conditions(t.Context()); err != nil {
				t.Error(err)
			}
		}
		silent(t, c)
	})
}

// TestSendLongLosesItsPeer: the module would take the rest of 2 GiB without a word.
func TestSendLongLosesItsPeer(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		c := accepted(t, network, "5001", func(to netip.AddrPort) error { return m.Connect(t.Context(), 0, "tcp", to) })
		go func() {
			arrives(t, c, 50_000)
			c.Close()
		}()
		begin := time.Now()
		_, err := m.SendLong(t.Context(), 0, LongMax, LongOptions{})
		var link *LinkError
		if !errors.As(err, &link) || time.Since(begin) > 10*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		if _, err := m.Conditions(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestSendLongIsCutOff: the caller's context ends it, and the next command brings the module back.
func TestSendLongIsCutOff(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		c := accepted(t, network, "5001", func(to netip.AddrPort) error { return m.Connect(t.Context(), 0, "tcp", to) })
		go func() {
			for p := make([]byte, 1<<16); ; {
				if _, err := c.Read(p); err != nil {
					return
				}
			}
		}()
		_, err := m.SendLong(within(t, 300*time.Millisecond), 0, LongMax, LongOptions{})
		if !DialogBroken(err) {
			t.Errorf("got %v", err)
		}
		if _, err := m.Conditions(t.Context()); err != nil {
			t.Errorf("the next command: %v", err)
		}
	})
}

// TestSendLongOverUDP: to a remote end of its own.
func TestSendLongOverUDP(t *testing.T) {
	onModule(t, emulator.Config{}, func(t *testing.T, m *Module, network *memnet.Network) {
		peer, err := network.ListenPacket("udp", host+":6002")
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		if err := m.ConnectUDP(t.Context(), 0, netip.MustParseAddrPort(host+":6001"), 7000, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := m.SendLong(t.Context(), 0, 5, LongOptions{To: netip.MustParseAddrPort(host + ":6002"), Fill: counted}); err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 100)
		peer.SetReadDeadline(time.Now().Add(time.Minute))
		n, from, err := peer.ReadFrom(p)
		if err != nil || !bytes.Equal(p[:n], []byte{0, 7, 14, 21, 28}) || from.(*net.UDPAddr).Port != 7000 {
			t.Errorf("%v from %v, %v", p[:n], from, err)
		}
		for _, wrong := range [][2]int{{-1, 0}, {65536, 0}, {0, 3}} {
			if err := m.ConnectUDP(t.Context(), 1, netip.MustParseAddrPort(host+":6001"), wrong[0], wrong[1]); err == nil {
				t.Errorf("local port %d, mode %d are taken", wrong[0], wrong[1])
			}
		}
	})
}

func TestSendLongRefusesLengths(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, _ *fake, m *Module) {
		connect(t, m, 0)
		for _, n := range []int64{0, -1, LongMax + 1} {
			if _, err := m.SendLong(t.Context(), 0, n, LongOptions{}); err == nil {
				t.Errorf("%d bytes are taken", n)
			}
		}
	})
}

// TestRecvOddities: modules that count otherwise than they should.
func TestRecvOddities(t *testing.T) {
	opened(t, Options{}, func(t *testing.T, f *fake, m *Module) {
		connect(t, m, 0)
		f.set(func(f *fake) {
			f.data = func(n int) string { return fmt.Sprintf("Recv %d bytes\r\n\r\nSEND OK\r\n", n-1) }
		})
		if _, err := m.Send(t.Context(), 0, []byte("xy"), SendOptions{}); !DialogBroken(err) {
			t.Errorf("one byte less was acknowledged: %v", err)
		}
		f.set(func(f *fake) { f.data = func(int) string { return "\r\nSEND OK\r\n" } })
		for range 2 {
			if _, err := m.Send(t.Context(), 0, []byte("xy"), SendOptions{UntilRecv: true}); err != nil {
				t.Errorf("without Recv: %v", err)
			}
		}
		if m.recv != recvNever {
			t.Errorf("Recv: %v", m.recv)
		}
	})
}

// TestSendLongComesShort: bytes that never come to the module are not waited for longer than the caller's patience, from
// the last sign of progress on; then the module listens.
func TestSendLongComesShort(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, network *memnet.Network) {
		c := accepted(t, network, "5001", func(to netip.AddrPort) error { return m.Connect(t.Context(), 0, "tcp", to) })
		got := make(chan []byte)
		go func() { got <- arrives(t, c, 10_000) }()
		const patience = 2 * time.Second
		begin, asked := time.Now(), 0
		r, err := m.SendLong(t.Context(), 0, 10_000, LongOptions{Fill: counted, Patience: patience, Alive: func() int64 { asked++; return 0 }})
		if err != nil || r.Short || r.Cancelled || r.Given != 10_000 || time.Since(begin) > patience {
			t.Fatalf("a send that is whole: %+v, %v", r, err)
		}
		<-got
		// The module was told of 100 bytes more than it is given: the same to it as if they were lost on the line.
		go func() { got <- arrives(t, c, 9_900) }()
		begin = time.Now()
		l := LongOptions{Fill: counted, CancelAfter: 9_900, Patience: patience, Alive: func() int64 { return min(int64(time.Since(begin)/(300*time.Millisecond)), 3) }}
		r, err = m.SendLong(t.Context(), 0, 10_000, l)
		if err != nil || !r.Cancelled || r.Short || r.Given != 9_900 || r.Received > 9_900 || r.Received == 0 {
			t.Fatalf("a send that was cancelled: %+v, %v", r, err)
		}
		// Alive grew at 0.3, 0.6 and 0.9 s: +++ was written half a second after that, and at most two looks at it.
		if silence := r.Escaped.Sub(begin); silence < 1400*time.Millisecond || silence > 1520*time.Millisecond || !r.End.After(r.Escaped) {
			t.Errorf("+++ was written after %v, SEND CANCELLED came %v later", silence, r.End.Sub(r.Escaped))
		}
		<-got
	})
}

// TestSendLongSizes: what was set is what is said.
func TestSendLongSizes(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, _ *memnet.Network) {
		if report, transmit, err := m.SendLongSizes(t.Context()); err != nil || report != 1024 || transmit != 2920 {
			t.Errorf("%d, %d, %v, want the manual's defaults", report, transmit, err)
		}
		if err := m.SendLongConfig(t.Context(), 5000, 300); err != nil {
			t.Fatal(err)
		}
		if report, transmit, err := m.SendLongSizes(t.Context()); err != nil || report != 5000 || transmit != 300 {
			t.Errorf("%d, %d, %v", report, transmit, err)
		}
	})
}

// TestServiceAddresses: the module has a global IPv6 address once IPv6 is on, and its access point ends with the mode.
func TestServiceAddresses(t *testing.T) {
	everywhere(t, func(t *testing.T, m *Module, _ *memnet.Network) {
		if a, ok, err := m.Address6(t.Context()); err != nil || ok {
			t.Errorf("without IPv6 the address is %v, %v, %v", a, ok, err)
		}
		if err := m.UseIPv6(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if a, ok, err := m.Address6(t.Context()); err != nil || !ok || a != netip.IPv6Loopback() {
			t.Errorf("the address is %v, %v, %v", a, ok, err)
		}
		if err := m.SoftAP(t.Context(), "mine", "password", 6); err != nil {
			t.Fatal(err)
		}
		if err := m.StopSoftAP(t.Context()); err != nil {
			t.Fatal(err)
		}
		if lines, err := m.Command(t.Context(), "AT+CWMODE?"); err != nil || !slices.Equal(lines, []string{"+CWMODE:1"}) {
			t.Errorf("%q, %v", lines, err)
		}
	})
}

// TestEscapedLen: a backslash costs one byte more, and the first of them the \0 at the end.
func TestEscapedLen(t *testing.T) {
	for payload, want := range map[string]int{"": 0, "abc": 3, `a\b`: 6, `\\`: 6, `\0`: 5} {
		if got := EscapedLen([]byte(payload)); got != want || got != len(escape(nil, []byte(payload))) {
			t.Errorf("%q is %d bytes, want %d; it is written as %q", payload, got, want, escape(nil, []byte(payload)))
		}
	}
}
