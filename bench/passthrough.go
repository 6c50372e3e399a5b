package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// throughBlock is what the module sends at once in passthrough mode, in bytes (manual 4.1.12.2).
const throughBlock = 2920

// passthrough writes blocks in passthrough mode, one after the other, or when they are due at an offered load. Nothing
// acknowledges them.
type passthrough struct {
	upload
	single bool // CIPMUX=0 was asked for
}

func newPassthrough(w scenarios.Workload, seed uint64) Workload {
	return &passthrough{upload: upload{Workload: w, seed: seed}}
}

// Prepare opens the sink and the one connection that there is with CIPMUX=0.
func (w *passthrough) Prepare(ctx context.Context, r *Rig) error {
	if _, err := stage(ctx, r, w.Workload); err != nil {
		return err
	}
	l := w.add(0, w.Length)
	var err error
	if l.sink, err = r.Peer.Sink(ctx, l.stream, sinkOptions(w.Workload)); err != nil {
		return err
	}
	w.single = true
	if err := r.Module.ConnectSingle(ctx, w.Protocol, l.sink.Addr()); err != nil {
		return fmt.Errorf("connect to the peer at %s: %w", l.sink.Addr(), err)
	}
	l.open = true
	return synchronize(ctx, r)
}

// Run enters the mode, writes until the first stop unit is reached, waits for the last bytes to arrive, leaves the mode and
// derives the metrics of the repeat. In the mode no command can be given, so that it begins and ends here.
func (w *passthrough) Run(ctx context.Context, r *Rig, rec *Recorder) (err error) {
	w.stages = newStages(r.Link, w.Length)
	stream, err := r.Module.Passthrough(ctx)
	if err != nil {
		return refused(err)
	}
	defer func() {
		tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
		defer cancel()
		err = errors.Join(err, stream.Quit(tidy))
	}()
	sendErr := w.loop(ctx, rec, func(l *uplink, due time.Time) (time.Time, error) { return w.one(r, rec, stream, l, due) })
	measured := w.most(ctx)
	w.drain(ctx, rec)
	err = synchronize(ctx, r)
	x := exchange{payload: float64(w.Length)}
	x.data, x.known = r.Link.LineTime([]int{w.Length}, nil)
	x.line = x.data
	w.metrics(r, rec, x, measured)
	if err := errors.Join(sendErr, err); err != nil {
		return err
	}
	return w.longEnough()
}

// most is what the peer has seen when all but what the module may hold back has arrived: it waits before it sends what does not fill
// a block, which would count as if the line had taken so long.
func (w *passthrough) most(ctx context.Context) peer.Report {
	l := w.links[0]
	l.await(ctx, l.sent-throughBlock)
	return l.sink.Report()
}

// one is one write. It is over when the line has taken it, or its buffer.
func (w *passthrough) one(r *Rig, rec *Recorder, s *st67.Stream, l *uplink, due time.Time) (time.Time, error) {
	payload, from := l.fill(r), time.Now()
	if due.IsZero() {
		due = from
	}
	if _, err := s.Write(payload); err != nil {
		return time.Time{}, err
	}
	end := time.Now()
	rec.Sample("payload_write", from, end.Sub(from).Seconds())
	l.gave(int64(w.Length), outgoing{due: due})
	return end, nil
}

// Conclude closes the connection and the sink, and goes back to CIPMUX=1.
func (w *passthrough) Conclude(ctx context.Context, r *Rig) error {
	err := w.close(ctx, r)
	if w.single {
		err = errors.Join(err, r.Module.Multiple(ctx))
	}
	return err
}
