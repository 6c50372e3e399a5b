package analysis

import (
	"math"
	"slices"
	"time"

	"st67bench/results"
)

const (
	// giveUp is how many errors in a row end the repeats of a case: more would only
	// spend the budget on one broken case.
	giveUp = 3
	// FirstLook is the number of values at which a width is looked at first: that of three or four is too often small by chance.
	FirstLook = 5
	// Further is how many more are taken once the widths are tight: an interval at which measuring stops because it is narrow
	// covers too little, and values that had no part in that make up for it.
	Further = 3
)

// Key is a metric of a case.
type Key struct{ Case, Metric string }

// rule says by the widths of intervals when values are enough.
type rule struct {
	least int                // values before which nothing is looked at
	most  int                // values within which widths must become tight to be waited for; 0: they are waited for in any case
	until map[string]float64 // metric -> relative half width that is tight
}

// enough returns how many of the rounds of values, each with some of the metrics of until, are enough, and false while that
// cannot be said. It depends on the rounds up to there alone, and on their spreads only.
func (r rule) enough(rounds []map[Key]float64) (n int, known bool) {
	values := map[Key][]float64{}
	for i, round := range rounds {
		for key, v := range round {
			values[key] = append(values[key], v)
		}
		if i+1 < max(r.least, FirstLook) {
			continue
		}
		switch waiting, tight := r.look(values); {
		case waiting:
		case tight:
			return i + 1 + Further, true
		default:
			return i + 1, true
		}
	}
	return 0, false
}

// look says whether any of the metrics is still waited for, and whether any is tight. What no round had, as a quantile that
// repeats are too short for, is not waited for.
func (r rule) look(values map[Key][]float64) (waiting, tight bool) {
	for key, v := range values {
		s := r.variation(key, v)
		switch target := r.until[key.Metric]; {
		case s.n >= FirstLook && s.halfWidth(s.n) <= target:
			tight = true
		case !r.futile(s, target):
			return true, false
		}
	}
	return false, tight
}

func (r rule) variation(key Key, values []float64) variation {
	m, _ := results.LookupMetric(key.Metric)
	return variationOf(m, values)
}

// futile says that the most values would not make the width tight even if the spread were the least that it can be.
func (r rule) futile(s variation, target float64) bool {
	return r.most > 0 && s.n >= FirstLook && s.least().halfWidth(r.most) > target
}

// Boots is the rule for the number of boots of a run.
type Boots struct {
	Least  int                // boots
	Most   int                // boots
	Until  map[string]float64 // metric -> relative half width that is tight
	Budget time.Duration      // no boot that would end beyond it goes beyond Least; 0 for none
}

// Another says whether one more boot is wanted after those that were made, which are given by what BootValues has of them, elapsed
// after the first one began.
//
// From five boots on, and from Least on, it looks at the t interval of every metric of Until in every case. When all are tight,
// three more boots are made, and they are the last. A metric that the most boots could not make tight, even if it varied as
// little as is still possible, is not waited for. Nothing else is looked at: least of all on which side of anything a value is.
func (b Boots) Another(boots []map[Key]float64, elapsed time.Duration) bool {
	n := len(boots)
	switch {
	case n < b.Least:
		return true
	case n >= b.Most:
		return false
	case b.Budget > 0 && elapsed+elapsed/time.Duration(max(n, 1)) > b.Budget:
		return false
	}
	last, known := b.rule().enough(boots)
	return !known || n < last
}

func (b Boots) rule() rule { return rule{least: b.Least, most: b.Most, until: b.Until} }

// BootValues returns what each boot of all says of the metrics of until, a value for each case that has it, in the order in which
// they began.
func BootValues(all []results.Result, until map[string]float64) []map[Key]float64 {
	var boots []map[Key]float64
	for _, boot := range byBoot(all) {
		parts := map[Key][]float64{}
		for _, r := range boot {
			for key, v := range repeatValues(r, until) {
				parts[key] = append(parts[key], v)
			}
		}
		values := make(map[Key]float64, len(parts))
		for key, v := range parts {
			m, _ := results.LookupMetric(key.Metric)
			values[key] = m.Combine(v)
		}
		boots = append(boots, values)
	}
	return boots
}

// repeatValues are the metrics of until that a repeat has.
func repeatValues(r results.Result, until map[string]float64) map[Key]float64 {
	values := map[Key]float64{}
	for metric := range until {
		if v, ok := r.Metrics[metric]; ok {
			values[Key{r.Case, metric}] = v
		}
	}
	return values
}

// byBoot are the results of each boot, in the order in which they began.
func byBoot(all []results.Result) [][]results.Result {
	index := map[int]int{}
	var boots [][]results.Result
	for _, r := range all {
		i, known := index[r.Boot]
		if !known {
			i = len(boots)
			index[r.Boot] = i
			boots = append(boots, nil)
		}
		boots[i] = append(boots[i], r)
	}
	return boots
}

// Plan is what the stop rule knows of a boot's repeats.
type Plan struct {
	Cases  []string           // keys in sweep order
	Min    int                // repeats of each case; at least 1
	Max    int                // repeats of each case; at least Min
	Until  map[string]float64 // metric -> relative half width that is tight; empty: Max repeats
	Budget time.Duration      // for one boot; ends what goes beyond Min; 0 for none
	Order  [][]int            // per block, a permutation of the indices of Cases; beyond its end sweep order
}

// Next returns the index in Cases of the case to run next and true, or false
// when this boot has nothing more to do. done are the results of this boot
// only, in order; elapsed is the time since the boot's first repeat began.
//
// Repeats are interleaved: the case with the fewest repeats is next, and among
// those the first in the block's order, so that a drift of the rig falls on all
// cases alike. A case is finished three repeats after all metrics of Until were
// tight, which is looked at from five repeats and from Min on; at Max, at its
// first REFUSED or SKIPPED, or after three errors in a row. When the budget is
// spent, no case goes beyond Min.
func (p Plan) Next(done []results.Result, elapsed time.Duration) (index int, more bool) {
	byCase := make(map[string][]results.Result, len(p.Cases))
	for _, r := range done {
		byCase[r.Case] = append(byCase[r.Case], r)
	}
	least := math.MaxInt
	var open []int
	for i, key := range p.Cases {
		if p.finished(byCase[key], elapsed) {
			continue
		}
		if n := len(byCase[key]); n < least {
			least, open = n, open[:0]
		}
		if len(byCase[key]) == least {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return 0, false
	}
	if least < len(p.Order) {
		for _, i := range p.Order[least] {
			if slices.Contains(open, i) {
				return i, true
			}
		}
	}
	return open[0], true
}

// finished says whether a case with these results needs no further repeat.
func (p Plan) finished(done []results.Result, elapsed time.Duration) bool {
	n := len(done)
	if n == 0 {
		return false
	}
	switch last := done[n-1].Outcome; {
	case last == results.Refused, last == results.Skipped, n >= p.Max:
		return true
	case errorsAtEnd(done) >= giveUp:
		return true
	case n < p.Min:
		return false
	case p.Budget > 0 && elapsed >= p.Budget:
		return true
	case len(p.Until) == 0:
		return false
	}
	last, known := p.rule().enough(repeatRounds(done, p.Until))
	return known && n >= last
}

func (p Plan) rule() rule { return rule{least: p.Min, until: p.Until} }

// repeatRounds are what each repeat of a case has of the metrics of until.
func repeatRounds(done []results.Result, until map[string]float64) []map[Key]float64 {
	rounds := make([]map[Key]float64, len(done))
	for i, r := range done {
		rounds[i] = repeatValues(r, until)
	}
	return rounds
}

func errorsAtEnd(done []results.Result) int {
	n := 0
	for _, r := range slices.Backward(done) {
		if r.Outcome != results.Error {
			break
		}
		n++
	}
	return n
}
