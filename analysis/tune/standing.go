package tune

import (
	"math"
	"slices"

	"st67bench/analysis"
	"st67bench/analysis/stats"
	"st67bench/results"
)

// Place is where a case stands in the race.
type Place string

// Places. A case that is Open at the end is what leaves the answer undecided.
const (
	Best       Place = "best"
	Equal      Place = "equal"      // within the margin of the best by its mean, and no better by more
	Behind     Place = "behind"     // worse than by the margin by its mean, which is not shown, and no better by the margin
	Worse      Place = "worse"      // than the best
	Infeasible Place = "infeasible" // breaks a condition
	Unmeasured Place = "unmeasured" // has no value to judge
	Open       Place = "open"       // may yet be the best
)

// runner is a case in the race.
type runner struct {
	info     results.CaseInfo
	repeats  int // all tries
	broken   bool
	reason   string // of the first repeat that was not measured
	value    series
	bounded  []series // by condition of the goal
	measured []results.Result

	out     Place           // Worse, Infeasible or Unmeasured; empty while it is in the race
	breaks  int             // index of the condition that put it out, or that it is not known to keep
	kept    []bool          // by condition: an interval was wholly inside; all of a race hold together, so that it stays so
	shown   bool            // keeps every condition
	settled bool            // is no better than the best by the margin
	ahead   *stats.Interval // by how much it is better than the best, on the goal's scale
	mean    float64         // of that
}

func (c *runner) in() bool { return c.out == "" }

// series is a metric's values by unit, on its scale.
type series map[int]float64

// upTo are the values of the units up to u, in their order.
func (s series) upTo(u int) []float64 {
	var all []float64
	for i := 1; i <= u; i++ {
		if v, ok := s[i]; ok {
			all = append(all, v)
		}
	}
	return all
}

// in are the values of those of these units that there are, in their order.
func (s series) in(units []int) []float64 {
	var all []float64
	for _, u := range units {
		if v, ok := s[u]; ok {
			all = append(all, v)
		}
	}
	return all
}

// ahead are the differences of the units that both have, up to u.
func (s series) ahead(of series, u int) []float64 {
	var all []float64
	for i := 1; i <= u; i++ {
		v, ok := s[i]
		w, both := of[i]
		if ok && both {
			all = append(all, v-w)
		}
	}
	return all
}

// standing is the race after some units.
type standing struct {
	race   *Race
	goal   Goal
	scale  scale
	bounds []scale // of the conditions' metrics
	cases  []*runner
	last   int // unit that there are results of
	looked int // units that were looked at
	best   *runner

	confidence, unitConfidence float64
	t                          map[int]float64 // quantile for so many values
}

// begin reads the results of a race that nobody has looked at.
func (r *Race) begin(done []results.Result) *standing {
	s := &standing{race: r, goal: r.goal(done), t: map[int]float64{}}
	s.confidence, s.unitConfidence = r.confidences(len(s.goal.Where))
	byCase := map[string][]results.Result{}
	for _, x := range done {
		byCase[x.Case] = append(byCase[x.Case], x)
		s.last = max(s.last, r.unit(x))
	}
	s.scale = scaleOf(s.goal.Metric, valuesOf(done, s.goal.Metric.Name))
	for _, w := range s.goal.Where {
		s.bounds = append(s.bounds, scaleOf(w.Metric, append(valuesOf(done, w.Metric.Name), w.Value)))
	}
	for _, info := range r.Cases {
		s.cases = append(s.cases, s.runner(info, byCase[info.Key]))
	}
	return s
}

// goal is what the race is for.
func (r *Race) goal(done []results.Result) Goal {
	if r.Goal != nil {
		return *r.Goal
	}
	first := map[string]float64{}
	for _, x := range done {
		if r.unit(x) == 1 {
			for name, v := range x.Metrics {
				first[name] = v
			}
		}
	}
	return Default(r.Kind, r.Needs, func(metric string) bool { _, ok := first[metric]; return ok })
}

// Default is the goal of a scenario that nobody gave one for: the least energy per bit where that was measured, else the best of
// what a run of the scenario is about. The zero Goal when nothing was measured.
func Default(kind string, needs []string, measured func(metric string) bool) Goal {
	name := "energy_per_bit"
	if !measured(name) {
		name = analysis.PrimaryOf(kind, needs, measured)
	}
	m, _ := results.LookupMetric(name)
	return Goal{Max: m.Better > 0, Metric: m}
}

func valuesOf(done []results.Result, metric string) []float64 {
	var all []float64
	for _, x := range done {
		if v, ok := x.Metrics[metric]; ok {
			all = append(all, v)
		}
	}
	return all
}

func (s *standing) runner(info results.CaseInfo, of []results.Result) *runner {
	c := &runner{info: info, repeats: len(of), broken: stuck(of), kept: make([]bool, len(s.goal.Where))}
	for _, x := range of {
		if len(x.Metrics) > 0 {
			c.measured = append(c.measured, x)
		} else if c.reason == "" {
			c.reason = x.Err
		}
	}
	c.value = s.race.series(c.measured, s.goal.Metric, s.scale)
	for k, w := range s.goal.Where {
		c.bounded = append(c.bounded, s.race.series(c.measured, w.Metric, s.bounds[k]))
	}
	if c.broken && len(c.measured) == 0 {
		c.out = Unmeasured
	}
	return c
}

// series is one value per unit: that of the boot's repeats together, see results.Metric.Combine.
func (r *Race) series(of []results.Result, m results.Metric, on scale) series {
	byUnit := map[int][]float64{}
	for _, x := range of {
		if v, ok := x.Metrics[m.Name]; ok {
			byUnit[r.unit(x)] = append(byUnit[r.unit(x)], v)
		}
	}
	out := series{}
	for u, values := range byUnit {
		out[u] = on.to(m.Combine(values))
	}
	return out
}

// confidences are those of each interval of the race, so that all which say something of the case that is the best in truth hold
// together with 1 - Risk (Bonferroni). At each look it is compared with one of the other cases, whichever is the best then, and each
// condition is judged for each case; unit is for the means of units, of which there is one for each condition and look.
func (r *Race) confidences(conditions int) (of, unit float64) {
	looks := float64(r.units() - r.least() + 1)
	questions := float64(max(1, len(r.Cases)-1+len(r.Cases)*conditions))
	if conditions == 0 {
		return 1 - Risk/(looks*questions), 0
	}
	return 1 - Risk/2/(looks*questions), 1 - Risk/2/(looks*float64(conditions))
}

// look judges the cases in the race by the values of the units up to u.
func (s *standing) look(u int) {
	s.looked = u
	if u < s.race.least() {
		return
	}
	s.best = nil
	for _, c := range s.cases {
		if c.in() && len(c.value.upTo(u)) == 0 {
			c.out = Unmeasured
		}
	}
	bounds := make([]*spread, len(s.goal.Where))
	for k := range bounds {
		bounds[k] = s.spread(func(c *runner) series { return c.bounded[k] }, u)
	}
	for _, c := range s.cases {
		if !c.in() {
			continue
		}
		c.ahead, c.settled = nil, false
		s.conditions(c, bounds, u)
		if c.in() && c.shown && (s.best == nil || s.better(c, s.best, u)) {
			s.best = c
		}
	}
	if s.best == nil {
		return
	}
	all := s.spread(func(c *runner) series { return c.value }, u)
	for _, c := range s.cases {
		if c.in() && c != s.best {
			s.compare(c, all, u)
		}
	}
}

// better says whether the mean of a is better than that of b.
func (s *standing) better(a, b *runner, u int) bool {
	return s.sense()*(stats.Mean(a.value.upTo(u))-stats.Mean(b.value.upTo(u))) > 0
}

func (s *standing) sense() float64 {
	if s.goal.Max {
		return 1
	}
	return -1
}

// conditions judges a case by the conditions alone: its interval of each is wholly outside, wholly inside or neither.
func (s *standing) conditions(c *runner, all []*spread, u int) {
	c.shown = true
	for k, w := range s.goal.Where {
		values := c.bounded[k].upTo(u)
		if len(values) == 0 {
			c.out, c.breaks = Unmeasured, k
			return
		}
		iv, ok := s.interval(values)
		if half, in := all[k].mean(c); in {
			iv = s.about(stats.Mean(values), half)
		}
		bound := s.bounds[k].to(w.Value)
		lo, hi := w.keeps(iv.Lo, bound), w.keeps(iv.Hi, bound)
		if ok && !lo && !hi {
			c.out, c.breaks, c.shown = Infeasible, k, false
			return
		}
		if c.kept[k] = c.kept[k] || ok && lo && hi; !c.kept[k] {
			c.shown, c.breaks = false, k
		}
	}
}

// keeps says whether v is inside the bound.
func (c Condition) keeps(v, bound float64) bool {
	switch c.Op {
	case ">=":
		return v >= bound
	case "<=":
		return v <= bound
	case ">":
		return v > bound
	}
	return v < bound
}

// interval is the t interval of the mean at the race's confidence; false below the least number of values.
func (s *standing) interval(values []float64) (stats.Interval, bool) {
	n := len(values)
	if n < max(2, s.race.least()) {
		return stats.Interval{}, false
	}
	if s.t[n] == 0 { // it is the same for all cases, and dear
		s.t[n] = quantile(s.confidence, float64(n-1))
	}
	return s.about(stats.Mean(values), s.t[n]*stats.Deviation(values)/math.Sqrt(float64(n))), true
}

func (s *standing) about(mean, half float64) stats.Interval {
	return stats.Interval{Lo: mean - half, Hi: mean + half, Confidence: s.confidence}
}

// compare judges a case against the best: by the differences within each unit, so that what moved both counts for nothing.
func (s *standing) compare(c *runner, all *spread, u int) {
	d := c.value.ahead(s.best.value, u)
	for i := range d {
		d[i] *= s.sense()
	}
	iv, ok := s.interval(d)
	if half, in := all.difference(c, s.best); in && ok {
		iv = s.about(stats.Mean(d), half)
	}
	if !ok {
		return
	}
	c.ahead, c.mean = &iv, stats.Mean(d)
	c.settled = iv.Hi <= s.margin()
	if iv.Hi < 0 {
		c.out = Worse
	}
}

// margin is what matters, on the goal's scale: a ratio of values that have no logarithm is one of the best case's mean.
func (s *standing) margin() float64 {
	m := s.race.margin(s.goal.Metric)
	switch {
	case !s.scale.log:
		return m * math.Abs(stats.Mean(s.best.value.upTo(s.looked)))
	case s.goal.Max:
		return math.Log1p(m)
	}
	return -math.Log1p(-m)
}

// over says whether more repeats would not change the answer: nothing is left, or nothing that may be better than the best by
// the margin.
func (s *standing) over() bool {
	if !slices.ContainsFunc(s.cases, (*runner).in) {
		return true
	}
	return s.best != nil && !slices.ContainsFunc(s.cases, func(c *runner) bool {
		return c.in() && c != s.best && !c.settled && !c.broken
	})
}

// place is where a case ended.
func (s *standing) place(c *runner) Place {
	switch {
	case !c.in():
		return c.out
	case c == s.best:
		return Best
	case s.best != nil && c.settled && c.mean >= -s.margin():
		return Equal
	case s.best != nil && c.settled:
		return Behind
	}
	return Open
}
