package inet

import (
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// stack is the firmware's one network task, which hands to the host what all
// connections receive, a piece of each in the order in which they came. While it
// waits for room in the buffer of one of them, none gets anything (quirk
// block-all).
type stack struct {
	mu    sync.Mutex
	cond  sync.Cond
	queue []*link // whose pieces have come; the first one's is being handed over
}

// turn waits until the network task is free for l, whose bytes came at the
// instant at, and returns when it is. The task is l's until pass.
func (f *Family) turn(l *link, at time.Time) time.Time {
	s := &f.stack
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, l)
	waited := false
	for s.queue[0] != l && !l.shut {
		waited = true
		s.cond.Wait()
	}
	if waited {
		return f.m.Clock.Now()
	}
	return at
}

// pass lets the network task go on to the next; the caller holds mu.
func (s *stack) pass(l *link) {
	if i := slices.Index(s.queue, l); i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		s.cond.Broadcast()
	}
}

// passOn is pass for who does not hold mu.
func (f *Family) passOn(l *link) {
	f.stack.mu.Lock()
	defer f.stack.mu.Unlock()
	f.stack.pass(l)
}

// deliver hands a received chunk to the host; the last two bytes of buf are room
// for CRLF.
func (l *link) deliver(buf []byte, at time.Time, from netip.AddrPort) {
	n := len(buf) - 2
	if l.kind.udp() {
		l.follow(from)
	}
	switch {
	case l.passive:
		l.hold(buf[:n], at)
	case l.f.raw.Load():
		l.f.m.Event(at, buf[:n])
	default:
		buf[n], buf[n+1] = '\r', '\n'
		if !l.f.events.Load() {
			l.f.m.Event(at, buf)
			return
		}
		l.text = append(l.head(l.text[:0], n), ',')
		l.f.m.Event(at, l.text, buf)
	}
}

// follow makes the sender of a datagram the remote end, if the mode says so.
func (l *link) follow(from netip.AddrPort) {
	l.f.stack.mu.Lock()
	defer l.f.stack.mu.Unlock()
	if l.mode == remoteFixed || from == l.remote {
		return
	}
	l.setPeer(from)
	if l.mode == remoteOnce {
		l.mode = remoteFixed
	}
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
		l.f.stack.mu.Lock()
		p = append(p, l.ipd...)
		l.f.stack.mu.Unlock()
	}
	return p
}

// hold keeps p for CIPRECVDATA and says what has come in. As the firmware does, it
// waits until all of p fits; what is longer than the whole buffer goes in pieces
// of its size.
func (l *link) hold(p []byte, at time.Time) {
	for len(p) > 0 {
		n, said, waited := l.keep(p)
		if n == 0 {
			return
		}
		p = p[n:]
		if waited {
			at = l.f.m.Clock.Now()
		}
		if said > 0 {
			l.tell(at, said)
		}
	}
}

// tell says a passive +IPD.
func (l *link) tell(at time.Time, n int) {
	if l.f.events.Load() && !l.f.raw.Load() {
		l.text = append(l.head(l.text[:0], n), '\r', '\n')
		l.f.m.Event(at, l.text)
	}
}

// keep moves p, or what the whole buffer takes of it, into the buffer, and returns
// how much that was and the length that +IPD says, 0 for none. n is 0 when the
// link has ended, or when a datagram is lost because the buffer is full.
func (l *link) keep(p []byte) (n, said int, waited bool) {
	s := &l.f.stack
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(len(p), l.held.Len()+l.held.Free())
	for l.held.Free() < n && !l.shut {
		if !l.f.m.Quirks.Has(core.BlockAll) {
			if l.kind.udp() {
				return 0, 0, false
			}
			s.pass(l)
		}
		waited = true
		s.cond.Wait()
	}
	if l.shut {
		return 0, 0, waited
	}
	l.held.Put(p[:n])
	if !l.f.m.Quirks.Has(core.IPDTotal) {
		return n, n, waited
	}
	return n, l.total(n), waited
}

// total counts n bytes that came in and returns what +IPD says of them under the
// quirk ipd-total: all that is held, or nothing until the host has read. The
// caller holds the stack.
func (l *link) total(n int) int {
	l.unsaid += n
	if l.told || l.unsaid == 0 {
		return 0
	}
	l.told, l.unsaid = true, 0
	return l.held.Len()
}

// read moves what is held, at most len(p), to p. more is the length of a +IPD that
// follows, 0 for none. What waits for room comes when freed is called, after the answer.
func (l *link) read(p []byte) (n, more int) {
	s := &l.f.stack
	s.mu.Lock()
	defer s.mu.Unlock()
	n = l.held.Take(p)
	if !l.f.m.Quirks.Has(core.IPDTotal) {
		return n, 0
	}
	l.told, l.unsaid = false, min(l.unsaid, l.held.Len())
	return n, l.total(0)
}

// freed lets in what waits for room.
func (l *link) freed() {
	l.f.stack.mu.Lock()
	defer l.f.stack.mu.Unlock()
	l.f.stack.cond.Broadcast()
}

func (l *link) heldBytes() int {
	l.f.stack.mu.Lock()
	defer l.f.stack.mu.Unlock()
	return l.held.Len()
}
