package spi

import (
	"fmt"
	"os"
	"sync"
	"time"

	"st67bench/transport"
)

// bufferSize is what the link keeps for a slow reader, in bytes. While less than
// MaxPayload of it is free, no transaction begins, since each may bring a frame.
const bufferSize = 1 << 16

// ring holds the received bytes; from and to only grow.
type ring struct {
	bytes    [bufferSize]byte
	from, to uint64
}

func (r *ring) free() int { return bufferSize - int(r.to-r.from) }

// put takes all of p, for which there must be room.
func (r *ring) put(p []byte) {
	n := copy(r.bytes[r.to%bufferSize:], p)
	copy(r.bytes[:], p[n:])
	r.to += uint64(len(p))
}

// get fills p as far as there is something.
func (r *ring) get(p []byte) int {
	p = p[:min(len(p), int(r.to-r.from))]
	n := copy(p, r.bytes[r.from%bufferSize:])
	copy(p[n:], r.bytes[:])
	r.from += uint64(len(p))
	return len(p)
}

// outgoing is the message that a Write has given and waits for.
type outgoing struct {
	busy  bool
	id    uint64 // tells this message from one that was withdrawn
	left  []byte
	sent  int
	since time.Time // of the first stall that is not over
	err   error
}

// deadline is one direction's. Its timer only makes who waits look again.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// set moves the deadline; cond's lock is held.
func (d *deadline) set(t time.Time, cond *sync.Cond) {
	d.stop()
	d.at = t
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	d.at = time.Now().Add(wait) // monotonic, whatever t was
	switch {
	case wait <= 0:
		cond.Broadcast()
	case d.timer == nil:
		d.timer = time.AfterFunc(wait, func() {
			cond.L.Lock()
			cond.Broadcast()
			cond.L.Unlock()
		})
	default:
		d.timer.Reset(wait)
	}
}

// SetReadDeadline makes pending and later reads fail with
// os.ErrDeadlineExceeded at t; the zero time means never.
func (l *Link) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	l.readBy.set(t, &l.readable)
	return nil
}

// SetWriteDeadline is SetReadDeadline for writes. A frame that is on the wire
// then still goes to its end.
func (l *Link) SetWriteDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	l.writeBy.set(t, &l.writable)
	return nil
}

// Read waits for at least one byte of type 0 and returns what is there. Frame
// boundaries mean nothing in it.
func (l *Link) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if l.closed {
			return 0, errClosed
		}
		if l.readBy.passed() {
			return 0, os.ErrDeadlineExceeded
		}
		if n := l.in.get(p); n > 0 || len(p) == 0 {
			if l.held && l.in.free() >= MaxPayload {
				l.room.Signal()
			}
			return n, nil
		}
		if l.broken != nil {
			return 0, l.broken
		}
		l.readable.Wait()
	}
}

// Write sends p as one message: in one frame when it fits, else in frames of the
// most that a transfer holds. It returns when the module took the last one, and
// waits too while what was received is not read. An error of type *LineError
// leaves the link usable; n is then how many bytes went out in whole frames.
func (l *Link) Write(p []byte) (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.out.busy && l.writeError() == nil {
		l.writable.Wait()
	}
	if err := l.writeError(); err != nil || len(p) == 0 {
		return 0, err
	}
	l.out.busy, l.out.left, l.out.sent, l.out.err = true, p, 0, nil
	l.out.id++
	l.lines.Interrupt()
	for len(l.out.left) > 0 && err == nil {
		if err = l.out.err; err == nil {
			err = l.writeError()
		}
		if err == nil {
			l.writable.Wait()
		}
	}
	n = l.out.sent
	l.out.busy, l.out.left, l.out.since = false, nil, time.Time{}
	l.writable.Broadcast()
	return n, err
}

// writeError is why a write cannot go on.
func (l *Link) writeError() error {
	if err := l.ended(); err != nil {
		return err
	}
	if l.writeBy.passed() {
		return os.ErrDeadlineExceeded
	}
	if l.unpowered {
		return fmt.Errorf("spi: %w", transport.ErrUnpowered)
	}
	return nil
}
