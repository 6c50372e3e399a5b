package bench

import (
	"context"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
)

// Rig is everything that a workload drives, opened by the caller.
type Rig struct {
	Module *st67.Module
	Peer   peer.Peer
	Link   Link
	// Refer tells the trace that the next Write carries these bytes of our own seeded stream, so that at.log can name them by reference.
	Refer func(stream uint32, offset int64, p []byte)
}

// Link is what the runner asks of the open link.
type Link interface {
	// Identity is what is compared: "link", "baud", "flow".
	Identity() map[string]string
	// Counters are totals since the link was opened: overruns, framing errors.
	Counters() map[string]uint64
	// Drain hands over the link's own series gathered since the last call.
	Drain(emit func(series string, t time.Time, v float64))
	// LineTime is the least time that the messages of these sizes, in bytes, take one after the other with a module
	// of zero latency; false when the link has no closed form.
	LineTime(toModule, fromModule []int) (time.Duration, bool)
}

// Workload is one kind of measurement. Prepare, Run and Conclude are called once per repeat, in this order;
// Conclude also after a failed Run.
type Workload interface {
	Prepare(ctx context.Context, r *Rig) error
	Run(ctx context.Context, r *Rig, rec *Recorder) error
	Conclude(ctx context.Context, r *Rig) error
}
