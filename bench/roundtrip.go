package bench

import (
	"context"
	"time"

	"st67bench/bench/st67"
)

// roundtrip is an AT line and its final code.
type roundtrip struct {
	latency
	command, final mean
}

// Prepare opens what the load needs; AT needs nothing.
func (w *roundtrip) Prepare(ctx context.Context, r *Rig) error {
	w.command, w.final = mean{name: "stage_command"}, mean{name: "stage_final"}
	return w.load.prepare(ctx, r, 0)
}

// Run measures until the first stop unit is reached.
func (w *roundtrip) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	line := []byte(w.Line)
	err := w.run(ctx, r, rec, func(time.Time) (event, error) {
		resp, err := r.Module.RoundTrip(ctx, line)
		if err != nil && w.n == 0 {
			return event{}, refused(err)
		}
		if err != nil {
			return event{}, err
		}
		w.command.add(rec, resp.Sent, resp.First)
		w.final.add(rec, resp.First, resp.End)
		return event{sent: resp.Sent, end: resp.End}, nil
	})
	w.command.metric(rec, w.n)
	w.final.metric(rec, w.n)
	if bound, known := r.Link.LineTime(st67.RoundTripExchange(len(line))); known {
		rec.Metric("bound", bound.Seconds())
	}
	if err != nil {
		return err
	}
	return w.longEnough(w.n)
}

// Conclude closes the load.
func (w *roundtrip) Conclude(ctx context.Context, r *Rig) error { return w.load.conclude(ctx, r) }
