package report

import (
	"maps"
	"slices"
	"strconv"

	"st67bench/analysis"
)

// fact is a line of the page's head: what was measured on what.
type fact struct{ Name, Value string }

func facts(s *analysis.Summary) []fact {
	all := []fact{
		{"module", moduleLine(s)},
		{"rig", rigLine(s)},
		{"peer", s.Identity["peer"]},
		{"release", s.Release},
		{"scenario", s.Scenario},
		{"workload", s.Workload},
		{"measured", s.Start.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"boots", strconv.Itoa(s.Boots)},
		{"tool", s.Tool},
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
}

func sortedFacts(m map[string]string) []fact {
	var out []fact
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fact{name, m[name]})
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
