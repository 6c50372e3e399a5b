package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"st67bench/bench"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport"
)

// duel is an interleaved A/B run: the boots of two sides take turns, and each side has a run directory of its own. Sides that differ
// in firmware or settings share the open rig; rigs are open both at once.
type duel struct {
	*app
	flags   runFlags
	subject string
	session string // of both runs
	sides   [2]*side
	turns   []bench.Turn
	used    map[*session]bool // by a boot: the next one begins with a reset
}

// side is one of the two.
type side struct {
	*measurement
	label    string // "A" or "B"
	text     string // what it is, as the user names it
	firmware string // that is loaded before its boots; "" for the one that was found
	run      results.Run
	w        *results.Writer
	s        *session
	log      *transport.Log
	runner   *bench.Runner
	known    bool // what it runs on is described in run
}

// newDuel plans an A/B run of a scenario with so many boots a side. Each side has the repeats that the scenario says within a
// boot.
func (a *app) newDuel(s *scenarios.Scenario, subject string, boots int, f runFlags) *duel {
	d := &duel{app: a, flags: f, subject: subject, turns: bench.Turns(boots, f.seed), used: map[*session]bool{}}
	d.session = time.Now().UTC().Format("2006-01-02T150405Z-ab-") + s.Name
	return d
}

// withBoots is a scenario of so many boots, each as one of the scenario's: with its share of the budget, or with the least repeats
// where the scenario's until counts boots.
func withBoots(s *scenarios.Scenario, boots int) *scenarios.Scenario {
	out := *s
	r := &out.Repeats
	r.Boots, r.MaxBoots = boots, 0
	r.Budget = s.Repeats.Budget / time.Duration(s.Repeats.Boots) * time.Duration(boots)
	if s.Repeats.Adaptive() {
		r.Max, r.Until, r.Budget = r.Min, nil, 0
	}
	return &out
}

// measure opens what the sides need, lets their boots take turns, and closes it. A side that has no directory was not begun.
func (d *duel) measure(ctx context.Context) error {
	release, idle := stayAwake()
	defer release()
	var links []*opened
	for _, own := range d.rigs() {
		link, err := d.open(ctx, own.rig.Module)
		if err != nil {
			return errors.Join(err, closeLinks(links))
		}
		links = append(links, link)
	}
	return d.over(ctx, links, idle)
}

// rigs are the sides that have a rig of their own.
func (d *duel) rigs() []*side {
	if d.subject == ofRig {
		return d.sides[:]
	}
	return d.sides[:1]
}

func closeLinks(links []*opened) (err error) {
	for _, link := range links {
		err = errors.Join(err, link.Close())
	}
	return err
}

// over measures over the open links, which it closes.
func (d *duel) over(ctx context.Context, links []*opened, idle string) (err error) {
	start := time.Now()
	for i, x := range d.sides {
		x.run = x.newRun()
		x.run.Start, x.run.Session = start, d.session
		x.run.Role = []string{results.RoleReference, results.RoleCandidate}[i]
		x.run.Subject, x.run.Variant = d.subject, x.text
		if x.firmware != "" {
			x.run.Release = releaseOf(x.firmware)
		}
		x.run.Conditions["cpu_idle"] = idle
		if x.w, err = results.Create(d.flags.out, x.run); err != nil {
			return errors.Join(err, closeLinks(links))
		}
		defer func() { err = errors.Join(err, x.w.Close()) }()
	}
	for i, own := range d.rigs() {
		if err := d.enter(ctx, own, links[i], start); err != nil {
			return errors.Join(err, closeLinks(links[i+1:]))
		}
		defer func() { err = errors.Join(err, own.s.end()) }()
	}
	defer func() { err = errors.Join(err, d.leave()) }()
	return d.alternate(ctx)
}

// enter opens the session of a side, and of those that share it.
func (d *duel) enter(ctx context.Context, own *side, link *opened, start time.Time) error {
	sharing := []*side{own}
	if d.subject != ofRig {
		sharing = d.sides[:]
	}
	own.trace.start = start
	for _, x := range sharing {
		own.trace.out = append(own.trace.out, x.w.Log())
	}
	s, err := own.measurement.enter(ctx, link, own.w.Dir(), &own.run)
	if err != nil {
		return err
	}
	s.Rig()
	for i, x := range sharing {
		x.s, x.log = s, s.logs[i]
		maps.Copy(x.run.Identity, own.run.Identity) // what measures the current
		maps.Copy(x.run.Conditions, own.run.Conditions)
	}
	return nil
}

// alternate lets the boots take turns.
func (d *duel) alternate(ctx context.Context) error {
	var lacks []string
	repeats, estimate := 0, time.Duration(0)
	plans := map[*side]planning{}
	for _, x := range d.sides {
		plan := x.plan()
		plans[x] = plan
		repeats += plan.repeats()
		estimate += plan.estimate()
		x.runner = x.measurement.runner(x.s, x.s.handed, &journal{Writer: x.w, trace: x.log}, x.run.Start, plan)
		lacks = append(lacks, x.runner.Lacks...)
	}
	watch := d.newObserver(false, d.flags.quiet, repeats, estimate)
	defer watch.done()
	for _, x := range d.sides {
		x.runner.Observe = func(e bench.Event) {
			e = x.s.beside(e)
			e.Side = x.label
			watch.observe(e)
			_ = x.w.Event(e) // for live views only; a full disk shows at the journal
		}
		x.runner.Observe(planned(x.run.Start, plans[x]))
	}
	if len(lacks) > 0 {
		return d.skip(ctx, lacks)
	}
	for _, turn := range d.turns {
		if err := d.turn(ctx, d.sides[turn.Side], turn.Block); err != nil {
			for _, x := range d.sides {
				err = x.runner.Stop(ctx, err)
			}
			return err
		}
	}
	return nil
}

// plan is what the side repeats, with what an earlier run on its rig tells of time and spread.
func (x *side) plan() *planner {
	plan := &planner{scenario: x.scenario, cases: x.cases, seed: x.flags.seed}
	if !x.flags.quiet {
		plan.look(x.flags.out, func(r *results.Run) bool {
			return r.Conditions["rig"] == x.rig.Name && r.Emulated == (x.rig.Module.Scheme == "emulated")
		})
	}
	return plan
}

// skip marks every case: without what one side lacks, there is nothing to compare.
func (d *duel) skip(ctx context.Context, lacks []string) error {
	for _, x := range d.sides {
		if err := d.describe(ctx, x); err != nil {
			return err
		}
		x.runner.Lacks = lacks
		if err := x.runner.Run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// turn is one boot of a side.
func (d *duel) turn(ctx context.Context, x *side, block int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	x.s.record(x.log)
	if x.s.current != nil {
		x.s.current.into(x.w.Dir())
	}
	fresh, err := d.load(ctx, x)
	if err != nil {
		return err
	}
	if err := d.describe(ctx, x); err != nil {
		return err
	}
	reset := d.used[x.s] && !fresh
	d.used[x.s] = true
	x.runner.Block = block
	return x.runner.Boot(ctx, reset)
}

// load gives the module the side's firmware, and says whether that was another one: the module was booted with it.
func (d *duel) load(ctx context.Context, x *side) (changed bool, err error) {
	hooks := x.s.hooks
	firmware := cmp.Or(x.firmware, hooks.firmwareFound())
	if hooks.loaded() == "" && x.firmware == "" || hooks.loaded() == firmware {
		return false, nil
	}
	if _, err := hooks.Set(ctx, "flash", firmware); err != nil {
		return false, fmt.Errorf("side %s: %w", x.label, err)
	}
	if !x.known && x.s.current != nil && !x.s.silent {
		return true, x.s.current.rest(ctx, restTrace+"-"+x.label)
	}
	return true, nil
}

// describe adds what the side runs on to its run, once.
func (d *duel) describe(ctx context.Context, x *side) error {
	if x.known {
		return nil
	}
	if err := x.measurement.describe(ctx, x.s, &x.run); err != nil {
		return err
	}
	x.known = true
	for _, other := range d.sides { // what settings of either side vary is no identity of both
		for _, key := range other.varied(x.s) {
			delete(x.run.Identity, key)
		}
	}
	d.warnAlike()
	return x.w.Update(x.run)
}

// warnAlike says when the versions of two firmwares do not tell whether the hook loads both.
func (d *duel) warnAlike() {
	a, b := d.sides[0], d.sides[1]
	version := a.run.Identity["firmware"]
	if a.known && b.known && a.firmware != b.firmware && version == b.run.Identity["firmware"] && a.rig.Hooks.Flash != "" {
		d.logger().Warn(fmt.Sprintf("%s and %s are both %s by AT+GMR: whether the hook loads what it is asked for cannot be seen", a.text, b.text, version))
	}
}

// leave puts back what the sides have changed outside of the module, the firmware too, and both runs say how it was left.
func (d *duel) leave() (err error) {
	left := map[*session]map[string]string{}
	for _, own := range d.rigs() {
		own.s.hooks.loadBack(d.first(own.s.hooks))
		left[own.s] = own.s.hooks.putBack()
	}
	for _, x := range d.sides {
		err = errors.Join(err, x.leaveHooks(left[x.s], x.w, x.run))
	}
	return err
}

// first is the firmware that the module had at first, as the hook takes it: what the hook said, or else the side of the same
// version, or that version itself; "" when either side may be it.
func (d *duel) first(hooks *rigHooks) string {
	if hooks.found["flash"] != "" {
		return hooks.found["flash"]
	}
	var same []string
	for _, x := range d.sides {
		if x.firmware != "" && x.run.Identity["firmware"] == hooks.before && !slices.Contains(same, x.firmware) {
			same = append(same, x.firmware)
		}
	}
	switch len(same) {
	case 0:
		return hooks.before
	case 1:
		return same[0]
	}
	return ""
}

// dirs are the run directories, A's first; nil when the run was not begun.
func (d *duel) dirs() []string {
	if slices.ContainsFunc(d.sides[:], func(x *side) bool { return x.w == nil }) {
		return nil
	}
	return []string{d.sides[0].w.Dir(), d.sides[1].w.Dir()}
}
