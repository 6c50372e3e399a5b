package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"st67bench/analysis/energy"
	"st67bench/bench/power"
	"st67bench/results"
	"st67bench/results/trace"
	"st67bench/scenarios"
)

// powerFolder is where a run keeps its traces.
const powerFolder = "power"

// currents records and reads the module's supply current: the runner's Current, over one tape for the whole run.
type currents struct {
	tape   *power.Tape
	hooks  *rigHooks // which take the module's wires low with its supply
	dir    string    // of the run
	strict bool      // the scenario is about the current: a void trace is an error of the repeat
	enable bool      // CHIP_EN is a line of the link
	on     bool      // the supply is left on at the end
	beacon time.Duration

	cut     *cutting
	done    []string        // traces that were read
	anchors []energy.Anchor // what ties the tape to the host's clock
	idle    float64         // W of the module, associated and awake; 0 when not known
}

// cutting is a trace that is being written.
type cutting struct {
	*trace.Writer
	header trace.Header
	name   string // below the run directory
}

// Mark implements power.Trace.
func (c *cutting) Mark(name string, t time.Duration) { c.Writer.Mark(trace.Mark{Name: name, T: t}) }

// Close implements power.Trace. Its clock is the nominal one, until the trace is read.
func (c *cutting) Close(first int64) (string, error) {
	_, err := c.Writer.Close(trace.Nominal(c.header).From(first), first)
	return c.name, err
}

// begin starts the trace of that name.
func (c *currents) begin(name string) error {
	if err := os.MkdirAll(filepath.Join(c.dir, powerFolder), 0o755); err != nil {
		return err
	}
	header := c.tape.Header()
	w, err := trace.Create(c.path(c.name(name)), header)
	if err != nil {
		return err
	}
	c.cut = &cutting{Writer: w, header: header, name: c.name(name)}
	return c.tape.Begin(c.cut)
}

// Begin implements bench.Current.
func (c *currents) Begin(_ context.Context, seq int) error { return c.begin(fmt.Sprintf("%06d", seq)) }

// End implements bench.Current.
func (c *currents) End(ctx context.Context, marks []results.Mark) (string, error) {
	for _, m := range marks {
		c.cut.Mark(m.Name, m.T)
	}
	return c.tape.End(ctx)
}

// mark names this instant in the trace that is being written.
func (c *currents) mark(name string) time.Duration {
	now := time.Since(c.tape.Header().Start)
	c.cut.Mark(name, now)
	return now
}

// Figures implements bench.Current.
func (c *currents) Figures(ctx context.Context, k scenarios.Case, res *results.Result) error {
	f, err := c.read(res.Power, c.question(k, res))
	if err != nil {
		return err
	}
	maps.Copy(res.Metrics, f.Metrics)
	return c.say(res, f)
}

// say puts the problems and notes of figures into a result; one that voids them is an error where the current is what
// the scenario is about.
func (c *currents) say(res *results.Result, f energy.Figures) error {
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
	return p.Text + "; " + strings.ToLower(p.Do[:1]) + strings.TrimSuffix(p.Do[1:], ".")
}

// name is that of a trace below the run directory.
func (c *currents) name(trace string) string { return powerFolder + "/" + trace + ".ppk2" }

// path is where a trace is.
func (c *currents) path(name string) string { return filepath.Join(c.dir, filepath.FromSlash(name)) }

func (c *currents) open(name string) (*trace.File, error) { return trace.Open(c.path(name)) }

// read aligns a trace, checks it and measures in it.
func (c *currents) read(name string, q energy.Question) (energy.Figures, error) {
	c.done = append(c.done, name)
	if err := c.align(name); err != nil {
		return energy.Figures{}, err
	}
	f, err := c.open(name)
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
	figures.Problems = append(problems, figures.Problems...)
	return figures, err
}

// question is what is asked of the trace of a case.
func (c *currents) question(k scenarios.Case, res *results.Result) energy.Question {
	q := energy.Question{Beacon: c.beacon, Idle: c.idle}
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
	if beacon, err := strconv.ParseFloat(res.Conditions["beacon"], 64); err == nil {
		q.Beacon = time.Duration(beacon * 1e9)
	}
	return q
}
