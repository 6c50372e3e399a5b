package current

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"st67bench/analysis"
	"st67bench/analysis/energy"
	"st67bench/analysis/report/chart"
	"st67bench/results"
	"st67bench/results/trace"
)

const (
	mostTraces   = 6          // charts of traces: more are not looked at
	stretches    = 800        // of one chart: about two points a pixel
	margin       = 0.04       // of what is measured, that is shown before and after it
	mostAnalysed = 30_000_000 // samples of a trace that a page reads again: five minutes at 100 kS/s
	overlayBins  = 300
)

// view is the trace of one repeat of a case, as far as it is drawn.
type view struct {
	c        analysis.Case
	result   results.Result
	side     trace.Side
	from, to int64 // what was measured, in samples
	course   *energy.Course
	events   []event // of the run, in order of time
	closer   closeUp
	overlay  energy.Overlay // of its wakes: of none when there are too few
	typical  float64        // s that its wakes last, as a median
	note     string         // what is missing
	err      error          // why there is nothing
}

// event is something that the run did while the trace was taken.
type event struct{ from, to time.Duration }

// look reads the trace of the first measured repeat of cases spread over the sweep.
func look(s *analysis.Summary, run *results.Run) []*view {
	var out []*view
	for _, c := range chart.Spread(traced(s.Cases, run.Results), mostTraces) {
		i := slices.IndexFunc(run.Results, func(r results.Result) bool { return r.Case == c.Key && measuredWithTrace(r) })
		v := &view{c: c, result: run.Results[i]}
		v.err = v.read(s, run)
		out = append(out, v)
	}
	return out
}

func measuredWithTrace(r results.Result) bool { return r.Power != "" && len(r.Metrics) > 0 }

// traced are the cases of which a measured result has a trace.
func traced(cases []analysis.Case, all []results.Result) []analysis.Case {
	has := map[string]bool{}
	for _, r := range all {
		has[r.Case] = has[r.Case] || measuredWithTrace(r)
	}
	return slices.DeleteFunc(slices.Clone(cases), func(c analysis.Case) bool { return !has[c.Key] })
}

// read passes over the trace, and reads what is shown closer.
func (v *view) read(s *analysis.Summary, run *results.Run) error {
	path, err := run.Path(v.result.Power)
	if err != nil {
		return err
	}
	f, err := trace.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	v.side = f.Side()
	if v.side.Samples == 0 {
		return errors.New("it has no samples")
	}
	if slices.ContainsFunc(v.side.Events, func(e trace.Event) bool { return e.Text == trace.CutOff }) {
		v.note = v.result.Power + " was cut off: what there is of it is shown."
	}
	from, to := v.span()
	if v.course, err = energy.NewCourse(f, v.side.Clock, from, to, stretches); err != nil {
		return err
	}
	series := ""
	if v.events, series, err = eventsOf(run, v.result); err != nil {
		return err
	}
	if err := v.lay(f); err != nil {
		return err
	}
	return v.lookCloser(s.Event, series)
}

// span is what is shown: what lies between the marks of the result, and a little round it.
func (v *view) span() (from, to int64) {
	v.from, v.to = 0, v.side.Samples
	for _, m := range v.result.Marks {
		at := min(max(int64(v.side.Clock.Index(m.T)), 0), v.side.Samples)
		switch m.Name {
		case "start":
			v.from = at
		case "end":
			v.to = at
		}
	}
	if v.to <= v.from { // marks that are not of this trace
		v.from, v.to = 0, v.side.Samples
	}
	if v.to-v.from > mostAnalysed {
		v.to = v.from + mostAnalysed
		v.note += fmt.Sprintf("Its first %s are shown; st67bench power export has all.", results.FormatQuantity(float64(mostAnalysed)*v.side.Clock.Period, "s"))
	}
	round := int64(margin * float64(v.to-v.from))
	return max(v.from-round, 0), min(v.to+round, v.side.Samples)
}

// at is the sample at a time of the run.
func (v *view) at(t time.Duration) float64 { return v.side.Clock.Index(t) }

// alignment says how far off the times of the run may be in the trace.
func (v *view) alignment() string {
	if v.side.Clock.Method == trace.NominalMethod {
		return "alignment not known"
	}
	return "alignment ±" + results.FormatQuantity(v.side.Clock.Residual, "s") + " by " + v.side.Clock.Method
}

// tellingSeries are those whose samples are events with a begin and a length, the most telling first.
var tellingSeries = []string{"duration", "service", "send_latency"}

// eventsOf are the events of a repeat, and the series that has them.
func eventsOf(run *results.Run, r results.Result) (events []event, series string, err error) {
	if r.Samples == "" {
		return nil, "", nil
	}
	all := map[string][]event{}
	err = run.ReadSamples(r.Seq, func(samples []results.Sample) error {
		for _, s := range samples {
			if slices.Contains(tellingSeries, s.Series) {
				all[s.Series] = append(all[s.Series], event{s.T, s.T + time.Duration(s.V*1e9)})
			}
		}
		return nil
	})
	for _, series := range tellingSeries {
		if events := all[series]; len(events) > 0 {
			slices.SortFunc(events, func(a, b event) int { return int(a.from - b.from) })
			return events, series, err
		}
	}
	return nil, "", err
}
