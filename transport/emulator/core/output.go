package core

import (
	"sync"
	"time"
)

const (
	outputSize = 8 << 10 // bytes of messages that the host has not been given yet: an assumption
	maxRecords = 512     // number of them
	pieceSize  = 256     // of one hand-over to the host, on a line of bytes

	splitGap  = time.Millisecond      // between two pieces of the fault `split`
	mergeSize = 4096                  // of one piece of the fault `merge`
	mergeTime = 20 * time.Millisecond // how long the fault `merge` holds back
)

// record is one message of the module, as one write of its firmware.
type record struct {
	at    time.Time // when the module wrote it
	n     int
	shape shape
}

// output is what the module has said and the line has not yet carried.
type output struct {
	mu     sync.Mutex
	cond   sync.Cond
	bytes  Ring
	recs   [maxRecords]record
	r, n   int
	most   int // records that are queued before a writer waits
	shape  shape
	drawn  uint64 // writers that have come
	turn   uint64 // whose turn it is, by that count
	closed bool
}

func newOutput() *output {
	out := &output{bytes: NewRing(outputSize), most: maxRecords}
	out.cond.L = &out.mu
	return out
}

// put queues messages that leave at the instant at, one directly after the
// other, also when they are more than fits at once: other writers wait their
// turn, in the order in which they came. It waits while there is no room.
func (out *output) put(at time.Time, messages ...[]byte) {
	out.mu.Lock()
	defer out.mu.Unlock()
	mine := out.drawn
	out.drawn++
	for out.turn != mine && !out.closed {
		out.cond.Wait()
	}
	for _, m := range messages {
		out.add(at, m)
	}
	out.turn++
	out.cond.Broadcast()
}

// add queues one message; the caller holds mu and the turn.
func (out *output) add(at time.Time, m []byte) {
	for len(m) > 0 && !out.closed {
		if out.bytes.Free() == 0 || out.full() {
			out.cond.Wait()
			continue
		}
		n := out.bytes.Put(m)
		out.recs[(out.r+out.n)%maxRecords] = record{at, n, out.shape}
		out.n++
		m = m[n:]
		out.cond.Broadcast()
	}
}

// full says whether a writer has to wait for a record; the caller holds mu. What
// is to be merged has to be queued first.
func (out *output) full() bool {
	return out.n == maxRecords || out.n >= out.most && !out.recs[out.r].shape.merge
}

// setShape says how the messages are handed over that are put from now on.
func (out *output) setShape(s shape) {
	out.mu.Lock()
	defer out.mu.Unlock()
	out.shape = s
}

// next waits for a message and says when it was written and how it is to be
// handed over; ok is false when the output is closed.
func (out *output) next() (at time.Time, s shape, ok bool) {
	out.mu.Lock()
	defer out.mu.Unlock()
	for out.n == 0 && !out.closed {
		out.cond.Wait()
	}
	rec := &out.recs[out.r]
	return rec.at, rec.shape, !out.closed
}

// take moves the next piece of the message that is there to p, and with it, when
// they are to be merged, what fits of the messages after it.
func (out *output) take(p []byte) (n int) {
	out.mu.Lock()
	defer out.mu.Unlock()
	for out.n > 0 && n < len(p) {
		rec := &out.recs[out.r]
		if n > 0 && !rec.shape.merge {
			break
		}
		k := out.bytes.Take(p[n:min(len(p), n+rec.n)])
		n += k
		if rec.n -= k; rec.n > 0 || !rec.shape.merge {
			out.forget(rec)
			break
		}
		out.forget(rec)
	}
	out.cond.Broadcast()
	return n
}

// forget drops the first record when it is empty; the caller holds mu.
func (out *output) forget(first *record) {
	if first.n == 0 {
		out.r = (out.r + 1) % maxRecords
		out.n--
	}
}

func (out *output) close() {
	out.mu.Lock()
	out.closed = true
	out.mu.Unlock()
	out.cond.Broadcast()
}
