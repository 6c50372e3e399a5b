package bench

import (
	"context"
	"errors"
	"fmt"

	"st67bench/bench/peer"
	"st67bench/scenarios"
)

// join resets the module and joins its network, again and again: the time from the reset to an address, or to the first
// byte at the peer.
type join struct {
	scenarios.Workload
	seed  uint64
	total stageTimes
	out   bool // the module may be in no network
	first *firstByte
}

// Prepare has nothing to do.
func (w *join) Prepare(context.Context, *Rig) error { return nil }

// Run joins until the first stop unit is reached.
func (w *join) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	defer w.total.metrics(rec)
	return each(w.Workload, rec, &w.total.n, func() error { return w.once(ctx, r, rec) })
}

// once is one reset and one join. The peer's end of the first byte is open before.
func (w *join) once(ctx context.Context, r *Rig, rec *Recorder) error {
	if w.End == "byte" {
		first := &firstByte{stream: peer.Stream{ID: uint32(w.total.n), Seed: w.seed, Block: 1}, options: peer.Options{Protocol: "tcp"}}
		if err := first.open(ctx, r); err != nil {
			return err
		}
		w.first = first
	}
	w.out = true
	if err := r.Module.Reset(ctx); err != nil {
		return err
	}
	if _, err := r.Module.Join(ctx, r.Wifi); err != nil {
		return err
	}
	w.out = false
	s := r.Module.Start()
	ends := []moment{{"stage_boot", s.Ready}, {"stage_setup", s.Join}, {"stage_associate", s.Associated}, {"stage_address", s.Address}}
	for _, end := range ends {
		if end.at.IsZero() {
			return fmt.Errorf("the module said nothing at the end of %s, so that its time is not known", end.stage)
		}
	}
	if w.first != nil {
		at, err := w.first.send(ctx, r)
		if err != nil {
			return err
		}
		ends = append(ends, moment{"stage_first_byte", at})
		if err := w.close(ctx, r); err != nil {
			return err
		}
	}
	w.total.add(rec, s.Reset, ends...)
	return nil
}

// close closes the connection and the peer's end.
func (w *join) close(ctx context.Context, r *Rig) error {
	if w.first == nil {
		return nil
	}
	err := w.first.close(ctx, r)
	w.first = nil
	return err
}

// Conclude closes what is open, and leaves the module in its network.
func (w *join) Conclude(ctx context.Context, r *Rig) error {
	err := w.close(ctx, r)
	if w.out {
		w.out = false
		err = errors.Join(err, r.Module.Boot(ctx))
	}
	return err
}
