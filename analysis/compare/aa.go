package compare

import (
	"errors"
	"math"
	"slices"

	"st67bench/analysis"
	"st67bench/analysis/stats"
	"st67bench/results"
)

// RigCheck is what A/A sessions say of a rig: one firmware was both sides of interleaved runs, so that every difference they
// find is false, and what spreads is the rig.
type RigCheck struct {
	Sessions int `json:"sessions"`
	Boots    int `json:"boots"` // of each side in a session, the fewest
	// False are the sessions whose joint verdict told of a difference: FAIL, TRADE-OFF or DOMINATES.
	False   Share                  `json:"false"`
	Metrics map[string]MetricCheck `json:"metrics"` // those that are gated, by name
}

// MetricCheck is what a rig does to one metric, over all cases.
type MetricCheck struct {
	// CV is the standard deviation between the boots of a session, as a fraction, pooled over cases and sessions; of losses it is
	// absolute. Nil where the metric has no spread to speak of a fraction of: its mean is 0.
	CV *float64 `json:"cv"`
	// WorstCase is the case that spreads most, and WorstCV how much.
	WorstCase string   `json:"worst_case"`
	WorstCV   *float64 `json:"worst_cv"`
	// SessionCV is what sessions differ by beyond what their boots explain: a baseline of another session has it too, and an
	// interleaved run has not. Nil below two sessions.
	SessionCV *float64 `json:"session_cv"`
	// MDE is the smallest worsening, as a fraction, that Boots of each side show with 80 % power: the detection floor.
	MDE *float64 `json:"mde"`
	// Margin is the recommended one: the metric's own, or MDE where that is more. Default is its own.
	Margin  float64 `json:"margin"`
	Default float64 `json:"default_margin"`
	// False are the comparisons that said REGRESSED or IMPROVED, and Significant those with a p-value of at most Alpha, however
	// small the difference; both before the family is adjusted for.
	False       Share `json:"false"`
	Significant Share `json:"significant"`
}

// Share is a count of a number of trials, with its exact 95 % interval.
type Share struct {
	N        int   `json:"n"`
	Of       int   `json:"of"`
	Interval Range `json:"interval"`
}

// Rate is N of Of, 0 of none.
func (s Share) Rate() float64 { return float64(s.N) / float64(max(s.Of, 1)) }

func (s *Share) add(yes bool) {
	s.Of++
	if yes {
		s.N++
	}
	i := stats.ClopperPearson(s.N, s.Of)
	s.Interval = Range{i.Lo, i.Hi}
}

// CheckRig makes the check of A/A sessions of one scenario, each with its two runs. The errors are those of Compare, and that
// there are no sessions.
func CheckRig(sessions [][2]*results.Run, o Options) (*RigCheck, error) {
	if len(sessions) == 0 {
		return nil, errors.New("no session was measured")
	}
	c := &RigCheck{Sessions: len(sessions), Boots: math.MaxInt, Metrics: map[string]MetricCheck{}}
	var pairs []*scenarioPair
	for _, s := range sessions {
		base, new := Side{Name: "A", Runs: s[:1]}, Side{Name: "A again", Runs: s[1:]}
		found, err := Compare(base, new, o)
		if err != nil {
			return nil, err
		}
		c.False.add(slices.Contains([]Joint{Fail, TradeOff, Dominates}, found.Verdict))
		c.Boots = min(c.Boots, found.Base.Boots, found.New.Boots)
		for _, row := range found.Comparisons {
			m := c.Metrics[row.Metric]
			m.False.add(row.Verdict == Regressed || row.Verdict == Improved)
			m.Significant.add(row.significant())
			m.Default = max(m.Default, row.Margin)
			c.Metrics[row.Metric] = m
		}
		pairs = append(pairs, &scenarioPair{name: s[0].Scenario.Name, base: newSided(base.Runs), new: newSided(new.Runs), options: o})
	}
	for name, m := range c.Metrics {
		m.spread(name, pairs)
		m.recommend(name, c.Boots)
		c.Metrics[name] = m
	}
	return c, nil
}

// spread pools what spreads over the cases.
func (m *MetricCheck) spread(name string, pairs []*scenarioPair) {
	metric, _ := results.LookupMetric(name)
	var within, between pool
	for _, key := range pairs[0].base.order {
		groups := onScale(metric, valuesOf(metric, key, pairs))
		one := within.add(groups)
		if cv := one.deviation(); cv != nil && (m.WorstCV == nil || *cv > *m.WorstCV) {
			m.WorstCase, m.WorstCV = key, cv
		}
		between.addMeans(groups, one)
	}
	m.CV, m.SessionCV = within.deviation(), between.deviation()
}

// valuesOf are the boots' values of a case, both sides of a session together.
func valuesOf(m results.Metric, key string, pairs []*scenarioPair) (groups [][]analysis.Observation) {
	for _, p := range pairs {
		var values []analysis.Observation
		for _, side := range []*sided{p.base, p.new} {
			if !isLoss(m.Name) {
				values = append(values, side.observe(key, m)...)
			} else if t, ok := tallyOf(m.Name, side.results(key)); ok {
				for _, rate := range t.rates {
					values = append(values, analysis.Observation{Value: rate})
				}
			}
		}
		if len(values) > 0 {
			groups = append(groups, values)
		}
	}
	return groups
}

// onScale are the values of sessions on the scale that their metric is compared on, as fractions; nil where there is nothing to
// take a fraction of.
func onScale(m results.Metric, groups [][]analysis.Observation) (scaled [][]float64) {
	all := slices.Concat(groups...)
	if len(all) == 0 {
		return nil
	}
	s := scaleFor(m, all, nil)
	if s.unit == 0 {
		return nil
	}
	for _, values := range groups {
		x := s.of(values)
		for i := range x {
			x[i] /= s.unit
		}
		scaled = append(scaled, x)
	}
	return scaled
}

// pool is a variance from several groups.
type pool struct {
	sum  float64 // of squares, around the group's mean
	free int     // degrees of freedom
}

func (p *pool) deviation() *float64 {
	if p.free == 0 {
		return nil
	}
	d := math.Sqrt(max(p.sum, 0) / float64(p.free))
	return &d
}

// add takes the groups of a case, each around its own mean, and returns them by themselves.
func (p *pool) add(groups [][]float64) (one pool) {
	for _, x := range groups {
		d := stats.Deviation(x)
		one.sum += d * d * float64(len(x)-1)
		one.free += len(x) - 1
	}
	p.sum += one.sum
	p.free += one.free
	return one
}

// addMeans takes the variance of the means of a case's groups, less what the spread within explains of it.
func (p *pool) addMeans(groups [][]float64, within pool) {
	if len(groups) < 2 || within.free == 0 {
		return
	}
	means, explained := make([]float64, len(groups)), 0.0
	for i, x := range groups {
		means[i] = stats.Mean(x)
		explained += within.sum / float64(within.free) / float64(len(x)) / float64(len(groups))
	}
	d := stats.Deviation(means)
	p.sum += (d*d - explained) * float64(len(groups)-1)
	p.free += len(groups) - 1
}

// recommend finds what boots of each side can show, and the margin that follows.
func (m *MetricCheck) recommend(name string, boots int) {
	m.Margin = m.Default
	if m.CV == nil || boots < 2 {
		return
	}
	metric, _ := results.LookupMetric(name)
	mde := stats.DetectableEffect(boots, Alpha, power) * *m.CV
	if metric.Ratio() { // on logarithms; a margin is the fraction that is lost
		mde = -math.Expm1(-mde)
	}
	m.MDE, m.Margin = &mde, max(m.Margin, mde)
}
