package peer

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// SourceOptions say how a stream is sent to the module.
type SourceOptions struct {
	Options
	Rate  float64 // payload in bit/s; 0 for as much as goes
	Total int64   // bytes; 0 until it is stopped
}

// Source is the sending end of one stream. It may be used by several goroutines at a time.
type Source interface {
	// Addr is where the module has to connect to. Over UDP the module has to send a datagram first.
	Addr() netip.AddrPort
	// Start begins to send, and returns when the module is there.
	Start(ctx context.Context) error
	// Stop ends sending and returns when nothing more is written. The connection stays.
	Stop()
	// Done is closed when all of Total has been written, or nothing more can be.
	Done() <-chan struct{}
	// Sent is the bytes that were written, of a datagram or a block that was cut off too.
	Sent() int64
	// SentAt is when the write of a block began; zero when it is not known any more.
	SentAt(block int64) time.Time
	// Blocked is the time that writes took: the module, or the network, held the source off.
	Blocked() time.Duration
	// Err is what ended sending early, nil when nothing did.
	Err() error
	Close() error
}

type source struct {
	*end
	stream Stream
	o      SourceOptions
	epoch  time.Time

	begin, quit, done chan struct{}
	started, stopped  sync.Once

	mu      sync.Mutex
	sent    int64
	ring    arrivals
	blocked time.Duration
	err     error
}

func newSource(ctx context.Context, n Network, host netip.Addr, s Stream, o SourceOptions) (*source, error) {
	src := &source{
		stream: s, o: o, epoch: time.Now(),
		begin: make(chan struct{}), quit: make(chan struct{}), done: make(chan struct{}),
	}
	src.end = newEnd(src.serve)
	return src, src.open(ctx, n, host, o.Options)
}

// serve sends when it is told to, and listens until the module closes: what it says is dropped.
func (s *source) serve(conn net.Conn) error {
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, conn)
		if err == nil {
			err = io.EOF
		}
		ended <- err
	}()
	select {
	case <-s.begin:
	case err := <-ended:
		s.finish(err)
		return err
	}
	if d, ok := conn.(*datagrams); ok {
		select {
		case <-d.heard:
		case err := <-ended:
			s.finish(err)
			return err
		}
	}
	s.finish(s.write(conn))
	return <-ended
}

// write sends blocks until Stop, Total or an error; an error of Stop's deadline is none.
func (s *source) write(conn net.Conn) error {
	unblock := make(chan struct{})
	defer close(unblock)
	go func() {
		select {
		case <-s.quit:
			_ = conn.SetWriteDeadline(time.Now())
		case <-unblock:
		}
	}()
	buf := make([]byte, s.stream.Block)
	start := time.Now()
	for {
		n := int64(len(buf))
		if s.o.Total > 0 {
			n = min(n, s.o.Total-s.Sent())
		}
		if n <= 0 || !s.due(start) {
			return nil
		}
		if err := s.block(conn, buf[:n]); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && s.stopping() {
				return nil
			}
			return err
		}
	}
}

// block writes the next block.
func (s *source) block(conn net.Conn, p []byte) error {
	s.mu.Lock()
	offset := s.sent
	s.stream.Fill(p, offset)
	began := time.Now()
	first := offset / int64(s.stream.Block)
	s.ring.set(first, first+1, int64(began.Sub(s.epoch))+1)
	s.mu.Unlock()
	n, err := conn.Write(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent += int64(n)
	s.blocked += time.Since(began)
	return err
}

// due waits until the next block is due at the offered rate; false when the source was stopped.
func (s *source) due(start time.Time) bool {
	if s.o.Rate <= 0 {
		return !s.stopping()
	}
	at := start.Add(time.Duration(math.Round(8e9 * float64(s.Sent()) / s.o.Rate)))
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.quit:
		return false
	}
}

func (s *source) stopping() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// finish notes that nothing more is written, once.
func (s *source) finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return
	default:
	}
	s.err = err
	close(s.done)
}

func (s *source) Start(ctx context.Context) error {
	if _, err := s.connected(ctx); err != nil {
		return err
	}
	s.started.Do(func() { close(s.begin) })
	return nil
}

func (s *source) Stop() {
	s.stopped.Do(func() { close(s.quit) })
	select {
	case <-s.begin:
		<-s.done
	default: // it never began
	}
}

func (s *source) Done() <-chan struct{} { return s.done }

func (s *source) Sent() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

func (s *source) SentAt(block int64) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.ring.at(block); t > 0 {
		return s.epoch.Add(time.Duration(t - 1))
	}
	return time.Time{}
}

func (s *source) Blocked() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blocked
}

func (s *source) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close stops the source and ends its connection.
func (s *source) Close() error {
	s.stopped.Do(func() { close(s.quit) })
	err := s.end.Close()
	s.finish(net.ErrClosed) // nobody may have come
	return err
}
