package tune

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// Effects says how the factors move a metric, by the units in which every combination of levels was measured.
type Effects struct {
	Metric  string   `json:"metric"`
	Mean    float64  `json:"mean"` // of all cases
	Units   int      `json:"units"`
	LeftOut []string `json:"left_out,omitempty"` // levels, "length=8192", with combinations that were not measured
	Terms   []Term   `json:"terms"`              // main effects, then interactions of two factors

	scale scale
}

// At is the metric where these changes of Terms come together: the mean of all for none.
func (e Effects) At(changes ...float64) float64 {
	at := e.scale.to(e.Mean)
	for _, c := range changes {
		at += e.scale.difference(c)
	}
	return e.scale.from(at)
}

// Term is what one factor does by itself, or two beyond what each does by itself.
type Term struct {
	Factors []string `json:"factors"`
	Share   float64  `json:"share"` // of the differences between the cases: of their sum of squares
	P       float64  `json:"p"`     // of the F test against what is left within the units
	Levels  []Level  `json:"levels"`
}

// Level is the effect of a level, or of a combination of two.
type Level struct {
	Levels   map[string]string `json:"levels"` // by factor
	Change   float64           `json:"change"` // against the mean of all; of a combination against what its levels add up to
	Interval stats.Interval    `json:"interval"`
}

// design is a table of all combinations of levels, each with the same units.
type design struct {
	factors []string
	levels  [][]string // by factor
	cells   []cell
	units   int
	mean    float64
	mse     float64 // mean square of the error
	df      float64 // of that
	total   float64 // sum of squares of the cases
}

type cell struct {
	level  []int     // by factor
	values []float64 // by unit
	mean   float64
}

// rounding is the largest difference on a logarithmic scale that is taken for none: values come through sums and logarithms.
const rounding = 1e-9

// effects is the analysis of variance of a metric on its scale, units being blocks: y = mean + unit + factors + their
// interactions + error (Box, Hunter and Hunter, Statistics for Experimenters, 2nd ed., 4.2 and 8). ok is false where no
// two units have all combinations. The units are those before the first case left.
func (r *Race) effects(s *standing, m results.Metric) (Effects, bool) {
	var units []int
	for u := range min(r.least(), s.last) {
		units = append(units, u+1)
	}
	return r.effectsIn(units, s, m)
}

// effectsIn is effects of these units.
func (r *Race) effectsIn(units []int, s *standing, m results.Metric) (Effects, bool) {
	var all []float64
	for _, c := range s.cases {
		all = append(all, valuesOf(c.measured, m.Name)...)
	}
	on := scaleOf(m, all)
	d, left := r.design(units, s, m, on)
	if d == nil {
		return Effects{}, false
	}
	e := Effects{Metric: m.Name, Mean: on.from(d.mean), Units: d.units, LeftOut: left, scale: on}
	for i, f := range d.factors {
		if len(d.levels[i]) > 1 {
			e.Terms = append(e.Terms, d.term([]int{i}, []string{f}, on))
		}
	}
	for i := range d.factors {
		for j := i + 1; j < len(d.factors); j++ {
			if len(d.levels[i]) > 1 && len(d.levels[j]) > 1 {
				e.Terms = append(e.Terms, d.term([]int{i, j}, []string{d.factors[i], d.factors[j]}, on))
			}
		}
	}
	return e, len(e.Terms) > 0
}

// design builds the table from these units. Levels of which combinations are missing are left out, first the one that lacks the
// most.
func (r *Race) design(of []int, s *standing, m results.Metric, on scale) (*design, []string) {
	units := len(of)
	have := map[string][]float64{}
	var cases []results.CaseInfo
	for _, c := range s.cases {
		cases = append(cases, c.info)
		if values := r.series(c.measured, m, on).in(of); len(values) == units {
			have[c.info.Key] = values
		}
	}
	var left []string
	for {
		factor, level := worstLevel(r.Factors, cases, have)
		if factor == "" {
			break
		}
		left = append(left, factor+"="+level)
		cases = slices.DeleteFunc(cases, func(c results.CaseInfo) bool { return c.Factors[factor] == level })
	}
	if len(cases) < 2 || units < 2 {
		return nil, nil
	}
	slices.Sort(left)
	d, combinations := &design{factors: r.Factors, units: units}, 1
	for _, f := range r.Factors {
		var levels []string
		for _, c := range cases {
			if !slices.Contains(levels, c.Factors[f]) {
				levels = append(levels, c.Factors[f])
			}
		}
		d.levels = append(d.levels, levels)
		combinations *= len(levels)
	}
	if combinations != len(cases) { // not all combinations were planned
		return nil, nil
	}
	for _, c := range cases {
		x := cell{values: have[c.Key], mean: stats.Mean(have[c.Key])}
		for i, f := range r.Factors {
			x.level = append(x.level, slices.Index(d.levels[i], c.Factors[f]))
		}
		d.cells = append(d.cells, x)
	}
	d.variance()
	return d, left
}

// worstLevel is the level of which the largest share of the combinations is missing; none when all are there.
func worstLevel(factors []string, cases []results.CaseInfo, have map[string][]float64) (factor, level string) {
	worst := 0.0
	for _, f := range factors {
		all, missing := map[string]int{}, map[string]int{}
		for _, c := range cases {
			all[c.Factors[f]]++
			if have[c.Key] == nil {
				missing[c.Factors[f]]++
			}
		}
		for _, c := range cases { // in their order, so that equal shares have one answer
			l := c.Factors[f]
			if share := float64(missing[l]) / float64(all[l]); share > worst {
				factor, level, worst = f, l, share
			}
		}
	}
	return factor, level
}

// variance is the error: what is left of the values when those of their case and of their unit are taken away.
func (d *design) variance() {
	means := make([]float64, len(d.cells))
	for i, c := range d.cells {
		means[i] = c.mean
	}
	d.mean = stats.Mean(means)
	for u := range d.units {
		of := make([]float64, len(d.cells))
		for i, c := range d.cells {
			of[i] = c.values[u]
		}
		unit := stats.Mean(of)
		for _, c := range d.cells {
			d.mse += square(c.values[u] - c.mean - unit + d.mean)
		}
	}
	for _, m := range means {
		d.total += float64(d.units) * square(m-d.mean)
	}
	d.df = float64((len(d.cells) - 1) * (d.units - 1))
	if d.mse /= d.df; d.mse < square(rounding) {
		d.mse = 0
	}
}

func square(x float64) float64 { return x * x }

// term is the effect of one factor, or of two together.
func (d *design) term(of []int, names []string, on scale) Term {
	t := Term{Factors: names}
	sum, df := 0.0, 1.0
	for _, f := range of {
		df *= float64(len(d.levels[f]) - 1)
	}
	each := float64(len(d.cells) * d.units) // values per combination of the term's levels
	for _, f := range of {
		each /= float64(len(d.levels[f]))
	}
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: d.df}.Quantile((1+stats.Confidence)/2) *
		math.Sqrt(d.mse*df/float64(len(d.cells)*d.units))
	for _, levels := range combinationsOf(d, of) {
		e := d.effect(of, levels)
		sum += each * square(e)
		l := Level{Levels: map[string]string{}, Change: on.change(e), Interval: stats.Interval{Lo: on.change(e - half), Hi: on.change(e + half), Confidence: stats.Confidence}}
		for i, f := range of {
			l.Levels[d.factors[f]] = d.levels[f][levels[i]]
		}
		t.Levels = append(t.Levels, l)
	}
	t.P = d.p(sum, df)
	if t.P < 1 && d.total > 0 {
		t.Share = sum / d.total
	}
	return t
}

// p is that of a sum of squares: 1 for none, 0 for one beside no error.
func (d *design) p(sum, df float64) float64 {
	switch {
	case sum < square(rounding)*float64(len(d.cells)*d.units):
		return 1
	case d.mse == 0:
		return 0
	}
	return distuv.F{D1: d.df, D2: df}.CDF(d.mse / (sum / df)) // of 1/F: 1 - CDF of F ends at 1e-16
}

// combinationsOf are those of the levels of one or two factors.
func combinationsOf(d *design, of []int) [][]int {
	var out [][]int
	for i := range d.levels[of[0]] {
		if len(of) == 1 {
			out = append(out, []int{i})
			continue
		}
		for j := range d.levels[of[1]] {
			out = append(out, []int{i, j})
		}
	}
	return out
}

// effect is the mean of the cells with these levels less the mean of all and, of two, less the effect of each by itself.
func (d *design) effect(of, levels []int) float64 {
	var means []float64
	for _, c := range d.cells {
		in := true
		for i, f := range of {
			in = in && c.level[f] == levels[i]
		}
		if in {
			means = append(means, c.mean)
		}
	}
	e := stats.Mean(means) - d.mean
	if len(of) == 2 {
		e -= d.effect(of[:1], levels[:1]) + d.effect(of[1:], levels[1:])
	}
	return e
}
