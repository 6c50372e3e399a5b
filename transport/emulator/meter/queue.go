package meter

import (
	"sync"
	"time"
)

// queue is what an instrument has said and its host has not yet taken. It is bounded: what does not fit is refused as a
// whole.
type queue struct {
	mu     sync.Mutex
	buf    []byte // a ring
	head   int
	n      int
	still  time.Time // nothing is taken before that
	ended  bool
	change chan struct{} // a pulse after each change
}

func newQueue(size int) *queue {
	return &queue{buf: make([]byte, size), change: make(chan struct{}, 1)}
}

// room is how many bytes fit.
func (q *queue) room() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.buf) - q.n
}

// fill is the share of the queue that is taken.
func (q *queue) fill() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return float64(q.n) / float64(len(q.buf))
}

// push appends p; false when it does not fit.
func (q *queue) push(p []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended || len(p) > len(q.buf)-q.n {
		return false
	}
	at := (q.head + q.n) % len(q.buf)
	copy(q.buf, p[copy(q.buf[at:], p):])
	q.n += len(p)
	q.pulse()
	return true
}

// take copies what comes next into p. With nothing to take, it says how long to wait, 0 for until a change.
func (q *queue) take(p []byte) (n int, wait time.Duration, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := time.Until(q.still); d > 0 && !q.still.IsZero() {
		return 0, d, false
	}
	n = min(q.n, len(p))
	first := copy(p[:n], q.buf[q.head:])
	copy(p[first:n], q.buf)
	q.head = (q.head + n) % len(q.buf)
	q.n -= n
	return n, 0, q.ended && n == 0
}

// hold lets nothing be taken until then.
func (q *queue) hold(until time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.still = until
}

// clear forgets what the last host has not taken.
func (q *queue) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.head, q.n, q.ended = 0, 0, false
}

// end lets take end when everything has been taken.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.pulse()
}

func (q *queue) pulse() {
	select {
	case q.change <- struct{}{}:
	default:
	}
}
