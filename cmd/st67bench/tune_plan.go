package main

import (
	"fmt"
	"time"

	"st67bench/analysis/tune"
	"st67bench/results"
	"st67bench/scenarios"
)

// racer gives the runner the cases that are still in a race.
type racer struct {
	race     *tune.Race
	scenario *scenarios.Scenario
	seed     uint64

	begin   time.Time
	earlier []results.Result // of the boots before
	boot    []results.Result // of this one
}

// newRace is the race of a scenario whose repeats are planned for it.
func newRace(s *scenarios.Scenario, cases []scenarios.Case, goal *tune.Goal, seed uint64) *tune.Race {
	r := &tune.Race{
		Goal: goal, Kind: s.Workload.Kind, Needs: s.Needs, Boots: s.Repeats.Boots, Repeats: s.Repeats.Max,
		Margins: s.Margins, Budget: s.Repeats.Budget, Order: scenarios.Order(len(cases), max(s.Repeats.Boots, s.Repeats.Max), seed),
	}
	for _, f := range s.Sweep {
		r.Factors = append(r.Factors, f.Name)
	}
	for _, c := range cases {
		r.Cases = append(r.Cases, results.CaseInfo{Key: c.Key, Factors: c.Factors, Hash: c.Hash})
	}
	return r
}

// next is the runner's Next.
func (p *racer) next(boot []results.Result) (index int, more bool) {
	if p.begin.IsZero() {
		p.begin = time.Now()
	}
	p.boot = boot
	return p.race.Next(p.earlier, boot, time.Since(p.begin))
}

// another is the runner's Another.
func (p *racer) another() bool {
	p.earlier, p.boot = append(p.earlier, p.boot...), nil
	return p.race.Another(p.earlier, p.elapsed())
}

func (p *racer) elapsed() time.Duration {
	if p.begin.IsZero() {
		return 0
	}
	return time.Since(p.begin)
}

// repeats is how many there are before the first case may leave.
func (p *racer) repeats() int { return p.race.Least() }

// takes is how long so many repeats take by their durations, with the warm-ups of one boot; opening and closing make it a little longer.
func (p *racer) takes(repeats int) time.Duration {
	var once time.Duration
	for _, c := range p.scenario.Expand() {
		once += c.Workload.Duration
	}
	n := len(p.race.Cases)
	return once * time.Duration(repeats+p.scenario.Warmup*n) / time.Duration(n) * 11 / 10
}

// estimate is for a race that ends, as most do, after a third of the repeats, or at its budget.
func (p *racer) estimate() time.Duration {
	d := p.takes(max(p.race.Full()/3, p.race.Least()))
	if b := p.race.Budget; b > 0 && b < d {
		return max(b, p.takes(p.race.Least()))
	}
	return d
}

// String is the plan for people.
func (p *racer) String() string {
	text := fmt.Sprintf("%d cases in a race: %d repeats", len(p.race.Cases), p.race.Least())
	if d := p.scenario.Workload.Duration; d > 0 {
		text += " of " + d.String()
	}
	text += fmt.Sprintf(" before the first may leave, %d at the most", p.race.Full())
	if b := p.race.Boots; b > 1 {
		text += fmt.Sprintf(", over up to %d boots", b)
	} else {
		text += ", 1 boot"
	}
	text += fmt.Sprintf(", blocks in random order, seed %d", p.seed)
	if least := p.takes(p.race.Least()); least > 0 {
		text += fmt.Sprintf("; %s to %s", least.Round(time.Second), p.takes(p.race.Full()).Round(time.Second))
		if b := p.race.Budget; b > 0 {
			text += fmt.Sprintf(", budget %s", b)
		}
	}
	return text
}
