package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/stats"
	"st67bench/results"
)

// Compare compares every gated metric of every case that both sides have, scenario by scenario, by name. The error is a
// Refusal when they are not comparable: a part of Identity that differs beside the firmware, or beside what their A/B run
// compares; an emulated module against a real one; cases of one name that do not do the same.
func Compare(base, new Side, o Options) (*Comparison, error) {
	if err := refuse(base, new); err != nil {
		return nil, err
	}
	c := &Comparison{
		Base: about(base), New: about(new), Emulated: base.Runs[0].Emulated,
		Comparisons: []Row{}, Scenarios: []ScenarioVerdict{}, NotCompared: []Lack{}, Warnings: warnings(base, new), Explanations: explanations(base, new),
	}
	a, b := byScenario(base), byScenario(new)
	var wrong []string
	for _, name := range scenariosOf(base) {
		if b[name] == nil {
			continue
		}
		s := &scenarioPair{name: name, base: newSided(a[name]), new: newSided(b[name]), options: o, margins: scenarioMargins(b[name][0])}
		wrong = append(wrong, s.mismatches()...)
		c.Comparisons = append(c.Comparisons, s.rows()...)
		c.NotCompared = append(c.NotCompared, s.lacks...)
	}
	c.NotCompared = append(c.NotCompared, scenariosMissing(base, new)...)
	if len(wrong) == 0 && len(c.Comparisons) == 0 && !c.anyErrors() {
		wrong = nothingInCommon(base, new, c.NotCompared)
	}
	if len(wrong) > 0 {
		return nil, &Refusal{wrong}
	}
	c.adjust()
	c.conclude()
	c.Settle = c.settle(base, new)
	return c, nil
}

func about(s Side) About {
	first := s.Runs[0]
	a := About{Name: s.Name, Release: first.ReleaseName(), Firmware: first.Identity["firmware"]}
	for _, r := range s.Runs {
		a.Runs = append(a.Runs, r.ID)
		a.Boots += len(bootsOf(r.Results))
		a.Repeats += len(r.Results)
		a.Errors += errorsIn(r.Results)
	}
	return a
}

// warnings are what is odd about the two sides together.
func warnings(base, new Side) []string {
	out := []string{}
	for _, a := range base.Runs {
		same := func(b *results.Run) bool { return a.ID == b.ID && a.Start.Equal(b.Start) }
		if slices.ContainsFunc(new.Runs, same) {
			out = append(out, fmt.Sprintf("%s is on both sides: a run does not differ from itself", a.ID))
		}
	}
	return out
}

func bootsOf(all []results.Result) map[int]bool {
	boots := map[int]bool{}
	for _, r := range all {
		boots[r.Boot] = true
	}
	return boots
}

func errorsIn(all []results.Result) (n int) {
	for _, r := range all {
		if r.Outcome == results.Error || r.Outcome == results.Aborted {
			n++
		}
	}
	return n
}

func (c *Comparison) anyErrors() bool { return c.Base.Errors+c.New.Errors > 0 }

func byScenario(s Side) map[string][]*results.Run {
	all := map[string][]*results.Run{}
	for _, r := range s.Runs {
		all[r.Scenario.Name] = append(all[r.Scenario.Name], r)
	}
	return all
}

// scenariosOf are the names of a side's scenarios, in the order of its runs.
func scenariosOf(s Side) (names []string) {
	for _, r := range s.Runs {
		if !slices.Contains(names, r.Scenario.Name) {
			names = append(names, r.Scenario.Name)
		}
	}
	return names
}

// scenariosMissing are those that one side has not.
func scenariosMissing(base, new Side) (all []Lack) {
	a, b := byScenario(base), byScenario(new)
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if b[name] == nil {
			all = append(all, Lack{Scenario: name, Side: "new", Why: "no run of this scenario"})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if a[name] == nil {
			all = append(all, Lack{Scenario: name, Side: "base", Why: "no run of this scenario"})
		}
	}
	return all
}

// nothingInCommon says why there is no row.
func nothingInCommon(base, new Side, lacks []Lack) []string {
	text := fmt.Sprintf("%s and %s have no gated metric of any case in common", base.Name, new.Name)
	if len(lacks) > 0 {
		first := lacks[0]
		text += fmt.Sprintf(": %s of %s: %s", cmp.Or(first.Case, first.Scenario), first.Side, first.Why)
	}
	if a, b := scenariosOf(base), scenariosOf(new); !slices.Equal(a, b) {
		text += fmt.Sprintf("; base ran %s, new %s", strings.Join(a, ", "), strings.Join(b, ", "))
	}
	return []string{text}
}

// adjust adds what a family of p-values adds.
func (c *Comparison) adjust() {
	var p []float64
	for _, r := range c.Comparisons {
		if r.PGate != nil {
			p = append(p, *r.PGate)
		}
	}
	c.Family = len(p)
	holm, q := stats.Holm(p), stats.BenjaminiHochberg(p)
	i := 0
	for k := range c.Comparisons {
		if r := &c.Comparisons[k]; r.PGate != nil {
			r.PHolm, r.Q = &holm[i], &q[i]
			i++
		}
	}
}

// boot tells the boots of several runs apart.
type boot struct{ run, boot int }

// measured is a result with the boot that it is of.
type measured struct {
	results.Result
	boot boot
}

// sided is what one side has of a scenario.
type sided struct {
	runs   []*results.Run
	boots  int
	byCase []map[string]*results.Run // for each run, one that has the results of one case only
	cases  map[string]results.CaseInfo
	order  []string // keys in sweep order
}

func newSided(runs []*results.Run) *sided {
	s := &sided{runs: runs, cases: map[string]results.CaseInfo{}}
	for _, run := range runs {
		s.boots += len(bootsOf(run.Results))
		for _, c := range run.Cases {
			if _, known := s.cases[c.Key]; !known {
				s.order = append(s.order, c.Key)
				s.cases[c.Key] = c
			}
		}
		split := map[string]*results.Run{}
		for _, r := range run.Results {
			if split[r.Case] == nil {
				part := *run
				part.Results = nil
				split[r.Case] = &part
			}
			split[r.Case].Results = append(split[r.Case].Results, r)
		}
		s.byCase = append(s.byCase, split)
	}
	return s
}

// observe gives the values of a metric: one per boot, or one per repeat where the side has one boot in all.
func (s *sided) observe(key string, m results.Metric) (all []analysis.Observation) {
	for _, split := range s.byCase {
		run := split[key]
		switch {
		case run == nil:
		case s.boots > 1:
			all = append(all, analysis.ObserveBoots(run, key, m)...)
		default:
			repeats, _ := analysis.Observe(run, key, m)
			all = append(all, repeats...)
		}
	}
	return all
}

// results are those of a case.
func (s *sided) results(key string) (all []measured) {
	for i, split := range s.byCase {
		if split[key] == nil {
			continue
		}
		for _, r := range split[key].Results {
			all = append(all, measured{r, boot{i, r.Boot}})
		}
	}
	return all
}

// has says whether a result of the case has the metric.
func (s *sided) has(key, metric string) bool {
	return slices.ContainsFunc(s.byCase, func(split map[string]*results.Run) bool {
		return split[key] != nil && slices.ContainsFunc(split[key].Results, func(r results.Result) bool {
			_, ok := r.Metrics[metric]
			return ok
		})
	})
}

// unmeasured says why a case has no figures.
func (s *sided) unmeasured(key string) string {
	all := s.results(key)
	if len(all) == 0 {
		return "not measured"
	}
	last := all[len(all)-1]
	return strings.TrimSuffix(fmt.Sprintf("%s: %s", last.Outcome, last.Err), ": ")
}
