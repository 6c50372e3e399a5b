package tune

import (
	"math"
	"math/rand/v2"
	"slices"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// Resamples is how often the front is drawn anew.
const Resamples = 999

// likely is the membership from which on a case is offered as an alternative.
const likely = 0.05

// Member is a case that no other is shown to be better than: at least as good by its means in every objective, surely no worse by the
// margin, and surely better in one by more than it.
type Member struct {
	Case string `json:"case"`
	// Membership is the share of resamples in which no other case was as good in everything and better in something.
	Membership float64            `json:"membership"`
	Feasible   bool               `json:"feasible"` // not known to break a condition of the goal
	Metrics    map[string]float64 `json:"metrics"`  // means, by objective
}

// front is the Pareto front of a race.
type front struct {
	race    *Race
	last    int              // unit that there are results of
	metrics []results.Metric // the objectives
	scales  []scale
	points  []*point
	members []Member
	behind  []Member // the other points: of which some case is shown to be better
}

// point is a measured case. Values are oriented, so that more is better, and lie on the scale of their objective.
type point struct {
	of     *runner
	values []series // by objective, without what all cases of a unit share
	mean   []float64
}

// objectives are what is traded: the first of each group that every measured case has.
var objectives = [][]string{
	{"goodput", "throughput", "rate"},
	{"send_latency_p99", "rtt_p99", "service_p99", "duration_p99", "send_latency_p90", "rtt_p90", "service_p90", "duration_p90",
		"send_latency_p50", "rtt_p50", "service_p50", "duration_p50", "duration"},
	{"energy_per_bit", "energy_per_event", "energy", "current"},
}

// front is what the measured cases trade; without two objectives there is none.
func (s *standing) front(seed uint64) *front {
	f := &front{race: s.race, last: s.last}
	var measured []*runner
	for _, c := range s.cases {
		if len(c.measured) > 0 {
			measured = append(measured, c)
		}
	}
	for _, group := range objectives {
		i := slices.IndexFunc(group, func(name string) bool {
			return !slices.ContainsFunc(measured, func(c *runner) bool { return len(valuesOf(c.measured, name)) == 0 })
		})
		if i >= 0 {
			m, _ := results.LookupMetric(group[i])
			f.metrics = append(f.metrics, m)
		}
	}
	if len(f.metrics) < 2 || len(measured) < 2 {
		return f
	}
	for _, c := range measured {
		f.points = append(f.points, &point{of: c})
	}
	for _, m := range f.metrics {
		f.objective(s, m)
	}
	share := f.membership(seed)
	for i, p := range f.points {
		m := Member{Case: p.of.info.Key, Membership: share[i], Feasible: p.of.out != Infeasible, Metrics: map[string]float64{}}
		for k, o := range f.metrics {
			m.Metrics[o.Name] = f.scales[k].from(float64(o.Better) * p.mean[k])
		}
		if slices.ContainsFunc(f.points, func(q *point) bool { return q != p && f.dominates(q, p) }) {
			f.behind = append(f.behind, m)
		} else {
			f.members = append(f.members, m)
		}
	}
	return f
}

func (f *front) names() []string {
	var names []string
	for _, m := range f.metrics {
		names = append(names, m.Name)
	}
	return names
}

// objective adds the values of a metric to the points. What the units of all that ran to the end have in common is taken out: a
// case that left early was measured in other units than one that stayed.
func (f *front) objective(s *standing, m results.Metric) {
	var all []float64
	for _, p := range f.points {
		all = append(all, valuesOf(p.of.measured, m.Name)...)
	}
	on := scaleOf(m, all)
	f.scales = append(f.scales, on)
	raw := make([]series, len(f.points))
	for i, p := range f.points {
		raw[i] = s.race.series(p.of.measured, m, on)
	}
	shift := common(raw, s.last)
	for i, p := range f.points {
		own := series{}
		for u, v := range raw[i] {
			own[u] = float64(m.Better) * (v - shift[u])
		}
		p.values = append(p.values, own)
		p.mean = append(p.mean, stats.Mean(own.upTo(s.last)))
	}
}

// common is by how much each unit was off for the cases that have a value in all of them; nothing where no case has.
func common(all []series, last int) series {
	var whole []series
	for _, x := range all {
		if len(x) == last {
			whole = append(whole, x)
		}
	}
	shift := series{}
	for _, x := range whole {
		mean := stats.Mean(x.upTo(last))
		for u, v := range x {
			shift[u] += (v - mean) / float64(len(whole))
		}
	}
	return shift
}

// dominates says whether a is shown to be better than b: by the paired differences as good on average in every objective, no worse
// than by its margin (90 % interval, one-sided 95 %), and in one better by more than it (95 % interval without 0). Without the
// first, a chain of cases each of which costs less than a margin would leave none of its ends. Cases that share less than two units
// with a value are not shown to differ.
func (f *front) dominates(a, b *point) bool {
	better := false
	for k, m := range f.metrics {
		d := a.values[k].ahead(b.values[k], f.last)
		worst, ok := stats.MeanInterval(d, 0.90)
		if !ok {
			return false
		}
		limit := f.race.margin(m)
		if f.scales[k].log {
			limit = -math.Log1p(-limit)
		} else {
			limit *= math.Abs(b.mean[k])
		}
		mean := stats.Mean(d)
		if mean < -rounding || worst.Lo < -limit {
			return false
		}
		iv, _ := stats.MeanInterval(d, stats.Confidence)
		better = better || iv.Lo > 0 && mean > limit
	}
	return better
}

// membership is how often each point is on the front when its units are drawn anew, with replacement. A resample of n
// values has (n-1)/n of their variance, so its distance from the mean is stretched by the root of n/(n-1).
func (f *front) membership(seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, Resamples))
	samples := make([][][]float64, len(f.points)) // by point, unit and objective
	for i, p := range f.points {
		samples[i] = p.whole()
	}
	count := make([]int, len(f.points))
	drawn := make([][]float64, len(f.points))
	for i := range drawn {
		drawn[i] = make([]float64, len(f.metrics))
	}
	for range Resamples {
		for i, p := range f.points {
			p.draw(rng, samples[i], drawn[i])
		}
		for i := range drawn {
			if !slices.ContainsFunc(drawn, func(other []float64) bool { return ahead(other, drawn[i]) }) {
				count[i]++
			}
		}
	}
	share := make([]float64, len(count))
	for i, n := range count {
		share[i] = float64(n) / Resamples
	}
	return share
}

// whole are the units that have a value of every objective.
func (p *point) whole() [][]float64 {
	var units [][]float64
	for u := range p.values[0] {
		row := make([]float64, 0, len(p.values))
		for _, x := range p.values {
			if v, ok := x[u]; ok {
				row = append(row, v)
			}
		}
		if len(row) == len(p.values) {
			units = append(units, row)
		}
	}
	slices.SortFunc(units, slices.Compare) // the same for every order of the map
	return units
}

// draw is one resample's means.
func (p *point) draw(rng *rand.Rand, units [][]float64, into []float64) {
	copy(into, p.mean)
	n := len(units)
	if n < 2 {
		return
	}
	stretch := math.Sqrt(float64(n)/float64(n-1)) / float64(n)
	for range n {
		for k, v := range units[rng.IntN(n)] {
			into[k] += stretch * (v - p.mean[k])
		}
	}
}

// ahead says whether a is as good as b in everything and better in something.
func ahead(a, b []float64) bool {
	better := false
	for k := range a {
		if a[k] < b[k] {
			return false
		}
		better = better || a[k] > b[k]
	}
	return better
}

// alternatives are the knee of the front, and its best case in each objective in which the winner is not, of those that are known to
// keep the conditions.
func (s *standing) alternatives(winner *runner, f *front) []Alternative {
	var offered []*point
	var own *point
	for _, p := range f.points {
		i := slices.IndexFunc(f.members, func(m Member) bool { return m.Case == p.of.info.Key })
		switch {
		case p.of == winner:
			own = p
		case i >= 0 && p.of.shown && f.members[i].Membership >= likely:
			offered = append(offered, p)
		}
	}
	if own == nil || len(offered) == 0 {
		return nil
	}
	knee := f.knee(append(slices.Clone(offered), own))
	chosen := []*point{}
	if knee != nil && knee != own {
		chosen = append(chosen, knee)
	}
	for k, m := range f.metrics {
		top := slices.MaxFunc(offered, func(a, b *point) int { return compare(a.mean[k], b.mean[k]) })
		if top.mean[k]-own.mean[k] > math.Log1p(s.race.margin(m)) && !slices.Contains(chosen, top) {
			chosen = append(chosen, top)
		}
	}
	var out []Alternative
	for _, p := range chosen {
		a := Alternative{Choice: s.choice(p.of, f.metrics), Knee: p == knee, Changes: map[string]float64{}}
		for k, m := range f.metrics {
			a.Changes[m.Name] = f.scales[k].change(float64(m.Better) * (p.mean[k] - own.mean[k]))
		}
		out = append(out, a)
	}
	return out
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// knee is the point that is farthest beyond the plane through the extremes of a front, each objective counted from its worst
// to its best value; with two objectives the plane is their chord. nil below three points.
func (f *front) knee(points []*point) *point {
	if len(points) < 3 {
		return nil
	}
	lo, hi := slices.Clone(points[0].mean), slices.Clone(points[0].mean)
	for _, p := range points {
		for k, v := range p.mean {
			lo[k], hi[k] = min(lo[k], v), max(hi[k], v)
		}
	}
	beyond := func(p *point) float64 {
		sum := 0.0
		for k, v := range p.mean {
			if hi[k] > lo[k] {
				sum += (v - lo[k]) / (hi[k] - lo[k])
			}
		}
		return sum
	}
	return slices.MaxFunc(points, func(a, b *point) int { return compare(beyond(a), beyond(b)) })
}
