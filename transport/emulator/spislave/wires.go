package spislave

import (
	"os"
	"time"

	"st67bench/transport/emulator/core"
)

// SetEnable drives CHIP_EN. Up switches the module on, which boots; down
// switches it off and forgets what was on its way. It returns when that is done.
func (s *Slave) SetEnable(on bool) error {
	s.mu.Lock()
	switch {
	case s.isClosed():
		s.mu.Unlock()
		return errClosed
	case on == (s.state != off):
		s.mu.Unlock()
		return nil
	case !on:
		s.powerDown()
		s.mu.Unlock()
		s.o.Off()
		return nil
	}
	now := s.o.Clock.Now()
	side := &Side{s: s}
	s.side, s.state, s.idle = side, configured, now
	s.mu.Unlock()
	err := s.o.On(side)
	if err != nil {
		s.mu.Lock()
		s.powerDown()
		s.mu.Unlock()
	}
	return err
}

// powerDown puts the link where it is without power; the caller holds mu.
func (s *Slave) powerDown() {
	s.state, s.due, s.wanted = off, time.Time{}, time.Time{}
	s.running, s.standby = false, false
	s.toHost.n, s.toUs.n = 0, 0
	s.setReady(false, s.o.Clock.Now())
	if s.side != nil {
		s.side.closed = true
		s.side = nil
	}
	s.cond.Broadcast()
}

// SetCS drives CS, which is active high.
func (s *Slave) SetCS(active bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return errClosed
	}
	now := s.o.Clock.Now()
	s.advance(now)
	if s.cs == active {
		return nil
	}
	s.cs = active
	switch s.state {
	case configured:
		s.consider(now)
	case started:
		if !active {
			s.abort(now)
		}
	case headerReceived:
		if !active {
			s.complete(now)
		}
	case aborted:
		if active {
			s.counts.Violations++
			s.state, s.due = failed, time.Time{}
			s.setReady(false, now)
		}
	}
	return nil
}

// abort ends a transaction without a header. The module's frame waits for the
// next one.
func (s *Slave) abort(now time.Time) {
	s.counts.Violations++
	s.spoil()
	s.state, s.due = aborted, s.rose.Add(s.o.High)
	s.advance(now)
	s.notify()
}

// MaxTransfer is the most bytes of one transfer: a header and a full buffer.
func (s *Slave) MaxTransfer() int { return headerSize + MaxPayload }

// Transfer clocks tx out and fills rx, which is as long. It returns when the
// last bit has been clocked.
func (s *Slave) Transfer(tx, rx []byte) error {
	s.mu.Lock()
	if s.isClosed() {
		s.mu.Unlock()
		return errClosed
	}
	start := s.o.Clock.Now()
	s.advance(start)
	first := start.Add(s.o.Overhead)
	end := first.Add(s.clockTime(len(tx)))
	if s.cs && (s.state == started || s.state == headerReceived) {
		s.exchange(tx, rx, first)
	} else {
		clear(rx)
		if s.cs {
			s.counts.Violations++
		}
	}
	s.mu.Unlock()
	if end.After(start) {
		s.o.Clock.Sleep(end, s.closed)
	}
	return nil
}

// exchange moves the bytes of a transfer whose first bit is clocked at the
// instant first.
func (s *Slave) exchange(tx, rx []byte, first time.Time) {
	s.send(rx)
	s.receiver().add(tx)
	before := s.clocked
	s.clocked += len(tx)
	if s.state != started || s.clocked < headerSize {
		return
	}
	s.state = headerReceived
	s.due = first.Add(s.clockTime(headerSize - before))
	if least := s.rose.Add(s.o.High); least.After(s.due) {
		s.due = least
	}
	s.notify()
}

// send fills rx with the next bytes of the module.
func (s *Slave) send(rx []byte) {
	if s.hit.LostBit {
		for i := range rx {
			rx[i] = s.wire(s.clocked+i)<<1 | s.wire(s.clocked+i+1)>>7
		}
		return
	}
	n := 0
	if s.clocked < s.armed.n {
		n = copy(rx, s.armed.bytes[s.clocked:s.armed.n])
	}
	for ; n < len(rx); n++ {
		rx[n] = s.wire(s.clocked + n)
	}
}

// wire is the i-th byte of the transaction.
func (s *Slave) wire(i int) byte {
	if i < s.armed.n {
		return s.armed.bytes[i]
	}
	return filler[i%wordSize]
}

// clockTime is how long n bytes take, rounded to the nanosecond.
func (s *Slave) clockTime(n int) time.Duration {
	if s.o.Speed == core.Unpaced {
		return 0
	}
	f := int64(s.o.Speed)
	return time.Duration((int64(n)*8*int64(time.Second) + f/2) / f)
}

// Ready is the level of RDY.
func (s *Slave) Ready() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return false, errClosed
	}
	s.advance(s.o.Clock.Now())
	return s.ready, nil
}

// WaitEdge gives the next edge of RDY: the level after it, when it happened, and
// its number from 1 on, in which a lost edge is left out. It returns
// os.ErrDeadlineExceeded when there is none by the deadline, at once when that
// has passed, and ErrInterrupted after Interrupt.
func (s *Slave) WaitEdge(deadline time.Time) (high bool, at time.Time, seq uint32, err error) {
	for {
		e, due, err := s.look(deadline)
		if err != nil || e.seq > 0 {
			return e.high, e.at, e.seq, err
		}
		if !due.IsZero() && due.Before(deadline) {
			s.o.Clock.Sleep(due, s.signal)
			continue
		}
		s.timer.Reset(deadline.Sub(s.o.Clock.Now()))
		select {
		case <-s.timer.C:
		case <-s.signal:
		}
		s.timer.Stop()
	}
}

// look is what WaitEdge can say now; else due is when that may change by
// itself.
func (s *Slave) look(deadline time.Time) (e edge, due time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Clock.Now()
	s.advance(now)
	switch {
	case s.isClosed():
		return e, due, errClosed
	case s.edges.n > 0:
		return s.edges.take(), due, nil
	case !deadline.After(now):
		return e, due, os.ErrDeadlineExceeded
	case s.interrupted:
		s.interrupted = false
		return e, due, ErrInterrupted
	}
	return e, s.due, nil
}

// Interrupt ends the WaitEdge that waits, or the next that would.
func (s *Slave) Interrupt() {
	s.mu.Lock()
	s.interrupted = true
	s.mu.Unlock()
	s.notify()
}

// Close ends both ends for good; the firmware's owner has to end the firmware
// itself.
func (s *Slave) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed() {
		return errClosed
	}
	s.powerDown()
	close(s.closed)
	return nil
}

func (s *Slave) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}
