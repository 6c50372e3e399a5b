package memnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stack is what memnet and the system's network have in common.
type stack struct {
	listen func(network, address string) (net.PacketConn, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

// onBoth runs a test on the system's loopback network, which is the reference, and
// on a network in memory.
func onBoth(t *testing.T, test func(t *testing.T, s stack)) {
	t.Run("system", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("the errors compared are those of Linux")
		}
		test(t, stack{net.ListenPacket, new(net.Dialer).DialContext})
	})
	t.Run("memory", func(t *testing.T) {
		n := New()
		test(t, stack{n.ListenPacket, n.Dial})
	})
}

func (s stack) open(t *testing.T, network, address string) net.PacketConn {
	t.Helper()
	c, err := s.listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	return c
}

func read(t *testing.T, c net.PacketConn, size int) (string, net.Addr) {
	t.Helper()
	p := make([]byte, size)
	n, from, err := c.ReadFrom(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(p[:n]), from
}

func TestDatagramsKeepTheirBounds(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			onBoth(t, func(t *testing.T, s stack) {
				a, err := s.listen("udp", host+":0")
				if err != nil {
					t.Skipf("no socket on %s: %v", host, err)
				}
				defer a.Close()
				b := s.open(t, "udp", host+":0")
				for _, d := range []string{"one", "", "three", strings.Repeat("x", 60000)} {
					if n, err := a.WriteTo([]byte(d), b.LocalAddr()); n != len(d) || err != nil {
						t.Fatalf("%d bytes are written as %d: %v", len(d), n, err)
					}
					got, from := read(t, b, 65536)
					if got != d || from.String() != a.LocalAddr().String() {
						t.Errorf("%d bytes from %v arrive as %d from %v", len(d), a.LocalAddr(), len(got), from)
					}
				}
				a.WriteTo([]byte("0123456789"), b.LocalAddr())
				a.WriteTo([]byte("next"), b.LocalAddr())
				if got, _ := read(t, b, 4); got != "0123" {
					t.Errorf("a short read gives %q", got)
				}
				if got, _ := read(t, b, 4); got != "next" {
					t.Errorf("after a short read comes %q", got)
				}
			})
		})
	}
}

func TestDialledDatagrams(t *testing.T) {
	onBoth(t, func(t *testing.T, s stack) {
		b := s.open(t, "udp4", "127.0.0.1:0")
		c, err := s.dial(t.Context(), "udp", b.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		c.Write([]byte("ping"))
		got, from := read(t, b, 16)
		if got != "ping" || from.String() != c.LocalAddr().String() || c.RemoteAddr().String() != b.LocalAddr().String() {
			t.Errorf("%q from %v, local %v, remote %v", got, from, c.LocalAddr(), c.RemoteAddr())
		}
		stranger := s.open(t, "udp4", "127.0.0.1:0")
		stranger.WriteTo([]byte("not for you"), c.LocalAddr())
		b.WriteTo([]byte("pong"), from)
		p := make([]byte, 16)
		if n, err := c.Read(p); string(p[:n]) != "pong" || err != nil {
			t.Errorf("a dialled socket reads %q, %v", p[:n], err)
		}
		if _, err := c.(net.PacketConn).WriteTo([]byte("x"), b.LocalAddr()); !errors.Is(err, net.ErrWriteToConnected) {
			t.Errorf("WriteTo on a dialled socket: %v", err)
		}
	})
}

func TestErrorsOfDatagrams(t *testing.T) {
	onBoth(t, func(t *testing.T, s stack) {
		a := s.open(t, "udp", "127.0.0.1:0")
		if _, err := s.listen("udp", a.LocalAddr().String()); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a port that is taken: %v", err)
		}
		for _, network := range []string{"udp6", "tcp", "pipe"} {
			if c, err := s.listen(network, "127.0.0.1:0"); err == nil {
				c.Close()
				t.Errorf("%s listens on 127.0.0.1", network)
			}
		}
		if _, err := a.WriteTo(make([]byte, 65508), a.LocalAddr()); !errors.Is(err, syscall.EMSGSIZE) {
			t.Errorf("a datagram of 65508 bytes: %v", err)
		}
		a.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		_, _, err := a.ReadFrom(make([]byte, 1))
		if e := net.Error(nil); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &e) || !e.Timeout() {
			t.Errorf("a read past its deadline: %v", err)
		}
		a.SetReadDeadline(time.Time{})
		go func() {
			time.Sleep(10 * time.Millisecond)
			a.Close()
		}()
		if _, _, err := a.ReadFrom(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Close ends a read with %v", err)
		}
		if _, err := a.WriteTo([]byte("x"), a.LocalAddr()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a write to a closed socket: %v", err)
		}
		if err := a.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the second Close: %v", err)
		}
		c, err := s.dial(t.Context(), "udp", a.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		err = os.ErrDeadlineExceeded
		for end := time.Now().Add(20 * time.Second); errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(end); {
			c.SetReadDeadline(time.Now().Add(500 * time.Millisecond)) // a system sends so many refusals a second, and others' tests cause some too
			c.Write([]byte("nobody there"))
			_, err = c.Read(make([]byte, 1))
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a read after a datagram to a port that nobody has: %v", err)
		}
	})
}

// A socket that nobody reads loses what its buffer has no room for.
func TestFullSocketLoses(t *testing.T) {
	n := New()
	a, _ := n.ListenPacket("udp", "10.0.0.1:9")
	b, _ := n.ListenPacket("udp", "10.0.0.2:9")
	for range 1000 {
		a.WriteTo(make([]byte, 1000), b.LocalAddr())
	}
	b.SetReadDeadline(time.Now().Add(-1))
	got := b.(*PacketConn).n
	if got < 100_000 || got > packetBuffer {
		t.Errorf("the socket holds %d bytes", got)
	}
	b.Close()
	a.Close()
	if len(n.sockets) != 0 {
		t.Errorf("%d sockets are left", len(n.sockets))
	}
}

// A socket on the unspecified address takes what is sent to any, and answers from
// the address that it was sent to.
func TestUnspecifiedDatagrams(t *testing.T) {
	n := New()
	a, _ := n.ListenPacket("udp4", ":50000")
	defer a.Close()
	b, _ := n.ListenPacket("udp", "192.168.67.9:7")
	defer b.Close()
	b.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(192, 168, 67, 9), Port: 50000})
	if got, from := read(t, a, 16); got != "hello" || from.String() != "192.168.67.9:7" {
		t.Errorf("%q from %v", got, from)
	}
	a.WriteTo([]byte("back"), b.LocalAddr())
	if got, from := read(t, b, 16); got != "back" || from.String() != "192.168.67.9:50000" {
		t.Errorf("%q from %v", got, from)
	}
}

func TestDatagramsDoNotAllocate(t *testing.T) {
	n := New()
	c, _ := n.ListenPacket("udp", "10.0.0.1:9")
	a := c.(*PacketConn)
	defer a.Close()
	p, to := make([]byte, 1470), netip.MustParseAddrPort("10.0.0.1:9")
	a.WriteToUDPAddrPort(p, to)
	a.ReadFromUDPAddrPort(p)
	if got := testing.AllocsPerRun(100, func() {
		a.WriteToUDPAddrPort(p, to)
		a.ReadFromUDPAddrPort(p)
	}); got != 0 {
		t.Errorf("%v allocations a datagram", got)
	}
}
