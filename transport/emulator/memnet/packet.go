package memnet

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// Limits of a datagram and of what a socket holds before it loses more: the
// longest of UDP over IPv4, and about what a kernel's default buffer takes.
const (
	maxDatagram  = 65507
	maxDatagrams = 256
	packetBuffer = 208 << 10
)

// PacketConn is a UDP socket in memory: a net.PacketConn, and when it was dialled
// a net.Conn. It has the address-port methods of net.UDPConn, which do not
// allocate.
type PacketConn struct {
	net       *Network
	bound     netip.AddrPort // what Listen or Dial has bound
	remote    netip.AddrPort // of a dialled socket
	connected bool

	mu              sync.Mutex
	cond            sync.Cond
	buf             []byte // ring, made with the first datagram
	r, n            int
	size            [maxDatagrams]int
	from            [maxDatagrams]netip.AddrPort
	first, count    int
	refused, closed bool
	readBy, writeBy deadline
}

var (
	_ net.PacketConn = (*PacketConn)(nil)
	_ net.Conn       = (*PacketConn)(nil)
)

func newPacketConn(n *Network, bound netip.AddrPort) *PacketConn {
	c := &PacketConn{net: n, bound: bound}
	c.cond.L = &c.mu
	return c
}

// ReadFromUDPAddrPort waits for a datagram; what does not fit into p is lost.
func (c *PacketConn) ReadFromUDPAddrPort(p []byte) (n int, from netip.AddrPort, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, from, c.fail("read", net.ErrClosed)
		case c.refused:
			c.refused = false
			return 0, from, c.fail("read", syscall.ECONNREFUSED)
		case c.readBy.passed():
			return 0, from, c.fail("read", os.ErrDeadlineExceeded)
		case c.count > 0:
			n, from = c.take(p)
			return n, from, nil
		}
		c.cond.Wait()
	}
}

// take moves the oldest datagram to p; the caller holds mu.
func (c *PacketConn) take(p []byte) (int, netip.AddrPort) {
	size, from := c.size[c.first], c.from[c.first]
	n := min(size, len(p))
	k := copy(p[:n], c.buf[c.r:])
	copy(p[k:n], c.buf)
	c.r = (c.r + size) % len(c.buf)
	c.n -= size
	c.first = (c.first + 1) % maxDatagrams
	c.count--
	return n, from
}

// put queues a datagram, or loses it when the buffer is full.
func (c *PacketConn) put(p []byte, from netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.connected && from != c.remote {
		return
	}
	if c.buf == nil {
		c.buf = make([]byte, packetBuffer)
	}
	if c.count == maxDatagrams || len(p) > len(c.buf)-c.n {
		return
	}
	w := (c.r + c.n) % len(c.buf)
	k := copy(c.buf[w:], p)
	copy(c.buf, p[k:])
	c.n += len(p)
	last := (c.first + c.count) % maxDatagrams
	c.size[last], c.from[last] = len(p), from
	c.count++
	c.cond.Broadcast()
}

// WriteToUDPAddrPort sends a datagram; it does not wait. A port that nobody has
// loses it.
func (c *PacketConn) WriteToUDPAddrPort(p []byte, to netip.AddrPort) (int, error) {
	if c.connected {
		return 0, c.fail("write", net.ErrWriteToConnected)
	}
	return c.send(p, unmapped(to))
}

func (c *PacketConn) send(p []byte, to netip.AddrPort) (int, error) {
	if err := c.writable(p); err != nil {
		return 0, c.fail("write", err)
	}
	from := c.bound
	if from.Addr().IsUnspecified() {
		from = netip.AddrPortFrom(to.Addr(), from.Port())
	}
	if d := c.net.socket(to); d != nil {
		d.put(p, from)
	} else if c.connected {
		c.mu.Lock()
		c.refused = true
		c.mu.Unlock()
		c.cond.Broadcast()
	}
	return len(p), nil
}

func (c *PacketConn) writable(p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return net.ErrClosed
	case c.writeBy.passed():
		return os.ErrDeadlineExceeded
	case len(p) > maxDatagram:
		return syscall.EMSGSIZE
	case c.refused:
		c.refused = false
		return syscall.ECONNREFUSED
	}
	return nil
}

// ReadFrom implements net.PacketConn.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDPAddrPort(p)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo implements net.PacketConn; a must be a *net.UDPAddr.
func (c *PacketConn) WriteTo(p []byte, a net.Addr) (int, error) {
	to, ok := a.(*net.UDPAddr)
	if !ok {
		return 0, c.fail("write", syscall.EINVAL)
	}
	return c.WriteToUDPAddrPort(p, to.AddrPort())
}

// Read takes one datagram of any sender; of the remote end when dialled.
func (c *PacketConn) Read(p []byte) (int, error) {
	n, _, err := c.ReadFromUDPAddrPort(p)
	return n, err
}

// Write sends a datagram to the remote end of a dialled socket.
func (c *PacketConn) Write(p []byte) (int, error) {
	if !c.connected {
		return 0, c.fail("write", syscall.EDESTADDRREQ)
	}
	return c.send(p, c.remote)
}

// Close frees the port and ends reads that wait.
func (c *PacketConn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return c.fail("close", net.ErrClosed)
	}
	c.closed = true
	c.readBy.stop()
	c.mu.Unlock()
	c.cond.Broadcast()
	c.net.mu.Lock()
	delete(c.net.sockets, c.bound)
	c.net.mu.Unlock()
	return nil
}

func (c *PacketConn) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: c.LocalAddr(), Err: err}
}

// LocalAddr is the address that was bound.
func (c *PacketConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.bound) }

// RemoteAddr is the address of the remote end of a dialled socket, else nil.
func (c *PacketConn) RemoteAddr() net.Addr {
	if !c.connected {
		return nil
	}
	return net.UDPAddrFromAddrPort(c.remote)
}

// SetDeadline sets both deadlines.
func (c *PacketConn) SetDeadline(t time.Time) error {
	c.set(&c.readBy, t)
	c.set(&c.writeBy, t)
	return nil
}

// SetReadDeadline makes reads that wait past t fail; the zero time means never.
func (c *PacketConn) SetReadDeadline(t time.Time) error {
	c.set(&c.readBy, t)
	return nil
}

// SetWriteDeadline makes writes after t fail; the zero time means never.
func (c *PacketConn) SetWriteDeadline(t time.Time) error {
	c.set(&c.writeBy, t)
	return nil
}

func (c *PacketConn) set(d *deadline, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d.at = at
	d.stop()
	if !at.IsZero() && !c.closed {
		d.start(time.Until(at), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.cond.Broadcast()
		})
	}
	c.cond.Broadcast()
}
