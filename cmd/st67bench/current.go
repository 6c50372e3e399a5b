package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"st67bench/bench"
	"st67bench/bench/power"
	"st67bench/results"
	"st67bench/results/trace"
)

// currents records and reads the module's supply current: the runner's Current, over one tape for the whole run.
type currents struct {
	readings
	tape    *power.Tape
	hooks   *rigHooks // which take the module's wires low with its supply
	enable  bool      // CHIP_EN is a line of the link
	on      bool      // the supply is left on at the end
	trigger bool      // the meter waits for an edge of CHIP_EN
	cut     *cutting
	now     atomic.Uint64 // bits of the module's current, A: the last of the trace that is being written; 0 when there is none
}

// cutting is a trace that is being written.
type cutting struct {
	*trace.Writer
	header trace.Header
	name   string // below the run directory
	down   bool   // the instrument said that it has switched its output off
	latest latest
	now    *atomic.Uint64 // of currents
}

// Write implements power.Trace.
func (c *cutting) Write(b trace.Block) error {
	c.down = c.down || slices.ContainsFunc(b.Events, func(e trace.Event) bool { return e.Kind == trace.PowerDown })
	c.latest.add(b.Amps, int(c.header.Rate*latestTime.Seconds()))
	if c.latest.known {
		c.now.Store(math.Float64bits(c.latest.amps))
	}
	return c.Writer.Write(b)
}

// latestTime is what the module's last current is a mean over: more than a beacon interval.
const latestTime = 150 * time.Millisecond

// latest is the mean current of the last whole stretch of a trace, in A.
type latest struct {
	amps  float64
	known bool
	sum   float64
	n     int
}

func (l *latest) add(amps []float32, stretch int) {
	for _, a := range amps {
		l.sum += float64(a)
		if l.n++; l.n >= stretch {
			*l = latest{amps: l.sum / float64(l.n), known: true}
		}
	}
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
	if err := c.makeFolder(); err != nil {
		return err
	}
	header := c.tape.Header()
	w, err := trace.Create(c.path(c.name(name)), header)
	if err != nil {
		return err
	}
	c.cut = &cutting{Writer: w, header: header, name: c.name(name), now: &c.now}
	return c.tape.Begin(c.cut)
}

// flows is the module's current of this moment, A, for live views: it is taken from what is recorded anyway.
func (c *currents) flows() float64 { return math.Float64frombits(c.now.Load()) }

// Begin implements bench.Current.
func (c *currents) Begin(_ context.Context, seq int) error { return c.begin(fmt.Sprintf("%06d", seq)) }

// End implements bench.Current.
func (c *currents) End(ctx context.Context, marks []results.Mark) (string, error) {
	for _, m := range marks {
		c.cut.Mark(m.Name, m.T)
	}
	name, err := c.tape.End(ctx)
	c.now.Store(0)
	last := c.cut.latest
	switch {
	case c.hooks.offSupply: // as it was asked for
	case c.cut.down:
		err = errors.Join(err, errors.New("the meter has switched its output off: an overload, a limit of its own, or its cable"), c.resupply(ctx))
	case last.known && last.amps < offAmps:
		err = errors.Join(err, fmt.Errorf("at the end %s flowed: the module has no supply, or CHIP_EN is low", results.FormatQuantity(max(last.amps, 0), "A")), c.resupply(ctx))
	}
	return name, err
}

// bootTime is more than a module takes to start (`ready` within 4 s by ST's host driver).
const bootTime = 4 * time.Second

// resupply gives the module its supply back, so that a reset finds one that has started. It always returns an error that says so.
func (c *currents) resupply(ctx context.Context) error {
	for _, on := range []bool{false, true} {
		if err := c.hooks.switched(ctx, on, c.tape.Meter().Supply); err != nil {
			return err
		}
	}
	return cmp.Or(pause(ctx, bootTime), bench.ErrRestarted)
}

// mark names this instant in the trace that is being written.
func (c *currents) mark(name string) time.Duration {
	now := time.Since(c.tape.Header().Start)
	c.cut.Mark(name, now)
	return now
}
