package spislave

import (
	"io"
	"time"

	"st67bench/transport/emulator/core"
)

// Side is the firmware's end of the link, from one switching on to the next
// switching off: a core.Framed.
type Side struct {
	s      *Slave
	closed bool // both are of s.mu
	held   bool // the oldest frame of the host is being worked on
}

var _ core.Framed = (*Side)(nil)

// MaxFrame implements core.Framed.
func (d *Side) MaxFrame() int { return MaxPayload }

// Rate implements core.Stream: the time is in the frames.
func (d *Side) Rate() int { return core.Unpaced }

// ReadFrame implements core.Framed. It returns io.EOF when the module is off.
func (d *Side) ReadFrame(p []byte) (n int, at time.Time, err error) {
	s := d.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.held && !d.closed {
		d.held = false
		s.toUs.drop()
		now := s.o.Clock.Now()
		s.advance(now)
		s.consider(now)
	}
	for !d.closed && s.toUs.n == 0 {
		s.cond.Wait()
	}
	if d.closed {
		return 0, at, io.EOF
	}
	d.held = true
	b := s.toUs.first()
	return copy(p, b.bytes[headerSize:headerSize+b.announced()]), s.toUs.at[s.toUs.r], nil
}

// Read is ReadFrame for who does not ask for the time.
func (d *Side) Read(p []byte) (int, error) {
	n, _, err := d.ReadFrame(p)
	return n, err
}

// Write sends p to the host as one frame, or as several when it is longer than
// a buffer. It returns when the last is in a buffer.
func (d *Side) Write(p []byte) (n int, err error) {
	s := d.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(p) > 0 {
		for !d.closed && s.toHost.n == buffers {
			s.cond.Wait()
		}
		if d.closed {
			return n, io.ErrClosedPipe
		}
		k := min(len(p), MaxPayload)
		s.toHost.next().fill(p[:k])
		s.toHost.n++
		n, p = n+k, p[k:]
		now := s.o.Clock.Now()
		s.advance(now)
		s.consider(now)
	}
	return n, nil
}

// Running implements core.Framed. While the firmware does not run, CS is not
// answered and what the host sends is lost; what the firmware has said still
// goes out.
func (d *Side) Running(on bool) {
	s := d.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.closed {
		return
	}
	now := s.o.Clock.Now()
	s.advance(now)
	s.running = on
	if !on {
		s.standby = false
		d.forget()
	}
	s.consider(now)
}

// forget drops the frames that nobody works on.
func (d *Side) forget() {
	q := &d.s.toUs
	if d.held {
		q.n = 1 // the first
		return
	}
	for q.n > 0 {
		q.drop()
	}
}

// Standby implements core.Framed.
func (d *Side) Standby(on bool) {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	d.s.standby = on && !d.closed
}

// Close implements core.Stream: the firmware has ended.
func (d *Side) Close() error {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.s.running = false
	d.s.cond.Broadcast()
	return nil
}
