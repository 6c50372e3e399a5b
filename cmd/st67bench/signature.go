package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"st67bench/analysis/energy"
	"st67bench/bench"
	"st67bench/bench/power"
	"st67bench/results"
	"st67bench/results/trace"
	"st67bench/scenarios"
	"st67bench/transport/spi"
)

const (
	// baselineTime is how long the module is off at the begin and at the end of a session: what still flows is not the
	// module's.
	baselineTime = 500 * time.Millisecond
	// stepTime is for how long the trace goes on when it is on again, so that the step is whole.
	stepTime = 100 * time.Millisecond
	// idleTime is how long the module's idle current is looked at once it has joined.
	idleTime = time.Second
)

// The traces of the session itself.
const (
	beginTrace = "begin"
	restTrace  = "idle"
	endTrace   = "end"
)

// metered measures the module's supply current in a session.
type metered interface {
	bench.Current
	rest(ctx context.Context, name string) error // looks at the module when it is idle
	finish() error                               // ends the session, once the module was put back
	stop() error                                 // ends it without
	into(dir string)                             // makes a run's directory the one that traces go to
	share(*rigHooks)                             // which know what else switches the supply
	meter() power.Meter                          // nil when the harness does not drive it
	flows() float64                              // the module's current now, A, while a repeat is recorded; 0 when that is not known
}

// openCurrents starts the rig's meter; nil when there is none, or none is asked for. The module's supply goes off and on:
// a step that ties the trace to the host's clock, and before it what flows with the module off.
func (m *measurement) openCurrents(ctx context.Context, link *opened, dir string, run *results.Run) (metered, error) {
	url, ok := m.rig.MeterFor(m.scenario.Needs)
	if !ok {
		return nil, nil
	}
	run.Identity["meter"] = url.Scheme
	read := readings{dir: dir, idle: idle{}, strict: needs(m.scenario, "meter")}
	if url.Scheme == "file" {
		return &recordedMeter{readings: read, url: url, start: run.Start, hide: m.rig.Hide}, nil
	}
	meter, err := openMeter(ctx, url, link)
	if err != nil {
		return nil, fmt.Errorf("meter: %w", err)
	}
	c := &currents{readings: read, tape: power.Record(ctx, meter, run.Start), hooks: newHooks(m.rig, link),
		trigger: url.Get("trigger") == "on", on: url.Get("final") == "on", enable: enables(m.rig.Module, link)}
	if err := c.opening(ctx, run); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	run.Conditions["meter"] = meter.String()
	return c, nil
}

// opening gives the module its supply, takes the first signature, and records what else hangs on the rail.
func (c *currents) opening(ctx context.Context, run *results.Run) error {
	err := c.hooks.switched(ctx, true, c.tape.Meter().Supply)
	if err != nil && !errors.Is(err, power.ErrNoSupply) {
		return err
	}
	if err := c.signature(ctx, beginTrace); err != nil || !c.enable {
		return err
	}
	f, err := trace.Open(c.path(c.name(beginTrace)))
	if err != nil {
		return err
	}
	defer f.Close()
	clock, err := energy.Align(f, c.anchors)
	if err != nil {
		return err
	}
	amps, problem, err := energy.Baseline(f, clock)
	if err != nil {
		return err
	}
	if !math.IsNaN(amps) {
		run.Conditions["current_baseline"] = strconv.FormatFloat(amps, 'g', 4, 64)
	}
	if problem != nil {
		run.Conditions["current_baseline_note"] = told(*problem)
	}
	return nil
}

// signature takes the supply away and gives it back, in a trace of its own, whose steps tie the tape to the host's clock.
func (c *currents) signature(ctx context.Context, name string) error {
	if err := c.begin(name); err != nil {
		return err
	}
	err := c.step(ctx)
	path, endErr := c.tape.End(ctx)
	if err = errors.Join(err, endErr); err != nil {
		return err
	}
	return c.anchor(path)
}

// step is CHIP_EN going low and high again, with the supply on; without that line it is the supply. A meter that only measures has
// none to switch.
func (c *currents) step(ctx context.Context) error {
	signal, change := "supply", c.tape.Meter().Supply
	if c.enable {
		signal, change = "chip_en", func(context.Context, bool) error { return nil } // the wires go low round it
	}
	if err := pause(ctx, stepTime); err != nil {
		return err
	}
	if err := c.hooks.switched(ctx, false, change); errors.Is(err, power.ErrNoSupply) {
		return nil
	} else if err != nil {
		return err
	}
	edge := c.mark(signal + " low")
	if err := pause(ctx, baselineTime); err != nil {
		return err
	}
	started := c.tape.Started()
	if err := c.hooks.switched(ctx, true, change); err != nil {
		return err
	}
	if high := c.mark(signal + " high"); !started {
		edge = high
	}
	if c.trigger { // the first sample is at the edge that its input takes
		c.cut.Mark("trigger", edge)
		c.trigger = false
	}
	return pause(ctx, stepTime)
}

// enables says whether CHIP_EN is a line of the link.
func enables(url scenarios.LinkURL, link *opened) bool {
	_, wires := link.link.(*spi.Link)
	return wires && url.Enables()
}

// anchor adds what a trace of the session tells of the clock.
func (c *currents) anchor(name string) error {
	path := c.path(name)
	f, err := trace.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	c.done = append(c.done, path)
	found, err := energy.Anchors(f)
	c.anchors = append(c.anchors, found...)
	return err
}

// rest is a second of the module associated and awake with nothing to do, whose power figures are held against, in the trace of
// that name.
func (c *currents) rest(ctx context.Context, name string) error {
	if err := c.begin(name); err != nil {
		return err
	}
	span := energy.Span{From: c.mark("start")}
	err := pause(ctx, idleTime)
	span.To = c.mark("end")
	file, endErr := c.tape.End(ctx)
	if err = errors.Join(err, endErr); err != nil {
		return err
	}
	f, err := c.read(file, energy.Question{Span: span})
	if err != nil {
		return err
	}
	c.idle[c.dir] = f.Metrics["power"]
	return nil
}

// finish ends the session: the supply goes off once more, after the module was put back, and the clock of each trace is
// fitted again with both ends of the session known. Of a meter that measures no more, stop says why.
func (c *currents) finish() error {
	if c.tape.Ended() != nil {
		return c.stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime+baselineTime)
	defer cancel()
	err := c.signature(ctx, endTrace)
	if err == nil {
		err = c.realign()
	}
	if !c.on { // the meter switches it off as it closes
		err = errors.Join(err, c.hooks.unpower())
	}
	return errors.Join(err, c.stop())
}

// stop ends the tape, and leaves the supply as the rig's meter declares.
func (c *currents) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
	defer cancel()
	return c.tape.Stop(ctx)
}

func (c *currents) meter() power.Meter { return c.tape.Meter() }

func (c *currents) share(h *rigHooks) { c.hooks = h }
