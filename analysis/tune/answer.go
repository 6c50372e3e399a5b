package tune

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// Verdict says how a race ended.
type Verdict string

// Verdicts.
const (
	Found     Verdict = "found"     // no other case is better than the winner by the margin
	Undecided Verdict = "undecided" // Missing says why
	None      Verdict = "none"      // no case keeps the conditions; the winner is the one that comes nearest
)

// Answer is what a race says. Its JSON form is what `tune --json` prints: keys are stable, units are those of the metric table,
// changes and margins are fractions, and what was not measured is absent.
type Answer struct {
	Goal         string        `json:"goal"`
	Default      bool          `json:"default"` // nobody gave the goal
	Verdict      Verdict       `json:"verdict"`
	Exit         int           `json:"exit"` // exit code of the program
	Run          string        `json:"run"`
	Scenario     string        `json:"scenario"`
	Emulated     bool          `json:"emulated"`
	Boots        int           `json:"boots"`
	Winner       *Choice       `json:"winner,omitempty"`
	Equal        []string      `json:"equal,omitempty"` // cases with means within the margin of the winner, and no better by more
	Margin       float64       `json:"margin"`
	Alternatives []Alternative `json:"alternatives,omitempty"`
	Objectives   []string      `json:"objectives,omitempty"` // metrics of the front
	Front        []Member      `json:"front,omitempty"`
	Effects      []Effects     `json:"effects,omitempty"`
	Cases        []Standing    `json:"cases"`
	Repeats      Repeats       `json:"repeats"`
	Missing      []string      `json:"missing,omitempty"` // what keeps the answer from being one, a sentence each
}

// Choice is a case with how to have it.
type Choice struct {
	Case      string                    `json:"case"`
	Factors   map[string]string         `json:"factors"`
	Metrics   map[string]float64        `json:"metrics"`             // means
	Intervals map[string]stats.Interval `json:"intervals,omitempty"` // of the means, 95 %
	Commands  []string                  `json:"commands"`            // AT lines
	Host      []string                  `json:"host"`                // what the host does where no AT line does it
}

// Alternative is a choice that is better in something else, and what it costs.
type Alternative struct {
	Choice
	Knee    bool               `json:"knee,omitempty"` // the best balance of all objectives
	Changes map[string]float64 `json:"changes"`        // against the winner, by objective
}

// Standing is where a case ended.
type Standing struct {
	Case    string          `json:"case"`
	Place   Place           `json:"place"`
	Repeats int             `json:"repeats"`
	Mean    *float64        `json:"mean,omitempty"`     // of the goal's metric
	Change  *float64        `json:"change,omitempty"`   // of that against the best of the time, by the units that both have
	Span    *stats.Interval `json:"interval,omitempty"` // of the change, at the confidence of the race
	Reason  string          `json:"reason,omitempty"`
}

// Repeats is what the race cost.
type Repeats struct {
	Spent int `json:"spent"`
	Full  int `json:"full"` // of the full factorial
}

// Conclude says what the results of a run mean for the goal. The run may be a race's or any other of the scenario.
func (r *Race) Conclude(run *results.Run) *Answer {
	s := r.replay(run.Results)
	a := &Answer{
		Goal: s.goal.String(), Default: r.Goal == nil, Run: run.ID, Scenario: run.Scenario.Name, Emulated: run.Emulated,
		Boots: boots(run.Results), Margin: r.margin(s.goal.Metric), Repeats: Repeats{len(run.Results), r.Full()},
	}
	if s.goal.Metric.Name == "" {
		a.Goal = ""
	}
	for _, c := range s.cases {
		a.Cases = append(a.Cases, s.standingOf(c))
		if s.place(c) == Equal {
			a.Equal = append(a.Equal, c.info.Key)
		}
	}
	winner := s.decide(a)
	if winner == nil {
		return a
	}
	f := s.front(run.Seed)
	a.Objectives, a.Front = f.names(), f.members
	choice := s.choice(winner, f.metrics)
	a.Winner = &choice
	a.Alternatives = s.alternatives(winner, f)
	for _, m := range s.goal.metrics() {
		if e, ok := r.effects(s, m); ok {
			a.Effects = append(a.Effects, e)
		}
	}
	return a
}

func boots(all []results.Result) int {
	seen := map[int]bool{}
	for _, x := range all {
		seen[x.Boot] = true
	}
	return len(seen)
}

// metrics are those of the goal, each once.
func (g Goal) metrics() []results.Metric {
	all := []results.Metric{g.Metric}
	for _, c := range g.Where {
		if !slices.Contains(all, c.Metric) {
			all = append(all, c.Metric)
		}
	}
	return all
}

// decide sets the verdict and returns the winner, or the case that comes nearest; nil when nothing was measured.
func (s *standing) decide(a *Answer) *runner {
	open := slices.ContainsFunc(s.cases, func(c *runner) bool { return s.place(c) == Open })
	anyIn := slices.ContainsFunc(s.cases, (*runner).in)
	switch {
	case s.best != nil && !open:
		a.Verdict = Found
		return s.best
	case anyIn:
		a.Verdict = Undecided
		a.Missing = s.missing()
		if s.best != nil {
			return s.best
		}
	default:
		a.Verdict = None
	}
	nearest := s.nearest()
	if nearest == nil {
		a.Verdict = Undecided
		a.Missing = append(a.Missing, "no case was measured with "+s.needed())
	} else if a.Verdict == None {
		a.Missing = append(a.Missing, fmt.Sprintf("nothing keeps the conditions; %s comes nearest: %s", nearest.info.Key, s.broken(nearest)))
	}
	return nearest
}

// nearest is the case whose means are the least outside the conditions, and among those the best.
func (s *standing) nearest() *runner {
	var best *runner
	least := math.Inf(1)
	for _, c := range s.cases {
		if c.out == Unmeasured || len(c.value.upTo(s.last)) == 0 {
			continue
		}
		d := s.outside(c)
		if d < least || d == least && s.better(c, best, s.last) {
			best, least = c, d
		}
	}
	return best
}

// outside is how far a case's means are outside the conditions: the sum over these, of logarithms where there are any.
func (s *standing) outside(c *runner) float64 {
	sum := 0.0
	for k, w := range s.goal.Where {
		values, bound := c.bounded[k].upTo(s.last), s.bounds[k].to(w.Value)
		if len(values) == 0 {
			return math.MaxFloat64
		}
		if mean := stats.Mean(values); !w.keeps(mean, bound) {
			sum += math.Abs(mean - bound)
		}
	}
	return sum
}

// broken words the condition that a case breaks, or is not known to keep.
func (s *standing) broken(c *runner) string {
	if len(s.goal.Where) == 0 {
		return ""
	}
	w := s.goal.Where[c.breaks]
	values := c.bounded[c.breaks].upTo(s.last)
	if len(values) == 0 {
		return "it has no " + w.Metric.Name
	}
	return fmt.Sprintf("%s is %s, wanted %s %s", w.Metric.Title, w.Metric.Format(s.bounds[c.breaks].from(stats.Mean(values))), w.Op, w.text)
}

// missing says why the race is undecided.
func (s *standing) missing() []string {
	var why []string
	for _, c := range s.cases {
		if s.place(c) == Open {
			why = append(why, s.whyOpen(c))
		}
	}
	if s.best != nil {
		why = append(why, "more repeats or boots would tell: repeats: {max: N} of the scenario, --boots, or a longer --budget")
	}
	return why
}

func (s *standing) whyOpen(c *runner) string {
	key := c.info.Key
	switch {
	case c.broken:
		return key + " cannot be measured any more: " + c.reason
	case len(c.value.upTo(s.last)) < s.race.least():
		return fmt.Sprintf("%s has %d of the %d values that it is judged by", key, len(c.value.upTo(s.last)), s.race.least())
	case !c.shown && (s.best == nil || c.ahead == nil || c.ahead.Hi > 0):
		return fmt.Sprintf("%s is not known to keep the conditions: %s", key, s.broken(c))
	case c.ahead != nil:
		return fmt.Sprintf("%s may be better than %s by up to %s", key, s.best.info.Key, s.percent(c.ahead.Hi))
	}
	return key + " was not compared"
}

// percent words a difference on the goal's scale.
func (s *standing) percent(d float64) string {
	if s.scale.log {
		return results.FormatQuantity(math.Abs(math.Expm1(s.sense()*d)), "")
	}
	return s.goal.Metric.Format(math.Abs(d))
}

func (s *standing) standingOf(c *runner) Standing {
	out := Standing{Case: c.info.Key, Place: s.place(c), Repeats: c.repeats}
	if values := c.value.upTo(s.last); len(values) > 0 {
		mean := s.scale.from(stats.Mean(values))
		out.Mean = &mean
	}
	if c.ahead != nil && out.Place != Best && out.Place != Infeasible {
		lo, hi := s.scale.change(s.sense()*c.ahead.Lo), s.scale.change(s.sense()*c.ahead.Hi)
		change := s.scale.change(s.sense() * c.mean)
		out.Change, out.Span = &change, &stats.Interval{Lo: min(lo, hi), Hi: max(lo, hi), Confidence: c.ahead.Confidence}
	}
	switch out.Place {
	case Infeasible:
		out.Reason = s.broken(c)
	case Unmeasured:
		out.Reason = s.unmeasured(c)
	case Open:
		out.Reason = s.whyOpen(c)
	}
	return out
}

// needed are the metrics that a case is judged by.
func (s *standing) needed() string {
	names := []string{s.goal.Metric.Name}
	for _, w := range s.goal.Where {
		names = append(names, w.Metric.Name)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " and ")
}

// unmeasured says why a case has nothing to be judged by.
func (s *standing) unmeasured(c *runner) string {
	if c.reason != "" && len(c.measured) == 0 {
		return c.reason
	}
	missing := s.goal.Metric.Name
	if len(c.value) > 0 {
		missing = s.goal.Where[c.breaks].Metric.Name
	}
	return fmt.Sprintf("it was measured without %s: a repeat is too short for it, no meter measured it, or the workload does not have it", missing)
}

// choice is a case with the means of what was asked for.
func (s *standing) choice(c *runner, front []results.Metric) Choice {
	out := Choice{Case: c.info.Key, Factors: c.info.Factors, Metrics: map[string]float64{}, Intervals: map[string]stats.Interval{}, Commands: []string{}, Host: []string{}}
	judged := append(s.goal.metrics(), front...)
	metrics := judged
	for _, name := range []string{"ceiling", "efficiency"} {
		m, _ := results.LookupMetric(name)
		metrics = append(metrics, m)
	}
	for i, m := range metrics {
		on := scaleOf(m, valuesOf(c.measured, m.Name))
		values := slices.Collect(maps.Values(s.race.series(c.measured, m, on)))
		if len(values) == 0 {
			continue
		}
		slices.Sort(values) // a mean that does not depend on the map's order
		out.Metrics[m.Name] = on.from(stats.Mean(values))
		if iv, ok := stats.MeanInterval(values, stats.Confidence); ok && i < len(judged) { // a ceiling is computed, and efficiency is goodput again
			out.Intervals[m.Name] = stats.Interval{Lo: on.from(iv.Lo), Hi: on.from(iv.Hi), Confidence: iv.Confidence}
		}
	}
	return out
}
