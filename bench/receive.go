package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/scenarios"
)

// receiveChunk is the most, in bytes, that the firmware hands over in one +IPD.
const receiveChunk = 4608

// minBlocks is how many blocks of the stream make a rate.
const minBlocks = 20

// receive lets the peer send as much as goes over one connection, and takes what
// the module gives: in active mode unasked, in passive mode by reads, each as
// soon as the last one ended, or when the module says that something has come.
type receive struct {
	scenarios.Workload
	seed    uint64
	source  peer.Source
	checker *peer.Checker
	notices *st67.Notices
	stages  readStages
	arrived arrival
}

// arrival is when payload reached the host: the first piece (a read, or what the line brought at once) and the latest.
type arrival struct {
	mu             sync.Mutex
	bytes, first   int64 // in all, and in the first piece
	begin, lastEnd time.Time
}

func (a *arrival) add(n int, t time.Time) {
	if n == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bytes == 0 {
		a.first, a.begin = int64(n), t
	}
	a.bytes += int64(n)
	a.lastEnd = t
}

// goodput is 8 (B - b1) / (t_last - t_1), in bit/s, where b1 and t_1 are those of the first piece; bad are the bytes of
// B that were not payload as it was sent.
func (a *arrival) goodput(bad int64) (bitPerSecond float64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.lastEnd.Sub(a.begin)
	if d <= 0 {
		return 0, false
	}
	return 8 * float64(a.bytes-a.first-bad) / d.Seconds(), true
}

// take is what the module gave.
func (w *receive) take(p []byte, t time.Time) {
	w.checker.Feed(p, t)
	w.arrived.add(len(p), t)
}

// readStages adds up where the time goes: of a read from the write of its command to the first byte of the answer, and
// from there to the final code; between two reads the wait for a notice, and the rest, which is the host's.
type readStages struct {
	n                         int // reads that brought something
	command, data, wait, host time.Duration
	end                       time.Time // of the last read
}

// Prepare sets the mode while no link is open, and opens source and connection.
func (w *receive) Prepare(ctx context.Context, r *Rig) error {
	passive := w.Mode == "passive"
	if _, err := stage(ctx, r, w.Workload); err != nil {
		return err
	}
	if err := r.Module.ReceiveMode(ctx, passive); err != nil {
		return err
	}
	if w.Buffer > 0 {
		if err := r.Module.ReceiveBuffer(ctx, 0, w.Buffer); err != nil {
			return refused(err)
		}
	}
	s := peer.Stream{Seed: w.seed, Block: w.Length}
	source, err := r.Peer.Source(ctx, s, peer.SourceOptions{
		Options: peer.Options{Protocol: w.Protocol, IPv6: w.IP == "6"}, Total: w.Total,
	})
	if err != nil {
		return err
	}
	w.source, w.checker = source, peer.NewChecker(s)
	if passive {
		w.notices = r.Module.Notices()
	} else {
		r.Module.SetSink(0, w.take)
	}
	if err := r.Module.Connect(ctx, 0, w.Protocol, source.Addr()); err != nil {
		return fmt.Errorf("connect to the peer at %s: %w", source.Addr(), err)
	}
	return nil
}

// refused marks the module's own error code as a refusal of this level.
func refused(err error) error {
	if text, ok := st67.Refusal(err); ok {
		return fmt.Errorf("%w: %s", errRefused, text)
	}
	return err
}

// Run receives until the first stop unit is reached and derives the metrics of
// the repeat. What is on its way then is no loss: nothing of a stream can be lost but in its middle.
func (w *receive) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	begin := time.Now()
	if err := w.source.Start(ctx); err != nil {
		return err
	}
	err := w.receive(ctx, r, rec, func(now time.Time) bool { return w.over(begin, now, rec) })
	w.source.Stop()
	elapsed := time.Since(begin)
	w.checker.Finish()
	w.metrics(r, rec, elapsed)
	if err != nil {
		return err
	}
	return w.longEnough()
}

// over says whether a stop unit is reached.
func (w *receive) over(begin, now time.Time, rec *Recorder) bool {
	var share float64
	if w.Duration > 0 {
		share = now.Sub(begin).Seconds() / w.Duration.Seconds()
	}
	if w.Total > 0 {
		share = max(share, float64(w.checker.Report().Bytes)/float64(w.Total))
	}
	rec.Progress(now, share)
	return share >= 1
}

// lookEvery is how often a wait looks whether it is over.
const lookEvery = 10 * time.Millisecond

// receive takes what comes until done.
func (w *receive) receive(ctx context.Context, r *Rig, rec *Recorder, done func(now time.Time) bool) error {
	for !done(time.Now()) {
		var err error
		if w.notices != nil {
			err = w.read(ctx, r, rec)
		} else {
			err = pause(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read is one read; when it brought less than it asked for, the module's buffer is empty, and it waits for a notice.
func (w *receive) read(ctx context.Context, r *Rig, rec *Recorder) error {
	resp, err := r.Module.Read(ctx, 0, w.Read)
	if err != nil {
		if w.stages.n == 0 {
			return refused(err)
		}
		return fmt.Errorf("read %d: %w", w.stages.n+1, err)
	}
	w.take(resp.Data, resp.End)
	w.stages.add(rec, resp)
	if len(resp.Data) == w.Read {
		return nil
	}
	began := time.Now()
	wait, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	err = w.notices.Wait(wait)
	w.stages.wait += time.Since(began)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (st *readStages) add(rec *Recorder, resp st67.Response) {
	if len(resp.Data) > 0 {
		st.n++
	}
	if !st.end.IsZero() {
		st.host += resp.Sent.Sub(st.end)
	}
	st.end = resp.End
	st.command += resp.First.Sub(resp.Sent)
	st.data += resp.End.Sub(resp.First)
	rec.Sample("stage_command", resp.Sent, resp.First.Sub(resp.Sent).Seconds())
	rec.Sample("stage_data", resp.First, resp.End.Sub(resp.First).Seconds())
}

func pause(ctx context.Context) error {
	t := time.NewTimer(lookEvery)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// metrics derives the metrics of the repeat from what arrived.
func (w *receive) metrics(r *Rig, rec *Recorder, elapsed time.Duration) {
	got := w.checker.Report()
	rec.Metric("received", float64(got.Good))
	for name, v := range map[string]int64{
		"loss": got.Lost, "duplicate": got.Duplicate, "reordered": got.Reordered,
		"corrupt": got.Corrupt, "foreign": got.Foreign,
	} {
		rec.Metric(name, float64(v))
	}
	rec.Metric("blocked", w.source.Blocked().Seconds()/elapsed.Seconds())
	if st := w.stages; st.n > 0 {
		rec.Metric("reads", float64(st.n))
		for name, d := range map[string]time.Duration{
			"stage_command": st.command, "stage_data": st.data, "stage_wait": st.wait, "stage_host": st.host - st.wait,
		} {
			rec.Metric(name, d.Seconds()/float64(st.n))
		}
	}
	goodput, ok := w.arrived.goodput(got.Bytes - got.Good)
	if ok {
		rec.Metric("goodput", goodput)
	}
	n, line, known := w.ceiling(r.Link)
	if !known {
		return
	}
	ceiling := 8 * float64(n) / line.Seconds()
	rec.Metric("ceiling", ceiling)
	if ok {
		rec.Metric("efficiency", goodput/ceiling)
	}
	if payload, timed := r.Link.LineTime(nil, []int{n}); ok && timed {
		rec.Metric("line_share", goodput*payload.Seconds()/(8*float64(n)))
	}
}

// ceiling is the line's time for the exchange of n bytes with a module of zero latency: of a read that is full, or of
// the longest +IPD.
func (w *receive) ceiling(l Link) (n int, line time.Duration, known bool) {
	if w.Mode == "passive" {
		line, known = l.LineTime(st67.ReadExchange(0, w.Read))
		return w.Read, line, known
	}
	line, known = l.LineTime(nil, st67.GivenExchange(0, receiveChunk))
	return receiveChunk, line, known
}

// longEnough refuses a repeat that is too short to mean anything.
func (w *receive) longEnough() error {
	if n := w.checker.Report().Blocks; n < minBlocks {
		return fmt.Errorf("too short: %d blocks of %d B arrived; a rate needs %d", n, w.Length, minBlocks)
	}
	return nil
}

// Conclude closes the connection and the source, and gives the mode back.
func (w *receive) Conclude(ctx context.Context, r *Rig) error {
	var errs []error
	if w.notices != nil {
		w.notices.Close()
	}
	r.Module.SetSink(0, nil)
	if w.source != nil {
		errs = append(errs, r.Module.CloseLink(ctx, 0), w.source.Close())
		w.source = nil
	}
	return errors.Join(append(errs, r.Module.ReceiveMode(ctx, false))...)
}
