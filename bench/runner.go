package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/scenarios"
)

// Journal stores results the moment they end.
type Journal interface {
	Append(results.Result) error
	// Samples opens the raw samples of result seq.
	Samples(seq int) (SampleWriter, error)
}

// Runner repeats the cases of a scenario on a rig.
type Runner struct {
	Rig      *Rig
	Scenario *scenarios.Scenario
	Cases    []scenarios.Case
	Seed     uint64
	Start    time.Time // Run.Start
	Journal  Journal
	Current  Current  // nil when nothing measures it
	Lacks    []string // needs of the scenario that the rig lacks: every case is SKIPPED
	// Block is that of every result while the boots of two runs take turns: equal in both for what was measured side by side.
	// 0 for a run by itself, whose blocks are counted.
	Block int

	// Next gives the case to repeat next from the results of this boot, or more = false when the boot is done.
	// Decided by analysis's stop rules, since a stop rule is statistics.
	Next func(boot []results.Result) (index int, more bool)
	// Another says whether one more boot is wanted, before each; nil: as many as the scenario says at least.
	Another func() bool
	// Quantiles gives the quantiles that n values can carry, by metric suffix ("_p50"); statistics too.
	Quantiles func(values []float64) map[string]float64
	// Trend gives by how much y changes with each unit of x; statistics as well.
	Trend func(x, y []float64) (slope float64, ok bool)
	// Decay finds a fall of y over x: which fraction was lost by the end, and the x since which; ok is false when there is none.
	Decay func(x, y []float64) (fall, since float64, ok bool)
	// Observe is told what happens, as it happens; nil for nobody.
	Observe func(Event)

	seq, boot, block int
	begun            int          // boots that were asked for: fewer than boot when a broken dialog made more
	done             map[int]int  // repeats of each case
	settled          map[int]bool // cases that were refused or skipped: one try is all that they get, and nothing is missing
	warm             map[int]bool // cases that were warmed up in this boot
}

// Event is one step of a run, for progress and live views.
type Event struct {
	Event  string        `json:"event"`          // "plan", "boot", "start", "progress", "result", "warning"
	T      time.Duration `json:"t"`              // ns since Run.Start
	Side   string        `json:"side,omitempty"` // "A" or "B" in an A/B run
	Boot   int           `json:"boot,omitempty"`
	Case   string        `json:"case,omitempty"`
	Repeat int           `json:"repeat,omitempty"`
	Phase  string        `json:"phase,omitempty"` // "warmup" or "run"
	Done   float64       `json:"done,omitempty"`  // share of the repeat, 0..1
	Text   string        `json:"text,omitempty"`

	// Of a progress event, as in Glimpse; Current is the module's mean supply current of the last 150 ms, A, where a meter tells it.
	Bytes   int64   `json:"bytes,omitempty"`
	Latency float64 `json:"latency,omitempty"`
	Current float64 `json:"current,omitempty"`
	// Of the plan: the least number of results, and the time that they are expected to take.
	Results  int           `json:"results,omitempty"`
	Estimate time.Duration `json:"estimate,omitempty"`

	Result *results.Result `json:"result,omitempty"`
}

// Run runs every boot. The error is what kept the run from being finished: a
// journal that cannot be written, a module that does not come back, or ctx. A
// repeat that fails is a result, not an error of the run.
func (r *Runner) Run(ctx context.Context) error {
	if len(r.Lacks) > 0 {
		return r.rest(results.Skipped, fmt.Sprintf("the rig has no %s", r.Lacks[0]))
	}
	for r.another() {
		if err := r.Boot(ctx, r.begun > 0); err != nil {
			return r.Stop(ctx, err)
		}
	}
	return nil
}

func (r *Runner) another() bool {
	if r.Another != nil {
		return r.Another()
	}
	return r.begun < r.Scenario.Repeats.Boots
}

// Boot repeats cases within one association until Next has enough. The module is reset first, unless it was freshly
// opened and reset is false. The error is one that Stop has to be told.
func (r *Runner) Boot(ctx context.Context, reset bool) error {
	r.begun++
	if err := r.reboot(ctx, reset); err != nil {
		return err
	}
	if r.done == nil {
		r.done, r.settled = map[int]int{}, map[int]bool{}
	}
	var boot []results.Result
	repeats := map[int]int{}
	base := r.block
	for {
		i, more := r.Next(boot)
		if !more {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		repeats[i]++
		r.done[i]++
		r.block = max(r.block, base+repeats[i])
		res, broken, err := r.repeat(ctx, i, cmp.Or(r.Block, base+repeats[i]), r.done[i])
		if err != nil {
			return err
		}
		boot = append(boot, res)
		if res.Outcome == results.Refused || res.Outcome == results.Skipped {
			r.settled[i] = true
		}
		if res.Outcome == results.Aborted {
			return context.Cause(ctx)
		}
		if broken {
			if err := r.reboot(ctx, true); err != nil {
				return err
			}
		}
	}
}

// reboot starts the next boot; the first one found the module freshly opened.
func (r *Runner) reboot(ctx context.Context, reset bool) error {
	r.boot++
	r.warm = map[int]bool{}
	r.observe(Event{Event: "boot", Boot: r.boot})
	if !reset {
		return nil
	}
	if err := r.Rig.Module.Boot(ctx); err != nil {
		return fmt.Errorf("boot %d: %w", r.boot, err)
	}
	return nil
}

// repeat runs one repeat of case i with its warm-up, and stores its result.
// broken says that the dialog with the module was cut off and only a reset
// makes it trustworthy again.
func (r *Runner) repeat(ctx context.Context, i, block, number int) (res results.Result, broken bool, err error) {
	r.seq++
	c := r.Cases[i]
	res = results.Result{
		Seq: r.seq, Boot: r.boot, Block: block, Repeat: number, Case: c.Key, Factors: c.Factors,
		Conditions: map[string]string{},
	}
	runErr := r.relink(ctx, c)
	r.describeLink(&res)
	gone := runErr != nil && !errors.Is(runErr, ErrCannot)
	if runErr == nil {
		runErr = phases{runner: r, c: c, res: &res}.all(ctx, !r.warm[i])
	}
	r.warm[i] = true
	res.Outcome, res.Err = outcome(ctx, runErr)
	switch {
	case res.Outcome == results.Pass:
		res.Outcome, res.Err = check(r.Scenario.Limits, c, res.Metrics)
	case res.Outcome == results.Refused && named(r.Scenario.Limits, c):
		res.Outcome = results.Fail
		res.Metrics = nil
	default:
		res.Metrics = nil // not measured: what there is stays in the samples
	}
	if err := r.Journal.Append(res); err != nil {
		return res, false, err
	}
	r.observe(Event{Event: "result", Boot: r.boot, Case: c.Key, Repeat: number, Result: &res})
	if gone {
		return res, false, runErr
	}
	return res, st67.DialogBroken(runErr) || errors.Is(runErr, ErrRestarted), nil
}

// describeLink records how the link is open where that is not the same for all cases.
func (r *Runner) describeLink(res *results.Result) {
	if !slices.ContainsFunc(r.Cases, func(c scenarios.Case) bool { return len(c.Link) > 0 }) {
		return
	}
	for k, v := range r.Rig.Link.Identity() {
		if k != "link" { // its kind
			res.Conditions["link_"+k] = v
		}
	}
}

// relink opens the link as a case wants it, when it is not so already.
func (r *Runner) relink(ctx context.Context, c scenarios.Case) error {
	if maps.Equal(r.Rig.settings, c.Link) {
		return nil
	}
	if r.Rig.Reopen == nil {
		return fmt.Errorf("%w open its link in another way", ErrCannot)
	}
	if err := r.Rig.Reopen(ctx, c.Link); err != nil {
		return fmt.Errorf("open the link for %s: %w", c.Key, err)
	}
	r.Rig.settings = c.Link
	return nil
}

// outcome words how a repeat ended.
func outcome(ctx context.Context, err error) (results.Outcome, string) {
	switch {
	case err == nil:
		return results.Pass, ""
	case errors.Is(err, errRefused):
		return results.Refused, refusalText(err)
	case errors.Is(err, ErrCannot):
		return results.Skipped, err.Error()
	case ctx.Err() != nil:
		return results.Aborted, "stopped: " + context.Cause(ctx).Error()
	default:
		return results.Error, strings.ReplaceAll(err.Error(), "\n", "; ") // of joined errors; a result has one line
	}
}

// Stop marks every case that did not get its repeats as ABORTED, so that a
// reader sees what is missing, and returns why.
func (r *Runner) Stop(ctx context.Context, why error) error {
	text := why.Error()
	if ctx.Err() != nil {
		text = "stopped: " + context.Cause(ctx).Error()
	}
	if err := r.rest(results.Aborted, text); err != nil {
		return errors.Join(why, err)
	}
	return why
}

// rest stores one result without measurement for every case that has fewer
// repeats than planned.
func (r *Runner) rest(o results.Outcome, text string) error {
	for i, c := range r.Cases {
		if r.settled[i] || r.done[i] >= r.planned() {
			continue
		}
		r.seq++
		res := results.Result{
			Seq: r.seq, Boot: max(r.boot, 1), Block: cmp.Or(r.Block, r.block+1), Repeat: r.done[i] + 1,
			Case: c.Key, Factors: c.Factors, Outcome: o, Err: text,
		}
		if err := r.Journal.Append(res); err != nil {
			return err
		}
		r.observe(Event{Event: "result", Boot: r.boot, Case: c.Key, Repeat: res.Repeat, Result: &res})
	}
	return nil
}

// planned is the least number of repeats of a case: over the boots that there have to be, and those that were begun beyond.
func (r *Runner) planned() int {
	return r.Scenario.Repeats.Min * max(r.Scenario.Repeats.Boots, r.begun)
}

func (r *Runner) observe(e Event) {
	if r.Observe != nil {
		e.T = time.Since(r.Start)
		r.Observe(e)
	}
}
