package export

import (
	"fmt"
	"time"

	"st67bench/results"
	"st67bench/results/trace"
)

// Stretches of one trace, each of which has its least and its greatest current.
const (
	leastStretches = 64
	mostStretches  = 4000
)

// currents has the traces of the results, and slices that say where there are any.
func (w *timeline) currents(run *results.Run) {
	n := 0
	for _, r := range run.Results {
		if r.Power != "" {
			n++
		}
	}
	if n == 0 {
		return
	}
	stretches := min(max(w.bounds.points/(2*n), leastStretches), mostStretches)
	track := w.lanes("current traces", trackCurrent, currentTracks)
	unread := 0
	for _, r := range run.Results {
		if r.Power == "" {
			continue
		}
		if err := w.current(track, run, r.Power, stretches); err != nil {
			if unread++; unread == 1 {
				w.note("without its current: %s: %v", r.Power, err)
			}
		}
	}
	w.leftOut(unread, "current traces that cannot be read")
	w.leftOut(track.lost, "current traces that overlap")
}

// current is one trace.
func (w *timeline) current(track *lanes, run *results.Run, name string, stretches int) error {
	path, err := run.Path(name)
	if err != nil {
		return err
	}
	f, err := trace.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	side := f.Side()
	clock := side.Clock
	at := func(index int64) time.Duration { return max(clock.Time(float64(index)), 0) }
	e, err := trace.NewEnvelope(f, 0, side.Samples, stretches)
	if err != nil {
		return err
	}
	args := map[string]any{"file": name, "instrument": side.Header.Instrument, "alignment": clock.Method}
	if clock.Method != trace.NominalMethod {
		args["alignment_s"] = clock.Residual
	}
	if !track.slice(span{"current of " + name, at(0), at(side.Samples)}, args) {
		return nil
	}
	for _, g := range side.Gaps {
		track.slice(span{fmt.Sprintf("gap: %d samples lost", g.To-g.From), at(g.From), at(g.To)}, nil)
	}
	for i := range e.Low {
		if !e.Seen[i] {
			continue
		}
		from, to := e.Start(i), e.Start(i+1)
		w.counter("current", "mA", at(from), float64(e.Low[i])*1e3)
		if to-from > 1 {
			w.counter("current", "mA", at(from+(to-from)/2), float64(e.High[i])*1e3)
		}
	}
	return nil
}
