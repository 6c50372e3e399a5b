package peer

import (
	"context"
	"errors"
	"sync"
	"time"
)

// remoteTimes are instants of blocks or requests at a remote peer. They are fetched in one go, and kept as far as they were known then.
type remoteTimes struct {
	mu    sync.Mutex
	from  int64
	times timesResult
}

// at has the stamps of number i; 0 is none. What came last is asked for again when it is not known.
func (c *remoteTimes) at(e remoteEnd, i int64) (first, second int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i < 0 {
		return 0, 0
	}
	if i < c.from || i >= c.from+int64(len(c.times.Times)) {
		c.from, c.times = i, timesResult{}
		if e.r.order("times", e.id, timesArgs{From: i}, &c.times) != nil || len(c.times.Times) == 0 {
			return 0, 0
		}
	}
	n := i - c.from
	first = c.times.Times[n]
	if n < int64(len(c.times.Sent)) {
		second = c.times.Sent[n]
	}
	return first, second
}

// remoteSource is a source at a remote peer.
type remoteSource struct {
	remoteEnd
	times remoteTimes
	done  chan struct{}

	mu     sync.Mutex
	last   stateResult
	closed bool
	err    error
}

// Source is that of [Peer].
func (r *Remote) Source(ctx context.Context, s Stream, o SourceOptions) (Source, error) {
	e, err := r.open(ctx, "source", sourceArgs{s, o})
	if err != nil {
		return nil, err
	}
	src := &remoteSource{remoteEnd: e, done: make(chan struct{})}
	r.tasks.Go(src.watch)
	return src, nil
}

// watch notes when nothing more is sent. What ends it is the source's end, the peer's, or the connection's.
func (s *remoteSource) watch() {
	var a stateResult
	_, err := s.r.ask(context.Background(), "done", s.id, nil, &a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.last, err = a, a.Err.unpack()
	}
	if !s.closed {
		s.err = err
	}
	close(s.done)
}

// Start is that of [Source].
func (s *remoteSource) Start(ctx context.Context) error {
	_, err := s.r.ask(ctx, "start", s.id, nil, nil)
	return err
}

// Stop is that of [Source].
func (s *remoteSource) Stop() { _ = s.r.order("stop", s.id, nil, nil) }

// Done is that of [Source].
func (s *remoteSource) Done() <-chan struct{} { return s.done }

// state is what is known of the source now; without the connection, the latest.
func (s *remoteSource) state() stateResult {
	s.mu.Lock()
	last, closed := s.last, s.closed
	s.mu.Unlock()
	var now stateResult
	if closed || s.r.order("state", s.id, nil, &now) != nil {
		return last
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = now
	return now
}

// Sent is that of [Source].
func (s *remoteSource) Sent() int64 { return s.state().Bytes }

// Blocked is that of [Source].
func (s *remoteSource) Blocked() time.Duration { return s.state().Blocked }

// SentAt is that of [Source]. Once the source is closed, only what was asked for before is known.
func (s *remoteSource) SentAt(block int64) time.Time {
	t, _ := s.times.at(s.remoteEnd, block)
	return s.r.clock.time(t)
}

// Err is that of [Source].
func (s *remoteSource) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close is that of [Source].
func (s *remoteSource) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	var last stateResult
	err := errors.Join(s.r.order("close", s.id, nil, nil), s.r.order("state", s.id, nil, &last))
	if err == nil {
		<-s.done // closed by now, and answered
		s.mu.Lock()
		s.last = last
		s.mu.Unlock()
	}
	return errors.Join(err, s.r.order("release", s.id, nil, nil))
}

// remoteEcho is an echo at a remote peer.
type remoteEcho struct {
	remoteEnd
	times remoteTimes

	mu       sync.Mutex
	requests int64
	closed   bool
}

// Echo is that of [Peer].
func (r *Remote) Echo(ctx context.Context, s Stream, o EchoOptions) (Echo, error) {
	e, err := r.open(ctx, "echo", echoArgs{s, o})
	if err != nil {
		return nil, err
	}
	return &remoteEcho{remoteEnd: e}, nil
}

// Requests is that of [Echo].
func (k *remoteEcho) Requests() int64 {
	k.mu.Lock()
	last, closed := k.requests, k.closed
	k.mu.Unlock()
	var now stateResult
	if closed || k.r.order("state", k.id, nil, &now) != nil {
		return last
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.requests = now.Bytes
	return now.Bytes
}

// Instants is that of [Echo]. Once the echo is closed, only what was asked for before is known.
func (k *remoteEcho) Instants(i int64) (received, sent time.Time, ok bool) {
	first, second := k.times.at(k.remoteEnd, i)
	return k.r.clock.time(first), k.r.clock.time(second), first != 0
}

// Close is that of [Echo].
func (k *remoteEcho) Close() error {
	n := k.Requests()
	k.mu.Lock()
	closed := k.closed
	k.requests, k.closed = n, true
	k.mu.Unlock()
	if closed {
		return nil
	}
	return errors.Join(k.r.order("close", k.id, nil, nil), k.r.order("release", k.id, nil, nil))
}
