package inet

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"st67bench/transport/emulator/core"
)

// handshakeLimit is how long a client may take for its TLS handshake; meanwhile no
// other client is accepted, as in the firmware.
const handshakeLimit = 5 * time.Second

// defaultPort is the manual's port of a server (4.1.18.3).
const defaultPort = 333

// server is the one server of AT+CIPSERVER.
type server struct {
	kind      kind
	port      uint16
	verify    bool // the manual's "CA enable"
	keepAlive int64
	most      int // connections at a time

	listener net.Listener // of TCP and SSL
	socket   packets      // of UDP
	secure   *tls.Config  // of SSL
	gone     chan struct{}
}

// queryServer is AT+CIPSERVER?.
func (f *Family) queryServer(c *core.Call) error {
	s := f.server
	if s == nil {
		c.Line("+CIPSERVER:0")
		return nil
	}
	c.Line(`+CIPSERVER:1,%d,"%s",%d,%d`, s.port, s.kind, bit(s.verify), s.keepAlive)
	return nil
}

// setServer is AT+CIPSERVER=<mode>[,...]: 1 creates the server, 0 deletes it.
func (f *Family) setServer(c *core.Call) error {
	if !f.mux {
		return core.NotAllowed
	}
	on, err := switched(&c.Args, 0)
	switch {
	case err != nil:
		return err
	case on:
		return f.createServer(c)
	default:
		return f.deleteServer(c)
	}
}

// deleteServer is AT+CIPSERVER=0[,<close all>].
func (f *Family) deleteServer(c *core.Call) error {
	closeAll := c.Args.IntOr(1, 0, 0, 1) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Len() > 2 {
		return core.BadCount
	}
	s := f.server
	f.stopServer()
	for _, l := range f.open() {
		if l.server != nil && (closeAll || s != nil && s.kind.udp()) {
			f.drop(c, l)
		}
	}
	return nil
}

// createServer is AT+CIPSERVER=1,<port>[,"type"[,<CA enable>[,<keep-alive>]]].
func (f *Family) createServer(c *core.Call) error {
	a := &c.Args
	s := &server{kind: kind{proto: protoTCP}, gone: make(chan struct{}), most: f.maxConn}
	if a.Has(1) || f.m.Quirks.Has(core.ServerPort) {
		s.port = uint16(a.Int(1, 1, 65535))
	} else {
		s.port = defaultPort
	}
	if a.Has(2) {
		var ok bool
		s.kind, ok = parseKind(a.Text(2, 8))
		if a.Err() == nil && (!ok || s.kind.v6 && !f.v6) {
			return core.BadValue
		}
	}
	s.verify = a.IntOr(3, 0, 0, 1) == 1
	s.keepAlive = a.IntOr(4, 0, 0, maxKeepAlive)
	if err := a.Err(); err != nil {
		return err
	}
	if f.server != nil {
		return core.Failed
	}
	if err := f.listen(s); err != nil {
		f.m.Print("CIPSERVER: " + err.Error() + "\n")
		return core.Failed
	}
	return nil
}

// listen opens the server's socket and starts it.
func (f *Family) listen(s *server) (err error) {
	host := f.Host
	if s.kind.v6 {
		host = netip.IPv6Loopback()
	}
	if s.kind.tls() {
		if s.secure, err = f.serverTLS(s.verify); err != nil {
			return err
		}
	}
	if s.kind.udp() {
		s.socket, err = f.listenPacket(host, s.port)
	} else {
		s.listener, err = f.listenTCP(host, s.port)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ctx.Err() != nil {
		s.close()
		return net.ErrClosed
	}
	f.server = s
	if s.socket != nil {
		f.busy.Go(func() { f.serveUDP(s) })
	} else {
		f.busy.Go(func() { f.serve(s) })
	}
	return nil
}

// listenTCP listens on host, or on the machine's own loopback address when it
// does not have that one.
func (f *Family) listenTCP(host netip.Addr, port uint16) (net.Listener, error) {
	l, err := f.Listen("tcp", netip.AddrPortFrom(host, port).String())
	if err != nil && !inUse(err) && host != fallback(host) {
		l, err = f.Listen("tcp", netip.AddrPortFrom(fallback(host), port).String())
	}
	if err == nil {
		f.m.Print("CIPSERVER: listens on " + l.Addr().String() + "\n")
	}
	return l, err
}

// fallback is the loopback address of host's version of IP, which every machine
// has: the module's own address is Linux's and Windows' alone.
func fallback(host netip.Addr) netip.Addr {
	switch {
	case host.IsUnspecified():
		return host
	case host.Is6():
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

// inUse says whether somebody else has the port.
func inUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

// stopServer deletes the server.
func (f *Family) stopServer() {
	f.mu.Lock()
	s := f.server
	f.server = nil
	f.mu.Unlock()
	if s != nil {
		s.close()
	}
}

func (s *server) close() {
	close(s.gone)
	if s.listener != nil {
		s.listener.Close()
	} else {
		s.socket.Close()
	}
}

// serve accepts connections until the server is deleted.
func (f *Family) serve(s *server) {
	for {
		conn, err := s.listener.Accept()
		switch {
		case err == nil:
			f.welcome(s, conn)
		case errors.Is(err, net.ErrClosed) || !f.m.Clock.Near(f.m.Clock.Now().Add(10*time.Millisecond), s.gone):
			return
		}
	}
}

// welcome makes a client of the server a connection, one radio latency after it
// came; one too many is closed.
func (f *Family) welcome(s *server, conn net.Conn) {
	at := f.m.Clock.Now().Add(f.m.Radio.Latency)
	id, ok := f.seat(s)
	if !ok || !f.Online() || !f.m.Clock.Near(at, s.gone) {
		conn.Close()
		return
	}
	l := f.newLink(id, spec{kind: s.kind, peer: tcpAddr(conn.RemoteAddr())})
	l.server, l.conn, l.raw, l.local = s, conn, conn, s.port
	options{linger: -1, keepAlive: s.keepAlive}.apply(conn)
	if s.secure != nil && !l.accept(s) {
		conn.Close()
		return
	}
	if now := f.m.Clock.Now(); now.After(at) {
		at = now
	}
	l.idle = f.newIdle(l)
	f.bring(f.turn(l, at), l)
	f.passOn(l)
}

// seat is the ID that the server's next client gets; ok is false when there are as
// many as it takes.
func (f *Family) seat(s *server) (id int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clients := 0
	id = -1
	for i, l := range f.links {
		switch {
		case l == nil && id < 0:
			id = i
		case l != nil && l.server == s:
			clients++
		}
	}
	return id, id >= 0 && clients < s.most
}

// serveUDP hands each sender's datagrams to its own connection, which the first of
// them makes.
func (f *Family) serveUDP(s *server) {
	f.datagrams(s.socket, func(p []byte, at time.Time, from netip.AddrPort) {
		if l := f.sender(s, from, at); l != nil {
			l.down.offer(p, at, from)
		}
	})
}

// sender is the connection of the server to this remote end; nil when there is no
// room for it.
func (f *Family) sender(s *server, from netip.AddrPort, at time.Time) *link {
	for _, l := range f.open() {
		if l.server == s && l.peer() == from {
			return l
		}
	}
	id, ok := f.seat(s)
	if !ok || !f.Online() || !f.m.Clock.Near(at, s.gone) {
		return nil
	}
	l := f.newLink(id, spec{kind: s.kind, peer: from})
	l.server, l.socket, l.local = s, s.socket, s.port
	l.idle = f.newIdle(l)
	if !f.bring(at, l) {
		return nil
	}
	return l
}
