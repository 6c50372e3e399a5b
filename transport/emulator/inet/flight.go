package inet

import (
	"net/netip"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// maxFlights bounds the messages that are in flight in one direction.
const maxFlights = 256

// flight is bytes on their way over the radio in one direction of one
// connection, with the instants at which they arrive, and for datagrams the other
// end's address.
type flight struct {
	mu     sync.Mutex
	cond   sync.Cond
	bytes  core.Ring
	at     [maxFlights]time.Time
	size   [maxFlights]int
	peer   [maxFlights]netip.AddrPort
	gone   [maxFlights]bool // lost on arrival
	r, n   int
	taken  int  // bytes that the receiving side has and has not delivered
	ended  bool // nothing follows
	broken bool // nothing is delivered any more
}

func newFlight(size int) *flight {
	f := &flight{bytes: core.NewRing(size)}
	f.cond.L = &f.mu
	return f
}

// room waits until n bytes fit, for at most timeout (0: for ever). waited says
// whether it had to; ok is false when it timed out or nothing is delivered any
// more.
func (f *flight) room(n int, timeout time.Duration) (waited, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fits(n) {
		return false, !f.broken
	}
	if timeout > 0 {
		return true, f.roomWithin(n, timeout)
	}
	for !f.fits(n) {
		f.cond.Wait()
	}
	return true, !f.broken
}

// roomWithin is room with a time-out; the caller holds mu.
func (f *flight) roomWithin(n int, timeout time.Duration) bool {
	late := false
	t := time.AfterFunc(timeout, func() {
		f.mu.Lock()
		late = true
		f.mu.Unlock()
		f.cond.Broadcast()
	})
	defer t.Stop()
	for !f.fits(n) && !late {
		f.cond.Wait()
	}
	return !f.broken && !late
}

// fits says whether a writer of n bytes need not wait; the caller holds mu.
func (f *flight) fits(n int) bool {
	return f.broken || f.n < maxFlights && f.bytes.Free()-f.taken >= n
}

// offer is add when there is room; else p is lost.
func (f *flight) offer(p []byte, at time.Time, peer netip.AddrPort) {
	f.mu.Lock()
	room := f.fits(len(p))
	f.mu.Unlock()
	if room {
		f.add(p, at, peer)
	}
}

// trim loses what has arrived by now beyond the first most messages that are
// not lost already.
func (f *flight) trim(now time.Time, most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.n {
		k := (f.r + i) % maxFlights
		switch {
		case f.at[k].After(now):
			return
		case f.gone[k]:
		case most > 0:
			most--
		default:
			f.gone[k] = true
		}
	}
}

// add sends p, for which there is room, to arrive at the instant at.
func (f *flight) add(p []byte, at time.Time, peer netip.AddrPort) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken || len(p) == 0 {
		return
	}
	f.bytes.Put(p)
	k := (f.r + f.n) % maxFlights
	f.at[k], f.size[k], f.peer[k], f.gone[k] = at, len(p), peer, false
	f.n++
	f.cond.Broadcast()
}

// take waits for a message and moves it to p. It counts as in flight until
// done. ok is false when nothing follows.
func (f *flight) take(p []byte) (n int, at time.Time, peer netip.AddrPort, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		for f.n > 0 && f.gone[f.r] && !f.broken {
			f.bytes.Drop(f.size[f.r])
			f.next()
		}
		if f.n > 0 || f.ended || f.broken {
			break
		}
		f.cond.Wait()
	}
	if f.broken || f.n == 0 {
		return 0, at, peer, false
	}
	n, at, peer = f.size[f.r], f.at[f.r], f.peer[f.r]
	f.bytes.Take(p[:n])
	f.taken = n
	f.next()
	return n, at, peer, true
}

// next goes on to the message after the first; the caller holds mu.
func (f *flight) next() {
	f.r = (f.r + 1) % maxFlights
	f.n--
}

// done frees the room of the message that was taken last.
func (f *flight) done() {
	f.mu.Lock()
	f.taken = 0
	f.mu.Unlock()
	f.cond.Broadcast()
}

// end says that nothing follows what is in flight.
func (f *flight) end() {
	f.mu.Lock()
	f.ended = true
	f.mu.Unlock()
	f.cond.Broadcast()
}

// fail drops what is in flight and ends every wait.
func (f *flight) fail() {
	f.mu.Lock()
	f.broken = true
	f.mu.Unlock()
	f.cond.Broadcast()
}

// failed says whether deliveries have ended badly.
func (f *flight) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}
