package peer

import (
	"sync"
	"time"
)

// Checker checks a stream that arrives where its owner says. Its methods may be called from several goroutines.
type Checker struct {
	epoch time.Time // of the checker's times

	mu sync.Mutex
	c  *checker
}

// NewChecker returns the checker of a stream, of which nothing has arrived.
func NewChecker(s Stream) *Checker { return &Checker{epoch: time.Now(), c: newChecker(s)} }

// Feed takes what one read brought at the instant t. p is not kept.
func (k *Checker) Feed(p []byte, t time.Time) {
	if len(p) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.c.feed(p, int64(t.Sub(k.epoch))+1)
}

// Finish decides what is left: nothing more arrives.
func (k *Checker) Finish() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.c.finish()
}

// received is the bytes that have arrived.
func (k *Checker) received() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.c.r.Bytes
}

// time is the inverse of what Feed makes of an instant; 0 is none.
func (k *Checker) time(t int64) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return k.epoch.Add(time.Duration(t - 1))
}

// Arrived is that of [Sink].
func (k *Checker) Arrived(from int64, t []time.Time) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.c.settled()
	n := int(min(max(0, c.top/c.size-from), int64(len(t))))
	for i := range t[:n] {
		t[i] = k.time(c.ring.at(from + int64(i)))
	}
	return n
}

// Forget is that of [Sink].
func (k *Checker) Forget(n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.c.ring.forget(n)
}

// Report is the count so far, without what a connection has.
func (k *Checker) Report() Report {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.c.settled()
	r := c.r
	r.First, r.Last = k.time(c.first), k.time(c.last)
	return r
}
