package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"st67bench/analysis"
	"st67bench/analysis/report"
	"st67bench/bench"
	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// defaultOut is where runs are kept.
const defaultOut = "results/runs"

// runFlags are the flags of run.
type runFlags struct {
	rig, out, trace string
	traceLimit      string
	seed            uint64
	json, quiet     bool
	files           verdictFiles

	release, role, session string // stored in run.json for compare and history
}

func newRun(a *app) *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run SCENARIO|CAMPAIGN",
		Short: "Measure a scenario, or those of a campaign, and write the reports",
		Long: "run drives the cases of a scenario on a rig, writes a run directory with every raw sample, prints the table and writes report.html.\n" +
			"SCENARIO is a file, or a name from `st67bench list`; a campaign is several of them, each with its run directory. Without --rig the emulated module is measured.\n" +
			"Ctrl-C ends the case and keeps what was measured; a second Ctrl-C kills.",
		Example:           "  st67bench run cipsend-size\n  st67bench run --rig rig.yaml cipsend-size",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completePlan,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd.Context(), args[0], f)
		},
	}
	f.register(c)
	f.files.flags(c)
	fl := c.Flags()
	fl.StringVar(&f.release, "release", "", "`name` of what is measured, for compare, baseline and history (default: the firmware)")
	fl.StringVar(&f.role, "role", "", "candidate, or reference: the firmware that is measured again in every session (default candidate)")
	fl.StringVar(&f.session, "session", "", "`name` of the sitting of the rig that ties this run to others (default: none, of a campaign its start)")
	_ = c.RegisterFlagCompletionFunc("role", cobra.FixedCompletions([]string{results.RoleCandidate, results.RoleReference}, cobra.ShellCompDirectiveNoFileComp))
	fl.BoolVar(&f.json, "json", false, "print events as NDJSON on stdout instead of the table")
	return c
}

// register adds the flags of every verb that measures.
func (f *runFlags) register(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.rig, "rig", "", "rig `file` or link URL (default: the emulated module)")
	fl.StringVar(&f.out, "out", defaultOut, "folder for the run `directory`")
	fl.Uint64Var(&f.seed, "seed", 67, "seed of the order of cases and of the payload")
	fl.StringVar(&f.trace, "trace", "reference", "own payload in at.log: reference or full")
	fl.StringVar(&f.traceLimit, "trace-limit", "64MiB", "largest at.log")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "no progress on stderr")
}

// run measures a scenario, or one after the other those of a campaign.
func (a *app) run(ctx context.Context, name string, f runFlags) error {
	trace, err := f.traceOptions()
	if err := errors.Join(err, f.files.check()); err != nil {
		return usage(err)
	}
	if f.role != "" && f.role != results.RoleCandidate && f.role != results.RoleReference {
		return usage(fmt.Errorf("--role %q: %s and %s are allowed", f.role, results.RoleCandidate, results.RoleReference))
	}
	c, err := scenarios.LoadAll(name)
	if err != nil {
		return usage(err)
	}
	rig, err := loadRig(f.rig)
	if err != nil {
		return usage(err)
	}
	var all []*measurement
	for _, s := range c.Scenarios {
		m, err := a.newMeasurement(s, rig, f, trace)
		if err != nil {
			return usage(err)
		}
		all = append(all, m)
	}
	if c.Name != "" {
		return a.campaign(ctx, c, all)
	}
	dir, code, err := all[0].complete(ctx)
	if dir != "" {
		err = errors.Join(err, f.files.writeRuns(a, dir))
	}
	if err != nil {
		code = max(code, exitError)
	}
	if f.json {
		_ = json.NewEncoder(a.out).Encode(endEvent{Event: "end", Run: dir, Exit: code})
	}
	return ended(code, err)
}

// newMeasurement prepares the measurement of a scenario on a rig, which is left as it is.
func (a *app) newMeasurement(s *scenarios.Scenario, rig *scenarios.Rig, f runFlags, trace traceOptions) (*measurement, error) {
	own := *rig
	lacks, err := emulatedKeys(s, &own)
	return &measurement{app: a, lacks: lacks, flags: f, scenario: s, rig: &own, trace: trace, cases: s.Expand(), session: f.session}, err
}

// complete measures and reports. dir is empty when there is nothing to report; code is the exit code.
func (m *measurement) complete(ctx context.Context) (dir string, code int, err error) {
	dir, err = m.measure(ctx)
	code = exitError
	if dir != "" {
		var concludeErr error
		code, concludeErr = m.conclude(dir, m.flags)
		err = errors.Join(err, concludeErr)
	}
	if err != nil {
		code = max(code, exitError)
	}
	return dir, code, err
}

// ended is how the program ends with this code; the error, when there is one, is still to be said.
func ended(code int, err error) error {
	var known exit
	switch {
	case errors.As(err, &known):
		return err
	case err != nil:
		return exit{code, err}
	case code != 0:
		return exit{code, errSilent}
	}
	return nil
}

// emulatedKeys gives the scenario's keys to an emulated module, over those of the rig; a real module lacks them,
// unless the scenario says that it does without.
func emulatedKeys(s *scenarios.Scenario, rig *scenarios.Rig) (lacks []string, err error) {
	if len(s.Emulated) == 0 {
		return nil, nil
	}
	if rig.Module.Scheme != "emulated" {
		if s.Real {
			return nil, nil
		}
		return []string{"emulated module, whose settings this scenario changes"}, nil
	}
	query := maps.Clone(rig.Module.Query)
	if query == nil {
		query = url.Values{}
	}
	for key, values := range s.Emulated {
		query[key] = values
	}
	if _, err := emulator.Parse(query); err != nil {
		return nil, fmt.Errorf("scenario %s, emulated: %w", s.Name, err)
	}
	rig.Module.Query = query
	return nil, nil
}

// endEvent is the last line of run --json; in a campaign it is that of each of its runs.
type endEvent struct {
	Event    string `json:"event"`
	Scenario string `json:"scenario,omitempty"`
	Run      string `json:"run"`
	Exit     int    `json:"exit"`
}

func (f runFlags) traceOptions() (traceOptions, error) {
	limit, err := results.ParseQuantity(f.traceLimit, "B")
	if err != nil {
		return traceOptions{}, fmt.Errorf("--trace-limit: %w", err)
	}
	if f.trace != "full" && f.trace != "reference" {
		return traceOptions{}, fmt.Errorf("--trace %q: reference and full are allowed", f.trace)
	}
	return traceOptions{full: f.trace == "full", limit: int64(limit)}, nil
}

// measurement is one run in the making.
type measurement struct {
	*app
	flags    runFlags
	scenario *scenarios.Scenario
	rig      *scenarios.Rig
	cases    []scenarios.Case
	lacks    []string // what the rig has not, beside the needs
	trace    traceOptions
	session  string // ties the runs of one campaign together
	plan     planning
}

// planning says what is repeated, and for how long: a planner, or the race of tune.
type planning interface {
	next(boot []results.Result) (index int, more bool)
	another() bool           // whether one more boot is wanted
	repeats() int            // the least number of results
	estimate() time.Duration // how long it is expected to take
	String() string
}

// measure opens the rig, runs every case and closes it. dir is empty when no
// link was opened and there is nothing to write.
func (m *measurement) measure(ctx context.Context) (dir string, err error) {
	release, idle := stayAwake()
	defer release()
	link, err := m.open(ctx, m.rig.Module)
	if err != nil {
		return "", err
	}
	run := m.newRun()
	run.Conditions["cpu_idle"] = idle
	w, err := results.Create(m.flags.out, run)
	if err != nil {
		return "", errors.Join(err, link.Close())
	}
	m.trace.out, m.trace.start = []io.Writer{w.Log()}, run.Start
	err = m.on(ctx, link, w, run)
	return w.Dir(), errors.Join(err, w.Close())
}

// on measures over an open link, and closes it.
func (m *measurement) on(ctx context.Context, link *opened, w *results.Writer, run results.Run) (err error) {
	s, err := m.enter(ctx, link, w.Dir(), &run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	if err := m.describe(ctx, s, &run); err != nil {
		return err
	}
	if err := w.Update(run); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.leaveHooks(s.hooks.putBack(), w, run)) }()
	return m.drive(ctx, s, w, run)
}

// enter opens all that is behind an open link, which it owns from now on: meter, dialog, network, peer and broker. dir is where
// the meter's traces go, and run is told what measures its current.
func (m *measurement) enter(ctx context.Context, link *opened, dir string, run *results.Run) (*session, error) {
	current, err := m.openCurrents(ctx, link, dir, run)
	if err != nil {
		return nil, errors.Join(err, link.Close())
	}
	link.silent = current != nil && !bench.CarriesRadio(current.meter())
	s, err := openSession(ctx, link, m.rig, m.trace, m.logger())
	if err != nil {
		if current != nil {
			err = errors.Join(err, current.stop())
		}
		return nil, err
	}
	s.use(current)
	if err := m.network(ctx, s); err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

// network takes the module into its network and opens what is in it.
func (m *measurement) network(ctx context.Context, s *session) error {
	var station st67.Station
	var err error
	if !s.silent {
		if station, err = s.module.Join(ctx, s.wifi); err != nil {
			return err
		}
	}
	if s.current != nil && !s.silent {
		if err := s.current.rest(ctx, restTrace); err != nil {
			return err
		}
	}
	if err := s.openPeer(ctx, m.rig, station); err != nil {
		return err
	}
	s.broker, s.closeBroker, err = m.openBroker(ctx, s)
	return err
}

// leaveHooks records how each hook that had changed something was left.
func (m *measurement) leaveHooks(left map[string]string, w *results.Writer, run results.Run) error {
	if len(left) == 0 {
		return nil
	}
	for name, how := range left {
		run.Conditions["hook_"+name+"_end"] = how
		if strings.HasPrefix(how, "left") {
			m.logger().Warn("hook " + name + " is " + how)
		}
	}
	return w.Update(run)
}

// drive runs the cases on the opened rig.
func (m *measurement) drive(ctx context.Context, s *session, w *results.Writer, run results.Run) error {
	plan := m.plan
	if plan == nil {
		own := &planner{scenario: m.scenario, cases: m.cases, seed: m.flags.seed}
		if !m.flags.quiet {
			own.look(m.flags.out, alike(run, s.link.Identity()))
		}
		plan = own
	}
	m.heading(s, plan)
	watch := m.newObserver(m.flags.json, m.flags.quiet, plan.repeats(), plan.estimate())
	defer watch.done()
	runner := m.runner(s, s.Rig(), &journal{Writer: w, trace: s.log}, run.Start, plan)
	runner.Observe = func(e bench.Event) {
		e = s.beside(e)
		watch.observe(e)
		_ = w.Event(e) // for live views only; a full disk shows at the journal
	}
	runner.Observe(planned(run.Start, plan))
	return runner.Run(ctx)
}

// planned is what a live view is told first.
func planned(start time.Time, plan planning) bench.Event {
	return bench.Event{Event: "plan", T: time.Since(start), Results: plan.repeats(), Estimate: plan.estimate()}
}

// runner is what repeats the cases on the opened rig, as the plan has it.
func (m *measurement) runner(s *session, rig *bench.Rig, j bench.Journal, start time.Time, plan planning) *bench.Runner {
	r := &bench.Runner{
		Rig: rig, Scenario: m.scenario, Cases: m.cases, Seed: m.flags.seed, Start: start, Journal: j,
		Lacks: append(m.lacks, m.lacking(s)...), Next: plan.next, Another: plan.another, Quantiles: analysis.Quantiles,
		Trend: analysis.Trend, Decay: analysis.Decay,
	}
	if s.current != nil {
		r.Current = s.current
	}
	return r
}

// conclude prints the table and writes the report of a finished run.
func (a *app) conclude(dir string, f runFlags) (code int, err error) {
	run, sum, err := a.measured(dir)
	if run == nil {
		return exitError, err
	}
	if !f.json {
		if err := report.Text(a.out, sum, a.width()); err != nil {
			return exitError, err
		}
	}
	code = exitCode(run.Results)
	path, err := a.writeHTML(filepath.Join(dir, "report.html"), run, sum)
	if !f.json {
		fmt.Fprintf(a.out, "results   %s\n", dir)
		if path != "" {
			fmt.Fprintf(a.out, "report    %s\n", path)
		}
	}
	return code, err
}

// measured is the run in dir and what it says; nil when that is nothing, which is told.
func (a *app) measured(dir string) (*results.Run, *analysis.Summary, error) {
	run, err := results.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	if len(run.Results) == 0 {
		said, log := "nothing was measured", filepath.Join(dir, "at.log")
		if info, err := os.Stat(log); err == nil && info.Size() > 0 { // a rig that did not open had no dialog
			said += "; the dialog with the module is in " + log
		}
		fmt.Fprintln(a.errOut, said)
		return nil, nil, nil
	}
	sum, err := summarize(run)
	if err != nil {
		return nil, nil, err
	}
	return run, sum, nil
}

// exitCode is the worst of the results.
func exitCode(rs []results.Result) int {
	code := 0
	for _, r := range rs {
		switch r.Outcome {
		case results.Error, results.Aborted:
			return exitError
		case results.Fail:
			code = exitFail
		}
	}
	return code
}

// alike tells runs over the same kind of link as run.
func alike(run results.Run, link map[string]string) func(*results.Run) bool {
	return func(r *results.Run) bool {
		for key := range link {
			if r.Identity[key] != run.Identity[key] {
				return false
			}
		}
		return r.Emulated == run.Emulated
	}
}
