package at

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Session is the dialogue with one module. Command and Send of one session are
// served one after the other, also when several goroutines call them (who then
// need a lock of their own for as long as they use a Response); the other methods
// may be called at any time.
type Session struct {
	rw     Conn
	reads  interface{ SetReadDeadline(time.Time) error }  // nil when rw has none
	writes interface{ SetWriteDeadline(time.Time) error } // nil when rw has none
	closer io.Closer                                      // nil when rw has none
	events *queue
	sinks  sinks

	turn chan struct{} // holds one token while a call is served
	wake chan struct{} // one token when what a call waits for may have come
	done chan struct{} // closed when the reader returned
	call call          // of whoever has the turn

	mu sync.Mutex // guards what follows
	parser
	next    *syntax // for the next line
	x       exchange
	owed    int                         // final codes still to come of sends that ended at Recv
	last    time.Time                   // the latest read
	signal  bool                        // wake is due when mu is free
	tap     func(p []byte, t time.Time) // of passthrough: takes every byte
	watches []watch
	writing bool // a Write of the exchange is going on
	stopped bool // the write deadline is in the past
	closed  bool
	err     error // what ended the reader
	masks   masks
	traffic Traffic
	rouse   func(ctx context.Context) error // wakes the module; nil when the stream does
	wrote   time.Time                       // the end of the latest write
}

// New starts a session over rw, with the one reader of rw. It ends with an
// error of rw's Read (Err), or with Close, which must be called in either case.
func New(rw Conn, g *Grammar) *Session {
	s := newSession(rw, g)
	go s.events.run()
	go s.read()
	return s
}

func newSession(rw Conn, g *Grammar) *Session {
	s := &Session{
		rw:     rw,
		events: newQueue(),
		turn:   make(chan struct{}, 1),
		wake:   make(chan struct{}, 1),
		done:   make(chan struct{}),
		next:   newSyntax(g),
	}
	s.reads, _ = rw.(interface{ SetReadDeadline(time.Time) error })
	s.writes, _ = rw.(interface{ SetWriteDeadline(time.Time) error })
	s.closer, _ = rw.(io.Closer)
	s.x.seen.ring = make([]byte, seenMax)
	s.call.init(s)
	return s
}

// SetGrammar swaps the grammar. It takes effect at the next line.
func (s *Session) SetGrammar(g *Grammar) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = newSyntax(g)
}

// Events returns the channel of the unsolicited lines, in the order of arrival.
// It is closed when the session has ended: after the last event when the stream
// ended by itself, at once by Close. An event may come out of the channel a
// little after the call has returned during which it arrived.
func (s *Session) Events() <-chan Event { return s.events.out }

// SetSink gives the payload of a link to sink from the next head on; nil removes
// it. When SetSink returns, the sink before is not running and never runs again.
// Payload of a link without a Sink is dropped, and its head becomes an Event.
func (s *Session) SetSink(link int, sink Sink) { s.sinks.set(link, sink) }

// watch is who takes the unsolicited lines with a prefix.
type watch struct {
	prefix string
	take   func(line []byte, t time.Time)
}

// Watch gives the unsolicited lines that begin with prefix to take instead of the events, and the heads of raw data
// that a Sink takes beside them; nil gives them back. take runs on the reader's goroutine: it must not block and must
// not call the Session, and the line, without CRLF, is valid during the call.
func (s *Session) Watch(prefix string, take func(line []byte, t time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.watches {
		if s.watches[i].prefix == prefix {
			s.watches = append(s.watches[:i:i], s.watches[i+1:]...)
			break
		}
	}
	if take != nil {
		s.watches = append(s.watches, watch{prefix, take})
	}
}

// Mask keeps a secret out of every error, as it is and as commands quote it.
func (s *Session) Mask(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.masks.add(secret)
}

// Err returns what ended the reader, nil while it runs: io.EOF, an error of
// Read, or os.ErrClosed after Close.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends the session and the call that is being served, and closes the
// stream when it has Close. It returns when no goroutine of the session is left.
// A stream without Close but with SetReadDeadline stays usable; one with neither
// keeps the reader until its Read returns. Events not yet taken are dropped. Close
// must not be called from a Sink.
func (s *Session) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		<-s.events.done
		return nil
	}
	err := s.interrupt()
	close(s.events.quit)
	<-s.events.done
	return err
}

// interrupt ends the reader and a write that is going on.
func (s *Session) interrupt() error {
	if s.closer != nil {
		err := s.closer.Close()
		<-s.done
		if errors.Is(err, os.ErrClosed) || errors.Is(err, net.ErrClosed) {
			return nil
		}
		return err
	}
	s.mu.Lock()
	s.stopWrite()
	s.mu.Unlock()
	if s.reads == nil {
		s.end(os.ErrClosed)
		return nil
	}
	if err := s.reads.SetReadDeadline(past); err != nil {
		return err
	}
	<-s.done
	if s.writes != nil {
		_ = s.writes.SetWriteDeadline(time.Time{})
	}
	return s.reads.SetReadDeadline(time.Time{})
}

// end takes the end of the stream: the last line, even without CRLF, the
// exchange that is going on, and all that come.
func (s *Session) end(err error) {
	s.mu.Lock()
	defer s.events.close()
	defer s.unlock()
	if s.err != nil {
		return
	}
	if s.closed {
		err = os.ErrClosed
	}
	s.err = err
	if len(s.line) > 0 {
		s.event(s.line, s.last)
	}
	if s.x.active {
		s.cut(err)
	}
}

// unlock frees the mutex, then wakes the call when that is due.
func (s *Session) unlock() {
	due := s.signal
	s.signal = false
	s.mu.Unlock()
	if due {
		wake(s.wake)
	}
}

// sinks are the takers of the links' payload. The mutex is held while one runs.
type sinks struct {
	mu sync.Mutex
	of map[int]Sink
}

func (k *sinks) set(link int, sink Sink) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil {
		k.of = make(map[int]Sink)
	}
	if sink == nil {
		delete(k.of, link)
		return
	}
	k.of[link] = sink
}

func (k *sinks) has(link int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.of[link] != nil
}

func (k *sinks) give(link int, p []byte, t time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if sink := k.of[link]; sink != nil {
		sink(p, t)
	}
}
