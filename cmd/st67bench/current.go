package main

import (
	"context"
	"fmt"
	"time"

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
	if err := c.makeFolder(); err != nil {
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
