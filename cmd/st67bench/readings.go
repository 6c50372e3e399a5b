package main

import (
	"context"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"st67bench/analysis/energy"
	"st67bench/results"
	"st67bench/results/trace"
	"st67bench/scenarios"
)

// powerFolder is where a run keeps its traces.
const powerFolder = "power"

// readings make figures of the traces of a run.
type readings struct {
	dir     string          // of the run whose turn it is
	strict  bool            // the scenario is about the current: a void trace is an error of the repeat
	done    []string        // paths of traces that were read
	anchors []energy.Anchor // what ties them to the host's clock
	idle    idle            // of the module of dir
}

// idle is the power in W of a module that is associated and awake, by the run's directory. What is not known is 0.
type idle map[string]float64

// into makes a run's directory the one that traces go to. The module is what it was until rest looks at it again.
func (c *readings) into(dir string) {
	if _, known := c.idle[dir]; !known {
		c.idle[dir] = c.idle[c.dir]
	}
	c.dir = dir
}

// Figures implements bench.Current.
func (c *readings) Figures(ctx context.Context, k scenarios.Case, res *results.Result) error {
	q := c.question(k, res)
	var err error
	if q.Events, err = c.events(k.Workload, res); err != nil {
		return err
	}
	f, err := c.read(res.Power, q)
	if err != nil {
		return err
	}
	maps.Copy(res.Metrics, f.Metrics)
	if q.Service > 0 {
		res.Metrics["service_period"] = q.Service.Seconds()
	}
	return c.say(res, f)
}

// say puts the problems and notes of figures into a result; one that voids them is an error where the current is what
// the scenario is about.
func (c *readings) say(res *results.Result, f energy.Figures) error {
	var notes, voids []string
	for _, p := range f.Problems {
		switch {
		case p.Void && len(p.Metrics) == 0:
			voids = append(voids, told(p))
		case !slices.Equal(p.Metrics, []string{"current_peak"}): // which is told where it is shown
			notes = append(notes, told(p))
		}
	}
	if c.strict && len(voids) > 0 {
		return errors.New("the trace of the current is void: " + strings.Join(voids, "; "))
	}
	if notes = append(voids, notes...); len(notes) > 0 {
		res.Conditions["current_note"] = strings.Join(notes, "; ")
	}
	return nil
}

// told is a problem in a sentence, with what to do.
func told(p energy.Problem) string {
	if p.Do == "" {
		return p.Text
	}
	do := strings.TrimSuffix(p.Do, ".")
	if !strings.HasPrefix(do, "AT+") {
		do = strings.ToLower(do[:1]) + do[1:]
	}
	return p.Text + "; " + do
}

// name is that of a trace below the run directory.
func (c *readings) name(trace string) string { return powerFolder + "/" + trace + ".ppk2" }

// path is where a trace is.
func (c *readings) path(name string) string { return filepath.Join(c.dir, filepath.FromSlash(name)) }

// read aligns a trace, checks it and measures in it.
func (c *readings) read(name string, q energy.Question) (energy.Figures, error) {
	path := c.path(name)
	c.done = append(c.done, path)
	if err := c.align(path); err != nil {
		return energy.Figures{}, err
	}
	f, err := trace.Open(path)
	if err != nil {
		return energy.Figures{}, err
	}
	defer f.Close()
	clock := f.Side().Clock
	problems, err := energy.Check(f, clock, q)
	if err != nil {
		return energy.Figures{}, err
	}
	figures, err := energy.Measure(f, clock, q)
	figures.Apply(problems)
	return figures, err
}

// question is what is asked of the trace of a case.
func (c *readings) question(k scenarios.Case, res *results.Result) energy.Question {
	q := energy.Question{Idle: c.idle[c.dir]}
	for _, m := range res.Marks {
		switch m.Name {
		case "start":
			q.From = m.T
		case "end":
			q.To = m.T
		}
	}
	if n, ok := res.Metrics["received"]; ok {
		q.Bits = 8 * n
	}
	ap := accessPointOf(res)
	q.Beacon = ap.Beacon
	if q.Asleep, q.Silent = k.Workload.Asleep(), k.Workload.Silent(); q.Asleep {
		q.Idle = 0 // that is of a module that is awake
	}
	if interval, twt := k.Workload.WakeInterval(ap); k.Workload.Kind == "idle" || k.Workload.Every >= 2*interval { // else traffic hides it
		q.Interval, q.TWT, q.Service = interval, twt, k.Workload.ServicePeriod()
	}
	return q
}

// events are the transactions of a repeat, of workloads that have such with nothing between them.
func (c *readings) events(w scenarios.Workload, res *results.Result) ([]energy.Span, error) {
	series := ""
	switch {
	case w.Kind == "connect" || w.Kind == "recover" || w.Kind == "scan": // a join begins with a reset: it is the whole repeat, above nothing
		series = "duration"
	case w.Every > 0:
		series = "service"
	default:
		return nil, nil
	}
	var list []energy.Span
	run := &results.Run{Dir: c.dir, Results: []results.Result{*res}}
	err := run.ReadSamples(res.Seq, func(samples []results.Sample) error {
		for _, s := range samples {
			if s.Series == series {
				list = append(list, energy.Span{From: s.T, To: s.T + time.Duration(s.V*1e9)})
			}
		}
		return nil
	})
	return list, err
}

// accessPointOf is what the conditions of a result tell of it.
func accessPointOf(res *results.Result) scenarios.AP {
	var ap scenarios.AP
	if n, err := strconv.Atoi(res.Conditions["ap_dtim"]); err == nil {
		ap.DTIM = n
	}
	if beacon, err := strconv.ParseFloat(res.Conditions["beacon"], 64); err == nil {
		ap.Beacon = time.Duration(math.Round(beacon * 1e9))
	}
	return ap
}

// makeFolder makes the folder of the traces.
func (c *readings) makeFolder() error { return os.MkdirAll(filepath.Join(c.dir, powerFolder), 0o755) }

// realign fits the clocks of the session's traces by all of its anchors. The figures were made with those known then, which
// the step at the begin and the arrivals have tied already.
func (c *readings) realign() error {
	for _, path := range c.done {
		if err := c.align(path); err != nil {
			return err
		}
	}
	return nil
}

// align fits the clock of a trace and keeps it with the trace.
func (c *readings) align(path string) error {
	f, err := trace.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	clock, err := energy.Align(f, c.anchors)
	if err != nil {
		return err
	}
	side := f.Side()
	side.Clock = clock
	return trace.SetSide(path, side)
}
