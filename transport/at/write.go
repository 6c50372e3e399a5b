package at

import (
	"context"
	"fmt"
	"io"
	"time"
)

// guardAfter is how long a write is held off before anybody looks at its context.
const guardAfter = 20 * time.Millisecond

var (
	past = time.Unix(1, 0) // a deadline that has passed
	crlf = []byte("\r\n")
)

// guard ends a write that is held off when its context ends. Most writes are
// over before the timer fires; so a guard costs a reset and a stop of one timer,
// and no goroutine.
type guard struct {
	timer *time.Timer
	ctx   context.Context
	end   chan struct{} // the write is over: taken exactly once by a guard that has fired
}

func (g *guard) init(s *Session) {
	g.end = make(chan struct{})
	g.timer = time.AfterFunc(time.Hour, func() {
		select {
		case <-g.ctx.Done():
			s.mu.Lock()
			s.stopWrite()
			s.mu.Unlock()
			<-g.end
		case <-g.end:
		}
	})
	g.timer.Stop()
}

// on starts to guard a write.
func (g *guard) on(ctx context.Context) {
	if ctx.Done() != nil {
		g.ctx = ctx
		g.timer.Reset(guardAfter)
	}
}

// off returns when the guard does nothing to the write any more.
func (g *guard) off(ctx context.Context) {
	if ctx.Done() != nil && !g.timer.Stop() {
		g.end <- struct{}{}
	}
}

// write writes p as one message, with the instants directly before and after.
// When ctx ended the write, the error is its cause.
func (s *Session) write(ctx context.Context, p []byte, from, to *time.Time) (int, error) {
	s.mu.Lock()
	if s.stopped && s.writes != nil {
		_ = s.writes.SetWriteDeadline(time.Time{}) // the write says it when this did not work
	}
	s.stopped = false
	wake := s.sleeper()
	s.writing = wake == nil
	s.mu.Unlock()
	if wake != nil {
		if err := wake(ctx); err != nil {
			return 0, fmt.Errorf("wake the module: %w", err)
		}
		s.mu.Lock()
		s.writing = true
		s.mu.Unlock()
	}
	s.call.guard.on(ctx)
	*from = time.Now()
	n, err := s.rw.Write(p)
	*to = time.Now()
	s.call.guard.off(ctx)
	s.mu.Lock()
	s.writing = false
	s.traffic.wrote(n)
	s.wrote = *to
	s.mu.Unlock()
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return n, err
}

// stopWrite unblocks a write: by its deadline, else by closing the stream. s.mu
// is held, so the close, which may wait for the reader, is left to itself.
func (s *Session) stopWrite() {
	s.stopped = true
	if s.writes != nil && s.writes.SetWriteDeadline(past) == nil {
		return
	}
	if s.closer != nil {
		go s.closer.Close()
	}
}

// roomFor names what a payload waits for that is not taken.
func roomFor(n, size int) string {
	return fmt.Sprintf("room for the payload (%d of %d bytes written)", n, size)
}
