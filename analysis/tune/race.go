package tune

import (
	"slices"
	"time"

	"st67bench/results"
)

// Risk is the probability, at the most, that a race drops the case that is the best in truth, or takes one for the best that is
// worse than it by more than the margin.
const Risk = 0.05

// LeastUnits is how many values a case has before it is judged, unless there can be no more than fewer.
const LeastUnits = 3

// giveUp is how many errors in a row end a case.
const giveUp = 3

// Race is a full factorial experiment in which a case that is already known not to be the best gets no more repeats. Its
// plan is the same for every call, and what Next and Conclude say follows from it and from the results alone.
type Race struct {
	Goal    *Goal              // nil: Default of what the first unit measured
	Kind    string             // of the workload
	Needs   []string           // of the scenario
	Factors []string           // in sweep order
	Cases   []results.CaseInfo // in sweep order
	Boots   int                // at the most; with 1 a unit is a block of repeats, else it is a boot
	Repeats int                // of each case: in all with one boot, else in each boot
	Order   [][]int            // per unit or repeat, a permutation of the indices of Cases; beyond its end sweep order
	Margins map[string]float64 // of the scenario, over those of the metric table
	Budget  time.Duration      // ends what goes beyond the least number of units; 0 for none
}

// units is how many values a case can have.
func (r *Race) units() int {
	if r.Boots > 1 {
		return r.Boots
	}
	return r.Repeats
}

// least is how many of them it has before it is judged.
func (r *Race) least() int { return min(LeastUnits, r.units()) }

// Full is the number of repeats of the full factorial.
func (r *Race) Full() int { return len(r.Cases) * r.Boots * r.Repeats }

// Least is the number of repeats after which the first case may be dropped.
func (r *Race) Least() int {
	if r.Boots > 1 {
		return len(r.Cases) * r.least() * r.Repeats
	}
	return len(r.Cases) * r.least()
}

// unit is the number of the unit that a result is of, from 1.
func (r *Race) unit(x results.Result) int {
	if r.Boots > 1 {
		return x.Boot
	}
	return x.Block
}

// Next gives the index of the case to repeat next and true, or false when this boot has nothing more to do. earlier are the
// results of the boots before, boot those of this one, both in order; elapsed is the time since the first repeat of all.
func (r *Race) Next(earlier, boot []results.Result, elapsed time.Duration) (index int, more bool) {
	if r.Boots > 1 {
		s := r.replay(earlier)
		return s.pick(boot, r.Repeats, s.looked)
	}
	s := r.begin(boot)
	for u := 1; u <= r.Repeats; u++ {
		if i, open := s.pick(boot, u, u-1); open {
			return i, u <= r.least() || !r.spent(elapsed)
		}
		if s.look(u); s.over() {
			break
		}
	}
	return 0, false
}

// Another says whether one more boot is wanted after these results.
func (r *Race) Another(done []results.Result, elapsed time.Duration) bool {
	s := r.replay(done)
	if s.looked >= r.Boots || s.over() {
		return false
	}
	return s.looked < r.least() || !r.spent(elapsed)
}

func (r *Race) spent(elapsed time.Duration) bool { return r.Budget > 0 && elapsed >= r.Budget }

// replay looks at results as the race did while they came in.
func (r *Race) replay(done []results.Result) *standing {
	s := r.begin(done)
	for u := range s.last {
		s.look(u + 1)
	}
	return s
}

// pick is the case that is next of those in the race which have fewer than n results in this boot: one with the fewest, and
// among those the first in the given order.
func (s *standing) pick(boot []results.Result, n, order int) (index int, open bool) {
	count := map[string]int{}
	for _, x := range boot {
		count[x.Case]++
	}
	index, fewest := -1, n
	for _, i := range s.race.order(order) {
		if c := s.cases[i]; c.in() && !c.broken && count[c.info.Key] < fewest {
			index, fewest = i, count[c.info.Key]
		}
	}
	return index, index >= 0
}

// order is the order of a unit, counted from 0.
func (r *Race) order(unit int) []int {
	if unit < len(r.Order) {
		return r.Order[unit]
	}
	all := make([]int, len(r.Cases))
	for i := range all {
		all[i] = i
	}
	return all
}

// stuck says whether a case needs no further try: it was refused or skipped, or had several errors in a row.
func stuck(of []results.Result) bool {
	if slices.ContainsFunc(of, func(x results.Result) bool { return x.Outcome == results.Refused || x.Outcome == results.Skipped }) {
		return true
	}
	errors := 0
	for _, x := range slices.Backward(of) {
		if x.Outcome != results.Error {
			break
		}
		errors++
	}
	return errors >= giveUp
}
