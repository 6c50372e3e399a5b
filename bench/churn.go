package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// The free heap is read after the first warmConnections, which leave behind what the module keeps for the next ones, and
// then after every heapConnections.
const (
	warmConnections = 10
	heapConnections = 5
)

// churn opens and closes connections over one link, one after the other.
type churn struct {
	scenarios.Workload
	seed  uint64
	at    netip.AddrPort // where the peer dials; not valid when the module does
	sink  peer.Sink      // of the connection that is open; nil: none
	id    int            // its link
	total stageTimes
	heap  course        // B over connections
	last  int64         // the latest reading, in B
	read  bool          // there is one
	bound time.Duration // line time of the exchange that opens a connection
	known bool
}

// Prepare starts the server when others come to the module.
func (w *churn) Prepare(ctx context.Context, r *Rig) (err error) {
	w.at, err = stage(ctx, r, w.Workload)
	return err
}

// Run connects until the first stop unit is reached.
func (w *churn) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	err := each(w.Workload, rec, &w.total.n, func() error { return w.once(ctx, r, rec) })
	w.metrics(r, rec)
	if err != nil {
		return err
	}
	if n := w.total.n; n < minSends {
		return fmt.Errorf("too short: %d connections; a rate needs %d: sends: %d would be enough, or a longer duration", n, minSends, minSends)
	}
	return nil
}

// once opens and closes one connection, and looks at the heap when that is due.
func (w *churn) once(ctx context.Context, r *Rig, rec *Recorder) error {
	begin, open, err := w.open(ctx, r)
	if err != nil {
		return err
	}
	if err := r.Module.CloseLink(ctx, w.id); err != nil {
		return fmt.Errorf("close link %d: %w", w.id, err)
	}
	asked, closed := r.Module.Latest()
	w.total.add(rec, begin, moment{"stage_connect", open})
	w.total.follow(rec, "stage_close", asked, closed)
	if err := w.closeSink(); err != nil {
		return err
	}
	if n := w.total.n - warmConnections; n < 0 || n%heapConnections != 0 {
		return nil
	}
	return w.readHeap(ctx, r, rec)
}

// open opens one connection, and returns the instants from the write of CIPSTART to its OK. Where the module serves, they
// are those from the peer's dialling to the line that tells the host of it.
func (w *churn) open(ctx context.Context, r *Rig) (begin, end time.Time, err error) {
	begin = time.Now()
	w.sink, w.id, err = connect(ctx, r, w.Workload, w.at, 0, func(o peer.Options) (peer.Sink, error) {
		return r.Peer.Sink(ctx, peer.Stream{ID: uint32(w.total.n), Seed: w.seed, Block: 1}, o)
	})
	if err != nil {
		return begin, end, err
	}
	if !w.at.IsValid() {
		begin, end = r.Module.Latest()
		w.bound, w.known = r.Link.LineTime(st67.ConnectExchange(0, w.Protocol, w.sink.Addr()))
		return begin, end, nil
	}
	if e, ok := r.Module.Seen(begin, fmt.Sprintf("+CIP:%d,CONNECTED", w.id)); ok {
		return begin, e.Time, nil
	}
	return begin, end, errors.New("the module said nothing of its client, so that the time is not known")
}

// readHeap takes one reading. A module that does not tell its heap has none.
func (w *churn) readHeap(ctx context.Context, r *Rig, rec *Recorder) error {
	free, _, err := r.Module.Heap(ctx)
	if _, ok := st67.Refusal(err); ok {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the free heap: %w", err)
	}
	w.last, w.read = free, true
	w.heap.add(float64(w.total.n), float64(free))
	rec.Sample("heap", time.Now(), float64(free))
	return nil
}

// metrics: the rate is that of the module alone, without what the harness does between closing and opening.
func (w *churn) metrics(r *Rig, rec *Recorder) {
	if w.total.n == 0 {
		return
	}
	w.total.metrics(rec)
	rec.Metric("rate", float64(w.total.n)/(w.total.all+w.total.after).Seconds())
	if w.known {
		rec.Metric("bound", w.bound.Seconds())
	}
	if w.read {
		rec.Metric("heap", float64(w.last))
	}
	if slope, ok := rec.Slope(&w.heap); ok {
		rec.Metric("heap_slope", slope)
	}
}

func (w *churn) closeSink() error {
	if w.sink == nil {
		return nil
	}
	err := w.sink.Close()
	w.sink = nil
	return err
}

// Conclude closes what is open, and the server.
func (w *churn) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if w.sink != nil {
		errs = append(errs, r.Module.CloseLink(ctx, w.id), w.closeSink())
	}
	return errors.Join(append(errs, strike(ctx, r, w.Workload))...)
}
