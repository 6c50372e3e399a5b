package peer

import (
	"net"
	"net/netip"
	"sync"
	"testing"
)

// memory is a listening socket in memory, so that virtual time may pass.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemory() *memory { return &memory{conns: make(chan net.Conn), done: make(chan struct{})} }

func (m *memory) listen(string, string) (net.Listener, error) { return m, nil }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 5001} }

func (m *memory) dial() net.Conn {
	here, there := net.Pipe()
	m.conns <- there
	return here
}

var localhost = netip.MustParseAddr("127.0.0.1")

// loopback is where ends of iperf meet.
var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// open opens a sink for s, which is closed at the end of the test.
func open(t testing.TB, listen Listen, s Stream) Sink {
	t.Helper()
	k, err := Local(Network{Listen: listen}, localhost).Sink(t.Context(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}
