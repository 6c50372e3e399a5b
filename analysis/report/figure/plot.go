package figure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
)

// measure is a metric that is drawn, and what its lines are called beside those of
// another in the same chart.
type measure struct{ metric, name string }

// plot says which factor is the x axis and which cases make a line.
type plot struct {
	axis    string
	levels  []string
	numeric bool // all levels are positive numbers: the axis is a scale
	lines   []plotLine
}

// plotLine is one measure of one combination of the factors that are not the axis.
type plotLine struct {
	name   string
	metric string
	cases  []analysis.Case
}

// newPlot takes the factor with the most levels as the x axis, the first of equals.
func newPlot(s *analysis.Summary, measures ...measure) plot {
	axis, most := "case", 0
	for _, f := range s.Factors {
		if n := len(levelsOf(s, f)); n > most {
			most, axis = n, f
		}
	}
	return plotOn(s, axis, measures...)
}

// plotOn has the named factor as the x axis.
func plotOn(s *analysis.Summary, axis string, measures ...measure) plot {
	p := plot{axis: axis, levels: levelsOf(s, axis)}
	p.numeric = numeric(p.levels)
	for _, m := range measures {
		for _, c := range s.Cases {
			name := p.lineName(s, c, m, len(measures) > 1)
			i := slices.IndexFunc(p.lines, func(l plotLine) bool { return l.name == name })
			if i < 0 {
				i = len(p.lines)
				p.lines = append(p.lines, plotLine{name: name, metric: m.metric})
			}
			p.lines[i].cases = append(p.lines[i].cases, c)
		}
	}
	return p
}

// numeric tells whether levels make a scale: several, all positive numbers.
func numeric(levels []string) bool {
	for _, l := range levels {
		if v, err := strconv.ParseFloat(l, 64); err != nil || v <= 0 {
			return false
		}
	}
	return len(levels) > 1
}

// levelsOf are the levels of a factor in sweep order; those of "case" are the keys.
func levelsOf(s *analysis.Summary, factor string) []string {
	var out []string
	for _, c := range s.Cases {
		if l := Level(c, factor); !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// Level is the level of a factor in a case; that of "case" is its key.
func Level(c analysis.Case, factor string) string {
	if factor == "case" && c.Factors["case"] == "" {
		return c.Key
	}
	return c.Factors[factor]
}

// lineName names a line by the levels of the factors that are not the axis, and by
// what it measures when there is anything else in the chart. A factor of one level says nothing.
func (p plot) lineName(s *analysis.Summary, c analysis.Case, m measure, several bool) string {
	var parts []string
	for _, f := range s.Factors {
		if f != p.axis && len(levelsOf(s, f)) > 1 {
			parts = append(parts, f+" "+chart.LevelText(f, c.Factors[f]))
		}
	}
	if several || len(parts) == 0 {
		parts = append(parts, m.name)
	}
	return strings.Join(parts, ", ")
}

// x is the position of a case on the axis.
func (p plot) x(c analysis.Case) any {
	l := Level(c, p.axis)
	if v, err := strconv.ParseFloat(l, 64); err == nil && p.numeric {
		return v
	}
	return l
}

// points are the medians and intervals of a line.
func (p plot) points(s *analysis.Summary, l plotLine) (medians []opts.LineData, intervals []opts.CustomData) {
	for _, c := range l.cases {
		g, ok := c.Metrics[l.metric]
		if !ok {
			continue
		}
		x := p.x(c)
		name := fmt.Sprintf("%s\n%s", s.Label(c), chart.Describe(l.metric, g))
		if text := efficiency(c); text != "" && l.metric == "goodput" {
			name += "\n" + text
		}
		medians = append(medians, opts.LineData{Name: name, Value: []any{x, chart.Round(g.Median)}})
		if g.Interval != nil {
			intervals = append(intervals, opts.CustomData{Name: name, Value: []any{x, chart.Round(g.Interval.Lo), chart.Round(g.Interval.Hi)}})
		}
	}
	return medians, intervals
}

// ceilingLine is the ceiling of a line, or of all lines that share one; of times it
// is the bound, the least that is possible.
type ceilingLine struct {
	name   string
	points []opts.LineData
}

// symbol makes a ceiling of a single point visible.
func (l ceilingLine) symbol() string {
	if len(l.points) == 1 {
		return "diamond"
	}
	return "none"
}

// curve is equal for ceilings that are drawn at the same place.
func (l ceilingLine) curve() string {
	text := ""
	for _, p := range l.points {
		text += fmt.Sprint(p.Value)
	}
	return text
}

// ceiling is the ceiling of a line.
func (p plot) ceiling(s *analysis.Summary, l plotLine) []opts.LineData {
	var points []opts.LineData
	for _, c := range l.cases {
		bound := analysis.Bound(l.metric)
		if m, ok := c.Metrics[bound]; ok {
			points = append(points, opts.LineData{
				Name:  fmt.Sprintf("%s\n%s %s", s.Label(c), bound, chart.Quantity(l.metric, m.Median)),
				Value: []any{p.x(c), chart.Round(m.Median)},
			})
		}
	}
	return points
}

// ceilings are the ceilings of all lines: one, named "ceiling" or "bound", when they are the same; else each is its line's
// own, has the line's name and thus its colour.
func (p plot) ceilings(s *analysis.Summary) (all []ceilingLine, own bool) {
	different, one := map[string]bool{}, ""
	for _, l := range p.lines {
		c := ceilingLine{name: l.name, points: p.ceiling(s, l)}
		if len(c.points) > 0 {
			all = append(all, c)
			different[c.curve()] = true
			one = analysis.Bound(l.metric)
		}
	}
	if len(different) == 1 {
		all[0].name = one
		return all[:1], false
	}
	return all, len(all) > 0
}

// single says whether each measure is one line, so that the axis is all that was swept.
func (p plot) single(s *analysis.Summary) bool {
	return !slices.ContainsFunc(s.Factors, func(f string) bool { return f != p.axis && len(levelsOf(s, f)) > 1 })
}

// varied are the factors with more than one level; the axis when there is none.
func (p plot) varied(s *analysis.Summary) []string {
	out := slices.DeleteFunc(slices.Clone(s.Factors), func(f string) bool { return len(levelsOf(s, f)) < 2 })
	if len(out) == 0 {
		return []string{p.axis}
	}
	return out
}
