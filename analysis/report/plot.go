package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
)

// plot says which factor is the x axis and which cases make a line.
type plot struct {
	axis    string
	levels  []string
	numeric bool // all levels are positive numbers: the axis is a scale
	lines   []plotLine
}

type plotLine struct {
	name  string
	cases []analysis.Case
}

// newPlot takes the factor with the most levels as the x axis, the first of equals.
func newPlot(s *analysis.Summary) plot {
	axis, most := "case", 0
	for _, f := range s.Factors {
		if n := len(levelsOf(s, f)); n > most {
			most, axis = n, f
		}
	}
	return plotOn(s, axis)
}

// plotOn has the named factor as the x axis.
func plotOn(s *analysis.Summary, axis string) plot {
	p := plot{axis: axis, levels: levelsOf(s, axis)}
	p.numeric = numeric(p.levels)
	for _, c := range s.Cases {
		name := p.lineName(s, c)
		i := slices.IndexFunc(p.lines, func(l plotLine) bool { return l.name == name })
		if i < 0 {
			i = len(p.lines)
			p.lines = append(p.lines, plotLine{name: name})
		}
		p.lines[i].cases = append(p.lines[i].cases, c)
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
		if l := level(c, factor); !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

func level(c analysis.Case, factor string) string {
	if factor == "case" && c.Factors["case"] == "" {
		return c.Key
	}
	return c.Factors[factor]
}

// lineName names a line by the levels of the factors that are not the axis.
func (p plot) lineName(s *analysis.Summary, c analysis.Case) string {
	var parts []string
	for _, f := range s.Factors {
		if f != p.axis {
			parts = append(parts, f+" "+c.Factors[f])
		}
	}
	if len(parts) == 0 {
		return "goodput"
	}
	return strings.Join(parts, ", ")
}

// x is the position of a case on the axis.
func (p plot) x(c analysis.Case) any {
	l := level(c, p.axis)
	if v, err := strconv.ParseFloat(l, 64); err == nil && p.numeric {
		return v
	}
	return l
}

// points are the medians and intervals of a line.
func (p plot) points(s *analysis.Summary, l plotLine) (medians []opts.LineData, intervals []opts.CustomData) {
	for _, c := range l.cases {
		g, ok := c.Metrics["goodput"]
		if !ok {
			continue
		}
		x := p.x(c)
		name := strings.TrimSpace(fmt.Sprintf("%s\n%s\n%s", label(s, c), describe("goodput", g), efficiency(c)))
		medians = append(medians, opts.LineData{Name: name, Value: []any{x, round(g.Median)}})
		if g.Interval != nil {
			intervals = append(intervals, opts.CustomData{Name: name, Value: []any{x, round(g.Interval.Lo), round(g.Interval.Hi)}})
		}
	}
	return medians, intervals
}

// ceilingLine is the ceiling of a line, or of all lines that share one.
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
		if m, ok := c.Metrics["ceiling"]; ok {
			points = append(points, opts.LineData{
				Name:  fmt.Sprintf("%s\nceiling %s", label(s, c), quantity("ceiling", m.Median)),
				Value: []any{p.x(c), round(m.Median)},
			})
		}
	}
	return points
}

// ceilings are the ceilings of all lines: one "ceiling" when they are the same.
func (p plot) ceilings(s *analysis.Summary) []ceilingLine {
	var out []ceilingLine
	different := map[string]bool{}
	for _, l := range p.lines {
		c := ceilingLine{name: l.name + " ceiling", points: p.ceiling(s, l)}
		if len(c.points) > 0 {
			out = append(out, c)
			different[c.curve()] = true
		}
	}
	if len(different) == 1 {
		out[0].name = "ceiling"
		return out[:1]
	}
	return out
}
