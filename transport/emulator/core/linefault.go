package core

import (
	"math/rand/v2"
	"time"
)

// lineFaults are those that are there all the time. Of each kind the one that
// was added last counts.
type lineFaults struct {
	rate  float64 // of lost bytes
	most  int     // bytes of the receive buffer; 0: it never runs over
	drift float64 // of the RC clock
	leak  int     // bytes of heap that a connection leaves taken
	rng   [2]*rand.Rand
}

// The directions of a line.
const (
	toModule = iota
	toHost
)

func (l *lineFaults) seed(seed uint64) {
	for way := range l.rng {
		l.rng[way] = rand.New(rand.NewPCG(seed, 0x6c696e65+uint64(way)))
	}
}

func (l *lineFaults) set(f Fault) {
	switch f.kind {
	case loseBytes:
		l.rate = f.rate
	case overrun:
		l.most = f.count
	case drift:
		l.drift = f.rate
	case leak:
		l.leak = f.count
	}
}

// loses says how many of the first n bytes that go this way come through before
// one is lost; n when none is.
func (f *Faults) loses(way, n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.line.rate == 0 {
		return n
	}
	for i := range n {
		if f.line.rng[way].Float64() < f.line.rate {
			f.injected[faultTable[loseBytes].Name]++
			return i
		}
	}
	return n
}

// Leak is how many bytes of the heap a connection leaves taken, by the fault
// `leak`; it counts one.
func (f *Faults) Leak() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.line.leak > 0 {
		f.injected[faultTable[leak].Name]++
	}
	return f.line.leak
}

// buffer is how many bytes the UART's receive buffer holds; 0: any number.
func (f *Faults) buffer() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.line.most
}

// ranOver counts bytes that an over-run has lost.
func (f *Faults) ranOver(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.injected[faultTable[overrun].Name] += uint64(n)
}

// RTSCTS is a Stream whose host holds the module off, and is held off, by
// hardware flow control when it returns true.
type RTSCTS interface{ RTSCTS() bool }

func flows(s Stream) bool {
	f, ok := s.(RTSCTS)
	return ok && f.RTSCTS()
}

// put takes in what the host s has written, without what the line has lost.
func (p *Port) put(b []byte, at time.Time, s Stream) {
	baud := s.Rate()
	for lossy := p.lossy(s); lossy && len(b) > 0; {
		k := p.faults.loses(toModule, len(b))
		p.in.put(b[:k], at, baud)
		if k == len(b) {
			return
		}
		p.in.lost(at, baud)
		b = b[k+1:]
	}
	p.in.put(b, at, baud)
}

// thin removes from b what the line to the host loses.
func (p *Port) thin(b []byte, host Stream) []byte {
	if !p.lossy(host) {
		return b
	}
	kept := b[:0]
	for len(b) > 0 {
		k := p.faults.loses(toHost, len(b))
		kept = append(kept, b[:k]...)
		b = b[min(k+1, len(b)):]
	}
	return kept
}

// lossy says whether bytes are lost on the line to s.
func (p *Port) lossy(s Stream) bool {
	return p.framed == nil && p.faults.losesAny() && !flows(s)
}

func (f *Faults) losesAny() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.line.rate > 0
}

// lost lets the time pass of a byte that does not arrive.
func (in *input) lost(at time.Time, baud int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.line.begin(at, baud)
	in.line.sent++
}

// settle lets the receive buffer run over, or hold the host off, with what has
// come in by the instant at, when the firmware takes from it again.
func (p *Port) settle(at time.Time) {
	if p.framed != nil {
		return
	}
	most := p.faults.buffer()
	if most == 0 {
		return
	}
	host := p.host()
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	switch came := p.in.came(at); {
	case came <= most:
	case host != nil && flows(host):
		p.in.holdOff(most, at)
	default:
		p.in.cut(most, at)
		p.faults.ranOver(came - most)
	}
}

// came is how many of the bytes that wait have arrived by t; the caller holds mu.
func (in *input) came(t time.Time) (n int) {
	for i := range in.n {
		n += in.runs[(in.r+i)%maxRuns].arrived(t)
	}
	return n
}

// cut forgets the bytes that have arrived by t but for the first most; the caller
// holds mu.
func (in *input) cut(most int, t time.Time) {
	in.rebuild(func(r run, b []byte) {
		k := r.arrived(t)
		kept := min(most, k)
		most -= kept
		in.append(r, b[:kept])
		r.first += int64(k)
		in.append(r, b[k:])
	})
}

// holdOff lets the bytes after the first most come from the instant t on; the
// caller holds mu.
func (in *input) holdOff(most int, t time.Time) {
	var late Line
	in.rebuild(func(r run, b []byte) {
		kept := min(most, len(b))
		most -= kept
		in.append(r, b[:kept])
		late.begin(t, r.baud)
		in.append(run{start: late.start, first: late.sent, baud: r.baud}, b[kept:])
		late.sent += int64(len(b) - kept)
	})
	in.line = late
}

// rebuild empties the input and hands what it held, run by run, to again; the
// caller holds mu.
func (in *input) rebuild(again func(r run, b []byte)) {
	held := make([]byte, in.bytes.Len())
	in.bytes.Take(held)
	runs := make([]run, in.n)
	for i := range runs {
		runs[i] = in.runs[(in.r+i)%maxRuns]
	}
	in.r, in.n = 0, 0
	for _, r := range runs {
		again(r, held[:r.n])
		held = held[r.n:]
	}
	in.cond.Broadcast()
}

// append puts b back as a run that begins like r; the caller holds mu.
func (in *input) append(r run, b []byte) {
	if len(b) == 0 {
		return
	}
	in.bytes.Put(b)
	if in.n > 0 {
		last := &in.runs[(in.r+in.n-1)%maxRuns]
		if last.start.Equal(r.start) && last.baud == r.baud && last.first+int64(last.n) == r.first {
			last.n += len(b)
			return
		}
	}
	r.n = len(b)
	in.runs[(in.r+in.n)%maxRuns] = r
	in.n++
}
