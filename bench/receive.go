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

// minBlocks is how many blocks of the stream make a rate.
const minBlocks = 20

// receive lets the peer send over its connections, as much as goes or at a rate, and takes what the module gives: in active
// mode unasked, in passive mode by reads.
type receive struct {
	downloads
	seed uint64
}

func newReceive(w scenarios.Workload, seed uint64) Workload {
	return &receive{downloads: downloads{Workload: w, quota: quota(w)}, seed: seed}
}

// quota is the payload after which a download ends; 0 for none.
func quota(w scenarios.Workload) int64 {
	n := w.Total
	if sends := int64(w.Sends) * int64(w.Length); sends > 0 && (n == 0 || sends < n) {
		n = sends
	}
	return n
}

// Prepare sets the mode while no link is open, and opens sources and connections.
func (w *receive) Prepare(ctx context.Context, r *Rig) error {
	if err := w.receiving(ctx, r, 0, w.Links); err != nil {
		return err
	}
	at, err := stage(ctx, r, w.Workload)
	if err != nil {
		return err
	}
	for id := range w.Links {
		s := peer.Stream{ID: uint32(id), Seed: w.seed, Block: w.Length}
		if err := w.add(ctx, r, at, id, s, w.Rate/float64(w.Links)); err != nil {
			return err
		}
	}
	return synchronize(ctx, r)
}

// refused marks the module's own error code as a refusal of this level.
func refused(err error) error {
	if text, ok := st67.Refusal(err); ok {
		return fmt.Errorf("%w: %s", errRefused, text)
	}
	return err
}

// Run receives until the first stop unit is reached and derives the metrics of the repeat. What a TCP source has
// written and the module has not given by then is on its way and no loss; over UDP it is waited for.
func (w *receive) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	begin := time.Now()
	if err := w.start(ctx); err != nil {
		return err
	}
	var err error
	for now := begin; err == nil && !w.over(begin, now, rec); now = time.Now() {
		err = w.step(ctx, r, rec, true)
	}
	w.stop(rec)
	elapsed := time.Since(begin)
	if errors.Is(err, errRefused) {
		return err
	}
	measured := w.report()
	if err == nil {
		err = w.drain(ctx, r, rec)
	}
	w.metrics(r, rec, measured, elapsed)
	if err == nil {
		err = synchronize(ctx, r)
	}
	clockUncertainty(r, rec)
	if err != nil {
		return err
	}
	return w.longEnough()
}

// over says whether a stop unit is reached, or nothing more comes.
func (w *receive) over(begin, now time.Time, rec *Recorder) bool {
	bytes, _ := w.in.arrived()
	limit := scenarios.Workload{Duration: w.Duration}
	if w.Protocol != "udp" { // where bytes are lost and doubled, they do not tell what was sent
		limit.Total = w.quota
	}
	elapsed := now.Sub(begin).Seconds()
	rec.Moved(bytes)
	rec.Progress(now, share(scenarios.Workload{Duration: w.Duration, Total: w.quota}, elapsed, bytes, 0))
	return share(limit, elapsed, bytes, 0) >= 1 || w.exhausted(now, begin)
}

// longEnough refuses a repeat that is too short to mean anything.
func (g *downloads) longEnough() error {
	if n := g.report().Blocks; n < minBlocks {
		return fmt.Errorf("too short: %d blocks of %d B arrived; a rate needs %d: a longer duration or total, a shorter length, or a higher rate", n, g.Length, minBlocks)
	}
	return nil
}

// Conclude closes connections and sources, and gives the mode back.
func (w *receive) Conclude(ctx context.Context, r *Rig) error { return w.conclude(ctx, r) }
