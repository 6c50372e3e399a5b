package spi

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"time"
)

// slave is a model of the module's side of the link, written from the module's
// documented states: Configured (RDY low), Started (RDY high: a frame is set up),
// HdReceived (RDY low), Complete (on CS falling). It is Bus and Lines at once.
type slave struct {
	speed  float64       // clock in Hz; 0: transfers take no time
	wake   time.Duration // CS up to RDY up
	high   time.Duration // least length of an RDY pulse
	max    int           // bytes of one transfer
	silent bool          // never answers CS
	stuck  bool          // RDY never falls
	invert bool          // takes CS low for active

	loseEdge  int  // every n-th edge has no event
	unseen    bool // and no number either
	stallEach int  // every n-th header says rx_stall, and as many more as below
	stallMore int
	corrupt   func(nth int, frame []byte) // changes what MISO brings, header first

	onFrame func(payload []byte) // a whole frame from the host, at CS down

	mu        sync.Mutex
	enabled   bool
	cs, rdy   bool
	state     slaveState
	queue     [][]byte // frames for the host: header, payload, zeros
	armed     []byte   // of the frame under way
	mosi      []byte
	clocked   int
	rose      time.Time
	headers   int // set up so far
	refuse    int
	seq       uint32
	changes   int // of RDY
	trace     func(mosi, miso []byte)
	onReady   func(high bool) // told of each change, for the pin level
	problems  []string
	edges     chan Edge
	interrupt chan struct{}

	stalls, lostEdges, refused int
}

type slaveState int

const (
	configured slaveState = iota
	started
	received
)

func newSlave() *slave {
	return &slave{max: 4096, edges: make(chan Edge, 64), interrupt: make(chan struct{}, 1)}
}

// moduleFrame is a module's frame as it is on the wire.
func moduleFrame(kind byte, payload []byte) []byte {
	f := make([]byte, 8+(len(payload)+3)/4*4)
	copy(f, []byte{0xAA, 0x55, byte(len(payload)), byte(len(payload) >> 8), 0, kind})
	copy(f[8:], payload)
	return f
}

// send queues a frame of type 0 for the host.
func (s *slave) send(payload []byte) { s.sendKind(0, payload) }

func (s *slave) sendKind(kind byte, payload []byte) {
	s.mu.Lock()
	s.queue = append(s.queue, moduleFrame(kind, payload))
	s.call()
	s.mu.Unlock()
}

// call raises RDY for a frame that waits, when no transaction is under way.
func (s *slave) call() {
	if s.enabled && s.state == configured && !s.cs && len(s.queue) > 0 {
		s.arm()
	}
}

// arm sets a frame up and raises RDY.
func (s *slave) arm() {
	s.state, s.clocked, s.mosi = started, 0, s.mosi[:0]
	if len(s.queue) > 0 {
		s.armed = append(s.armed[:0], s.queue[0]...)
		s.queue = s.queue[1:]
	} else {
		s.armed = append(s.armed[:0], 0xAA, 0x55, 0, 0, 0, 0, 0, 0)
	}
	s.headers++
	if s.stallEach > 0 && s.headers%s.stallEach == 0 {
		s.refuse = 1 + s.headers/s.stallEach%(s.stallMore+1)
	}
	if s.refuse > 0 {
		s.refuse--
		s.stalls++
		s.armed[4] |= 4
	}
	if s.corrupt != nil {
		s.corrupt(s.headers, s.armed)
	}
	s.setReady(true)
}

func (s *slave) setReady(high bool) {
	if s.rdy == high {
		return
	}
	s.rdy = high
	s.changes++
	if high {
		s.rose = time.Now()
	}
	if s.onReady != nil {
		s.onReady(high)
		return
	}
	if s.loseEdge > 0 && s.changes%s.loseEdge == 0 {
		s.lostEdges++
		if !s.unseen {
			s.seq++
		}
		return
	}
	s.seq++
	s.edges <- Edge{High: high, At: time.Now(), Seq: s.seq}
}

func (s *slave) problem(format string, args ...any) {
	if len(s.problems) < 10 {
		s.problems = append(s.problems, fmt.Sprintf(format, args...))
	}
}

func (s *slave) SetEnable(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.enabled
	s.enabled = on
	if !on {
		s.state, s.queue = configured, nil
		s.setReady(false)
	} else if !was {
		s.queue = [][]byte{moduleFrame(0, []byte("\r\nready\r\n"))}
		s.call()
	}
	return nil
}

func (s *slave) SetCS(active bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	active = active != s.invert
	if s.cs == active || !s.enabled || s.silent {
		s.cs = active
		return nil
	}
	s.cs = active
	switch {
	case active && s.state == configured && s.wake > 0:
		time.AfterFunc(s.wake, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.arm()
		})
	case active && s.state == configured:
		s.arm()
	case !active && s.state == started:
		s.problem("CS fell while RDY was high")
	case !active:
		s.complete()
	}
	return nil
}

// complete ends a transaction.
func (s *slave) complete() {
	s.state = configured
	h := s.mosi
	if len(h) < 8 || binary.LittleEndian.Uint16(h) != 0x55AA {
		s.problem("the host's header is % x", h[:min(8, len(h))])
		return
	}
	n := int(binary.LittleEndian.Uint16(h[2:]))
	refused := s.armed[4]&4 != 0
	if refused && n > 0 {
		s.refused++
	}
	if n > 0 && !refused && s.onFrame != nil {
		payload := h[8 : 8+n]
		s.mu.Unlock()
		s.onFrame(payload)
		s.mu.Lock()
	}
	s.call()
}

func (s *slave) Transfer(tx, rx []byte) error {
	if s.speed > 0 {
		time.Sleep(time.Duration(float64(8*len(tx)) / s.speed * 1e9))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.cs || s.state == configured {
		s.problem("%d bytes were clocked with CS %t in state %d", len(tx), s.cs, s.state)
	}
	for i := range rx {
		if at := s.clocked + i; at < len(s.armed) {
			rx[i] = s.armed[at]
		} else {
			rx[i] = filler[at%4]
		}
	}
	if s.state == started {
		s.mosi = append(s.mosi, tx...)
		s.takeHeader()
	}
	s.clocked += len(tx)
	if s.trace != nil {
		s.trace(tx, rx)
	}
	return nil
}

// takeHeader drops RDY, when it was high for long enough.
func (s *slave) takeHeader() {
	s.state = received
	if s.stuck {
		return
	}
	if rest := s.high - time.Since(s.rose); s.high > 0 && rest > 0 {
		time.AfterFunc(rest, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.setReady(false)
		})
		return
	}
	s.setReady(false)
}

func (s *slave) MaxTransfer() int { return s.max }

func (s *slave) Ready() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rdy, nil
}

func (s *slave) WaitEdge(deadline time.Time) (Edge, error) {
	select {
	case e := <-s.edges:
		return e, nil
	default:
	}
	wait := time.Until(deadline)
	if wait <= 0 {
		return Edge{}, os.ErrDeadlineExceeded
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case e := <-s.edges:
		return e, nil
	case <-s.interrupt:
		return Edge{}, ErrInterrupted
	case <-timer.C:
		return Edge{}, os.ErrDeadlineExceeded
	}
}

func (s *slave) Interrupt() {
	select {
	case s.interrupt <- struct{}{}:
	default:
	}
}

func (s *slave) Close() error { return nil }
