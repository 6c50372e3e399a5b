package main

import (
	"maps"
	"slices"
	"time"

	"st67bench/analysis"
	"st67bench/results"
	"st67bench/scenarios"
)

// planner gives the runner the next case, and says whether another boot is wanted, by analysis's stop rules.
type planner struct {
	scenario *scenarios.Scenario
	cases    []scenarios.Case
	seed     uint64
	outlook  *analysis.Outlook // of an earlier run; nil without one

	boot    int
	start   time.Time // of the first boot
	begin   time.Time // of this one
	rule    analysis.Plan
	boots   []map[analysis.Key]float64 // what each boot said of the metrics of until
	refused map[string]results.Result  // or skipped, by case: one try is enough for all boots
}

// next is the runner's Next: boot has the results of the current boot.
func (p *planner) next(boot []results.Result) (index int, more bool) {
	if len(boot) == 0 {
		p.begin = time.Now()
		p.rule = p.bootRule()
		p.boot++
	}
	if p.refused == nil {
		p.refused = map[string]results.Result{}
		p.start = p.begin
	}
	for _, r := range boot {
		if r.Outcome == results.Refused || r.Outcome == results.Skipped {
			p.refused[r.Case] = r
		}
	}
	index, more = p.rule.Next(slices.AppendSeq(slices.Clone(boot), maps.Values(p.refused)), time.Since(p.begin))
	if !more && p.scenario.Repeats.Adaptive() {
		p.boots = append(p.boots, analysis.BootValues(boot, p.scenario.Repeats.Until)...)
	}
	return index, more
}

// another is the runner's Another.
func (p *planner) another() bool {
	r := p.scenario.Repeats
	if !r.Adaptive() {
		return p.boot < r.Boots
	}
	if p.boot > 0 && len(p.refused) == len(p.cases) {
		return false
	}
	var elapsed time.Duration
	if p.boot > 0 {
		elapsed = time.Since(p.start)
	}
	return analysis.Boots{Least: r.Boots, Most: r.MaxBoots, Until: r.Until, Budget: r.Budget}.Another(p.boots, elapsed)
}

// bootRule is the stop rule of one boot: its own seeded order, and its share of the budget. Where until counts boots, each has the
// least number of repeats: what more of them say of the next boot is little.
func (p *planner) bootRule() analysis.Plan {
	r := p.scenario.Repeats
	keys := make([]string, len(p.cases))
	for i, c := range p.cases {
		keys[i] = c.Key
	}
	rule := analysis.Plan{Cases: keys, Min: r.Min, Max: r.Max, Until: r.Until, Budget: r.Budget / time.Duration(r.Boots)}
	if r.Adaptive() {
		rule.Max, rule.Until, rule.Budget = r.Min, nil, 0
	}
	rule.Order = scenarios.Order(len(p.cases), rule.Max, p.seed+uint64(p.boot))
	return rule
}
