package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"st67bench/analysis"
	"st67bench/results"
	"st67bench/scenarios"
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

// detectable is the smallest change of a metric that a plan is expected to find.
type detectable struct {
	Metric string  `json:"metric"`
	Least  float64 `json:"least"` // over the cases, as fractions
	Most   float64 `json:"most"`
	N      int     `json:"n"`             // values a side
	Of     string  `json:"of"`            // "boots", or "repeats" of one boot
	Run    string  `json:"run,omitempty"` // whose spread was taken; empty: that at which until is just met
}

// detects says what the plan is expected to find, for the metrics of until, or without it for what an earlier run was about.
func (p *planner) detects() []detectable {
	r := p.scenario.Repeats
	d := detectable{N: r.Min, Of: "repeats"}
	if r.Boots >= analysis.FirstLook {
		d.N, d.Of = p.fewest(), "boots"
	}
	if d.N < 2 {
		return nil
	}
	var all []detectable
	for _, m := range results.Metrics() {
		_, asked := r.Until[m.Name]
		if !asked && (len(r.Until) > 0 || p.outlook == nil || p.outlook.Primary() != m.Name) || !m.Ratio() {
			continue
		}
		d.Metric = m.Name
		if one, ok := p.detect(d); ok {
			all = append(all, one)
		}
	}
	return all
}

// detect takes the spread from the earlier run, else from what until asks for.
func (p *planner) detect(d detectable) (detectable, bool) {
	var found []float64
	for _, c := range p.cases {
		if p.outlook == nil {
			break
		}
		if cv, ok := p.outlook.Spread(c.Hash, d.Metric, d.Of == "boots"); ok {
			found = append(found, analysis.Detectable(cv, d.N))
		}
	}
	if len(found) > 0 {
		d.Least, d.Most, d.Run = slices.Min(found), slices.Max(found), p.outlook.Run
		return d, true
	}
	target, ok := p.scenario.Repeats.Until[d.Metric]
	d.Least = analysis.Detectable(analysis.SpreadAt(target, d.N), d.N)
	d.Most = d.Least
	return d, ok
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

// String is "0.8..2.4 % of goodput at n=6 within this association (spread as in RUN)".
func (d detectable) String() string {
	m, _ := results.LookupMetric(d.Metric)
	least, most := results.FormatQuantity(d.Least, ""), results.FormatQuantity(d.Most, "")
	text := most
	if least != most {
		text = strings.TrimSuffix(least, " %") + ".." + most
	}
	text += fmt.Sprintf(" of %s at n=%d", m.Title, d.N)
	if d.Of == "repeats" {
		text += " within one association"
	}
	if d.Run == "" {
		return text + " (assumes a spread at which until is just met then)"
	}
	return text + " (spread as in " + d.Run + ")"
}

// outlook is what the newest run below dir says that shares a case with these and is like; nil without one.
func outlook(dir string, cases []scenarios.Case, like func(*results.Run) bool) *analysis.Outlook {
	runs, _ := results.List(dir) // what cannot be read says nothing
	for _, r := range runs {
		if !like(r) || !slices.ContainsFunc(cases, func(c scenarios.Case) bool { return has(r, c.Hash) }) {
			continue
		}
		run, err := results.Open(r.Dir)
		if err != nil {
			continue
		}
		if o, ok := analysis.NewOutlook(run); ok {
			return o
		}
	}
	return nil
}

func has(r *results.Run, hash string) bool {
	return slices.ContainsFunc(r.Cases, func(c results.CaseInfo) bool { return c.Hash == hash })
}
