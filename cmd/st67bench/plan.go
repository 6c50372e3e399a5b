package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"st67bench/analysis"
	"st67bench/results"
	"st67bench/scenarios"
)

// planner gives the runner the next case by analysis's stop rule, boot after boot.
type planner struct {
	scenario *scenarios.Scenario
	cases    []scenarios.Case
	seed     uint64

	boot    int
	begin   time.Time
	rule    analysis.Plan
	refused map[string]results.Result // or skipped, by case: one try is enough for all boots
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
	}
	for _, r := range boot {
		if r.Outcome == results.Refused || r.Outcome == results.Skipped {
			p.refused[r.Case] = r
		}
	}
	return p.rule.Next(slices.AppendSeq(slices.Clone(boot), maps.Values(p.refused)), time.Since(p.begin))
}

// another is the runner's Another.
func (p *planner) another() bool { return p.boot < p.scenario.Repeats.Boots }

// bootRule is the stop rule of one boot: its own seeded order, and its share of the budget.
func (p *planner) bootRule() analysis.Plan {
	r := p.scenario.Repeats
	keys := make([]string, len(p.cases))
	for i, c := range p.cases {
		keys[i] = c.Key
	}
	return analysis.Plan{
		Cases: keys, Min: r.Min, Max: r.Max, Until: r.Until,
		Budget: r.Budget / time.Duration(r.Boots),
		Order:  scenarios.Order(len(p.cases), r.Max, p.seed+uint64(p.boot)),
	}
}

// repeats is the least number of results that the plan gives.
func (p *planner) repeats() int {
	return len(p.cases) * p.scenario.Repeats.Min * p.scenario.Repeats.Boots
}

// least is how long the plan takes at least, by its durations.
func (p *planner) least() time.Duration {
	var once time.Duration
	for _, c := range p.cases {
		once += c.Workload.Duration
	}
	return once * time.Duration((p.scenario.Repeats.Min+p.scenario.Warmup)*p.scenario.Repeats.Boots)
}

// estimate is how long the plan is expected to take: a plan that may stop early
// or go on until a budget ends takes the budget; opening and closing make the
// others a little longer than their durations.
func (p *planner) estimate() time.Duration {
	r := p.scenario.Repeats
	if r.Min < r.Max && r.Budget > p.least() {
		return r.Budget
	}
	return p.least() * 11 / 10
}

// String is the plan for people.
func (p *planner) String() string {
	r := p.scenario.Repeats
	text := fmt.Sprintf("%d cases x %d..%d repeats", len(p.cases), r.Min*r.Boots, r.Max*r.Boots)
	if d := p.scenario.Workload.Duration; d > 0 {
		text += " of " + d.String()
	}
	text += fmt.Sprintf(", %d boot", r.Boots)
	if r.Boots != 1 {
		text += "s"
	}
	text += fmt.Sprintf(", interleaved, seed %d", p.seed)
	if t := p.estimate(); t > 0 {
		text += fmt.Sprintf("; about %s", t.Round(time.Second))
	}
	if b := r.Budget; b > 0 && p.least() > b {
		text += fmt.Sprintf(" (the budget of %s does not hold the least number of repeats)", b)
	}
	return text
}
