package core

import "time"

// Framed says whether the host's bytes come in frames (SPI).
func (c *Call) Framed() bool { return c.m.port.framed != nil }

// takePiece takes what the host sends next in data mode: one frame, or bytes that
// follow each other without a gap. With an instant until it gives up then, with
// n 0. first and at are the arrival of the first byte and of the last.
func (m *Machine) takePiece(to []byte, until time.Time) (n int, first, at time.Time, ok bool) {
	if len(m.rest) > 0 {
		n = copy(to, m.rest)
		m.rest = nil
		return n, m.call.at, m.call.at, true
	}
	m.port.settle(m.call.at)
	in := m.port.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.await(m.Clock, until) {
		return 0, until, until, in.open()
	}
	r := &in.runs[in.r]
	first = r.arrival(1)
	size := r.n
	n = in.bytes.Take(to[:min(len(to), size)])
	if m.port.framed == nil {
		return n, first, in.consume(n), true
	}
	in.bytes.Drop(size - n)
	return n, first, in.consume(size), true
}

// await waits until a byte has been written that arrives by until, for ever when
// that is zero; false when there is none or the input is not open. The caller
// holds mu.
func (in *input) await(clock Clock, until time.Time) bool {
	if in.n == 0 && !until.IsZero() {
		in.alarm(until.Sub(clock.Now()))
		defer in.timer.Stop()
	}
	for in.n == 0 && in.open() {
		if !until.IsZero() && !clock.Now().Before(until) {
			return false
		}
		in.cond.Wait()
	}
	return in.open() && (until.IsZero() || !in.runs[in.r].arrival(1).After(until))
}

// alarm makes waiting calls look at the time in d; the caller holds mu.
func (in *input) alarm(d time.Duration) {
	if in.timer != nil {
		in.timer.Reset(d)
		return
	}
	in.timer = time.AfterFunc(d, func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.cond.Broadcast()
	})
}
