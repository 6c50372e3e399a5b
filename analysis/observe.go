package analysis

import (
	"math"
	"slices"

	"st67bench/results"
)

// Observation is one independent value of a metric: that of a boot or, in a run of one boot, that of a repeat.
type Observation struct {
	Session string  // of the run; empty when it had none
	Boot    int     // from 1, within its run
	Block   int     // the first block that it has results of
	Value   float64 // in the metric's unit: the boot's geometric mean, or its mean where the metric is no ratio
	Repeats int     // results that it is made of
}

// Observe returns what a run says of a metric in a case, one value per boot in the order of the boots. A run of one
// boot gives one value per repeat, and ofBoots is false: they hold within that association only. Results without
// the metric count for nothing; a boot without any has no value.
func Observe(run *results.Run, key string, m results.Metric) (all []Observation, ofBoots bool) {
	ofBoots = boots(run.Results) > 1
	groups := map[int][]results.Result{}
	var order []int
	for _, r := range run.Results {
		if _, ok := r.Metrics[m.Name]; !ok || r.Case != key {
			continue
		}
		g := r.Seq
		if ofBoots {
			g = r.Boot
		}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], r)
	}
	slices.Sort(order)
	for _, g := range order {
		all = append(all, observation(run, groups[g], m))
	}
	return all, ofBoots
}

func observation(run *results.Run, group []results.Result, m results.Metric) Observation {
	o := Observation{Session: run.Session, Boot: group[0].Boot, Block: math.MaxInt, Repeats: len(group)}
	values := make([]float64, len(group))
	for i, r := range group {
		values[i] = r.Metrics[m.Name]
		o.Block = min(o.Block, r.Block)
	}
	o.Value = m.Combine(values)
	return o
}
