package memnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
)

// backlog is how many connections wait for Accept before a Dial waits.
const backlog = 16

// firstEphemeral is where port numbers for `:0` and for dialling ends start
// (the dynamic range of RFC 6335).
const firstEphemeral = 49152

// Network is one network in memory. Every address exists on it; a port exists
// while somebody listens on it.
type Network struct {
	mu      sync.Mutex
	ports   map[netip.AddrPort]*listener   // of TCP
	sockets map[netip.AddrPort]*PacketConn // of UDP
	lastID  uint16
}

// New returns an empty network.
func New() *Network {
	return &Network{ports: make(map[netip.AddrPort]*listener), sockets: make(map[netip.AddrPort]*PacketConn)}
}

// Listen is net.Listen for the networks tcp, tcp4 and tcp6; address is
// IP:PORT, port 0 picks a free one. A listener on the unspecified address takes
// connections to every address.
func (n *Network) Listen(network, address string) (net.Listener, error) {
	at, err := parse("tcp", network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.Port() == 0 {
		at = netip.AddrPortFrom(at.Addr(), n.ephemeral())
	}
	if n.ports[at] != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.TCPAddrFromAddrPort(at), Err: syscall.EADDRINUSE}
	}
	l := &listener{net: n, at: at, queue: make(chan *Conn, backlog), done: make(chan struct{})}
	n.ports[at] = l
	return l, nil
}

// ListenPacket is net.ListenPacket for the networks udp, udp4 and udp6, with
// addresses as those of Listen. A socket on the unspecified address sends from
// the address that it sends to.
func (n *Network) ListenPacket(network, address string) (net.PacketConn, error) {
	at, err := parse("udp", network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	c, err := n.bind(at)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: net.UDPAddrFromAddrPort(at), Err: err}
	}
	return c, nil
}

// bind opens a UDP socket; port 0 picks a free one.
func (n *Network) bind(at netip.AddrPort) (*PacketConn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.Port() == 0 {
		at = netip.AddrPortFrom(at.Addr(), n.ephemeral())
	}
	if n.sockets[at] != nil {
		return nil, syscall.EADDRINUSE
	}
	c := newPacketConn(n, at)
	n.sockets[at] = c
	return c, nil
}

// dialPacket opens a UDP socket that has one remote end.
func (n *Network) dialPacket(network, address string) (net.Conn, error) {
	to, err := parse("udp", network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	c, err := n.bind(netip.AddrPortFrom(to.Addr(), 0))
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: net.UDPAddrFromAddrPort(to), Err: err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remote, c.connected = to, true
	return c, nil
}

// socket returns who has the UDP port to, nil for nobody.
func (n *Network) socket(to netip.AddrPort) *PacketConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return lookup(n.sockets, to)
}

// Dial is net.Dialer.DialContext for the same networks and addresses. A TCP port
// that nobody listens on refuses.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if strings.HasPrefix(network, "udp") {
		return n.dialPacket(network, address)
	}
	to, err := parse("tcp", network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	n.mu.Lock()
	l := n.find(to)
	from := netip.AddrPortFrom(to.Addr(), n.ephemeral())
	n.mu.Unlock()
	remote := net.TCPAddrFromAddrPort(to)
	if l == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: remote, Err: syscall.ECONNREFUSED}
	}
	near, far := connect(net.TCPAddrFromAddrPort(from), remote, BufferSize)
	if err := l.offer(ctx, far); err != nil {
		near.Close()
		far.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Addr: remote, Err: err}
	}
	return near, nil
}

// find returns who listens on to; the caller holds mu.
func (n *Network) find(to netip.AddrPort) *listener { return lookup(n.ports, to) }

// lookup returns what is bound to the address, or to its port on every address.
func lookup[T any](bound map[netip.AddrPort]*T, to netip.AddrPort) *T {
	if b := bound[to]; b != nil {
		return b
	}
	any4 := netip.AddrPortFrom(netip.IPv4Unspecified(), to.Port())
	if b := bound[any4]; b != nil && to.Addr().Is4() {
		return b
	}
	return bound[netip.AddrPortFrom(netip.IPv6Unspecified(), to.Port())]
}

// ephemeral returns a port number that nobody has; the caller holds mu.
func (n *Network) ephemeral() uint16 {
	for {
		n.lastID = (n.lastID + 1) % (1<<16 - firstEphemeral)
		port := firstEphemeral + n.lastID
		if n.free(port) {
			return port
		}
	}
}

func (n *Network) free(port uint16) bool {
	for at := range n.ports {
		if at.Port() == port {
			return false
		}
	}
	for at := range n.sockets {
		if at.Port() == port {
			return false
		}
	}
	return true
}

// parse takes an address of a network that belongs to the protocol; one of the
// other version of IP does not fit into tcp4, tcp6, udp4 and udp6.
func parse(protocol, network, address string) (netip.AddrPort, error) {
	version, ok := strings.CutPrefix(network, protocol)
	if !ok || version != "" && version != "4" && version != "6" {
		return netip.AddrPort{}, net.UnknownNetworkError(network)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	switch host {
	case "":
		host = "::"
		if version == "4" {
			host = "0.0.0.0"
		}
	case "localhost":
		host = "127.0.0.1"
		if version == "6" {
			host = "::1"
		}
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("memnet resolves no names: %w", err)
	}
	if at = unmapped(at); version == "4" && !at.Addr().Is4() || version == "6" && at.Addr().Is4() {
		return netip.AddrPort{}, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	return at, nil
}

// unmapped is an address without the form of IPv4 in IPv6.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// listener is one port of a Network.
type listener struct {
	net   *Network
	at    netip.AddrPort
	queue chan *Conn
	done  chan struct{}
	once  sync.Once
}

func (l *listener) offer(ctx context.Context, c *Conn) error {
	select {
	case <-l.done:
		return syscall.ECONNREFUSED
	default:
	}
	select {
	case l.queue <- c:
		l.queued()
		return nil
	case <-l.done:
		return syscall.ECONNREFUSED
	case <-ctx.Done():
		return ctx.Err()
	}
}

// queued is called after a connection went into the queue: Close may have
// emptied it just before. One that was accepted already is whole; one that was not
// ends, as in TCP.
func (l *listener) queued() {
	select {
	case <-l.done:
		l.drain()
	default:
	}
}

// Accept waits for a connection; net.ErrClosed after Close.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, l.closed()
	default:
	}
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.done:
		return nil, l.closed()
	}
}

func (l *listener) closed() error {
	return &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
}

// Close frees the port and closes connections that nobody accepted.
func (l *listener) Close() error {
	err := l.closed()
	l.once.Do(func() {
		err = nil
		l.net.mu.Lock()
		delete(l.net.ports, l.at)
		l.net.mu.Unlock()
		close(l.done)
		l.drain()
	})
	return err
}

func (l *listener) drain() {
	for {
		select {
		case c := <-l.queue:
			c.Close()
		default:
			return
		}
	}
}

// Addr is the address that was bound.
func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.at) }
