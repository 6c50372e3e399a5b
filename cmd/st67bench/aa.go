package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"st67bench/analysis/compare"
	"st67bench/results"
	"st67bench/scenarios"
)

// aaFlags are the flags of aa.
type aaFlags struct {
	runFlags
	sessions, boots int
}

func newAA(a *app) *cobra.Command {
	var f aaFlags
	c := &cobra.Command{
		Use:   "aa SCENARIO",
		Short: "Find out what a rig does to figures when nothing changes",
		Long: "aa measures the firmware that is there against itself, as ab does, in several sessions: every difference that it finds is false.\n" +
			"For each metric it says how often that was, how much boots differ, from which change on so many boots can see one, and which\n" +
			"margin to use: the metric's own, or that floor where it is higher. " + defaultAA + "/RIG.json keeps it: compare, ab and gate raise their\n" +
			"margins to the floor of the rig. The file is meant to be committed; docs/ab.md explains it.",
		Example:           "  st67bench aa cipsend-quick --rig rig.yaml\n  st67bench aa cipsend-quick --sessions 10 --boots 8 --json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.aa(cmd.Context(), args[0], f)
		},
	}
	f.register(c)
	fl := c.Flags()
	fl.IntVar(&f.sessions, "sessions", 5, "sessions, each with the rig opened anew")
	fl.IntVar(&f.boots, "boots", 5, "boots of each side in a session")
	fl.BoolVar(&f.json, "json", false, "print the check as JSON")
	return c
}

// aa measures the sessions, and says and keeps what they say of the rig.
func (a *app) aa(ctx context.Context, name string, f aaFlags) error {
	trace, err := f.traceOptions()
	if err != nil {
		return usage(err)
	}
	if f.sessions < 1 || f.boots < 2 || f.sessions > maxBoots || f.boots > maxBoots {
		return usage(fmt.Errorf("--sessions %d --boots %d: allowed are 1..%d sessions of 2..%d boots", f.sessions, f.boots, maxBoots, maxBoots))
	}
	s, err := scenarios.Load(name)
	if err != nil {
		return usage(err)
	}
	rig, err := loadRig(f.rig)
	if err != nil {
		return usage(err)
	}
	var sessions [][2]*results.Run
	for i := range f.sessions {
		d, err := a.newAASession(s, rig, f, trace, i)
		if err != nil {
			return usage(err)
		}
		pair, err := d.measured(ctx)
		if err != nil {
			d.directories()
			return ended(exitError, err)
		}
		sessions = append(sessions, pair)
	}
	return a.concludeAA(sessions, rig.Name, f.json)
}

// newAASession plans session i, with turns of its own.
func (a *app) newAASession(s *scenarios.Scenario, rig *scenarios.Rig, f aaFlags, trace traceOptions, i int) (*duel, error) {
	f.seed += uint64(i)
	d := a.newDuel(s, ofFirmware, f.boots, f.runFlags)
	d.session += fmt.Sprintf("-%d", i+1)
	for k := range d.sides {
		if err := d.add(k, "as found", s, rig, trace); err != nil {
			return nil, err
		}
	}
	if !f.quiet && i == 0 {
		plan := d.sides[0].plan()
		text := fmt.Sprintf("%d sessions of %d + %d boots in turn, %s", f.sessions, f.boots, f.boots, plan)
		if t := 2 * plan.estimate() * time.Duration(f.sessions); t > 0 {
			text += fmt.Sprintf("; all together about %s", t.Round(time.Second))
		}
		fmt.Fprintf(a.errOut, "plan      %s\n", text)
	}
	return d, nil
}

func (a *app) concludeAA(sessions [][2]*results.Run, rig string, asJSON bool) error {
	check, err := newRigCheck(sessions)
	if err != nil {
		return refused(err)
	}
	file, err := check.keep(defaultAA, rig)
	if err != nil {
		return err
	}
	if asJSON {
		return encodeJSON(a.out, check)
	}
	a.printCheck(check)
	fmt.Fprintf(a.out, "kept      %s\n", file)
	return nil
}

func encodeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printCheck prints a check for people, metrics in the order of the table.
func (a *app) printCheck(c *rigCheck) {
	if c.Emulated {
		fmt.Fprintln(a.out, "EMULATED MODULE: these figures are the emulator's, not a module's")
	}
	fmt.Fprintf(a.out, "%s against itself, %s: %d sessions of %d + %d boots\n\n", orDash(c.Firmware), c.Scenario, c.Sessions, c.Boots, c.Boots)
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "METRIC\tBETWEEN BOOTS\tMOST\tBETWEEN SESSIONS\tSEES FROM\tMARGIN\tFALSE\tP <= 5 %")
	for _, m := range results.Metrics() {
		check, has := c.Metrics[m.Name]
		if !has {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d of %d\t%d of %d\n", compare.Title(m.Name), percentOf(check.CV), most(check), percentOf(check.SessionCV),
			percentOf(check.MDE), percentOf(&check.Margin), check.False.N, check.False.Of, check.Significant.N, check.Significant.Of)
	}
	_ = w.Flush()
	fmt.Fprintf(a.out, "\nfalse verdicts: %s\n", shareText(c.False, "session"))
	for _, text := range c.warnings() {
		fmt.Fprintf(a.out, "warning   %s\n", text)
	}
}

func percentOf(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.2g %%", 100**v)
}

// most is the case that spreads most.
func most(m compare.MetricCheck) string {
	if m.WorstCV == nil || *m.WorstCV == 0 {
		return "-"
	}
	return percentOf(m.WorstCV) + " " + m.WorstCase
}

func shareText(s compare.Share, what string) string {
	return fmt.Sprintf("%d of %s, %.0f %% [%.0f, %.0f]", s.N, counted(s.Of, what), 100*s.Rate(), 100*s.Interval[0], 100*s.Interval[1])
}

// warnings are what keeps comparisons on this rig from being believed.
func (c *rigCheck) warnings() (all []string) {
	for _, m := range results.Metrics() {
		check, has := c.Metrics[m.Name]
		if !has {
			continue
		}
		if check.Significant.Interval[0] > compare.Alpha {
			all = append(all, fmt.Sprintf("%s differs in %s, more than the 5 %% of chance: something on the rig changes from boot to boot; keep it still, or measure more boots",
				compare.Title(m.Name), shareText(check.Significant, "comparison")))
		}
		if check.SessionCV != nil && check.CV != nil && *check.SessionCV > *check.CV {
			all = append(all, fmt.Sprintf("%s differs more between sessions (%s) than between boots (%s): settle a difference from a stored run by st67bench ab",
				compare.Title(m.Name), percentOf(check.SessionCV), percentOf(check.CV)))
		}
	}
	return all
}
