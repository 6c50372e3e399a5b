package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// half is one direction of a connection: a bounded buffer between one writing
// end and one reading end.
type half struct {
	mu   sync.Mutex
	cond sync.Cond
	buf  []byte // ring
	r, n int    // first byte that is held, number of them

	ended    bool // the writing end said that nothing follows
	readGone bool // the reading end is closed
	wrote    bool // the writing end is closed

	readBy, writeBy deadline
}

// deadline is the instant after which one end's calls fail; its timer wakes them.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func newHalf(size int) *half {
	h := &half{buf: make([]byte, size)}
	h.cond.L = &h.mu
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.readGone:
			return 0, net.ErrClosed
		case h.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case h.n > 0 || len(p) == 0:
			return h.take(p), nil
		case h.ended:
			return 0, io.EOF
		}
		h.cond.Wait()
	}
}

func (h *half) write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	done := 0
	for {
		switch {
		case h.wrote:
			return done, net.ErrClosed
		case h.ended || h.readGone:
			return done, syscall.EPIPE
		case h.writeBy.passed():
			return done, os.ErrDeadlineExceeded
		}
		done += h.put(p[done:])
		if done == len(p) {
			return done, nil
		}
		h.cond.Wait()
	}
}

// take moves held bytes to p; the caller holds mu.
func (h *half) take(p []byte) int {
	total := 0
	for total < len(p) && h.n > 0 {
		n := copy(p[total:], h.buf[h.r:min(h.r+h.n, len(h.buf))])
		h.r = (h.r + n) % len(h.buf)
		h.n -= n
		total += n
	}
	h.cond.Broadcast()
	return total
}

// put copies what fits of p; the caller holds mu.
func (h *half) put(p []byte) int {
	total := 0
	for total < len(p) && h.n < len(h.buf) {
		w := (h.r + h.n) % len(h.buf)
		end := len(h.buf)
		if w < h.r {
			end = h.r
		}
		n := copy(h.buf[w:end], p[total:])
		h.n += n
		total += n
	}
	h.cond.Broadcast()
	return total
}

// end says that nothing follows what was written.
func (h *half) end() {
	h.mu.Lock()
	h.ended = true
	h.mu.Unlock()
	h.cond.Broadcast()
}

// closeWriter ends the direction and the writer's pending calls.
func (h *half) closeWriter() {
	h.mu.Lock()
	h.ended, h.wrote = true, true
	h.writeBy.stop()
	h.mu.Unlock()
	h.cond.Broadcast()
}

// closeReader drops what is held and ends the reader's pending calls.
func (h *half) closeReader() {
	h.mu.Lock()
	h.readGone, h.n = true, 0
	h.readBy.stop()
	h.mu.Unlock()
	h.cond.Broadcast()
}

// set moves one of this half's two deadlines; the zero time means none.
func (h *half) set(d *deadline, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.at = at
	d.stop()
	if !at.IsZero() && !h.readGone && !h.wrote {
		d.start(time.Until(at), h.wake)
	}
	h.cond.Broadcast()
}

// wake makes waiting calls look at their deadline. It takes the lock first, so
// that none is between its look and its wait.
func (h *half) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cond.Broadcast()
}

func (d *deadline) start(in time.Duration, wake func()) {
	if d.timer == nil {
		d.timer = time.AfterFunc(in, wake)
		return
	}
	d.timer.Reset(in)
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}
