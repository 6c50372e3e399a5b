package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"st67bench/analysis/compare"
	"st67bench/results"
	"st67bench/scenarios"
)

// abFlags are the flags of ab.
type abFlags struct {
	runFlags
	a, b    string
	boots   int
	margins []string
	pages   pageFiles
}

func newAB(a *app) *cobra.Command {
	var f abFlags
	c := &cobra.Command{
		Use:   "ab SCENARIO --a X --b Y",
		Short: "Measure two firmwares, rigs or settings in turn, and compare them",
		Long: "ab lets the boots of two sides take turns, so that what drifts on the rig falls on both alike, and then compares them as compare\n" +
			"does. Two blocks, of one boot of each side, are ABBA or BAAB by the seed. A is the reference, B the candidate; each has its own\n" +
			"run directory, and repeats within a boot as the scenario says.\n\n" +
			"X and Y are\n" +
			"  settings  NAME=VALUE[,NAME=VALUE]: fields of the workload, link.flow, link.speed, link.frame, or factors of the scenario\n" +
			"  rigs      link URLs, or files with a line `module:`; both are open at once\n" +
			"  firmwares anything else: what the rig's flash hook takes. The version is read back by AT+GMR after each load\n" +
			"settings:, rig: or firmware: before X says which it is. Of an emulated module, a firmware is a version, or the name or the file of\n" +
			"a profile.\n\n" +
			"Afterwards the firmware that was there first is loaded again, when it is known. Ctrl-C ends the repeat and keeps what was measured.",
		Example: "  st67bench ab cipsend-quick --rig rig.yaml --a 2.0.97 --b 2.0.106\n" +
			"  st67bench ab cipsend-quick --a length=1460 --b length=2920\n" +
			"  st67bench ab cipsend-quick --a rig:bench-a.yaml --b rig:bench-b.yaml",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.ab(cmd.Context(), args[0], f)
		},
	}
	f.register(c)
	fl := c.Flags()
	fl.StringVar(&f.a, "a", "", "the reference: a `firmware`, rig, or settings")
	fl.StringVar(&f.b, "b", "", "the candidate: a `firmware`, rig, or settings")
	registerBoots(c, &f.boots)
	marginFlag(c, &f.margins)
	fl.BoolVar(&f.json, "json", false, "print the comparison as JSON, as st67bench compare does")
	f.pages.flags(c, "SESSION.html beside the run directories")
	return c
}

// registerBoots adds the flag of the verbs that measure side by side.
func registerBoots(c *cobra.Command, boots *int) {
	c.Flags().IntVar(boots, "boots", 8, "boots of each side")
}

// ab measures and compares.
func (a *app) ab(ctx context.Context, name string, f abFlags) error {
	d, err := a.planAB(name, f)
	if err != nil {
		return usage(err)
	}
	margins, err := parseMargins(f.margins)
	if err = errors.Join(err, f.pages.check()); err != nil {
		return usage(err)
	}
	d.heading()
	pair, err := d.measured(ctx)
	if err != nil {
		d.directories()
		return ended(exitError, err)
	}
	base, new := d.compared(pair)
	c, err := judge(base, new, margins)
	if err != nil {
		d.directories()
		return ended(exitError, err)
	}
	if err := a.printComparison(c, f.json); err != nil {
		return err
	}
	d.directories()
	f.pages.html = cmp.Or(f.pages.html, filepath.Join(f.out, d.session+".html"))
	if err := a.comparisonPages(f.pages, c, base, new, f.json); err != nil {
		return err
	}
	return ended(c.Exit, nil)
}

// compared are the sides as they are compared: B with A.
func (d *duel) compared(pair [2]*results.Run) (base, new compare.Side) {
	return compare.Side{Name: d.sides[0].text, Runs: pair[:1]}, compare.Side{Name: d.sides[1].text, Runs: pair[1:]}
}

// planAB reads what the command line says.
func (a *app) planAB(name string, f abFlags) (*duel, error) {
	trace, err := f.traceOptions()
	if err != nil {
		return nil, err
	}
	if f.boots < 1 || f.boots > maxBoots {
		return nil, fmt.Errorf("--boots %d is outside 1..%d", f.boots, maxBoots)
	}
	s, err := scenarios.Load(name)
	if err != nil {
		return nil, err
	}
	x, err := parseVariant(f.a)
	if err != nil {
		return nil, fmt.Errorf("--a: %w", err)
	}
	y, err := parseVariant(f.b)
	if err != nil {
		return nil, fmt.Errorf("--b: %w", err)
	}
	if x.kind != y.kind {
		return nil, fmt.Errorf("--a %s is %s and --b %s is %s; both must be the same, and settings:, rig: or firmware: before one says which it is",
			f.a, kindWords[x.kind], f.b, kindWords[y.kind])
	}
	d := a.newDuel(s, x.kind, f.boots, f.runFlags)
	switch x.kind {
	case ofRig:
		err = d.betweenRigs(s, x, y, trace)
	case ofSettings:
		err = d.betweenSettings(s, x, y, trace)
	default:
		err = d.betweenFirmwares(s, x, y, trace)
	}
	return d, err
}

// maxBoots bounds a side.
const maxBoots = 1000

var kindWords = map[string]string{ofFirmware: "a firmware", ofRig: "a rig", ofSettings: "settings"}

func (d *duel) betweenFirmwares(s *scenarios.Scenario, x, y variant, trace traceOptions) error {
	rig, err := loadRig(d.flags.rig)
	if err != nil {
		return err
	}
	if err := flashable(rig, x.text, y.text); err != nil {
		return err
	}
	for i, v := range []variant{x, y} {
		if err := d.add(i, v.text, s, rig, trace); err != nil {
			return err
		}
		d.sides[i].firmware = v.text
	}
	return nil
}

func (d *duel) betweenRigs(s *scenarios.Scenario, x, y variant, trace traceOptions) error {
	if d.flags.rig != "" {
		return errors.New("--rig is of no use where --a and --b are rigs; leave it out")
	}
	for i, v := range []variant{x, y} {
		rig, err := loadRig(v.text)
		if err != nil {
			return err
		}
		if err := d.add(i, v.text, s, rig, trace); err != nil {
			return err
		}
	}
	return nil
}

func (d *duel) betweenSettings(s *scenarios.Scenario, x, y variant, trace traceOptions) error {
	rig, err := loadRig(d.flags.rig)
	if err != nil {
		return err
	}
	variants, err := s.Vary(x.settings, y.settings)
	if err != nil {
		return err
	}
	for i, v := range []variant{x, y} {
		if err := d.add(i, v.text, variants[i].Scenario, rig, trace); err != nil {
			return err
		}
		d.sides[i].cases = variants[i].Cases
	}
	return nil
}

// add makes side i.
func (d *duel) add(i int, text string, s *scenarios.Scenario, rig *scenarios.Rig, trace traceOptions) error {
	m, err := d.newMeasurement(withBoots(s, len(d.turns)/2), rig, d.flags, trace)
	d.sides[i] = &side{measurement: m, label: []string{"A", "B"}[i], text: text}
	return err
}

// heading says on stderr what is about to happen and how long it takes.
func (d *duel) heading() {
	if d.flags.quiet {
		return
	}
	for _, x := range d.sides {
		fmt.Fprintf(d.errOut, "%s         %s %s\n", x.label, d.subject, x.text)
	}
	plan := d.sides[0].plan()
	text := fmt.Sprintf("%d + %d boots in turn, %s", len(d.turns)/2, len(d.turns)/2, plan)
	if n := d.loads(); n > 0 {
		text += "; firmware loaded " + counted(n, "time")
	}
	if t := plan.estimate() + d.sides[1].plan().estimate(); t > 0 {
		text += fmt.Sprintf("; both sides together about %s", t.Round(time.Second))
	}
	fmt.Fprintf(d.errOut, "plan      %s\n", text)
}

// loads is how often a firmware is loaded, the first included.
func (d *duel) loads() (n int) {
	last := ""
	for _, t := range d.turns {
		if next := d.sides[t.Side].firmware; next != last {
			n, last = n+1, next
		}
	}
	return n
}

// measured measures and reads what was measured. Each side has a report, also after an error.
func (d *duel) measured(ctx context.Context) (pair [2]*results.Run, err error) {
	err = d.measure(ctx)
	for i, dir := range d.dirs() {
		run, reportErr := d.reported(dir)
		pair[i], err = run, errors.Join(err, reportErr)
	}
	return pair, err
}

// reported reads a run and writes its report.html, when it has results.
func (a *app) reported(dir string) (*results.Run, error) {
	run, err := results.Open(dir)
	if err != nil || len(run.Results) == 0 {
		return run, err
	}
	sum, err := summarize(run)
	if err != nil {
		return run, err
	}
	_, err = a.writeHTML(filepath.Join(dir, "report.html"), run, sum)
	return run, err
}

// directories says where the sides are.
func (d *duel) directories() {
	if d.flags.json {
		return
	}
	for i, dir := range d.dirs() {
		fmt.Fprintf(d.out, "%s         %s\n", d.sides[i].label, dir)
	}
}
