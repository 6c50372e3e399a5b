package core

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Hit is what the faults do to one send.
type Hit struct {
	Silence bool
	Fail    bool
	Close   bool
	Reboot  bool
	After   int  // payload bytes after which the module restarts, at least 1
	Short   int  // payload bytes, the last ones, that are neither acknowledged nor sent; below the length
	Line    bool // an unsolicited line between OK and prompt
	Split   bool // an unsolicited line inside the Recv line
}

// Faults injects the listed faults and counts them. The same list, seed and
// order of sends give the same faults.
type Faults struct {
	mu       sync.Mutex
	armed    []*armed
	altering []*armed // the payload faults of the send at hand
	buf      []byte
	count    [events]uint64 // of each event
	rng      *rand.Rand
	injected map[string]uint64

	clock   Clock         // nil until the module is switched on
	start   time.Time     // when that was
	changed chan struct{} // says that the list has changed
	strikes strikes       // of the machine that is switched on
	line    lineFaults
	decay   decaying
}

// armed is a fault and its state.
type armed struct {
	Fault
	next uint64        // the event that it hits next, or the first after it that it can; 0: spent
	due  time.Duration // when a timed one strikes next, since the start; below 0: spent
	seen int           // payload bytes that an every=K fault has looked at
	left int           // transactions that a stall goes on for
	hit  int           // payload offset in the send at hand
}

// NewFaults arms the faults.
func NewFaults(list []Fault, seed uint64) *Faults {
	f := &Faults{
		rng:      rand.New(rand.NewPCG(seed, 0x6661756c74)),
		injected: make(map[string]uint64),
		changed:  make(chan struct{}, 1),
	}
	f.line.seed(seed)
	for _, fault := range list {
		f.arm(fault)
	}
	return f
}

// maxFaults bounds the faults that wait for their events.
const maxFaults = 1000

// Add arms one more fault while the module runs. Its counts and times begin now.
func (f *Faults) Add(fault Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = slices.DeleteFunc(f.armed, (*armed).spent)
	if len(f.armed) >= maxFaults {
		return fmt.Errorf("fault %s: %d faults are waiting already", fault.Name, len(f.armed))
	}
	fault.N += f.count[fault.counts()]
	if f.clock != nil {
		fault.After += f.clock.Now().Sub(f.start)
	}
	f.arm(fault)
	select {
	case f.changed <- struct{}{}:
	default: // one is due already
	}
	return nil
}

// arm puts a fault into the list; the caller holds mu, or has the only reference.
func (f *Faults) arm(fault Fault) {
	if fault.counts() == always {
		f.line.set(fault)
		return
	}
	f.armed = append(f.armed, &armed{Fault: fault, next: fault.N, due: fault.After})
}

// spent says whether a will never strike again.
func (a *armed) spent() bool {
	if a.timed {
		return a.due < 0
	}
	return a.next == 0 && a.left == 0 && a.each == 0
}

// Injected is how often each fault has been injected: altered or lost bytes for
// drop, flip, duplicate, lose and overrun, transactions for stall, else the
// events and instants at which it struck. Faults that never hit are absent.
func (f *Faults) Injected() map[string]uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.injected)
}

// Start counts a CIPSTART and says whether it is to be refused.
func (f *Faults) Start() bool { return f.strike(aStart, refuse) }

// strike counts an event that one kind of fault can hit, and says whether it
// does.
func (f *Faults) strike(e event, kind faultKind) (hit bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[e]++
	for _, a := range f.armed {
		if a.kind == kind && a.on(e, f.count[e]) {
			f.injected[a.Name]++
			hit = true
		}
	}
	return hit
}

// Send counts a send of n payload bytes whose prompt is about to be given, and
// says what happens to it. It belongs to the AT task.
func (f *Faults) Send(n int) Hit {
	var hit Hit
	struck := f.send(n, &hit)
	f.tell(struck)
	return hit
}

func (f *Faults) send(n int, hit *Hit) (struck []*armed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[aSend]++
	f.altering = f.altering[:0]
	for _, a := range f.armed {
		if f.apply(a, n, hit) && a.tells() {
			struck = append(struck, a)
		}
	}
	return struck
}

// apply lets one fault act on the send at hand, and says whether it strikes; the
// caller holds mu.
func (f *Faults) apply(a *armed, n int, hit *Hit) bool {
	if a.counts() != aSend || a.timed || a.offset >= n {
		return false
	}
	if a.each > 0 {
		if f.count[aSend] >= a.N {
			f.altering = append(f.altering, a)
		}
		return false
	}
	if a.kind == shortRecv && n == 1 || !a.on(aSend, f.count[aSend]) {
		return false
	}
	if a.kind <= duplicateByte {
		if a.hit = a.offset; a.hit < 0 {
			a.hit = f.rng.IntN(n)
		}
		f.altering = append(f.altering, a)
		return false
	}
	f.injected[a.Name]++
	a.mark(n, hit)
	return true
}

// on says whether a hits the k-th of these events, and arms it for the next time.
func (a *armed) on(e event, k uint64) bool {
	if a.timed || a.counts() != e || a.next == 0 || k < a.next {
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
		hit.Line, hit.Split = hit.Line || a.where == inLine, hit.Split || a.where == inSplit
	case shortRecv:
		hit.Short = min(a.count, n-1)
		if a.count == 0 {
			hit.Short = n / 2
		}
	case brownOut:
		hit.Reboot, hit.After = true, n
	case closeLink:
		hit.Close = true
	case sendFail:
		hit.Fail = true
	}
}

// Alter returns the payload as it goes to the socket. The result is p itself
// when no fault touches it, else a buffer that is valid until the next call.
func (f *Faults) Alter(p []byte) []byte { return f.AlterFrom(0, p) }

// AlterFrom is Alter for a part of the payload, which begins at the offset first.
func (f *Faults) AlterFrom(first int, p []byte) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.altering) == 0 {
		return p
	}
	f.buf = f.buf[:0]
	for i, b := range p {
		copies := 1
		for _, a := range f.altering {
			if !a.hits(first + i) {
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
