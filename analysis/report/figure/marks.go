package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// span is what happened in a repeat: at an instant, or from one to another.
type span struct {
	name     string
	from, to float64 // s since the repeat began; equal for an instant
}

// marked is what was marked in the repeats of a chart.
type marked []span

// ending of the name of a mark says that it ends what the mark without it began: "outage", "outage_end".
const ending = "_end"

// mostMarks is how many are drawn: more cover what they are about.
const mostMarks = 8

// marksOf are the marks of the cases, alike ones once.
func marksOf(cases []caseSamples) marked {
	var out marked
	for _, cs := range cases {
		for _, one := range spansOf(cs.marks) {
			if len(out) < mostMarks && !slices.ContainsFunc(out, one.alike) {
				out = append(out, one)
			}
		}
	}
	return out
}

// alike says whether two marks are of one thing at about one time.
func (m span) alike(other span) bool {
	near := func(a, b float64) bool { return math.Abs(a-b) <= 0.05*max(a, b) }
	return m.name == other.name && near(m.from, other.from) && near(m.to, other.to)
}

// spansOf are the marks of a repeat but for its start and its end, which are the axis.
func spansOf(marks []results.Mark) []span {
	var out []span
	begin := results.Mark{}
	open := map[string]int{}
	for _, m := range marks {
		at := (m.T - begin.T).Seconds()
		switch of, ends := strings.CutSuffix(m.Name, ending); {
		case m.Name == "start":
			begin = m
		case m.Name == "end":
		case ends:
			if i, ok := open[of]; ok {
				out[i].to = at
			}
		default:
			open[m.Name] = len(out)
			out = append(out, span{short(m.Name), at, at})
		}
	}
	return out
}

// onto draws them behind the first series: instants as lines, what lasts as a shade.
func (all marked) onto(option map[string]any) {
	var lines, areas []any
	for _, m := range all {
		if m.to > m.from {
			areas = append(areas, []any{map[string]any{"name": m.name, "xAxis": m.from}, map[string]any{"xAxis": m.to}})
		} else {
			lines = append(lines, map[string]any{"name": m.name, "xAxis": m.from})
		}
	}
	series := option["series"].([]any)[0].(map[string]any)
	label := func(position string) map[string]any {
		return map[string]any{"formatter": chart.ItemName, "color": "mutedInk", "fontSize": 11, "position": position}
	}
	if len(lines) > 0 { // precision: else their places are rounded to hundredths
		series["markLine"] = map[string]any{"silent": true, "symbol": "none", "precision": -1, "data": lines, "label": label("end"), "lineStyle": map[string]any{"color": chart.Muted, "type": "dotted"}}
	}
	if len(areas) > 0 {
		series["markArea"] = map[string]any{"silent": true, "data": areas, "label": label("insideTop"), "itemStyle": map[string]any{"color": "line", "opacity": 0.6}}
	}
}

func (all marked) howTo() string {
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(" What happened in between is marked (%d).", len(all))
}
