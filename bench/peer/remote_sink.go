package peer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// remoteEnd is what all ends at a remote peer have.
type remoteEnd struct {
	r    *Remote
	id   int64
	addr netip.AddrPort
}

// open opens an end.
func (r *Remote) open(ctx context.Context, op string, args any) (remoteEnd, error) {
	var o openResult
	if _, err := r.ask(ctx, op, 0, args, &o); err != nil {
		return remoteEnd{}, err
	}
	return remoteEnd{r, o.End, o.Addr}, nil
}

// Addr is where the module has to connect to, or what was dialled.
func (e remoteEnd) Addr() netip.AddrPort { return e.addr }

// remoteSink is a sink at a remote peer. The arrivals are mirrored here, so that to ask for them costs no round trip: they
// are fetched when the sink is waited for, reported or closed, and in the background when more are asked for than there are.
type remoteSink struct {
	remoteEnd
	one sync.Mutex // refresh at a time

	mu       sync.Mutex
	mirror   arrivals // stamps of the remote clock
	fetching bool
	report   Report // the latest
	closed   bool
}

// Sink is that of [Peer].
func (r *Remote) Sink(ctx context.Context, s Stream, o Options) (Sink, error) {
	e, err := r.open(ctx, "sink", sinkArgs{s, o})
	if err != nil {
		return nil, err
	}
	return &remoteSink{remoteEnd: e, report: Report{FirstBad: -1}}, nil
}

// Arrived is that of [Sink]; it never waits.
func (k *remoteSink) Arrived(from int64, t []time.Time) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := int(min(max(0, k.mirror.end-from), int64(len(t))))
	for i := range t[:n] {
		t[i] = k.r.clock.time(k.mirror.at(from + int64(i)))
	}
	if n < len(t) && !k.fetching && !k.closed {
		k.fetching = true
		k.r.tasks.Go(func() {
			_ = k.refresh(false) // a connection that is lost shows elsewhere
			k.mu.Lock()
			defer k.mu.Unlock()
			k.fetching = false
		})
	}
	return n
}

// refresh fetches arrivals. With late it looks again for blocks whose last byte was missing.
func (k *remoteSink) refresh(late bool) error {
	k.one.Lock()
	defer k.one.Unlock()
	for from := k.unknown(late); ; {
		k.mu.Lock()
		args := timesArgs{From: from, Forget: k.mirror.base}
		k.mu.Unlock()
		var a timesResult
		if err := k.r.order("times", k.id, args, &a); err != nil {
			return err
		}
		k.mu.Lock()
		for _, t := range a.Times {
			k.mirror.set(from, from+1, t)
			from++
		}
		k.mu.Unlock()
		if len(a.Times) < maxTimes {
			return nil
		}
	}
}

// unknown is the first block to be asked for.
func (k *remoteSink) unknown(late bool) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if late {
		for b := k.mirror.base; b < k.mirror.end; b++ {
			if k.mirror.at(b) == 0 {
				return b
			}
		}
	}
	return k.mirror.end
}

// Forget is that of [Sink].
func (k *remoteSink) Forget(n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mirror.forget(n)
}

// Report is that of [Sink]. Without the connection it is the latest that is known.
func (k *remoteSink) Report() Report {
	k.mu.Lock()
	last, closed := k.report, k.closed
	k.mu.Unlock()
	if closed {
		return last
	}
	now, err := k.fetchReport()
	if err == nil {
		err = k.refresh(true)
	}
	if err != nil {
		if last.Err != "" {
			last.Err += "; "
		}
		last.Err += err.Error()
		return last
	}
	return now
}

// fetchReport asks for the report.
func (k *remoteSink) fetchReport() (Report, error) {
	var a reportResult
	if err := k.r.order("report", k.id, nil, &a); err != nil {
		return Report{}, err
	}
	r := a.Report
	r.Last = k.r.clock.time(a.Last)
	if a.Last != 0 { // what lies between is theirs, whatever is found out about the clock
		r.First = r.Last.Add(-k.r.clock.duration(a.Last - a.First))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.report = r
	return r, nil
}

// Wait is that of [Sink].
func (k *remoteSink) Wait(ctx context.Context, n int64) error {
	k.mu.Lock()
	closed, bytes := k.closed, k.report.Bytes
	k.mu.Unlock()
	switch {
	case closed && bytes >= n:
		return nil
	case closed:
		return fmt.Errorf("peer: the sink at %s was closed after %d of %d bytes: %w", k.addr, bytes, n, net.ErrClosed)
	}
	_, err := k.r.ask(ctx, "wait", k.id, waitArgs{n}, nil)
	if refreshed := k.refresh(true); err == nil {
		err = refreshed
	}
	return err
}

// Close is that of [Sink].
func (k *remoteSink) Close() error {
	k.mu.Lock()
	closed := k.closed
	k.mu.Unlock()
	if closed {
		return nil
	}
	err := k.r.order("close", k.id, nil, nil)
	if _, asked := k.fetchReport(); err == nil {
		err = errors.Join(asked, k.refresh(true))
	}
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	return errors.Join(err, k.r.order("release", k.id, nil, nil))
}
