package figure

import (
	"fmt"
	"strings"

	"st67bench/analysis"
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

// marksOf are the marks of the cases but for start and end of the repeat itself, which are the axis.
func marksOf(s *analysis.Summary, cases []caseSamples) marked {
	var out marked
	for _, cs := range cases {
		begin := results.Mark{}
		open := map[string]int{}
		for _, m := range cs.marks {
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
				label := short(m.Name)
				if len(cases) > 1 {
					label += ", " + name(s, cs.c)
				}
				open[m.Name] = len(out)
				out = append(out, span{label, at, at})
			}
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
	label := map[string]any{"formatter": "itemName", "color": "mutedInk", "fontSize": 11}
	if len(lines) > 0 {
		series["markLine"] = map[string]any{"silent": true, "symbol": "none", "data": lines, "label": label, "lineStyle": map[string]any{"color": "mutedInk", "type": "dotted"}}
	}
	if len(areas) > 0 {
		series["markArea"] = map[string]any{"silent": true, "data": areas, "label": label, "itemStyle": map[string]any{"color": "line", "opacity": 0.6}}
	}
}

func (all marked) howTo() string {
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(" What happened in between is marked (%d).", len(all))
}
