package core

import (
	"maps"
	"math/rand/v2"
	"sync"
)

// Hit is what the faults do to one send.
type Hit struct {
	Silence bool
	Fail    bool
	Close   bool
	Reboot  bool
	After   int  // payload bytes after which the module restarts, at least 1
	Line    bool // an unsolicited line between OK and prompt
	Split   bool // an unsolicited line inside the Recv line
}

// Faults injects the listed faults and counts them. The same list, seed and
// order of sends give the same faults.
type Faults struct {
	mu       sync.Mutex
	armed    []armed
	altering []*armed // the payload faults of the send at hand
	buf      []byte
	count    [anEdge + 1]uint64 // of each event
	rng      *rand.Rand
	injected map[string]uint64
}

// armed is a fault and its state.
type armed struct {
	Fault
	next uint64 // the send that it hits next, or the first after it that it can; 0: spent
	seen int    // payload bytes that an every=K fault has looked at
	left int    // transactions that a stall goes on for
	hit  int    // payload offset in the send at hand
}

// NewFaults arms the faults.
func NewFaults(list []Fault, seed uint64) *Faults {
	f := &Faults{rng: rand.New(rand.NewPCG(seed, 0x6661756c74)), injected: make(map[string]uint64)}
	for _, fault := range list {
		f.armed = append(f.armed, armed{Fault: fault, next: fault.N})
	}
	return f
}

// Injected is how often each fault has been injected: altered bytes for drop,
// flip and duplicate, transactions for stall, else the events that were hit.
// Faults that never hit are absent.
func (f *Faults) Injected() map[string]uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.injected)
}

// Start counts a CIPSTART and says whether it is to be refused.
func (f *Faults) Start() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.strike(aStart, refuse)
}

// strike counts an event that one kind of fault can hit, and says whether it
// does; the caller holds mu.
func (f *Faults) strike(e event, kind faultKind) (hit bool) {
	f.count[e]++
	for i := range f.armed {
		if a := &f.armed[i]; a.kind == kind && a.due(f.count[e]) {
			f.injected[a.Name]++
			hit = true
		}
	}
	return hit
}

// Send counts a send of n payload bytes whose prompt is about to be given, and
// says what happens to it.
func (f *Faults) Send(n int) Hit {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[aSend]++
	f.altering = f.altering[:0]
	var hit Hit
	for i := range f.armed {
		f.apply(&f.armed[i], n, &hit)
	}
	return hit
}

// apply lets one fault act on the send at hand; the caller holds mu.
func (f *Faults) apply(a *armed, n int, hit *Hit) {
	if faultTable[a.kind].on != aSend || a.offset >= n {
		return
	}
	if a.each > 0 {
		if f.count[aSend] >= a.N {
			f.altering = append(f.altering, a)
		}
		return
	}
	if !a.due(f.count[aSend]) {
		return
	}
	if a.kind <= duplicateByte {
		if a.hit = a.offset; a.hit < 0 {
			a.hit = f.rng.IntN(n)
		}
		f.altering = append(f.altering, a)
		return
	}
	f.injected[a.Name]++
	a.mark(n, hit)
}

// due says whether a hits the k-th event, and arms it for the next time.
func (a *armed) due(k uint64) bool {
	if a.next == 0 || k < a.next {
		return false
	}
	a.next = 0
	if a.Every > 0 {
		a.next = k + a.Every
	}
	return true
}

// mark notes in hit what a does to a send of n bytes.
func (a *armed) mark(n int, hit *Hit) {
	switch a.kind {
	case silence:
		hit.Silence = true
	case reboot:
		hit.Reboot, hit.After = true, max(a.offset, 1)
		if a.offset < 0 {
			hit.After = max(n/2, 1)
		}
	case urc:
		hit.Line, hit.Split = hit.Line || !a.split, hit.Split || a.split
	case closeLink:
		hit.Close = true
	case sendFail:
		hit.Fail = true
	}
}

// Alter returns the payload as it goes to the socket. The result is p itself
// when no fault touches it, else a buffer that is valid until the next call.
func (f *Faults) Alter(p []byte) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.altering) == 0 {
		return p
	}
	f.buf = f.buf[:0]
	for i, b := range p {
		copies := 1
		for _, a := range f.altering {
			if !a.hits(i) {
				continue
			}
			f.injected[a.Name]++
			switch a.kind {
			case dropByte:
				copies = 0
			case flipByte:
				b ^= 1
			case duplicateByte:
				copies++
			}
		}
		for range copies {
			f.buf = append(f.buf, b)
		}
	}
	return f.buf
}

// hits says whether a touches the i-th byte of the send at hand.
func (a *armed) hits(i int) bool {
	if a.each == 0 {
		return i == a.hit
	}
	a.seen++
	return a.seen%a.each == 0
}
