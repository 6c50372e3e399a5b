package bench

import (
	"context"

	"st67bench/bench/peer"
)

// synchronize measures the clock of a peer that has one of its own.
func synchronize(ctx context.Context, r *Rig) error {
	if c, far := r.Peer.(peer.Clocked); far {
		return c.Synchronize(ctx)
	}
	return nil
}

// clockUncertainty is by how much one-way delays may be wrong; there is none on one clock.
func clockUncertainty(r *Rig, rec *Recorder) {
	if c, far := r.Peer.(peer.Clocked); far {
		_, u := c.Clock()
		rec.Metric("clock_uncertainty", u.Seconds())
	}
}
