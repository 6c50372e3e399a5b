package inet

import (
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// link is one connection.
type link struct {
	f      *Family
	id     int
	kind   kind
	spec   spec    // of a connection that the module has opened
	server *server // who accepted it; nil for one that the module has opened
	trips  int     // radio round trips until it was open

	conn   net.Conn // of TCP; of TLS, what lies over it
	raw    net.Conn // of TLS: what lies under conn; else conn
	socket packets  // of UDP
	local  uint16   // its port

	mux, passive bool      // neither changes while a connection is open
	text         []byte    // of the deliverer
	ended        time.Time // when the socket had no more to give; before down.end
	idle         *idle     // of an accepted connection with CIPSTO; else nil

	up, down *flight
	gone     chan struct{} // closed by abort
	once     sync.Once

	// Guarded by the family's stack.
	remote netip.AddrPort
	ipd    []byte // `,"address",port` of remote
	mode   int64  // of UDP: how remote changes
	held   core.Ring
	shut   bool
	told   bool // quirk ipd-total: the host has not read since the last +IPD
	unsaid int  // quirk ipd-total: what has come in since then
}

// newLink returns a connection that has no socket yet and is in no table.
func (f *Family) newLink(id int, s spec) *link {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := &link{
		f: f, id: id, kind: s.kind, spec: s, mode: s.mode,
		mux: f.mux, passive: f.passive,
		up: newFlight(sendBuffer), down: newFlight(window),
		gone: make(chan struct{}),
	}
	if s.kind.udp() {
		l.down = newFlight(aired)
	}
	if l.passive {
		l.held = core.NewRing(f.buffers[id])
	}
	l.setPeer(s.peer)
	return l
}

// takeConn gives the link its TCP connection.
func (l *link) takeConn(conn net.Conn) {
	l.conn, l.raw = conn, conn
	l.local = tcpAddr(conn.LocalAddr()).Port()
	l.f.tcp[l.id].apply(conn)
}

// start starts the connection's goroutines, unless the module is switched off.
func (l *link) start() {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	if l.f.ctx.Err() != nil {
		return
	}
	l.f.busy.Go(l.sender)
	l.f.busy.Go(l.deliverer)
	switch {
	case l.conn != nil:
		l.f.busy.Go(l.reader)
	case l.server == nil:
		l.f.busy.Go(l.datagrams)
	}
}

// tcpAddr is a's address and port; zero for a connection that has none.
func tcpAddr(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		p := t.AddrPort()
		return addrPort(p.Addr(), p.Port())
	}
	return addrPort(netip.IPv4Unspecified(), 0)
}

// addrPort is an address, without the form of IPv4 in IPv6, and a port.
func addrPort(a netip.Addr, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(a.Unmap(), port)
}

// peer is the remote end.
func (l *link) peer() netip.AddrPort {
	l.f.stack.mu.Lock()
	defer l.f.stack.mu.Unlock()
	return l.remote
}

// setPeer changes the remote end; the caller holds the stack, or l is new.
func (l *link) setPeer(p netip.AddrPort) {
	l.remote = p
	l.ipd = append(l.ipd[:0], `,"`...)
	l.ipd = p.Addr().AppendTo(l.ipd)
	l.ipd = append(l.ipd, `",`...)
	l.ipd = strconv.AppendUint(l.ipd, uint64(p.Port()), 10)
}

// sender writes to the socket what the radio has carried, at its instant. When
// the link has ended well it closes the socket after the last byte.
func (l *link) sender() {
	buf := make([]byte, 2*core.PayloadSize)
	for {
		n, at, peer, ok := l.up.take(buf)
		if !ok || !l.f.m.Clock.Sleep(at, l.gone) || !l.write(buf[:n], peer) {
			break
		}
		l.idle.touch()
		l.up.done()
	}
	l.closeSocket()
	l.f.forget(l)
}

// write hands p to the socket; false when nothing can be written any more. A
// datagram that the system does not take is lost.
func (l *link) write(p []byte, peer netip.AddrPort) bool {
	if l.conn == nil {
		_, _ = l.socket.WriteToUDPAddrPort(p, peer)
		return true
	}
	if _, err := l.conn.Write(p); err != nil {
		l.up.fail()
		return false
	}
	return true
}

// closeSocket closes the socket; that of a UDP server stays.
func (l *link) closeSocket() {
	switch {
	case l.conn != nil:
		l.conn.Close()
	case l.server == nil && l.socket != nil:
		l.socket.Close()
	}
}

// reader puts on the air what the socket gives.
func (l *link) reader() {
	radio := l.f.m.Radio
	buf := make([]byte, chunkSize)
	for {
		n, err := l.conn.Read(buf)
		now := l.f.m.Clock.Now()
		if n > 0 {
			if _, ok := l.down.room(n, 0); !ok {
				return
			}
			l.down.add(buf[:n], radio.Down(now, n).Add(radio.Latency), netip.AddrPort{})
		}
		if err != nil {
			l.ended = now
			l.down.end()
			return
		}
	}
}

// deliverer hands to the host what the radio has carried, and reports the end of
// the connection.
func (l *link) deliverer() {
	buf := make([]byte, chunkSize+2)
	for {
		n, at, from, ok := l.down.take(buf[:chunkSize])
		if !ok {
			break
		}
		if !l.f.m.Clock.Near(at, l.gone) {
			return
		}
		at = l.f.turn(l, at)
		if l.down.failed() { // closed while it was on its way: the link's number may be another connection's by now
			l.f.passOn(l)
			return
		}
		l.f.m.Faults.Received(buf[:n])
		l.deliver(buf[:n+2], at, from)
		l.f.passOn(l)
		if l.kind.udp() {
			l.down.trim(l.f.m.Clock.Now(), mailbox)
		}
		l.idle.touch()
		l.down.done()
	}
	l.finish()
}

// finish reports a connection that the peer has ended.
func (l *link) finish() {
	if l.down.failed() {
		return
	}
	at := l.ended.Add(l.f.m.Radio.Latency)
	if now := l.f.m.Clock.Now(); now.After(at) {
		at = now
	}
	if l.f.m.Clock.Near(at, l.gone) {
		l.f.lose(at, l)
	}
}

// end closes the connection after what it still has to send.
func (l *link) end() {
	l.up.end()
	l.stop()
}

// abort closes the connection at once.
func (l *link) abort() {
	l.once.Do(func() { close(l.gone) })
	l.up.fail()
	if l.raw != nil {
		l.raw.Close()
	} else {
		l.closeSocket()
	}
	l.stop()
}

// stop ends the direction to the host.
func (l *link) stop() {
	l.idle.stop()
	l.down.fail()
	l.f.stack.mu.Lock()
	l.shut = true
	l.f.stack.mu.Unlock()
	l.f.stack.cond.Broadcast()
}
