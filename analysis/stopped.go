package analysis

import (
	"maps"
	"slices"
	"time"

	"st67bench/results"
)

// Why no more was measured of a case whose scenario says until when.
const (
	StopTight   = "tight"   // its intervals are as narrow as was asked, or were three values before the last
	StopMax     = "max"     // the most boots or repeats were made
	StopBudget  = "budget"  // the time was spent
	StopFutile  = "futile"  // the most boots would not do, even if it varied as little as is still possible
	StopMissing = "missing" // no repeat could have the metric
)

// Stop says why no more was measured of a case, by its metric that is the farthest from tight.
type Stop struct {
	Reason    string   `json:"reason"` // StopTight and so on
	N         int      `json:"n"`      // boots, or repeats of one boot
	Of        string   `json:"of"`     // "boots" or "repeats"
	Metric    string   `json:"metric"`
	Target    float64  `json:"target"`               // relative half width that was asked
	HalfWidth *float64 `json:"half_width,omitempty"` // half of the 95 % t interval's width over the mean; absent below five values
	Needs     int      `json:"needs,omitempty"`      // how many it takes for the target, by its variation so far; absent when tight
}

// stopper tells why the cases of a run ended.
type stopper struct {
	plan  results.Repeats
	boots []map[Key]float64 // where until counts boots
	last  int               // of the boots; 0 while they were not enough
	spent map[int]bool      // boots, by their number, that took their share of the budget; 0 is the run
}

func newStopper(run *results.Run) stopper {
	p := run.About().Repeats
	s := stopper{plan: p, spent: map[int]bool{}}
	if p.MaxBoots > p.Boots {
		s.boots = BootValues(run.Results, p.Until)
		s.last, _ = s.bootRule().enough(s.boots)
		s.spent[0] = spent(run.Results, len(s.boots), p.Budget)
		return s
	}
	for _, boot := range byBoot(run.Results) {
		s.spent[boot[0].Boot] = spent(boot, len(boot), p.Budget/time.Duration(max(p.Boots, 1)))
	}
	return s
}

func (s stopper) bootRule() rule {
	return Boots{Least: s.plan.Boots, Most: s.plan.MaxBoots, Until: s.plan.Until}.rule()
}

// of returns why a case got no more, from its results; nil where nothing was to be tight, nothing was measured, or the run was cut
// off.
func (s stopper) of(key string, done []results.Result) *Stop {
	cutOff := func(r results.Result) bool { return r.Outcome == results.Aborted }
	measured := func(r results.Result) bool { return len(r.Metrics) > 0 }
	switch {
	case len(s.plan.Until) == 0 || slices.ContainsFunc(done, cutOff) || !slices.ContainsFunc(done, measured):
		return nil
	case s.boots != nil:
		n := len(s.boots)
		stop := s.bootRule().farthest(key, s.boots, s.last > 0 && n >= s.last)
		return stop.ended("boots", n >= s.plan.MaxBoots, s.spent[0])
	}
	var worst *Stop
	for _, boot := range byBoot(done) {
		one := s.withinBoot(key, boot)
		if worst == nil || one != nil && one.distance() > worst.distance() {
			worst = one
		}
	}
	return worst
}

func (s stopper) withinBoot(key string, done []results.Result) *Stop {
	rule := Plan{Min: s.plan.Min, Until: s.plan.Until}.rule()
	rounds := repeatRounds(done, s.plan.Until)
	last, known := rule.enough(rounds)
	stop := rule.farthest(key, rounds, known && len(done) >= last)
	return stop.ended("repeats", len(done) >= s.plan.Max, s.spent[done[0].Boot])
}

// farthest describes a case's metric that is the farthest from tight; complete says that the rule had enough of all cases.
func (r rule) farthest(key string, rounds []map[Key]float64, complete bool) *Stop {
	var worst *Stop
	for _, metric := range slices.Sorted(maps.Keys(r.until)) {
		var values []float64
		k := Key{key, metric}
		for _, round := range rounds {
			if v, ok := round[k]; ok {
				values = append(values, v)
			}
		}
		one := r.describe(k, values, len(rounds), complete)
		if worst == nil || one.distance() > worst.distance() {
			worst = one
		}
	}
	return worst
}

// describe is how far a metric is from tight. Its reason stays empty where it takes the whole run to know it.
func (r rule) describe(key Key, values []float64, rounds int, complete bool) *Stop {
	stop := &Stop{N: rounds, Metric: key.Metric, Target: r.until[key.Metric]}
	if len(values) == 0 {
		stop.Reason = StopMissing
		return stop
	}
	v := r.variation(key, values)
	if v.n < FirstLook {
		return stop
	}
	h := v.halfWidth(v.n)
	stop.HalfWidth = &h
	before := r.variation(key, values[:max(len(values)-Further, 0)])
	switch {
	case h <= stop.Target, complete && before.n >= FirstLook && before.halfWidth(before.n) <= stop.Target:
		stop.Reason = StopTight
		return stop
	case r.futile(v, stop.Target):
		stop.Reason = StopFutile
	}
	stop.Needs = v.needs(stop.Target)
	return stop
}

// distance orders by how much is missing: a tight metric has at most about 1.
func (s *Stop) distance() float64 {
	switch {
	case s.Reason == StopMissing:
		return 0.5 // that nothing waits for it is the least of what is to be said
	case s.HalfWidth == nil:
		return 1e9
	}
	return *s.HalfWidth / s.Target
}

// ended completes why a case got no more; nil when that is not known, as of a run that was killed.
func (s *Stop) ended(of string, most, spent bool) *Stop {
	s.Of = of
	switch {
	case s.Reason != "":
	case most:
		s.Reason = StopMax
	case spent:
		s.Reason = StopBudget
	default:
		return nil
	}
	return s
}

// spent says whether one more of n parts, of which the results are made, would have ended beyond the budget. What is before the first
// mark, a warm-up or an association, is taken for a part.
func spent(all []results.Result, n int, budget time.Duration) bool {
	from, to, _ := span(all)
	took := to - from
	return budget > 0 && n > 0 && took+2*took/time.Duration(n) >= budget
}
