package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"st67bench/analysis/report"
	"st67bench/analysis/report/page"
	"st67bench/analysis/tune"
	"st67bench/results"
	"st67bench/scenarios"
)

// exitUndecided says that more repeats are needed for an answer.
const exitUndecided = 4

// tuneFlags are the flags of tune.
type tuneFlags struct {
	run    runFlags
	goal   string
	boots  int
	budget time.Duration
	from   string
	json   bool
	pages  pageFiles
}

func newTune(a *app) *cobra.Command {
	var f tuneFlags
	c := &cobra.Command{
		Use:   "tune SCENARIO",
		Short: "Find the settings of a scenario that are the best for a goal",
		Long: "tune races the cases of a scenario: each is repeated in blocks of random order, and one that is already known to be worse than the best, or to break a condition, " +
			"gets no more repeats. It says which case wins, the AT commands that set it, what else is as good, what could be had instead and for what, and which factor matters.\n\n" +
			"The goal is min or max, a metric, and after where any conditions: 'min energy_per_bit where goodput >= 1Mbit/s'. Without one it is the least energy per bit where a meter measures it, " +
			"else the best of what the scenario is about.\n\n" +
			"What was measured is an ordinary run directory. --from judges a run of the scenario again, perhaps for another goal, and measures nothing.\n\n" +
			"Exit codes: 0 found; 4 undecided, and what is missing; 3 no case keeps the conditions; 1 a case could not be measured, so that the answer is not about all of them; 2 usage. docs/tune.md has the method.",
		Example: "  st67bench tune cipsend-tuning\n" +
			"  st67bench tune cipsend-tuning --goal 'min send_latency_p50 where goodput >= 1.2Mbit/s'\n" +
			"  st67bench tune --from last --goal 'max goodput'",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.tune(cmd.Context(), args, f)
		},
	}
	f.run.register(c)
	fl := c.Flags()
	fl.StringVar(&f.goal, "goal", "", "what is best: `'min|max METRIC where METRIC >= QUANTITY and ...'`")
	fl.IntVar(&f.boots, "boots", 0, "`number` of resets and associations (default: the scenario's)")
	fl.DurationVar(&f.budget, "budget", 0, "`time` after which nothing is begun beyond three repeats of each case, such as 5m (default: the scenario's)")
	fl.StringVar(&f.from, "from", "", "judge this `run` of a scenario again and measure nothing")
	fl.BoolVar(&f.json, "json", false, "print the answer as JSON")
	f.pages.flags(c, "tune.html in the run directory; with --from none")
	_ = c.RegisterFlagCompletionFunc("from", completeRun)
	return c
}

// completeScenario offers what can be tuned: scenarios, no campaigns.
func completeScenario(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return scenarios.Library(), cobra.ShellCompDirectiveDefault
}

func (a *app) tune(ctx context.Context, args []string, f tuneFlags) error {
	goal, err := f.parsed()
	if err != nil {
		return usage(err)
	}
	switch {
	case len(args) == 0 && f.from == "":
		return usage(errors.New("name the scenario to tune, or with --from a run of one; st67bench list shows what there is"))
	case len(args) > 0 && f.from != "":
		return usage(fmt.Errorf("--from %s has its scenario, measures nothing, and takes no other; leave out %s", f.from, args[0]))
	case f.from != "":
		return a.tuneFrom(goal, f)
	}
	m, race, err := a.newTuning(args[0], goal, f)
	if err != nil {
		return usage(err)
	}
	dir, measureErr := m.measure(ctx)
	if dir == "" {
		return ended(exitError, measureErr)
	}
	code, err := a.answer(dir, race, m.scenario, f)
	if err = errors.Join(measureErr, err); err != nil {
		code = exitError
	}
	return ended(code, err)
}

// parsed are the flags' own mistakes, and the goal; nil without one.
func (f tuneFlags) parsed() (*tune.Goal, error) {
	if f.boots < 0 || f.budget < 0 {
		return nil, errors.New("--boots and --budget are above 0")
	}
	if err := errors.Join(f.run.files.check(), f.pages.check()); err != nil || f.goal == "" {
		return nil, err
	}
	g, err := tune.Parse(f.goal)
	if err != nil {
		return nil, fmt.Errorf("--goal, %w", err)
	}
	return &g, nil
}

// newTuning prepares the race of a scenario.
func (a *app) newTuning(name string, goal *tune.Goal, f tuneFlags) (*measurement, *tune.Race, error) {
	trace, err := f.run.traceOptions()
	if err != nil {
		return nil, nil, err
	}
	s, err := scenarios.Load(name)
	if err != nil {
		return nil, nil, err
	}
	if err := f.plan(s); err != nil {
		return nil, nil, err
	}
	rig, err := loadRig(f.run.rig)
	if err != nil {
		return nil, nil, err
	}
	m, err := a.newMeasurement(s, rig, f.run, trace)
	if err != nil {
		return nil, nil, err
	}
	if _, meter := m.rig.MeterFor(s.Needs); goal != nil && !meter {
		if metric, metered := goal.Metered(); metered {
			return nil, nil, fmt.Errorf("--goal: %s takes a current meter, and this rig has none; name it in the rig file (meter:, docs/meters.md), "+
				"or on the emulated rig let the scenario ask for it: needs: [meter]", metric.Name)
		}
	}
	race := newRace(s, m.cases, goal, f.run.seed)
	m.plan = &racer{race: race, scenario: s, seed: f.run.seed}
	return m, race, nil
}

// plan makes the scenario's repeats those of a race: the run directory has them as they were.
func (f tuneFlags) plan(s *scenarios.Scenario) error {
	r := &s.Repeats
	r.Boots, r.Until = max(r.Boots, r.MaxBoots), nil
	if f.boots > 0 {
		r.Boots = f.boots
	}
	if f.budget > 0 {
		r.Budget = f.budget
	}
	if r.MaxBoots = 0; r.Boots > 1 {
		r.Max = r.Min
	} else {
		r.Min = min(tune.LeastUnits, r.Max)
	}
	if len(s.Sweep) == 0 {
		return fmt.Errorf("scenario %s sweeps nothing, so that there is nothing to choose; give it a sweep", s.Name)
	}
	return nil
}

// tuneFrom judges a run that there is.
func (a *app) tuneFrom(goal *tune.Goal, f tuneFlags) error {
	dir, err := findRun(f.from)
	if err != nil {
		return usage(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		return err
	}
	s, err := scenarioOf(run)
	if err != nil {
		return err
	}
	if err := f.plan(s); err != nil {
		return usage(err)
	}
	code, err := a.answer(dir, newRace(s, s.Expand(), goal, run.Seed), s, f)
	return ended(code, err)
}

// scenarioOf is the scenario of a run as it was measured.
func scenarioOf(run *results.Run) (*scenarios.Scenario, error) {
	s := &scenarios.Scenario{}
	text, err := json.Marshal(run.Scenario.Parsed)
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	if err != nil || s.Workload.Kind == "" {
		return nil, fmt.Errorf("run %s does not say what it measured: its run.json has no parsed scenario (%v); measure again", run.ID, err)
	}
	return s, nil
}

// answer says what a run means for the goal. code is the exit code.
func (a *app) answer(dir string, race *tune.Race, s *scenarios.Scenario, f tuneFlags) (code int, err error) {
	run, sum, err := a.measured(dir)
	if run == nil {
		return exitError, err
	}
	answer := race.Conclude(run)
	answer.Exit = tuneExit(answer, run)
	tellSettings(answer, s, run)
	if f.json {
		err = report.AnswerJSON(a.out, answer)
	} else {
		err = report.Answer(a.out, answer, a.width())
	}
	if err != nil {
		return answer.Exit, err
	}
	if f.from != "" {
		return answer.Exit, a.answerPages(f.pages, dir, answer, f.json)
	}
	path, err := a.writeHTML(filepath.Join(dir, "report.html"), run, sum)
	if !f.json {
		fmt.Fprintf(a.out, "results   %s\n", dir)
	}
	f.pages.html = cmp.Or(f.pages.html, filepath.Join(dir, "tune.html"))
	err = errors.Join(err, a.answerPages(f.pages, dir, answer, f.json))
	a.tellPage(path, f.json)
	return answer.Exit, errors.Join(err, f.run.files.writeRuns(a, dir))
}

// answerPages writes the page of an answer about a run, and its charts, and tells where they are.
func (a *app) answerPages(f pageFiles, dir string, answer *tune.Answer, quiet bool) error {
	again := "tune --from " + dir + " --html " + f.html
	return a.writePages(f, again, func() (*page.Page, error) { return report.AnswerPage(answer) }, quiet)
}

// tuneExit is the exit code of an answer: a case that nobody could measure, or a run that was stopped, leaves it about a part of the cases.
func tuneExit(answer *tune.Answer, run *results.Run) int {
	last := map[string]results.Outcome{}
	for _, r := range run.Results {
		if r.Outcome == results.Aborted {
			return exitError
		}
		last[r.Case] = r.Outcome
	}
	for _, c := range answer.Cases {
		if c.Place == tune.Unmeasured && last[c.Case] == results.Error {
			return exitError
		}
	}
	switch answer.Verdict {
	case tune.Found:
		return 0
	case tune.None:
		return exitFail
	}
	return exitUndecided
}
