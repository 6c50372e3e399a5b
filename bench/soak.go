package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/scenarios"
)

// soak sends blocks with AT+CIPSEND for hours, each as soon as the last one ended. It keeps one sample of goodput a second and at
// most one of the free heap, so that neither memory nor disk fills up.
type soak struct {
	scenarios.Workload
	seed    uint64
	at      netip.AddrPort // where the peer dials; not valid when the module does
	stream  peer.Stream
	sink    peer.Sink
	id      int // of the link
	payload []byte
	sends   int
	begin   time.Time
	window  window
	goodput course // bit/s over s
	heap    course // B over s
	nextRAM time.Time
	free    int64 // the latest reading of the free heap, in B; negative without one
}

// windowTime is the least time that one sample of goodput stands for.
const windowTime = time.Second

// window is what was sent since the last sample.
type window struct {
	from time.Time
	good int64 // bytes at the peer before
}

// sent is the bytes of all sends.
func (w *soak) sent() int64 { return int64(w.sends) * int64(w.Length) }

// Prepare opens the sink and the connection.
func (w *soak) Prepare(ctx context.Context, r *Rig) (err error) {
	w.stream, w.payload, w.free = peer.Stream{Seed: w.seed, Block: w.Length}, make([]byte, w.Length), -1
	if w.at, err = stage(ctx, r, w.Workload); err != nil {
		return err
	}
	w.sink, w.id, err = connect(ctx, r, w.Workload, w.at, 0, func(o peer.Options) (peer.Sink, error) {
		return r.Peer.Sink(ctx, w.stream, o)
	})
	return err
}

// Run sends until the first stop unit is reached.
func (w *soak) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	w.begin = time.Now()
	w.window.from = w.begin
	for done := 0.0; done < 1; {
		if err := w.readHeap(ctx, r, rec); err != nil {
			return w.failed(err)
		}
		resp, err := w.send(ctx, r)
		if err != nil {
			return w.failed(err)
		}
		rec.Keep("send_latency", resp.End.Sub(resp.Sent).Seconds())
		if resp.End.Sub(w.window.from) >= windowTime {
			w.sample(rec, resp.End)
		}
		done = share(w.Workload, resp.End.Sub(w.begin).Seconds(), w.sent(), w.sends)
		rec.Moved(w.sent())
		rec.Progress(resp.End, done)
	}
	drain, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	_ = w.sink.Wait(drain, w.sent()) // the report says what arrived
	w.metrics(r, rec)
	if w.sends < minSends {
		return fmt.Errorf("too short: %d sends; a rate needs %d: a longer duration", w.sends, minSends)
	}
	return nil
}

// send is one send.
func (w *soak) send(ctx context.Context, r *Rig) (st67.Response, error) {
	w.stream.Fill(w.payload, w.sent())
	if r.Refer != nil {
		r.Refer(w.stream.ID, w.sent(), w.payload)
	}
	resp, err := r.Module.Send(ctx, w.id, w.payload, st67.SendOptions{})
	if err == nil {
		w.sends++
	}
	return resp, err
}

// sample ends the window at the instant now.
func (w *soak) sample(rec *Recorder, now time.Time) {
	got, d := w.sink.Report(), now.Sub(w.window.from)
	rate := 8 * float64(got.Good-w.window.good) / d.Seconds()
	rec.Sample("goodput", now, rate)
	w.goodput.add((now.Sub(w.begin) - d/2).Seconds(), rate)
	w.sink.Forget(got.Blocks)
	w.window = window{from: now, good: got.Good}
}

// heapEvery is the time between two readings of the heap: a hundredth of the repeat, 1 s to 1 min.
func (w *soak) heapEvery() time.Duration {
	if w.Duration == 0 {
		return 10 * time.Second
	}
	return min(max(w.Duration/100, time.Second), time.Minute)
}

// readHeap takes a reading when it is due. A module that does not tell its heap has none.
func (w *soak) readHeap(ctx context.Context, r *Rig, rec *Recorder) error {
	now := time.Now()
	if now.Before(w.nextRAM) {
		return nil
	}
	w.nextRAM = now.Add(w.heapEvery())
	free, _, err := r.Module.Heap(ctx)
	if _, ok := st67.Refusal(err); ok {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the free heap: %w", err)
	}
	w.free = free
	_, at := r.Module.Latest()
	w.heap.add(at.Sub(w.begin).Seconds(), float64(free))
	rec.Sample("heap", at, float64(free))
	return nil
}

// failed says what was before a failure. The module's own error code to the first send is a refusal of this level.
func (w *soak) failed(err error) error {
	if w.sends == 0 {
		return refused(err)
	}
	text := fmt.Sprintf("after %s and %d sends", time.Since(w.begin).Round(time.Second), w.sends)
	if y := w.goodput.y; len(y) > 0 {
		text += fmt.Sprintf(", with goodput of %s at first and %s at last", results.FormatQuantity(y[0], "bit/s"), results.FormatQuantity(y[len(y)-1], "bit/s"))
	}
	return fmt.Errorf("%s: %w", text, err)
}

// metrics derives those of the repeat.
func (w *soak) metrics(r *Rig, rec *Recorder) {
	got := w.sink.Report()
	rec.Metric("sends", float64(w.sends))
	rec.Metric("sent", float64(w.sent()))
	integrity(rec, got, w.sent())
	goodput, ok := got.Goodput()
	if ok {
		rec.Metric("goodput", goodput)
	}
	if line, known := r.Link.LineTime(st67.SendExchange(w.id, w.Length, "final", netip.AddrPort{})); known {
		ceiling := 8 * float64(w.Length) / line.Seconds()
		rec.Metric("ceiling", ceiling)
		if ok {
			rec.Metric("efficiency", goodput/ceiling)
		}
	}
	if time.Since(w.begin) >= leastHourly {
		w.hourly(rec, goodput)
	}
	if w.free >= 0 {
		rec.Metric("heap", float64(w.free))
	}
	if fall, since, found := rec.Fall(&w.goodput); found {
		rec.Metric("decay", fall)
		rec.Metric("decay_after", since)
	}
}

// leastHourly is the shortest repeat that says something of an hour.
const leastHourly = 5 * time.Minute

// hourly are the changes in an hour; goodput is that of the repeat, 0 when it is not known.
func (w *soak) hourly(rec *Recorder, goodput float64) {
	const hour = 3600
	if slope, ok := rec.Slope(&w.goodput); ok && goodput > 0 {
		rec.Metric("goodput_slope", hour*slope/goodput)
	}
	if slope, ok := rec.Slope(&w.heap); ok {
		rec.Metric("heap_hourly", hour*slope)
	}
}

// Conclude closes the connection, the sink and the server.
func (w *soak) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if w.sink != nil {
		errs = append(errs, r.Module.CloseLink(ctx, w.id), w.sink.Close())
		w.sink = nil
	}
	return errors.Join(append(errs, strike(ctx, r, w.Workload))...)
}
