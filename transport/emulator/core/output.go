package core

import (
	"sync"
	"time"
)

const (
	outputSize = 64 << 10 // bytes of messages that the host has not been given yet
	maxRecords = 512      // number of them
	pieceSize  = 256      // of one hand-over to the host, on a line of bytes
)

// record is one message of the module, as one write of its firmware.
type record struct {
	at time.Time // when the module wrote it
	n  int
}

// output is what the module has said and the line has not yet carried.
type output struct {
	mu     sync.Mutex
	cond   sync.Cond
	bytes  Ring
	recs   [maxRecords]record
	r, n   int
	most   int  // records that are queued before a writer waits
	taken  bool // a writer has its turn
	closed bool
}

func newOutput() *output {
	out := &output{bytes: NewRing(outputSize), most: maxRecords}
	out.cond.L = &out.mu
	return out
}

// put queues messages that leave at the instant at, one directly after the
// other, also when they are more than fits at once: other writers wait their
// turn. It waits while there is no room.
func (out *output) put(at time.Time, messages ...[]byte) {
	out.mu.Lock()
	defer out.mu.Unlock()
	for out.taken && !out.closed {
		out.cond.Wait()
	}
	out.taken = true
	for _, m := range messages {
		out.add(at, m)
	}
	out.taken = false
	out.cond.Broadcast()
}

// add queues one message; the caller holds mu and the turn.
func (out *output) add(at time.Time, m []byte) {
	for len(m) > 0 && !out.closed {
		if out.bytes.Free() == 0 || out.n >= out.most {
			out.cond.Wait()
			continue
		}
		n := out.bytes.Put(m)
		out.recs[(out.r+out.n)%maxRecords] = record{at, n}
		out.n++
		m = m[n:]
		out.cond.Broadcast()
	}
}

// take waits for a message and moves its next piece to p; ok is false when the
// output is closed.
func (out *output) take(p []byte) (n int, at time.Time, ok bool) {
	out.mu.Lock()
	defer out.mu.Unlock()
	for out.n == 0 && !out.closed {
		out.cond.Wait()
	}
	if out.closed {
		return 0, at, false
	}
	rec := &out.recs[out.r]
	at = rec.at
	n = out.bytes.Take(p[:min(len(p), rec.n)])
	rec.n -= n
	if rec.n == 0 {
		out.r = (out.r + 1) % maxRecords
		out.n--
	}
	out.cond.Broadcast()
	return n, at, true
}

func (out *output) close() {
	out.mu.Lock()
	out.closed = true
	out.mu.Unlock()
	out.cond.Broadcast()
}
