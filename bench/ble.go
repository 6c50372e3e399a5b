package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"st67bench/bench/st67"
	"st67bench/scenarios"
)

const (
	// bleTime bounds what it takes to connect and subscribe.
	bleTime = time.Minute
	// bleShort is the longest notification of a connection as it begins (Bluetooth Core 3.F.3.2.8).
	bleShort = 20
	// fullTime is how long the module may take no message because too many wait for the air.
	fullTime = 10 * time.Second
)

// notify sends notifications to the rig's second module, one after the other. A notification that the module has no room for
// is sent again.
type notify struct {
	scenarios.Workload
	deliver
	other   *st67.Module
	closeIt func() error
	stages  *stages
	wait    time.Duration // for the module to have room
}

// Prepare makes the module a server, connects the second module to it and lets it subscribe.
func (w *notify) Prepare(ctx context.Context, r *Rig) error {
	ctx, cancel := context.WithTimeoutCause(ctx, bleTime, fmt.Errorf("no Bluetooth connection within %v", bleTime))
	defer cancel()
	if r.Neighbour != nil { // else pair says that there is none
		if err := errors.Join(r.Module.BLERole(ctx, st67.BLEServer), r.Module.BLEServe(ctx)); err != nil {
			return refused(err)
		}
	}
	var err error
	w.other, w.closeIt, err = pair(ctx, r)
	if err != nil {
		return err
	}
	w.other.OnBLE(w.checker.Feed)
	if w.Length > bleShort {
		if err := w.other.BLEMTU(ctx); err != nil {
			return err
		}
	}
	if err := w.other.BLESubscribe(ctx); err != nil {
		return err
	}
	return r.Module.BLESubscribed(ctx)
}

// Run notifies until the first stop unit is reached.
func (w *notify) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	w.stages = newStages(r.Link, w.Length)
	begin := time.Now()
	var err error
	for done := 0.0; done < 1 && err == nil; {
		if err = w.one(ctx, r, rec); err == nil {
			w.arrivals(rec)
			now := time.Now()
			done = share(w.Workload, now.Sub(begin).Seconds(), w.offset(), w.n)
			rec.Moved(w.offset())
			rec.Progress(now, done)
		}
	}
	if errors.Is(err, errRefused) {
		return err
	}
	w.drain(ctx, rec)
	w.stages.metrics(rec)
	if w.n > 0 {
		rec.Metric("stage_wait", w.wait.Seconds()/float64(w.n))
	}
	w.deliver.metrics(rec)
	line, known := r.Link.LineTime(st67.NotifyExchange(w.Length))
	w.ceiling(rec, line, known)
	if err != nil {
		return err
	}
	return w.longEnough()
}

// one is one notification, which is tried again until the module has room for it.
func (w *notify) one(ctx context.Context, r *Rig, rec *Recorder) error {
	due, before := time.Now(), w.retries
	for {
		resp, err := r.Module.BLENotify(ctx, 0, 0, w.next())
		switch {
		case err == nil:
			if w.retries > before {
				w.wait += resp.Sent.Sub(due)
				w.stages.end = time.Time{} // the wait is the module's, not the host's
			}
			w.sent(due)
			w.stages.add(rec, resp)
			return nil
		case !st67.SendFailed(err) || time.Since(due) > fullTime:
			return w.failed("notification", err)
		}
		w.retries++
	}
}

// failed says which message failed. The module's own error code to the first of all is a refusal of this level.
func (d *deliver) failed(what string, err error) error {
	if _, is := st67.Refusal(err); is && d.n == 0 {
		return refused(err)
	}
	return fmt.Errorf("%s %d of %d B: %w", what, d.n+1, d.stream.Block, err)
}

// Conclude ends Bluetooth at both ends.
func (w *notify) Conclude(ctx context.Context, r *Rig) error {
	err := r.Module.BLEOff(ctx)
	if w.closeIt != nil {
		w.other.OnBLE(nil)
		err = errors.Join(err, w.closeIt())
	}
	return err
}
