package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"st67bench/analysis/compare"
	"st67bench/results"
	"st67bench/scenarios"
)

// gateFlags are the flags of gate.
type gateFlags struct {
	runFlags
	baseline string
	boots    int
	margins  []string
	pages    pageFiles
}

func newGate(a *app) *cobra.Command {
	var f gateFlags
	c := &cobra.Command{
		Use:   "gate SCENARIO|CAMPAIGN --baseline B",
		Short: "Decide for a CI server whether the firmware on the rig may pass",
		Long: "gate checks the rig as check does, runs the scenarios, and compares with the baseline as compare does. What regressed is measured\n" +
			"again before it fails: those cases only, in turn with the baseline's firmware as ab does, so that a change of the rig since the\n" +
			"baseline does not look like one of the firmware. That needs the rig's flash hook; without it a regression is called unconfirmed and\n" +
			"fails all the same.\n\n" +
			"B is a baseline's name (see st67bench baseline), or what else compare takes. A verdict needs boots on both sides: --boots, or boots in the\n" +
			"scenario's repeats. The exit codes are those of compare, and\n\n" +
			"  1  the rig is wrong, or something was not measured\n" +
			"  3  something regressed, or a limit of a scenario was not kept",
		Example:           "  st67bench gate quick --baseline 2.0.97 --rig rig.yaml --boots 8 --junit gate.xml --markdown gate.md",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.gate(cmd.Context(), args[0], f)
		},
	}
	f.register(c)
	fl := c.Flags()
	fl.StringVar(&f.baseline, "baseline", "", "`name` of the baseline")
	fl.IntVar(&f.boots, "boots", 0, fmt.Sprintf("boots of each scenario, and of each side where it is measured again (default: as the scenario says, and %d)", againBoots))
	marginFlag(c, &f.margins)
	f.files.flags(c)
	fl.BoolVar(&f.json, "json", false, "print the comparison as JSON, as st67bench compare does")
	f.pages.flags(c, "SESSION.html beside the run directories")
	_ = c.RegisterFlagCompletionFunc("baseline", completeSide)
	return c
}

// againBoots are those of each side where a regression is measured again.
const againBoots = 8

// gating is one gate in the making.
type gating struct {
	*app
	flags    gateFlags
	trace    traceOptions
	name     string // of the campaign, or the scenario
	session  string // of all its runs
	rig      *scenarios.Rig
	all      []*measurement
	baseline compare.Side
	margins  []compare.Margins
}

// gate checks, runs, compares, and makes sure.
func (a *app) gate(ctx context.Context, name string, f gateFlags) error {
	g, err := a.planGate(name, f)
	if err != nil {
		return usage(err)
	}
	if err := g.checkRig(ctx); err != nil {
		return err
	}
	runs, err := g.run(ctx)
	if err != nil {
		return ended(exitError, err)
	}
	now := compare.Side{Name: "now", Runs: runs}
	c, err := judge(g.baseline, now, g.margins)
	if err != nil {
		return err
	}
	if err := g.again(ctx, c); err != nil {
		return ended(exitError, err)
	}
	broken := limitsBroken(runs)
	if len(broken) > 0 {
		c.Exit, c.Text = worse(c.Exit, exitFail), c.Text+"; limits not kept: "+strings.Join(broken, ", ")
	}
	f.pages.html = cmp.Or(f.pages.html, filepath.Join(f.out, g.session+".html"))
	err = errors.Join(a.printComparison(c, f.json), f.files.writeComparison(c), a.comparisonPages(f.pages, c, g.baseline, now, f.json))
	if err != nil {
		return err
	}
	return ended(c.Exit, nil)
}

// planGate reads what the command line says, and finds out what would make the comparison impossible.
func (a *app) planGate(name string, f gateFlags) (*gating, error) {
	trace, traceErr := f.traceOptions()
	margins, marginErr := parseMargins(f.margins)
	if err := errors.Join(traceErr, marginErr, f.files.check(), f.pages.check()); err != nil {
		return nil, err
	}
	if f.baseline == "" {
		return nil, errors.New("--baseline names what to compare with; st67bench baseline list shows what there is")
	}
	if f.boots < 0 || f.boots > maxBoots {
		return nil, fmt.Errorf("--boots %d is outside 1..%d", f.boots, maxBoots)
	}
	c, err := scenarios.LoadAll(name)
	if err != nil {
		return nil, err
	}
	rig, err := loadRig(f.rig)
	if err != nil {
		return nil, err
	}
	g := &gating{app: a, flags: f, trace: trace, name: cmp.Or(c.Name, c.Scenarios[0].Name), rig: rig, margins: margins}
	f.json = false // of the runs: stdout is the comparison
	g.session = time.Now().UTC().Format("2006-01-02T150405Z-gate-") + g.name
	for _, s := range c.Scenarios {
		if f.boots > 0 {
			s = withBoots(s, f.boots)
		}
		m, err := a.newMeasurement(s, rig, f.runFlags, trace)
		if err != nil {
			return nil, err
		}
		m.session = g.session
		g.all = append(g.all, m)
	}
	return g, g.openBaseline()
}

// openBaseline opens the baseline's runs of what is measured. All scenarios have to have one that did the same.
func (g *gating) openBaseline() error {
	side, err := openSide(g.flags.baseline)
	if err != nil {
		return err
	}
	for _, m := range g.all {
		i := slices.IndexFunc(side.Runs, func(r *results.Run) bool { return r.Scenario.Name == m.scenario.Name })
		if i < 0 {
			return fmt.Errorf("%s has no run of %s; st67bench baseline accept adds one", g.flags.baseline, m.scenario.Name)
		}
		if err := comparable(side.Runs[i], m.newRun()); err != nil {
			return fmt.Errorf("%s: %w", g.flags.baseline, err)
		}
		for _, r := range side.Runs {
			if r.Scenario.Name == m.scenario.Name {
				g.baseline.Runs = append(g.baseline.Runs, r)
			}
		}
	}
	g.baseline.Name = side.Name
	return nil
}

// comparable says what would keep a run from being compared with the baseline's, as far as it is known before.
func comparable(base *results.Run, now results.Run) error {
	if base.Emulated != now.Emulated {
		return fmt.Errorf("it is of %s, and the rig's is %s: they are not compared", moduleWord(base.Emulated), moduleWord(now.Emulated))
	}
	for _, c := range now.Cases {
		i := slices.IndexFunc(base.Cases, func(b results.CaseInfo) bool { return b.Key == c.Key })
		if i >= 0 && base.Cases[i].Hash != c.Hash {
			return fmt.Errorf("its %s does something else at %s than the scenario does now; run it again and accept that", now.Scenario.Name, c.Key)
		}
	}
	return nil
}

func moduleWord(emulated bool) string {
	if emulated {
		return "an emulated module"
	}
	return "a real module"
}

// checkRig checks the rig, and tells what is wrong with it.
func (g *gating) checkRig(ctx context.Context) error {
	c := &checker{app: &app{in: g.in, out: g.errOut, errOut: g.errOut, verbose: g.verbose}, rig: g.rig}
	c.say = func(f finding) {
		if f.Status == wrong || g.verbose {
			c.printFinding(f)
		}
	}
	c.all(ctx)
	if c.problems > 0 {
		return exit{exitError, fmt.Errorf("the rig is wrong, %s; nothing was measured", counted(c.problems, "problem"))}
	}
	return nil
}

// run measures scenario after scenario. The error is what keeps the rest from being measured.
func (g *gating) run(ctx context.Context) (runs []*results.Run, err error) {
	for i, m := range g.all {
		if !g.flags.quiet {
			fmt.Fprintf(g.errOut, "%s %d/%d: %s\n", g.name, i+1, len(g.all), m.scenario.Name)
		}
		dir, err := m.measure(ctx)
		if dir == "" || ctx.Err() != nil {
			return nil, err
		}
		run, openErr := g.reported(dir)
		if err = errors.Join(err, openErr); err != nil {
			fmt.Fprintf(g.errOut, "st67bench: %s: %v\n", m.scenario.Name, err)
		}
		if openErr == nil {
			runs = append(runs, run)
		}
		fmt.Fprintf(g.errOut, "results   %s\n", dir)
	}
	return runs, nil
}

// again measures what regressed once more, in turn with the baseline's firmware, and puts that into the comparison. The error is
// that the user has ended it.
func (g *gating) again(ctx context.Context, c *compare.Comparison) error {
	if len(c.Regressions()) == 0 {
		return nil
	}
	for _, m := range g.all {
		keys := map[string]bool{}
		for _, row := range c.Regressions() {
			if row.Scenario == m.scenario.Name {
				keys[row.Case] = true
			}
		}
		if len(keys) == 0 {
			continue
		}
		confirm, err := g.sideBySide(ctx, m, keys)
		switch {
		case ctx.Err() != nil:
			return err
		case err != nil:
			c.Unconfirmed(m.scenario.Name, strings.ReplaceAll(err.Error(), "\n", "; "))
		default:
			c.Confirm(m.scenario.Name, confirm)
		}
	}
	return nil
}

// sideBySide measures cases of a scenario in turn with the baseline's firmware. The error is why it could not be done.
func (g *gating) sideBySide(ctx context.Context, m *measurement, keys map[string]bool) (*compare.Comparison, error) {
	reference := g.reference(m.scenario.Name)
	if reference == "" {
		return nil, errors.New("the baseline does not say what its firmware is")
	}
	if err := flashable(g.rig, reference); err != nil {
		return nil, err
	}
	flags := g.flags.runFlags
	d := g.newDuel(m.scenario, ofFirmware, cmp.Or(g.flags.boots, againBoots), flags)
	for i, text := range []string{reference, "as found"} {
		if err := d.add(i, text, m.scenario, g.rig, g.trace); err != nil {
			return nil, err
		}
		d.sides[i].cases = slices.DeleteFunc(d.sides[i].cases, func(c scenarios.Case) bool { return !keys[c.Key] })
	}
	d.sides[0].firmware = reference
	d.heading()
	pair, err := d.measured(ctx)
	for _, dir := range d.dirs() {
		fmt.Fprintf(g.errOut, "results   %s\n", dir)
	}
	if err != nil {
		return nil, err
	}
	base, now := d.compared(pair)
	return judge(base, now, g.margins)
}

// reference is the firmware of the baseline's runs of a scenario, as the flash hook takes it: what an A/B run had it load, or else
// its version.
func (g *gating) reference(scenario string) string {
	i := slices.IndexFunc(g.baseline.Runs, func(r *results.Run) bool { return r.Scenario.Name == scenario })
	run := g.baseline.Runs[i]
	if run.Subject == ofFirmware && run.Release != "" {
		return run.Variant
	}
	return run.Identity["firmware"]
}

// limitsBroken are the limits of the scenarios that were not kept, for each case the first.
func limitsBroken(runs []*results.Run) (all []string) {
	seen := map[string]bool{}
	for _, run := range runs {
		for _, r := range run.Results {
			if of := r.Case + " of " + run.Scenario.Name; r.Outcome == results.Fail && !seen[of] {
				seen[of] = true
				all = append(all, fmt.Sprintf("%s (%s)", of, r.Err))
			}
		}
	}
	return all
}
