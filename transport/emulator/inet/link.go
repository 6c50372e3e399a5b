package inet

import (
	"net"
	"strconv"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// link is one connection.
type link struct {
	f             *Family
	id            int
	conn          net.Conn
	remote, local *net.TCPAddr
	mux, passive  bool      // neither changes while a connection is open
	text          []byte    // of the deliverer
	ended         time.Time // when the socket had no more to give; before down.end

	up, down *flight
	gone     chan struct{} // closed by abort
	once     sync.Once

	mu   sync.Mutex
	cond sync.Cond
	held core.Ring // of passive mode: received and not yet read by the host
	shut bool
}

// newLink puts a connection into the table.
func (f *Family) newLink(id int, conn net.Conn) *link {
	l := &link{
		f: f, id: id, conn: conn,
		remote: tcpAddr(conn.RemoteAddr()), local: tcpAddr(conn.LocalAddr()),
		mux: f.mux, passive: f.passive,
		up: newFlight(sendBuffer), down: newFlight(window),
		gone: make(chan struct{}),
		held: core.NewRing(f.buffers[id]),
	}
	l.cond.L = &l.mu
	f.mu.Lock()
	f.links[id] = l
	f.live[l] = true
	f.mu.Unlock()
	return l
}

// start starts the connection's goroutines.
func (l *link) start() {
	l.f.busy.Go(l.sender)
	l.f.busy.Go(l.reader)
	l.f.busy.Go(l.deliverer)
}

// tcpAddr is a's address and port; zero for a connection that has none.
func tcpAddr(a net.Addr) *net.TCPAddr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t
	}
	return &net.TCPAddr{IP: net.IPv4zero}
}

// sender writes to the socket what the radio has carried, at its instant. When
// the link has ended well it closes the socket after the last byte.
func (l *link) sender() {
	buf := make([]byte, 2*core.PayloadSize)
	for {
		n, at, ok := l.up.take(buf)
		if !ok || !l.f.m.Clock.Sleep(at, l.gone) {
			break
		}
		if _, err := l.conn.Write(buf[:n]); err != nil {
			l.up.fail()
			break
		}
		l.up.done()
	}
	l.conn.Close()
	l.f.forget(l)
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
			l.down.add(buf[:n], radio.Down(now, n).Add(radio.Latency))
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
	clock := l.f.m.Clock
	buf := make([]byte, chunkSize+2)
	for {
		n, at, ok := l.down.take(buf[:chunkSize])
		if !ok || !clock.Near(at, l.gone) {
			break
		}
		if l.passive {
			l.hold(buf[:n], at)
		} else {
			buf[n], buf[n+1] = '\r', '\n'
			l.text = append(l.head(l.text[:0], n), ',')
			l.f.m.Event(at, l.text, buf[:n+2])
		}
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
	if !l.f.m.Clock.Near(at, l.gone) || !l.f.unlink(l) {
		return
	}
	l.f.m.Event(at, l.event("DISCONNECTED"))
	l.end()
}

// hold keeps p for CIPRECVDATA and says what has come in; it waits while the
// host's buffer is full.
func (l *link) hold(p []byte, at time.Time) {
	for len(p) > 0 {
		n, total, waited := l.keep(p)
		if n == 0 {
			return
		}
		if waited {
			at = l.f.m.Clock.Now()
		}
		if l.f.m.Quirks.Has(core.IPDTotal) {
			n, p = total, p[n:]
		} else {
			p = p[n:]
		}
		l.text = append(l.head(l.text[:0], n), '\r', '\n')
		l.f.m.Event(at, l.text)
	}
}

// keep holds what fits of p, at least one byte, and returns how much that was
// and how much is held now; 0 when the link has ended.
func (l *link) keep(p []byte) (n, total int, waited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.held.Free() == 0 && !l.shut {
		waited = true
		l.cond.Wait()
	}
	if l.shut {
		return 0, 0, waited
	}
	n = l.held.Put(p)
	return n, l.held.Len(), waited
}

// read moves what is held, at most len(p), to p.
func (l *link) read(p []byte) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.held.Take(p)
	l.cond.Broadcast()
	return n
}

func (l *link) heldBytes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held.Len()
}

// head is `+IPD:` with its fields, without what ends it.
func (l *link) head(p []byte, n int) []byte {
	p = append(p, "+IPD:"...)
	if l.mux {
		p = strconv.AppendInt(p, int64(l.id), 10)
		p = append(p, ',')
	}
	p = strconv.AppendInt(p, int64(n), 10)
	if l.f.info.Load() {
		p = append(p, `,"`...)
		p = append(p, l.remote.IP.String()...)
		p = append(p, `",`...)
		p = strconv.AppendInt(p, int64(l.remote.Port), 10)
	}
	return p
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
	l.conn.Close()
	l.stop()
}

// stop ends the direction to the host.
func (l *link) stop() {
	l.down.fail()
	l.mu.Lock()
	l.shut = true
	l.mu.Unlock()
	l.cond.Broadcast()
}
