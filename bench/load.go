package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

// loadStream is the number of the load's stream, loadBlock the length of its blocks where the workload's length is another's.
const (
	loadStream = 9
	loadBlock  = 1460
)

// load is what the module carries over a TCP link of its own while latency is measured: up, one CIPSEND after the other as
// long as no event is due; down, as much as the peer can send, in active mode. The dialog is one, so that an event waits for
// the send that is going on.
type load struct {
	kind   string // "up", "down"; else none
	stream peer.Stream
	link   int

	sink    peer.Sink
	payload []byte
	sent    int64

	source  peer.Source
	checker *peer.Checker
}

// loadEnd is a sink or a source.
type loadEnd interface {
	Addr() netip.AddrPort
	Close() error
}

// prepare opens the peer's end and the connection, on a link that is not the one in use.
func (l *load) prepare(ctx context.Context, r *Rig, used int) error {
	l.link = 1
	if used == l.link {
		l.link = 2
	}
	switch l.kind {
	case "up":
		sink, err := r.Peer.Sink(ctx, l.stream, peer.Options{})
		if err != nil {
			return err
		}
		l.sink, l.payload = sink, make([]byte, l.stream.Block)
	case "down":
		source, err := r.Peer.Source(ctx, l.stream, peer.SourceOptions{})
		if err != nil {
			return err
		}
		l.source, l.checker = source, peer.NewChecker(l.stream)
		r.Module.SetSink(l.link, l.checker.Feed)
	default:
		return nil
	}
	if err := r.Module.Connect(ctx, l.link, peer.TCP, l.end().Addr()); err != nil {
		return fmt.Errorf("connect link %d of the load to the peer at %s: %w", l.link, l.end().Addr(), err)
	}
	return nil
}

// end is the peer's end; nil without a load.
func (l *load) end() loadEnd {
	switch {
	case l.sink != nil:
		return l.sink
	case l.source != nil:
		return l.source
	}
	return nil
}

// start lets the peer send.
func (l *load) start(ctx context.Context) error {
	if l.source == nil {
		return nil
	}
	return l.source.Start(ctx)
}

// until sends until an event is due.
func (l *load) until(ctx context.Context, r *Rig, due time.Time) error {
	for l.sink != nil && time.Now().Before(due) {
		l.stream.Fill(l.payload, l.sent)
		if r.Refer != nil {
			r.Refer(l.stream.ID, l.sent, l.payload)
		}
		if _, err := r.Module.Send(ctx, l.link, l.payload, st67.SendOptions{}); err != nil {
			return fmt.Errorf("the load on link %d (%d B accepted before): %w", l.link, l.sent, err)
		}
		l.sent += int64(len(l.payload))
	}
	return nil
}

// finish waits for what is on its way, and measures what the load carried. err is what the events ended with.
func (l *load) finish(ctx context.Context, rec *Recorder, err error) error {
	if err != nil || l.end() == nil {
		return err
	}
	if l.sink != nil {
		ctx, cancel := context.WithTimeout(ctx, settle)
		defer cancel()
		_ = l.sink.Wait(ctx, l.sent) // the report says what arrived
	} else {
		l.source.Stop()
		if err := l.source.Err(); err != nil {
			return fmt.Errorf("the load's source: %w", err)
		}
	}
	goodput, ok := l.report().Goodput()
	if !ok {
		return fmt.Errorf("the load carried %d B: these events were not under load; leave more time between them (every), or measure for longer", l.report().Good)
	}
	rec.Metric("goodput", goodput)
	return nil
}

// report is what arrived of the load. What was on its way down when it ended is no loss.
func (l *load) report() peer.Report {
	switch {
	case l.sink != nil:
		got := l.sink.Report()
		got.Lost = l.sent - got.Good - got.Corrupt
		return got
	case l.source != nil:
		return l.checker.Report()
	}
	return peer.Report{}
}

// integrity are the metrics of all payload that was checked: the load's, and other's.
func (l *load) integrity(rec *Recorder, other peer.Report) {
	got := l.report()
	got.Good += other.Good
	got.Lost += other.Lost
	got.Duplicate += other.Duplicate
	got.Reordered += other.Reordered
	got.Corrupt += other.Corrupt
	got.Foreign += other.Foreign
	integrity(rec, got, -1)
}

// conclude closes connection and end.
func (l *load) conclude(ctx context.Context, r *Rig) error {
	if l.end() == nil {
		return nil
	}
	r.Module.SetSink(l.link, nil)
	err := errors.Join(r.Module.CloseLink(ctx, l.link), l.end().Close())
	l.sink, l.source = nil, nil
	return err
}
