package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/scenarios"
)

// cleanupTime bounds what is still done for a repeat whose context has ended.
const cleanupTime = 10 * time.Second

// phases runs the phases of one repeat into a result.
type phases struct {
	runner *Runner
	c      scenarios.Case
	res    *results.Result
}

// all runs setup, the warm-ups when the case is cold, the measured repeat, and cleanup.
func (p phases) all(ctx context.Context, cold bool) (err error) {
	defer func() {
		tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
		defer cancel()
		err = errors.Join(err, p.resupply(context.WithoutCancel(ctx)), p.lines(tidy, "cleanup", p.c.Cleanup))
	}()
	if err := errors.Join(p.runner.Rig.carries(p.c), p.runner.Rig.wakes(p.c)); err != nil {
		return err
	}
	if err := p.hooks(ctx); err != nil {
		return err
	}
	if err := p.lines(ctx, "setup", p.c.Setup); err != nil {
		return err
	}
	if err := p.rejoin(ctx); err != nil {
		return err
	}
	if cold {
		for range p.runner.Scenario.Warmup {
			if err := p.once(ctx, "warmup", NewRecorder(p.runner.Start, nil, nil)); err != nil {
				return err
			}
		}
	}
	return p.measured(ctx)
}

// measured is one repeat whose result counts.
func (p phases) measured(ctx context.Context) error {
	rig := p.runner.Rig
	out, err := p.runner.Journal.Samples(p.res.Seq)
	if err != nil {
		return err
	}
	rec := NewRecorder(p.runner.Start, out, func(g Glimpse) {
		p.runner.observe(Event{Event: "progress", Case: p.c.Key, Repeat: p.res.Repeat, Phase: "run", Done: g.Done, Bytes: g.Bytes, Latency: g.Latency})
	})
	err = p.conditions(ctx, "")
	before := rig.counters()
	if err == nil {
		err = p.recorded(ctx, rec)
	}
	p.res.Counters = increase(before, rig.counters())
	rig.Link.Drain(rec.Sample)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if err == nil {
		err = p.conditions(after, "_after")
	}
	name, closeErr := out.Close()
	if closeErr != nil {
		return errors.Join(err, closeErr)
	}
	p.res.Samples = name
	maps.Copy(p.res.Conditions, rec.said)
	p.res.Marks = rec.marks
	p.res.Metrics = rec.metrics
	if err != nil {
		return err
	}
	return p.figures(ctx)
}

// once is prepare, start, run, end, conclude. What was measured before a
// failure stays in the recorder.
func (p phases) once(ctx context.Context, phase string, rec *Recorder) (err error) {
	rig := p.runner.Rig
	w, err := NewWorkload(p.c.Workload, p.runner.Seed+uint64(p.res.Seq))
	if err != nil {
		return err
	}
	p.runner.observe(Event{Event: "start", Boot: p.res.Boot, Case: p.c.Key, Repeat: p.res.Repeat, Phase: phase})
	defer func() {
		tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
		defer cancel()
		if closeErr := w.Conclude(tidy, rig); err == nil && closeErr != nil {
			err = fmt.Errorf("conclude: %w", closeErr)
		}
	}()
	if err := w.Prepare(ctx, rig); err != nil {
		return err
	}
	around := background{Workload: p.c.Workload}
	defer func() {
		tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
		defer cancel()
		if endErr := around.end(tidy, rig); err == nil && endErr != nil {
			err = fmt.Errorf("conclude: %w", endErr)
		}
	}()
	if err := around.explain(around.begin(ctx, rig)); err != nil {
		return err
	}
	around.say(rig, rec)
	rec.trend, rec.decay = p.runner.Trend, p.runner.Decay
	rec.Mark("start", time.Now())
	err = around.explain(w.Run(ctx, rig, rec))
	rec.Mark("end", time.Now())
	if err == nil {
		err = p.verify(ctx, w, &around)
	}
	if q := p.runner.Quantiles; q != nil {
		rec.quantiles(q)
	}
	return err
}

// edgeTime is how long a module that was left alone is not asked after the end: a trace of its current knows the end to some ms,
// and the wake must not reach into it.
const edgeTime = 20 * time.Millisecond

// verify asks whether all was as it should be until the end. What is asked is no part of what was measured.
func (p phases) verify(ctx context.Context, w Workload, around *background) error {
	v, can := w.(verifier)
	if can {
		if err := sleep(ctx, edgeTime); err != nil {
			return err
		}
	}
	if err := around.verify(ctx, p.runner.Rig); err != nil || !can {
		return around.explain(err)
	}
	return around.explain(v.Verify(ctx, p.runner.Rig))
}

// hooks sets what the case wants outside of the module, and records what the hooks say of it.
func (p phases) hooks(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(p.c.Hooks)) {
		if p.runner.Rig.Hooks == nil {
			return fmt.Errorf("%w set %s: it has no hook of that name", ErrCannot, name)
		}
		now, err := p.runner.Rig.Hooks.Set(ctx, name, p.c.Hooks[name])
		if err != nil {
			return fmt.Errorf("set %s to %s: %w", name, p.c.Hooks[name], err)
		}
		if now != "" {
			p.res.Conditions["hook_"+name] = now
		}
	}
	return p.afterHooks(ctx)
}

// resupplyTime bounds how long a module may take from its supply to its network.
const resupplyTime = time.Minute

// resupply gives the module its supply back after a case without.
func (p phases) resupply(ctx context.Context) error {
	if p.c.Hooks["power"] != "off" || p.runner.Rig.Hooks == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, resupplyTime)
	defer cancel()
	if _, err := p.runner.Rig.Hooks.Set(ctx, "power", "on"); err != nil {
		return fmt.Errorf("hook power: switch the supply on again: %w", err)
	}
	return nil
}

// afterHooks joins again when a hook cost the module its association. A case that switches something off does without.
func (p phases) afterHooks(ctx context.Context) error {
	rig := p.runner.Rig
	if len(p.c.Hooks) == 0 || rig.Wifi.SSID == "" || slices.Contains(slices.Collect(maps.Values(p.c.Hooks)), "off") {
		return nil
	}
	in, err := rig.Module.InNetwork(ctx)
	if err == nil && !in {
		_, err = rig.Module.Join(ctx, rig.Wifi)
	}
	if err != nil {
		return fmt.Errorf("after the hooks: %w", err)
	}
	return nil
}

// rejoin leaves the network and joins it again, where the scenario wants that of a new setting.
func (p phases) rejoin(ctx context.Context) error {
	if !p.runner.Scenario.Rejoin {
		return nil
	}
	rig := p.runner.Rig
	if _, err := rig.Module.Command(ctx, "AT+CWQAP"); err != nil {
		return fmt.Errorf("leave the network: %w", err)
	}
	_, err := rig.Module.Join(ctx, rig.Wifi)
	return err
}

// lines sends the scenario's own AT lines. The module's own error code to a line of the set-up with a level in it is a refusal of that
// level.
func (p phases) lines(ctx context.Context, phase string, lines []string) error {
	for i, l := range lines {
		_, err := p.runner.Rig.Module.Command(ctx, l)
		if err == nil {
			continue
		}
		if text, own := st67.Refusal(err); own && phase == "setup" && l != p.runner.Scenario.Setup[i] {
			return fmt.Errorf("%w: %s: %s", errRefused, l, text)
		}
		return fmt.Errorf("%s %s: %w", phase, l, err)
	}
	return nil
}

// conditions records what is merely so, under its name with the suffix.
func (p phases) conditions(ctx context.Context, suffix string) error {
	found, err := p.runner.Rig.Module.Conditions(ctx)
	for k, v := range found {
		p.res.Conditions[k+suffix] = v
	}
	if err != nil {
		return fmt.Errorf("read conditions: %w", err)
	}
	return p.clock(ctx, suffix)
}

// clock measures the clock of a peer that has another one than the harness, and records how well it is known, in s.
func (p phases) clock(ctx context.Context, suffix string) error {
	remote, ok := p.runner.Rig.Peer.(peer.Clocked)
	if !ok {
		return nil
	}
	if err := remote.Synchronize(ctx); err != nil {
		return fmt.Errorf("measure the peer's clock: %w", err)
	}
	offset, uncertainty := remote.Clock()
	p.res.Conditions["clock_offset"+suffix] = seconds(offset)
	p.res.Conditions["clock_uncertainty"+suffix] = seconds(uncertainty)
	return nil
}

// seconds is a time in s, to the microsecond.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }

// increase is what each counter gained.
func increase(before, after map[string]uint64) map[string]uint64 {
	gain := map[string]uint64{}
	for k, v := range after {
		gain[k] = v - before[k]
	}
	return gain
}
