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
	awake          time.Duration // the quickest of some before the module may sleep; 0: it stays awake
}

// awakeTrips are how many are tried for that.
const awakeTrips = 20

// Prepare opens what the load needs; AT needs nothing. What it takes a module that is awake is what a wake-up is held against.
func (w *roundtrip) Prepare(ctx context.Context, r *Rig) error {
	w.command, w.final = mean{name: "stage_command"}, mean{name: "stage_final"}
	if w.Asleep() {
		for range awakeTrips {
			resp, err := r.Module.RoundTrip(ctx, []byte(w.Line))
			if err != nil {
				return refused(err)
			}
			if trip := resp.End.Sub(resp.Sent); w.awake == 0 || trip < w.awake {
				w.awake = trip
			}
		}
	}
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
		w.woke(rec, resp)
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

// woke records by how much the answer came later than that of a module that is awake.
func (w *roundtrip) woke(rec *Recorder, resp st67.Response) {
	if w.awake == 0 {
		return
	}
	late := (resp.End.Sub(resp.Sent) - w.awake).Seconds()
	rec.Sample("wake_latency", resp.Sent, late)
	rec.Keep("wake_latency", late)
}

// Conclude closes the load.
func (w *roundtrip) Conclude(ctx context.Context, r *Rig) error { return w.load.conclude(ctx, r) }
