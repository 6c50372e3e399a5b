package tune

import (
	"slices"

	"st67bench/results"
)

// Front is what the cases of a run trade that ran to its end.
type Front struct {
	Objectives []string // metrics: of rate, latency and energy those that every measured case has
	Members    []Member // no case is shown to be better than these; see the package's documentation
	Behind     []Member // some case is
}

// FrontOf is the front of a run, raced or not. It has no members where fewer than two objectives or two cases were measured.
func FrontOf(run *results.Run) Front {
	f := surveyOf(run).front(run.Seed)
	return Front{f.names(), f.members, f.behind}
}

// EffectsOf says how the factors of a run, raced or not, move a metric: as of a race, but by all units in which the cases were
// measured. ok is false where no two units have all combinations of levels.
func EffectsOf(run *results.Run, metric string) (e Effects, ok bool) {
	m, known := results.LookupMetric(metric)
	if !known {
		return Effects{}, false
	}
	s := surveyOf(run)
	return s.race.effectsIn(s.shared(m), s, m)
}

// surveyOf reads a run without judging its cases.
func surveyOf(run *results.Run) *standing {
	about := run.About()
	r := &Race{Kind: about.Kind, Needs: about.Needs, Factors: run.Factors, Cases: run.Cases, Boots: boots(run.Results)}
	for _, x := range run.Results {
		r.Repeats = max(r.Repeats, x.Repeat)
	}
	return r.begin(run.Results)
}

// shared are the units that have a value of every case which has one in more than half of all: a case that hardly ever was measured
// costs its level, not the units of the others.
func (s *standing) shared(m results.Metric) []int {
	count := map[int]int{}
	cases := 0
	for _, c := range s.cases {
		own := s.race.series(c.measured, m, scale{})
		if 2*len(own) <= s.last {
			continue
		}
		cases++
		for u := range own {
			count[u]++
		}
	}
	var units []int
	for u, n := range count {
		if n == cases {
			units = append(units, u)
		}
	}
	slices.Sort(units)
	return units
}
