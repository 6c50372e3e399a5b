package st67

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/at"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// onModule runs a test on an emulated module that is online, in virtual time.
func onModule(t *testing.T, c emulator.Config, test func(t *testing.T, m *Module, network *memnet.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		c.Link, c.Dial, c.Listen, c.ListenPacket = emulator.LinkMemory, network.Dial, network.Listen, network.ListenPacket
		e, err := emulator.New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		conn, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		s := at.New(conn, Grammar())
		defer s.Close()
		m, err := Open(t.Context(), s, Options{Wifi: Wifi{SSID: emulator.DefaultSSID, Password: emulator.DefaultPassword}})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Boot(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, m, network)
		if err := m.Restore(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// dialled connects link 0 to a peer in memory, whose end it returns.
func dialled(t *testing.T, m *Module, network *memnet.Network, address string) net.Conn {
	t.Helper()
	l, err := network.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := m.Connect(t.Context(), 0, "tcp", netip.MustParseAddrPort(address)); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What the module holds is read in pieces, and notices tell of it, in both meanings of their length.
func TestReadPassive(t *testing.T) {
	for _, profile := range []string{"t01-2.0.75", "t01-2.0.106", "manual"} {
		t.Run(profile, func(t *testing.T) {
			onModule(t, emulator.Config{Profile: profile}, func(t *testing.T, m *Module, network *memnet.Network) {
				if err := m.ReceiveMode(t.Context(), true); err != nil {
					t.Fatal(err)
				}
				notices := m.Notices()
				defer notices.Close()
				c := dialled(t, m, network, "192.168.67.9:5001")
				defer c.Close()
				io.WriteString(c, "hello, module")
				if err := notices.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n, at := notices.Seen(); n != 13 || time.Since(at) > time.Second {
					t.Errorf("the notice says %d, at %v", n, at)
				}
				var got string
				for _, n := range []int{5, 100, 100} {
					r, err := m.Read(t.Context(), 0, n)
					if err != nil {
						t.Fatal(err)
					}
					got += string(r.Data) + "|"
				}
				if got != "hello|, module||" {
					t.Errorf("read %q", got)
				}
				if _, err := m.Read(t.Context(), 5, 100); err == nil {
					t.Error("link 5 can be read")
				}
			})
		})
	}
}

// In active mode the data goes to the sink, and over IPv6 as well.
func TestReceiveActive(t *testing.T) {
	onModule(t, emulator.Config{}, func(t *testing.T, m *Module, network *memnet.Network) {
		if err := m.UseIPv6(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 10)
		m.SetSink(0, func(p []byte, _ time.Time) { got <- string(p) })
		defer m.SetSink(0, nil)
		c := dialled(t, m, network, "[::1]:5001")
		defer c.Close()
		io.WriteString(c, "OK\r\n+IPD:0,5,>")
		time.Sleep(time.Second)
		text := ""
		for len(got) > 0 {
			text += <-got
		}
		if text != "OK\r\n+IPD:0,5,>" {
			t.Errorf("the sink has %q", text)
		}
	})
}

// A UDP send may name its remote end.
func TestSendTo(t *testing.T) {
	onModule(t, emulator.Config{}, func(t *testing.T, m *Module, network *memnet.Network) {
		peers := make([]net.PacketConn, 2)
		for i, address := range []string{"192.168.67.9:6001", "192.168.67.9:6002"} {
			var err error
			if peers[i], err = network.ListenPacket("udp", address); err != nil {
				t.Fatal(err)
			}
			defer peers[i].Close()
		}
		if err := m.Connect(t.Context(), 0, "udp", netip.MustParseAddrPort("192.168.67.9:6001")); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Send(t.Context(), 0, []byte("one"), SendOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.SendTo(t.Context(), 0, []byte("two"), netip.MustParseAddrPort("192.168.67.9:6002"), SendOptions{}); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"one", "two"} {
			b := make([]byte, 100)
			peers[i].SetReadDeadline(time.Now().Add(time.Minute))
			if n, _, err := peers[i].ReadFrom(b); err != nil || string(b[:n]) != want {
				t.Errorf("peer %d received %q, %v", i, b[:n], err)
			}
		}
	})
}

func TestConnectRefusesProtocols(t *testing.T) {
	onModule(t, emulator.Config{}, func(t *testing.T, m *Module, _ *memnet.Network) {
		if err := m.Connect(t.Context(), 0, "sctp", netip.MustParseAddrPort("10.0.0.1:1")); err == nil {
			t.Error("SCTP is taken")
		}
	})
}

// The messages of one read, counted by hand.
func TestReadExchange(t *testing.T) {
	to, from := ReadExchange(0, 1460) // AT+CIPRECVDATA=0,1460, +CIPRECVDATA:1460, and their line ends
	if to[0] != 23 || from[0] != 18+1460+2 || from[1] != 6 {
		t.Errorf("%v, %v", to, from)
	}
	if from := GivenExchange(0, 4608); from[0] != 12 || from[1] != 4608+2 { // +IPD:0,4608, is a message of its own
		t.Errorf("%v", from)
	}
	to, from = LengthsExchange(4608) // AT+CIPRECVLEN?, +CIPRECVLEN:4608,0,0,0,0
	if to[0] != 16 || from[0] != 26 || from[1] != 6 {
		t.Errorf("%v, %v", to, from)
	}
}

// What each link holds is read with and without the comma at the end, and without a link ID; anything else is an error.
func TestParseHeld(t *testing.T) {
	for text, want := range map[string]Held{
		"100,0,0,0,7,": {100, 0, 0, 0, 7}, "100,0,0,0,7": {100, 0, 0, 0, 7}, "100": {100}, "0,": {},
	} {
		if held, ok := parseHeld([]byte(text)); !ok || held != want {
			t.Errorf("%q: %v, %v", text, held, ok)
		}
	}
	for _, text := range []string{"", "x,0", "1,2,3,4,5,6", "-1,0,0,0,0", "1,,0,0,0"} {
		if held, ok := parseHeld([]byte(text)); ok {
			t.Errorf("%q: %v", text, held)
		}
	}
}

// Notices are told apart by link, each once.
func TestFreshNotices(t *testing.T) {
	n := &Notices{more: make(chan struct{}, 1)}
	n.take(3, 100, time.Now())
	n.take(3, 100, time.Now())
	if n.Fresh(0) || !n.Fresh(3) || n.Fresh(3) || len(n.More()) != 1 {
		t.Error("a notice of link 3 is told of wrongly")
	}
}
