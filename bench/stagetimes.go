package bench

import (
	"errors"
	"fmt"
	"time"

	"st67bench/scenarios"
)

// each calls once until the first stop unit is reached; n counts the events that are done. The module's own error code to
// the first one of all is a refusal of this level.
func each(w scenarios.Workload, rec *Recorder, n *int, once func() error) error {
	begin := time.Now()
	for {
		if err := once(); err != nil {
			if text := refused(err); *n == 0 && errors.Is(text, errRefused) {
				return text
			}
			return fmt.Errorf("%s %d: %w", w.Kind, *n+1, err)
		}
		now := time.Now()
		done := share(w, now.Sub(begin).Seconds(), 0, *n)
		rec.Progress(now, done)
		if done >= 1 {
			return nil
		}
	}
}

// stageTimes adds up the times of events and of their stages, each of which follows the one before.
type stageTimes struct {
	n     int
	all   time.Duration            // of the events, from begin to end
	sums  map[string]time.Duration // of the stages
	after time.Duration            // of what followed an event, and is no part of it
}

// moment is where a stage ended.
type moment struct {
	stage string // its metric
	at    time.Time
}

// add takes one event: where it began, and where each stage ended, in order.
func (st *stageTimes) add(rec *Recorder, begin time.Time, ends ...moment) {
	whole := ends[len(ends)-1].at.Sub(begin)
	st.n++
	st.all += whole
	rec.Sample("duration", begin, whole.Seconds())
	rec.Keep("duration", whole.Seconds())
	for _, end := range ends {
		st.stage(rec, end.stage, begin, end.at)
		begin = end.at
	}
}

// follow takes a stage that came after the event.
func (st *stageTimes) follow(rec *Recorder, stage string, begin, end time.Time) {
	st.after += end.Sub(begin)
	st.stage(rec, stage, begin, end)
}

func (st *stageTimes) stage(rec *Recorder, name string, begin, end time.Time) {
	if name == "" {
		return
	}
	if st.sums == nil {
		st.sums = map[string]time.Duration{}
	}
	st.sums[name] += end.Sub(begin)
	rec.Sample(name, begin, end.Sub(begin).Seconds())
}

// metrics are the means per event, in s.
func (st *stageTimes) metrics(rec *Recorder) {
	if st.n == 0 {
		return
	}
	rec.Metric("sends", float64(st.n))
	rec.Metric("duration", st.all.Seconds()/float64(st.n))
	for name, sum := range st.sums {
		rec.Metric(name, sum.Seconds()/float64(st.n))
	}
}
