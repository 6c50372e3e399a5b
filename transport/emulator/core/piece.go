package core

import "time"

// takePiece takes what the host sends next in data mode: one frame, or bytes that
// follow each other without a gap. With an instant until it gives up then, with
// n 0. first and at are the arrival of the first byte and of the last.
func (p *Port) takePiece(to []byte, until time.Time) (n int, first, at time.Time, ok bool) {
	in := p.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.await(p.clock, until) {
		return 0, until, until, !in.closed
	}
	r := &in.runs[in.r]
	first = r.arrival(1)
	size := r.n
	n = in.bytes.Take(to[:min(len(to), size)])
	if p.framed == nil {
		return n, first, in.consume(n), true
	}
	in.bytes.Drop(size - n)
	return n, first, in.consume(size), true
}

// await waits until a byte has been written that arrives by until, for ever when
// that is zero; false when there is none or the input is closed. The caller
// holds mu.
func (in *input) await(clock Clock, until time.Time) bool {
	if in.n == 0 && !until.IsZero() {
		t := time.AfterFunc(until.Sub(clock.Now()), func() {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.cond.Broadcast()
		})
		defer t.Stop()
	}
	for in.n == 0 && !in.closed {
		if !until.IsZero() && !clock.Now().Before(until) {
			return false
		}
		in.cond.Wait()
	}
	return !in.closed && (until.IsZero() || !in.runs[in.r].arrival(1).After(until))
}
