package report

import (
	"maps"
	"slices"
	"strconv"

	"st67bench/analysis"
	"st67bench/analysis/report/page"
)

func facts(s *analysis.Summary) []page.Fact {
	all := []page.Fact{
		{Name: "module", Value: joined(s.Identity, [][2]string{{"module", "%s"}, {"image", "%s"}})},
		{Name: "firmware", Value: joined(s.Identity, [][2]string{{"firmware", "SDK %s"}})},
		{Name: "release", Value: s.Release},
		{Name: "link", Value: linkLine(s)},
		{Name: "peer", Value: s.Identity["peer"]},
		{Name: "rig", Value: s.Rig},
		{Name: "at", Value: stateLine(s)},
		{Name: "scenario", Value: s.Scenario},
		{Name: "workload", Value: s.Workload},
		{Name: "measured", Value: s.Start.UTC().Format("2006-01-02 15:04:05 UTC")},
		{Name: "boots", Value: strconv.Itoa(s.Boots)},
		{Name: "tool", Value: s.Tool},
	}
	return slices.DeleteFunc(all, func(f page.Fact) bool { return f.Value == "" })
}

func sortedFacts(m map[string]string) []page.Fact {
	var out []page.Fact
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, page.Fact{Name: name, Value: m[name]})
	}
	return out
}

// condition is a row of the table of conditions: its value at the start, and how
// it moved from repeat to repeat.
type condition struct{ Name, Start, During string }

func conditions(s *analysis.Summary) []condition {
	names := slices.Sorted(maps.Keys(s.Conditions))
	for name := range s.Ranges {
		if _, ok := s.Conditions[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []condition
	for _, name := range names {
		c := condition{Name: name, Start: analysis.ConditionText(name, s.Conditions[name])}
		if r, ok := s.Ranges[name]; ok {
			low, high := plain(r.Min), plain(r.Max)
			c.During = analysis.ConditionText(name, low)
			if low != high {
				c.During += " … " + analysis.ConditionText(name, high)
			}
		}
		out = append(out, c)
	}
	return out
}

func plain(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
