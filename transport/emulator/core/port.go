package core

import (
	"errors"
	"io"
	"sync"
	"time"
)

// Stream is what carries the module's bytes to a host: a PTY's master, a TCP
// connection, a pipe in memory. Close unblocks Read and Write.
type Stream interface {
	io.ReadWriteCloser
	// Rate is the line's present rate in bit/s, or Unpaced.
	Rate() int
}

// Waker is a Stream that knows how long it takes, on this machine, from the
// host's write until a Read that waited returns; waiting long makes it longer. A
// line has no such delay, so the bytes count as having come that much earlier.
type Waker interface {
	Wake(waited time.Duration) time.Duration
}

// ErrBusy means that a port has a host already.
var ErrBusy = errors.New("the emulated module's link is in use; it has one host at a time")

// Port is the module's side of the link. Without a host it goes on: what the
// module says is lost, as on a line that nobody reads.
type Port struct {
	clock  Clock
	faults *Faults
	stop   chan struct{} // closed by close
	in     *input
	out    *output

	framed Framed // the host's stream, when it carries frames
	piece  int    // bytes of one hand-over, at most
	whole  int    // the same of messages that are merged

	mu     sync.Mutex
	stream Stream
	handed time.Time // when the host was given something last
	closed bool
	busy   sync.WaitGroup
}

// newPort returns a port for s and further hosts of its kind.
func newPort(clock Clock, s Stream, faults *Faults) *Port {
	p := &Port{clock: clock, faults: faults, stop: make(chan struct{}), in: newInput(), out: newOutput(), piece: pieceSize}
	p.whole = mergeSize
	if f, ok := s.(Framed); ok {
		p.framed, p.out.most = f, 1
		p.piece, p.whole = f.MaxFrame(), f.MaxFrame()
	}
	p.busy.Go(func() { p.transmit(make([]byte, p.whole)) })
	return p
}

// attach makes s the host's end of the link.
func (p *Port) attach(s Stream) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	if p.stream != nil {
		return ErrBusy
	}
	p.stream = s
	return nil
}

// receive takes in what the host writes until s ends, and detaches it.
func (p *Port) receive(s Stream) error {
	if p.framed != nil {
		return p.receiveFrames()
	}
	buf := make([]byte, 16<<10)
	waker, wakes := s.(Waker)
	for {
		began := p.clock.Now()
		n, err := s.Read(buf)
		at := p.clock.Now()
		if wakes {
			at = p.arrival(at, waker.Wake(at.Sub(began)))
		}
		if n > 0 {
			p.put(buf[:n], at, s)
		}
		if err != nil {
			p.detach()
			return err
		}
	}
}

// arrival is when the bytes came that were read at the instant at. A host that
// waits for an answer writes after it got one, so that is the earliest.
func (p *Port) arrival(at time.Time, wake time.Duration) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if early := at.Add(-wake); early.After(p.handed) {
		return early
	} else if p.handed.Before(at) {
		return p.handed
	}
	return at
}

func (p *Port) detach() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stream = nil
}

func (p *Port) host() Stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stream
}

// transmit hands the module's messages to the host in pieces that buf takes, each at the instant when its last byte has arrived. A write
// that fails is lost, as on a real line; the reading side notices that the host
// is gone.
func (p *Port) transmit(buf []byte) {
	var line Line
	for {
		at, shape, ok := p.out.next()
		if !ok || !p.keepBack(at, shape) {
			return
		}
		piece := buf[:p.most(shape)]
		n := p.out.take(piece)
		host := p.host()
		rate := Unpaced
		if host != nil {
			rate = host.Rate()
		}
		if !p.clock.Sleep(line.Send(at, n, rate), p.stop) {
			return
		}
		if host != nil {
			p.hand(host, p.thin(piece[:n], host))
		}
	}
}

// most is how many bytes one hand-over carries.
func (p *Port) most(s shape) int {
	switch {
	case s.split > 0:
		return min(s.split, p.piece)
	case s.merge:
		return p.whole
	}
	return p.piece
}

// keepBack waits as long as a fault keeps a message back that was written at the
// instant at; false when the port is closed.
func (p *Port) keepBack(at time.Time, s shape) bool {
	switch {
	case s.merge:
		return p.clock.Sleep(at.Add(mergeTime), p.stop)
	case s.split > 0:
		p.mu.Lock()
		after := p.handed.Add(splitGap)
		p.mu.Unlock()
		return p.clock.Sleep(after, p.stop)
	}
	return true
}

// hand gives the host a piece.
func (p *Port) hand(host Stream, piece []byte) {
	if len(piece) > 0 {
		_, _ = host.Write(piece)
	}
	p.mu.Lock()
	p.handed = p.clock.Now()
	p.mu.Unlock()
}

// close ends the host's stream and every wait; it returns when the goroutines
// have ended.
func (p *Port) close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	stream := p.stream
	p.mu.Unlock()
	close(p.stop)
	p.in.close()
	p.out.close()
	if stream != nil {
		stream.Close()
	}
	p.busy.Wait()
}

// Say sends messages at the instant at, adjacent and in this order.
func (p *Port) Say(at time.Time, messages ...[]byte) { p.out.put(at, messages...) }
