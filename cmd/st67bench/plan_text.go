package main

import (
	"fmt"
	"time"

	"st67bench/analysis"
)

// fewest is the number of boots that the plan takes when all becomes tight at once.
func (p *planner) fewest() int {
	r := p.scenario.Repeats
	if r.Adaptive() {
		return min(max(r.Boots, analysis.FirstLook)+analysis.Further, r.MaxBoots)
	}
	return r.Boots
}

// repeats is the least number of results that the plan gives.
func (p *planner) repeats() int {
	return len(p.cases) * p.scenario.Repeats.Min * p.fewest()
}

// takes is how long so many boots with so many repeats of each case take: as those of the earlier run did, else by their durations.
func (p *planner) takes(boots, repeats int) time.Duration {
	if p.outlook != nil {
		return time.Duration(boots) * (p.outlook.Boot + time.Duration(len(p.cases)*repeats)*p.outlook.Repeat)
	}
	var once time.Duration
	for _, c := range p.cases {
		once += c.Workload.Duration
	}
	return once * time.Duration((repeats+p.scenario.Warmup)*boots) * 11 / 10 // opening and closing take a little longer
}

// cost is how long the plan takes at least, and at most: beyond the least number of boots and repeats no longer than the budget.
func (p *planner) cost() (least, most time.Duration) {
	r := p.scenario.Repeats
	least = p.takes(r.Boots, r.Min)
	most = p.takes(r.Boots, r.Max)
	if r.Adaptive() {
		most = p.takes(r.MaxBoots, r.Min)
	}
	if r.Budget > 0 {
		most = min(most, max(r.Budget, least))
	}
	return least, most
}

// estimate is how long the plan is expected to take: one that may go on until a budget ends takes the budget.
func (p *planner) estimate() time.Duration {
	least, most := p.cost()
	switch r := p.scenario.Repeats; {
	case r.Adaptive():
		return min(p.takes(p.fewest(), r.Min), most)
	case r.Min < r.Max && r.Budget > least:
		return r.Budget
	}
	return least
}

// String is the plan for people.
func (p *planner) String() string {
	return p.size() + fmt.Sprintf(", interleaved, seed %d", p.seed) + p.outcome()
}

// size is how much is measured.
func (p *planner) size() string {
	r := p.scenario.Repeats
	repeats := amount(r.Min*r.Boots, r.Max*r.Boots, "repeat")
	if r.Adaptive() {
		repeats = amount(r.Min, r.Min, "repeat")
	}
	if d := p.scenario.Workload.Duration; d > 0 {
		repeats += " of " + d.String()
	}
	text := amount(len(p.cases), len(p.cases), "case") + " x " + repeats
	if r.Adaptive() {
		return text + " in each of " + amount(r.Boots, r.MaxBoots, "boot")
	}
	return text + ", " + amount(r.Boots, r.Boots, "boot")
}

// amount is "1 boot", "6 repeats" or "5..30 boots".
func amount(least, most int, noun string) string {
	text := fmt.Sprint(least)
	if most > least {
		text += fmt.Sprintf("..%d", most)
	}
	if text += " " + noun; most != 1 {
		text += "s"
	}
	return text
}

// outcome is what the plan costs, and what it finds.
func (p *planner) outcome() string {
	text := ""
	least, most := p.cost()
	if least, most = least.Round(time.Second), most.Round(time.Second); most > 0 {
		text += "; about " + least.String()
		if most > least {
			text += ".." + most.String()
		}
	}
	if b := p.scenario.Repeats.Budget; b > 0 && least > b {
		text += fmt.Sprintf(" (the budget of %s does not hold the least number of repeats)", b)
	}
	for i, d := range p.detects() {
		if i == 0 {
			text += "; detects "
		} else {
			text += ", "
		}
		text += d.String()
	}
	return text
}
