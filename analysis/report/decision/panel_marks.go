package decision

import (
	"fmt"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis/compare"
	"st67bench/analysis/history"
	"st67bench/analysis/report/chart"
)

// markRows is in how many rows the texts of marks take turns, so that neighbours do not overlap.
const markRows = 3

// marks are lines of one meaning: one name and one colour.
type marks struct {
	name, colour string
	data         []opts.CustomData
}

// mark is one line before a release.
type mark struct{ name, colour, release, text, tip string }

// all are the marks of a course, in the order of its releases.
func (p course) all() (all []mark) {
	for _, k := range p.Changes {
		if k.Kind == history.Creep {
			continue // it is a slope of the level
		}
		m := mark{"better", betterColour, k.Release, k.Release + " " + p.Percent(k.Size), p.Say(k)}
		if k.Worse {
			m.name, m.colour = "worse", worseColour
		}
		if k.Acknowledged != "" {
			m.name, m.colour = "acknowledged", chart.Muted
		}
		all = append(all, m)
	}
	named := map[string]bool{}
	for _, k := range p.Unnamed {
		named[k.Bracket[1]] = true
		all = append(all, mark{"not the firmware alone", chart.Muted, k.Bracket[1], p.Percent(k.Size) + " with " + k.Mark,
			fmt.Sprintf("%s between %s and %s: %s\nno release is named, since with it changed %s", k.Kind, k.Bracket[0], k.Bracket[1], p.Percent(k.Size), k.Mark)})
	}
	for _, one := range p.Points {
		if one.Mark != "" && !named[one.Release] {
			all = append(all, mark{"rig changed", chart.Muted, one.Release, one.Mark, "changed at " + one.Release + ": " + one.Mark})
		}
	}
	return all
}

// marks are those of a course by their meaning. Texts of neighbours stand in different rows.
func (p course) marks() (out []marks) {
	places := map[string]int{}
	for i, one := range p.Points { // in the order of releases
		for _, m := range p.all() {
			if m.release == one.Release {
				places[fmt.Sprint(m)] = len(places) % markRows
				out = put(out, m, opts.CustomData{Name: chart.Shorten(m.tip, 200), Value: []any{i, places[fmt.Sprint(m)], chart.Shorten(m.text, 28)}})
			}
		}
	}
	return out
}

func put(all []marks, m mark, data opts.CustomData) []marks {
	for i := range all {
		if all[i].name == m.name {
			all[i].data = append(all[i].data, data)
			return all
		}
	}
	return append(all, marks{m.name, m.colour, []opts.CustomData{data}})
}

// adjust makes room for the texts of the marks, sets the ends of the axis, which are no round numbers, and tells ECharts that they are texts.
func (p course) adjust(option map[string]any) {
	rows := min(len(p.all()), markRows)
	grid := option["grid"].([]any)[0].(map[string]any)
	grid["top"], grid["bottom"] = strconv.Itoa(54+16*rows), "10"
	y := option["yAxis"].([]any)[0].(map[string]any)
	low, high := p.reach()
	room := 0.06 * (high - low)
	label := y["axisLabel"].(map[string]any)
	y["nameGap"], y["min"], y["max"], label["showMinLabel"], label["showMaxLabel"] = 14+16*rows, p.round(low-room), p.round(high+room), false, false
	for _, s := range option["series"].([]any) {
		series := s.(map[string]any)
		if series["renderItem"] == chart.Marker {
			series["dimensions"] = []any{"column", "row", map[string]any{"name": "text", "type": "ordinal"}}
			series["encode"] = map[string]any{"x": 0}
		}
	}
}

// statement says what happened to the series, and how the newest release does.
func (p course) statement() string {
	name := chart.Capital(p.Label())
	parts := []string{}
	for i := len(p.Changes) - 1; i >= 0; i-- { // the latest first
		k := p.Changes[i]
		text := fmt.Sprintf("%s at %s", p.Percent(k.Size), k.Release)
		switch {
		case k.Kind == history.Creep:
			text = fmt.Sprintf("creeping %s a release since %s", p.Percent(*k.Slope), k.Release)
		case k.FixedIn != "":
			text += ", fixed in " + k.FixedIn
		case k.Worse && !k.Gone && k.Acknowledged == "":
			text += ", still there"
		case k.Acknowledged != "":
			text += ", acknowledged"
		}
		parts = append(parts, text)
	}
	for _, k := range p.Unnamed {
		parts = append(parts, fmt.Sprintf("%s between %s and %s, with %s", p.Percent(k.Size), k.Bracket[0], k.Bracket[1], k.Mark))
	}
	switch {
	case len(parts) > 0:
	case p.P == nil:
		parts = append(parts, fmt.Sprintf("%s, too few for a search for changes", Counted(p.N, "release")))
	default:
		parts = append(parts, fmt.Sprintf("no change in %s", Counted(p.N, "release")))
	}
	parts[0] = chart.Shorten(name, 60) + ": " + parts[0]
	if w := p.Newest; w != nil && w.Verdict != "" {
		text := fmt.Sprintf("newest %s %s", w.Release, w.Verdict)
		if w.Verdict == compare.Regressed && w.Acknowledged != "" {
			text += ", acknowledged"
		}
		parts = append([]string{parts[0], text}, parts[1:]...)
	}
	return statement(parts...)
}

// table has a row for each release.
func (p course) table() chart.Table {
	t := chart.Table{Head: []string{"release", p.Title, "95 % interval", "boots", "as measured", "reference", "level", "change", "changed beside the firmware"}}
	for i, one := range p.Points {
		cells := make([]string, len(t.Head))
		cells[0], cells[1] = one.Release, "not measured"
		if one.Value != nil {
			cells[1], cells[2], cells[3] = p.quantity(*one.Value), p.within(one.Interval), strconv.Itoa(one.Boots)
			cells[4] = p.quantity(*one.Raw)
		}
		if one.Baseline != nil {
			cells[5] = p.quantity(*one.Baseline)
		}
		for _, s := range p.Segments {
			if i >= p.at[s.From] && i <= p.at[s.To] {
				cells[6] = p.quantity(s.Level) + p.within(s.Interval)
			}
		}
		for _, k := range p.Changes {
			if k.Release == one.Release {
				cells[7] = p.Say(k)
				if k.Worse {
					t.Marked = append(t.Marked, i)
				}
			}
		}
		cells[8] = one.Mark
		t.Rows = append(t.Rows, cells)
	}
	return t
}
