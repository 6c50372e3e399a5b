package bench

import (
	"context"

	"st67bench/scenarios"
)

// scan looks for access points, again and again: how long that takes and how many are found.
type scan struct {
	scenarios.Workload
	total stageTimes
	found int
}

// Prepare has nothing to do.
func (w *scan) Prepare(context.Context, *Rig) error { return nil }

// Run scans until the first stop unit is reached.
func (w *scan) Run(ctx context.Context, r *Rig, rec *Recorder) error {
	if err := each(w.Workload, rec, &w.total.n, func() error { return w.once(ctx, r, rec) }); err != nil {
		return err
	}
	w.total.metrics(rec)
	rec.Metric("found", float64(w.found)/float64(w.total.n))
	return nil
}

// once is one scan: from the write of its command to the line that ends it, or to the final code where none comes.
func (w *scan) once(ctx context.Context, r *Rig, rec *Recorder) error {
	found, err := r.Module.Scan(ctx)
	if err != nil {
		return err
	}
	begin, end := r.Module.Latest()
	if done, ok := r.Module.Seen(begin, "+CW:SCAN_DONE"); ok {
		end = done.Time
	}
	w.found += len(found)
	rec.Sample("found", end, float64(len(found)))
	w.total.add(rec, begin, moment{at: end})
	return nil
}

// Conclude has nothing to undo.
func (w *scan) Conclude(context.Context, *Rig) error { return nil }
