package analysis

import (
	"math"
	"slices"
	"time"

	"st67bench/results"
)

// Observation is one independent value of a metric: that of a boot or, in a run of one boot, that of a repeat.
type Observation struct {
	Session string  // of the run; empty when it had none
	Run     string  // its ID
	Boot    int     // from 1, within its run
	Block   int     // the first block that it has results of
	Value   float64 // in the metric's unit: the boot's geometric mean, or its mean where the metric is no ratio
	Repeats int     // results that it is made of
	// From and To are when the first of its results began and the last ended; zero where no marks say it.
	From, To time.Time
}

// Observe returns what a run says of a metric in a case, one value per boot in the order of the boots. A run of one
// boot gives one value per repeat, and ofBoots is false: they hold within that association only. Results without
// the metric count for nothing; a boot without any has no value.
func Observe(run *results.Run, key string, m results.Metric) (all []Observation, ofBoots bool) {
	if boots(run.Results) > 1 {
		return ObserveBoots(run, key, m), true
	}
	return observe(run, key, m, func(r results.Result) int { return r.Seq }), false
}

// ObserveBoots is Observe with one value per boot, also where there is one boot only: of several such runs together each is
// an independent value.
func ObserveBoots(run *results.Run, key string, m results.Metric) []Observation {
	return observe(run, key, m, func(r results.Result) int { return r.Boot })
}

func observe(run *results.Run, key string, m results.Metric, of func(results.Result) int) (all []Observation) {
	groups := map[int][]results.Result{}
	var order []int
	for _, r := range run.Results {
		if _, ok := r.Metrics[m.Name]; !ok || r.Case != key {
			continue
		}
		g := of(r)
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], r)
	}
	slices.Sort(order)
	for _, g := range order {
		all = append(all, observation(run, groups[g], m))
	}
	return all
}

func observation(run *results.Run, group []results.Result, m results.Metric) Observation {
	o := Observation{Session: run.Session, Run: run.ID, Boot: group[0].Boot, Block: math.MaxInt, Repeats: len(group)}
	values := make([]float64, len(group))
	for i, r := range group {
		values[i] = r.Metrics[m.Name]
		o.Block = min(o.Block, r.Block)
		for _, mark := range r.Marks {
			t := run.Start.Add(mark.T)
			if o.From.IsZero() || t.Before(o.From) {
				o.From = t
			}
			if t.After(o.To) {
				o.To = t
			}
		}
	}
	o.Value = m.Combine(values)
	return o
}
