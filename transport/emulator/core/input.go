package core

import (
	"sync"
	"time"
)

// inputSize bounds what the host may write ahead of the line. It is larger
// than any data phase, so that a well-behaved host never waits for it.
const inputSize = 64 << 10

// maxRuns bounds the gaps between bytes that are remembered.
const maxRuns = 1024

// run is bytes that follow each other on the line without a gap.
type run struct {
	start time.Time // of the line's busy time that it belongs to
	first int64     // bytes of that busy time before it
	n     int
	baud  int
}

// arrival is when the first k bytes of r have arrived.
func (r *run) arrival(k int) time.Time {
	return r.start.Add(LineTime(r.first+int64(k), r.baud))
}

// arrived is how many bytes of r have arrived at t.
func (r *run) arrived(t time.Time) int {
	lo, hi := 0, r.n
	for lo < hi {
		k := (lo + hi + 1) / 2
		if r.arrival(k).After(t) {
			hi = k - 1
		} else {
			lo = k
		}
	}
	return lo
}

// input is what the host has written and the module has not yet taken, with
// the instants of arrival.
type input struct {
	mu     sync.Mutex
	cond   sync.Cond
	bytes  Ring
	runs   [maxRuns]run
	r, n   int
	line   Line
	timer  *time.Timer // of a wait that gives up
	closed bool
	halted bool // the AT task waits no more, until it restarts
	muted  bool // what comes is lost
}

func newInput() *input {
	in := &input{bytes: NewRing(inputSize)}
	in.cond.L = &in.mu
	return in
}

// put queues p, whose first bit was on the line at the instant at or when the
// line was free. It waits while there is no room, and gives up when closed.
func (in *input) put(p []byte, at time.Time, baud int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(p) > 0 && !in.closed && !in.muted {
		if in.bytes.Free() == 0 || in.n >= maxRuns-1 { // one is for overrun
			in.cond.Wait()
			continue
		}
		n := in.bytes.Put(p)
		in.record(n, at, baud)
		p = p[n:]
		in.cond.Broadcast()
	}
}

// record notes when n bytes arrive; the caller holds mu.
func (in *input) record(n int, at time.Time, baud int) {
	in.line.begin(at, baud)
	first := in.line.sent
	in.line.sent += int64(n)
	if in.n > 0 {
		last := &in.runs[(in.r+in.n-1)%maxRuns]
		if last.start.Equal(in.line.start) && last.baud == baud && last.first+int64(last.n) == first {
			last.n += n
			return
		}
	}
	in.runs[(in.r+in.n)%maxRuns] = run{start: in.line.start, first: first, n: n, baud: baud}
	in.n++
}

// take waits for bytes and moves up to len(p) of them to p, not past the first
// LF when line is set. at is when the last of them has arrived or will; ok is
// false when the input is not open.
func (in *input) take(p []byte, line bool) (n int, at time.Time, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.bytes.Len() == 0 && in.open() {
		in.cond.Wait()
	}
	if !in.open() {
		return 0, at, false
	}
	n = min(len(p), in.runs[in.r].n)
	if line {
		if i := in.bytes.Index('\n', n); i >= 0 {
			n = i + 1
		}
	}
	in.bytes.Take(p[:n])
	return n, in.consume(n), true
}

// consume drops n bytes of the first run's record and returns when they have
// arrived; the caller holds mu.
func (in *input) consume(n int) time.Time {
	first := &in.runs[in.r]
	at := first.arrival(n)
	first.first += int64(n)
	first.n -= n
	if first.n == 0 {
		in.r = (in.r + 1) % maxRuns
		in.n--
	}
	in.cond.Broadcast()
	return at
}

// drop forgets the bytes that have arrived by t and returns how many.
func (in *input) drop(t time.Time) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	total := 0
	for in.n > 0 {
		n := in.runs[in.r].arrived(t)
		if n == 0 {
			break
		}
		in.bytes.Drop(n)
		in.consume(n)
		total += n
	}
	return total
}

// open says whether the AT task may wait; the caller holds mu.
func (in *input) open() bool { return !in.closed && !in.halted }

// interrupt ends the waits of the AT task, or lets it wait again.
func (in *input) interrupt(on bool) {
	in.mu.Lock()
	in.halted = on
	in.mu.Unlock()
	in.cond.Broadcast()
}

// deaf loses what is held and what comes, until it is called again.
func (in *input) deaf(on bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.muted = on; on && in.n > 0; {
		n := in.runs[in.r].n
		in.bytes.Drop(n)
		in.consume(n)
	}
	in.cond.Broadcast()
}

func (in *input) close() {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.cond.Broadcast()
}
