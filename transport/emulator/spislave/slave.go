package spislave

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

const (
	// stallAfter is how long a set-up waits for a free receive buffer.
	stallAfter = 5 * time.Millisecond
	// sleepAfter is how long the link is idle before a module in standby
	// sleeps: an assumption.
	sleepAfter = 10 * time.Millisecond
)

// ErrInterrupted is what WaitEdge returns after Interrupt.
var ErrInterrupted = errors.New("wait for RDY interrupted")

var errClosed = fmt.Errorf("the emulated module is closed: %w", os.ErrClosed)

// Options are what a slave is made of.
type Options struct {
	Clock  core.Clock
	Faults *core.Faults
	Speed  int // clock in Hz; core.Unpaced takes no time

	Overhead time.Duration // of each transfer, beside its clocks
	High     time.Duration // least length of an RDY pulse
	Wake     time.Duration // from CS up to RDY up, of a module that sleeps

	// On switches the module on, with side as its link. Its error is that of
	// SetEnable, and leaves the module off.
	On func(side *Side) error
	// Off switches the module off, after its side was closed.
	Off func()
}

// state is that of the link's state machine.
type state uint8

const (
	off            state = iota // CHIP_EN is low
	configured                  // no transaction is set up
	started                     // RDY is high for a header
	headerReceived              // a header came in
	aborted                     // CS fell while RDY was high: RDY falls at its time
	failed                      // CS rose before that: only CHIP_EN helps
)

// Counts are totals since the slave was made.
type Counts struct {
	Transactions uint64 // set up
	Frames       uint64 // of the host, delivered to the firmware
	Stalls       uint64 // headers that said rx_stall
	Refused      uint64 // frames of the host that were thrown away for that
	Bad          uint64 // frames of the host with a wrong header or length
	OtherTypes   uint64 // frames of the host that are not for the AT stream
	Lost         uint64 // frames of the module that the host did not clock to their end
	Violations   uint64 // CS moved, or bytes clocked, at a wrong time
}

// Slave is the module's end of the wires. One goroutine drives the pins, and one,
// the same or another, calls WaitEdge; Ready, Interrupt and Close may be called
// from any.
type Slave struct {
	o      Options
	signal chan struct{} // says to WaitEdge that there is something new
	timer  *time.Timer   // of WaitEdge
	closed chan struct{}

	mu          sync.Mutex
	cond        sync.Cond // for the firmware's end
	state       state
	cs, ready   bool
	running     bool // the firmware
	standby     bool
	side        *Side
	interrupted bool
	counts      Counts

	due    time.Time // when the state goes on by itself; zero when it does not
	wanted time.Time // since when a transaction is to be set up
	rose   time.Time // RDY
	idle   time.Time // since when no transaction is under way

	// The transaction under way.
	armed   *buffer // what MISO gives
	clocked int     // bytes
	stalled bool
	hit     core.FrameHit

	none   buffer // the header of a module with nothing to send
	trash  buffer // takes what the host sends while it is stalled
	toHost queue
	toUs   queue
	edges  edges
}

// queue is two buffers, the first n of them from r on in use.
type queue struct {
	frames [buffers]buffer
	at     [buffers]time.Time // when each was delivered
	r, n   int
}

func (q *queue) first() *buffer { return &q.frames[q.r] }
func (q *queue) next() *buffer  { return &q.frames[(q.r+q.n)%buffers] } // the free one
func (q *queue) drop()          { q.r, q.n = (q.r+1)%buffers, q.n-1 }

// New returns the wires of a module that is off: CHIP_EN, CS and RDY are low.
func New(o Options) *Slave {
	s := &Slave{o: o, signal: make(chan struct{}, 1), timer: time.NewTimer(0), closed: make(chan struct{})}
	s.timer.Stop()
	s.cond.L = &s.mu
	s.none.fill(nil)
	return s
}

// Counts returns the totals.
func (s *Slave) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// Speed is the clock in Hz, core.Unpaced for none.
func (s *Slave) Speed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.o.Speed
}

// SetSpeed changes the clock of the transfers to come, in Hz; core.Unpaced for one that takes no time.
func (s *Slave) SetSpeed(hertz int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.o.Speed = hertz
}

// advance lets happen what is due by now; the caller holds mu.
func (s *Slave) advance(now time.Time) {
	for !s.due.IsZero() && !s.due.After(now) {
		at := s.due
		s.due = time.Time{}
		switch s.state {
		case configured:
			s.arm(at)
		case headerReceived:
			s.setReady(false, at)
		case aborted:
			s.setReady(false, at)
			s.configure(at)
		}
	}
}

// configure ends a transaction at the instant at.
func (s *Slave) configure(at time.Time) {
	s.state, s.idle, s.wanted = configured, at, time.Time{}
	s.consider(at)
}

// consider sets a transaction up when there is a reason to, or as soon as a
// sleeping module is awake and a receive buffer is free.
func (s *Slave) consider(at time.Time) {
	if s.state != configured {
		return
	}
	s.due = time.Time{}
	switch {
	case s.toHost.n > 0:
		if s.wanted.IsZero() || s.wanted.After(at) {
			s.wanted = at
		}
	case !s.cs || !s.running:
		s.wanted = time.Time{}
		return
	case s.wanted.IsZero():
		s.wanted = at
		if s.standby && at.Sub(s.idle) >= sleepAfter {
			s.wanted = at.Add(s.o.Wake)
		}
	}
	s.due = s.wanted
	if s.toUs.n == buffers {
		s.due = s.wanted.Add(stallAfter)
	} else if s.due.Before(at) {
		s.due = at
	}
	s.advance(at)
	s.notify()
}

// arm sets a transaction up and raises RDY.
func (s *Slave) arm(at time.Time) {
	s.counts.Transactions++
	s.state, s.clocked, s.armed = started, 0, &s.none
	if s.toHost.n > 0 {
		s.armed = s.toHost.first()
	}
	s.hit = s.o.Faults.Frame(s.armed.size)
	s.stalled = s.hit.Stall || s.toUs.n == buffers
	if s.stalled {
		s.counts.Stalls++
	}
	s.armed.head(s.stalled, s.hit.OldMagic)
	s.spoil()
	s.receiver().n = 0
	s.setReady(true, at)
}

// spoil inverts the bits that faults invert in this transaction, and back.
func (s *Slave) spoil() {
	if i := s.hit.Header; i >= 0 {
		s.armed.bytes[i] ^= 1
	}
	if i := s.hit.Body; i >= 0 {
		s.armed.bytes[headerSize+i] ^= 1
	}
}

// receiver is the buffer that takes what the host clocks in.
func (s *Slave) receiver() *buffer {
	if s.stalled {
		return &s.trash
	}
	return s.toUs.next()
}

// complete ends a transaction whose header was received: CS fell.
func (s *Slave) complete(at time.Time) {
	if s.armed != &s.none {
		if s.clocked < s.armed.n {
			s.counts.Lost++
		}
		s.toHost.drop()
		s.cond.Broadcast()
	}
	s.deliver(at)
	if s.ready {
		s.counts.Violations++
		s.state = aborted
		return
	}
	s.configure(at)
}

// deliver hands the host's frame to the firmware, if it is one.
func (s *Slave) deliver(at time.Time) {
	b := s.receiver()
	f := b.check()
	switch {
	case f == bad:
		s.counts.Bad++
	case b.announced() == 0:
	case s.stalled:
		s.counts.Refused++
	case f == otherType:
		s.counts.OtherTypes++
	case s.running:
		s.counts.Frames++
		s.toUs.at[(s.toUs.r+s.toUs.n)%buffers] = at
		s.toUs.n++
		s.cond.Broadcast()
	}
}

// setReady moves RDY.
func (s *Slave) setReady(high bool, at time.Time) {
	if s.ready == high {
		return
	}
	s.ready = high
	if high {
		s.rose = at
	}
	s.edges.add(high, at, !s.edges.all && s.o.Faults.Edge())
	s.notify()
}

func (s *Slave) notify() {
	select {
	case s.signal <- struct{}{}:
	default: // one is due already
	}
}
