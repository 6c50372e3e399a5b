package inet

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"st67bench/transport/emulator/core"
)

// datagramSize is the most payload of one datagram that the firmware sends, in
// bytes; a longer send is several.
const datagramSize = 1470

// mailbox is how many datagrams the firmware's stack keeps for one connection
// before it loses more: an assumption.
const mailbox = 32

// aired is how many bytes of datagrams are on their way to one connection, or in
// its mailbox, before more are lost: an assumption, of the access point's queue.
const aired = maxFlights * datagramSize

// The local ports of UDP when the host gives none, as the firmware draws them.
const (
	firstLocal = 50000
	locals     = 10000
)

// packets is a UDP socket whose calls do not allocate, as net.UDPConn has them.
type packets interface {
	ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(p []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// openUDP binds a socket. One to this machine's loopback network is bound to the
// module's address, so that two modules may have the same port.
func (l *link) openUDP() error {
	var host netip.Addr
	switch {
	case l.spec.peer.Addr().Is6():
		host = netip.IPv6Unspecified()
	case l.spec.peer.Addr().IsLoopback():
		host = l.f.Host
	default:
		host = netip.IPv4Unspecified()
	}
	var err error
	l.socket, err = l.f.bind(host, l.spec.local)
	if err != nil {
		return core.BadAddress
	}
	l.local = udpPort(l.socket.LocalAddr())
	return nil
}

// bind opens a UDP socket, on a port of the firmware's range when port is 0.
func (f *Family) bind(host netip.Addr, port uint16) (packets, error) {
	if port != 0 {
		return f.listenPacket(host, port)
	}
	var err error
	for range 64 {
		var s packets
		if s, err = f.listenPacket(host, firstLocal+uint16(f.ports.IntN(locals))); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// listenPacket opens a UDP socket on host, or on the machine's own loopback
// address when it does not have that one.
func (f *Family) listenPacket(host netip.Addr, port uint16) (packets, error) {
	c, err := f.ListenPacket("udp", netip.AddrPortFrom(host, port).String())
	if err != nil && !inUse(err) && host != fallback(host) {
		c, err = f.ListenPacket("udp", netip.AddrPortFrom(fallback(host), port).String())
	}
	if err != nil {
		return nil, err
	}
	return asPackets(c), nil
}

// asPackets gives a socket of another kind the calls of packets.
func asPackets(c net.PacketConn) packets {
	if s, ok := c.(packets); ok {
		return s
	}
	return slowPackets{c}
}

type slowPackets struct{ net.PacketConn }

func (s slowPackets) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	n, a, err := s.ReadFrom(p)
	u, ok := a.(*net.UDPAddr)
	if err != nil || !ok {
		return n, netip.AddrPort{}, err
	}
	return n, u.AddrPort(), nil
}

func (s slowPackets) WriteToUDPAddrPort(p []byte, to netip.AddrPort) (int, error) {
	return s.WriteTo(p, net.UDPAddrFromAddrPort(to))
}

// udpPort is the port of a UDP socket's address.
func udpPort(a net.Addr) uint16 {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort().Port()
	}
	return 0
}

// datagrams puts on the air what the link's own socket receives.
func (l *link) datagrams() {
	l.f.datagrams(l.socket, func(p []byte, at time.Time, from netip.AddrPort) {
		l.down.offer(p, at, from)
	})
}

// datagrams calls each with every datagram of a socket that the radio does not
// lose, and the instant at which it reaches the module, until the socket closes.
func (f *Family) datagrams(s packets, each func(p []byte, at time.Time, from netip.AddrPort)) {
	radio := f.m.Radio
	buf := make([]byte, chunkSize)
	for failures := 0; failures < 16; {
		n, from, err := s.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // an ICMP answer to what was sent, on some systems
			failures++
			continue
		}
		failures = 0
		at := radio.Down(f.m.Clock.Now(), n).Add(radio.Latency)
		if !radio.Lost() && n > 0 {
			each(buf[:n], at, addrPort(from.Addr(), from.Port()))
		}
	}
}

// launch puts data on the air at the instant at, n bytes of air time, and returns
// when the radio has taken it. Datagrams that the radio loses go nowhere.
func (l *link) launch(at time.Time, n int, data []byte) (done time.Time) {
	radio := l.f.m.Radio
	if !l.kind.udp() {
		done = radio.Up(at, n)
		l.up.add(data, done.Add(radio.Latency), netip.AddrPort{})
		return done
	}
	peer := l.peer()
	for done = at; len(data) > 0; {
		k := min(len(data), datagramSize)
		done = radio.Up(done, k)
		if !radio.Lost() {
			l.up.add(data[:k], done.Add(radio.Latency), peer)
		}
		data = data[k:]
	}
	return done
}

// redirect is what the parameters "host" and port of a send do, from parameter i
// on: they become the remote end of the UDP connection id, which is opened when
// there is none.
func (f *Family) redirect(c *core.Call, id, i int) (*link, error) {
	host, port := string(c.Args.Text(i, 64)), uint16(c.Args.Int(i+1, 1, 65535))
	if err := c.Args.Err(); err != nil {
		return nil, err
	}
	l := f.link(id)
	switch {
	case host == "":
		return nil, core.BadValue
	case l != nil && !l.kind.udp():
		return nil, core.NotAllowed
	case l == nil:
		s := spec{kind: kind{proto: protoUDP}, host: host, port: port, keepAlive: -1, timeout: startTimeout}
		if err := f.connect(c, id, s); err != nil {
			return nil, err
		}
		return f.link(id), nil
	}
	ctx, cancel := context.WithTimeout(f.ctx, startTimeout)
	defer cancel()
	a, err := f.resolve(ctx, host, l.kind.v6)
	c.CatchUp()
	if err != nil || a.Is6() != l.kind.v6 {
		return nil, core.BadAddress
	}
	f.stack.mu.Lock()
	defer f.stack.mu.Unlock()
	l.setPeer(addrPort(a, port))
	return l, nil
}

// portSource draws the local ports of UDP.
func portSource(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x756470)) }
