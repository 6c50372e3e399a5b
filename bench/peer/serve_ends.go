package peer

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"
)

// operation is what a session does when it is asked for op; hello, clock and cancel are not here. It is nil for none.
func operation(op string) func(s *session, ctx context.Context, q request) (any, error) {
	switch op {
	case "sink":
		return (*session).openSink
	case "source":
		return (*session).openSource
	case "echo":
		return (*session).openEcho
	case "iperf":
		return (*session).openIperf
	case "iperf3":
		return (*session).openIperf3
	case "wait":
		return (*session).wait
	case "report":
		return (*session).report
	case "times":
		return (*session).times
	case "start":
		return (*session).begin
	case "stop":
		return (*session).stop
	case "done":
		return (*session).done
	case "state":
		return (*session).state
	case "rows":
		return (*session).rows
	case "close":
		return (*session).close
	case "release":
		return (*session).release
	}
	return nil
}

// local is the peer whose ends the session opens.
func (s *session) local(o Options) (Peer, error) {
	host, err := s.host(o.IPv6)
	if err != nil {
		return nil, err
	}
	return Local(s.Network, host), nil
}

func (s *session) openSink(ctx context.Context, q request) (any, error) {
	var a sinkArgs
	if err := q.args(&a); err != nil {
		return nil, err
	}
	p, err := s.local(a.Options)
	if err != nil {
		return nil, err
	}
	k, err := p.Sink(ctx, a.Stream, a.Options)
	if err != nil {
		return nil, err
	}
	return s.add(ctx, k, k.Addr())
}

func (s *session) openSource(ctx context.Context, q request) (any, error) {
	var a sourceArgs
	if err := q.args(&a); err != nil {
		return nil, err
	}
	if o := a.Options; o.Rate < 0 || math.IsNaN(o.Rate) || o.Total < 0 {
		return nil, fmt.Errorf("peer: a source of %d bytes at %v bit/s: both have to be 0 or more", o.Total, o.Rate)
	}
	p, err := s.local(a.Options.Options)
	if err != nil {
		return nil, err
	}
	k, err := p.Source(ctx, a.Stream, a.Options)
	if err != nil {
		return nil, err
	}
	return s.add(ctx, k, k.Addr())
}

func (s *session) openEcho(ctx context.Context, q request) (any, error) {
	var a echoArgs
	if err := q.args(&a); err != nil {
		return nil, err
	}
	p, err := s.local(a.Options.Options)
	if err != nil {
		return nil, err
	}
	k, err := p.Echo(ctx, a.Stream, a.Options)
	if err != nil {
		return nil, err
	}
	return s.add(ctx, k, k.Addr())
}

func (s *session) wait(ctx context.Context, q request) (any, error) {
	var a waitArgs
	if err := q.args(&a); err != nil {
		return nil, err
	}
	k, err := endOf[Sink](s, q)
	if err != nil {
		return nil, err
	}
	return nil, k.Wait(ctx, a.Bytes)
}

func (s *session) report(_ context.Context, q request) (any, error) {
	k, err := endOf[Sink](s, q)
	if err != nil {
		return nil, err
	}
	r := k.Report()
	return reportResult{r, s.epoch.stamp(r.First), s.epoch.stamp(r.Last)}, nil
}

// times are those of an end of any kind that has some.
func (s *session) times(_ context.Context, q request) (any, error) {
	var a timesArgs
	if err := q.args(&a); err != nil {
		return nil, err
	}
	if a.From < 0 || a.Forget < 0 {
		return nil, fmt.Errorf("peer: times from %d on: numbers begin with 0", min(a.From, a.Forget))
	}
	e, err := endOf[io.Closer](s, q)
	if err != nil {
		return nil, err
	}
	var r timesResult
	switch e := e.(type) {
	case Sink:
		e.Forget(a.Forget)
		t := make([]time.Time, maxTimes)
		for _, t := range t[:e.Arrived(a.From, t)] {
			r.Times = append(r.Times, s.epoch.stamp(t))
		}
	case Source:
		for b := a.From; b < a.From+maxTimes; b++ {
			t := e.SentAt(b)
			if t.IsZero() {
				break
			}
			r.Times = append(r.Times, s.epoch.stamp(t))
		}
	case Echo:
		for i := a.From; i < a.From+maxTimes; i++ {
			received, sent, ok := e.Instants(i)
			if !ok {
				break
			}
			r.Times, r.Sent = append(r.Times, s.epoch.stamp(received)), append(r.Sent, s.epoch.stamp(sent))
		}
	}
	return r, nil
}

func (s *session) begin(ctx context.Context, q request) (any, error) {
	k, err := endOf[Source](s, q)
	if err != nil {
		return nil, err
	}
	return nil, k.Start(ctx)
}

func (s *session) stop(_ context.Context, q request) (any, error) {
	k, err := endOf[Source](s, q)
	if err == nil {
		k.Stop()
	}
	return nil, err
}

// done waits until a source has sent all, or was closed.
func (s *session) done(ctx context.Context, q request) (any, error) {
	k, err := endOf[Source](s, q)
	if err != nil {
		return nil, err
	}
	select {
	case <-k.Done():
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return s.state(ctx, q)
}

func (s *session) state(_ context.Context, q request) (any, error) {
	e, err := endOf[io.Closer](s, q)
	if err != nil {
		return nil, err
	}
	var r stateResult
	switch e := e.(type) {
	case Source:
		r = stateResult{e.Sent(), e.Blocked(), toWire(e.Err())}
	case Echo:
		r.Bytes = e.Requests()
	}
	return r, nil
}

// close ends an end; what it has seen stays.
func (s *session) close(_ context.Context, q request) (any, error) {
	e, err := endOf[io.Closer](s, q)
	if err != nil {
		return nil, err
	}
	return nil, e.Close()
}

// release forgets an end.
func (s *session) release(_ context.Context, q request) (any, error) {
	e, err := endOf[io.Closer](s, q)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	delete(s.ends, q.End)
	s.mu.Unlock()
	return nil, e.Close()
}
