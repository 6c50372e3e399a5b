package decision

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/tune"
	"st67bench/results"
)

// placeKinds are how the places of a race look, the best first.
var placeKinds = []kind{
	{string(tune.Best), "diamond", "distinct:0"},
	{string(tune.Equal), "triangle", "distinct:2"},
	{string(tune.Open), ring, "distinct:1"},
	{string(tune.Behind), "roundRect", "distinct:5"},
	{string(tune.Worse), "circle", "mutedInk"},
}

// Standings show where the cases of a race ended: by how much each is worse or better than the best, at the confidence of the
// race. nil when fewer than two cases can be told apart.
func Standings(a *tune.Answer) (*chart.Chart, error) {
	goal := goalMetric(a)
	f := forest{kinds: placeKinds, axis: "against the best", format: chart.Signed, margin: "within the margin"}
	names := factorsOf(a)
	g := group{head: arrow(goal) + goal.Title + names}
	confidence := 0.0
	for _, c := range ranked(a) {
		if r, ok := standingRow(a, c); ok {
			if names != "" {
				r.label = levels(c.Case)
			}
			g.rows = append(g.rows, r)
		}
		if c.Span != nil {
			confidence = max(confidence, c.Span.Confidence)
		}
	}
	if len(g.rows) < 2 || !goal.Ratio() {
		return nil, nil
	}
	f.groups = []group{g}
	drawn := len(g.rows)
	left := f.cut()
	option, err := f.option()
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "standings", Palette: chart.Distinct, Height: f.height(), Option: option, Table: standingsTable(a)}
	c.Title = standingsTitle(a)
	c.Basis = chart.Basis{Unit: "change in per cent of the best", N: fmt.Sprintf("%d of %s, %d of %s", drawn, Counted(len(a.Cases), "case"), a.Repeats.Spent, Counted(a.Repeats.Full, "repeat")), Source: "results.jsonl"}
	if confidence > 0 {
		c.Basis.Interval = fmt.Sprintf("%.2f %% interval, corrected for all that the race asks", 100*confidence)
	}
	c.HowTo = "A case leaves the race when its interval lies wholly on the side of worse. What is grey left early and got no more repeats."
	c.Alt = c.Title
	if left > 0 {
		c.Note = fmt.Sprintf("%s not drawn for want of room, those farthest behind; the table has all.", Counted(left, "case"))
	}
	return c, nil
}

// factorsOf are the names of several factors that all cases have, for a heading, so that the cases need only their levels.
func factorsOf(a *tune.Answer) string {
	names := ""
	for _, c := range a.Cases {
		var own []string
		for part := range strings.SplitSeq(c.Case, "/") {
			name, _, ok := strings.Cut(part, "=")
			if !ok {
				return ""
			}
			own = append(own, name)
		}
		text := strings.Join(own, ", ")
		if len(own) < 2 || names != "" && names != text {
			return ""
		}
		names = text
	}
	if names == "" {
		return ""
	}
	return " of " + names
}

// levels are those of a case key: "2920, 1460".
func levels(key string) string {
	var all []string
	for part := range strings.SplitSeq(key, "/") {
		_, level, _ := strings.Cut(part, "=")
		all = append(all, level)
	}
	return strings.Join(all, ", ")
}

// goalMetric is what the race was for.
func goalMetric(a *tune.Answer) results.Metric {
	words := strings.Fields(a.Goal)
	if len(words) < 2 {
		return results.Metric{Title: "goal"}
	}
	m, _ := results.LookupMetric(words[1])
	if strings.HasPrefix(a.Goal, "min") {
		m.Better = -1
	} else {
		m.Better = +1
	}
	return m
}

// ranked are the cases by their place, and in it the best first.
func ranked(a *tune.Answer) []tune.Standing {
	all := slices.Clone(a.Cases)
	better := float64(goalMetric(a).Better)
	value := func(s tune.Standing) float64 {
		switch {
		case s.Change != nil:
			return -better * *s.Change
		case s.Place == tune.Best:
			return 0
		}
		return math.MaxFloat64
	}
	slices.SortStableFunc(all, func(x, y tune.Standing) int {
		return cmp.Or(cmp.Compare(placeRank(x.Place), placeRank(y.Place)), cmp.Compare(value(x), value(y)))
	})
	return all
}

// placeRank is the place of a place in the order of placeKinds; those that are not drawn come last.
func placeRank(p tune.Place) int {
	if i := slices.IndexFunc(placeKinds, func(k kind) bool { return k.name == string(p) }); i >= 0 {
		return i
	}
	return len(placeKinds)
}

// standingRow is a case that was compared with the best, or the best itself.
func standingRow(a *tune.Answer, s tune.Standing) (row, bool) {
	if s.Place != tune.Best && s.Change == nil || placeRank(s.Place) == len(placeKinds) {
		return row{}, false
	}
	goal := goalMetric(a)
	r := row{label: spaced(s.Case), kind: string(s.Place)}
	r.tip = fmt.Sprintf("%s\n%s, %s", spaced(s.Case), s.Place, Counted(s.Repeats, "repeat"))
	if s.Mean != nil {
		r.tip += fmt.Sprintf("\n%s %s", goal.Title, goal.Format(*s.Mean))
	}
	if a.Margin > 0 {
		r.band = &[2]float64{1/(1+a.Margin) - 1, a.Margin}
	}
	if s.Change != nil {
		r.value = *s.Change
		r.tip += "\n" + signed(*s.Change) + " against the best"
	}
	if s.Span != nil {
		r.span = &[2]float64{s.Span.Lo, s.Span.Hi}
		r.tip += fmt.Sprintf(" [%s, %s]", signed(s.Span.Lo), signed(s.Span.Hi))
	}
	if s.Reason != "" {
		r.tip += "\n" + chart.Shorten(s.Reason, 90)
	}
	return r, true
}

// signed is a fraction in per cent with its sign.
func signed(v float64) string { return fmt.Sprintf("%+.1f %%", 100*v) }

// standingsTitle says how many of the cases ended where, and what the race saved.
func standingsTitle(a *tune.Answer) string {
	n := map[tune.Place]int{}
	early := 0
	most := 0
	for _, c := range a.Cases {
		n[c.Place]++
		most = max(most, c.Repeats)
	}
	for _, c := range a.Cases {
		if (c.Place == tune.Worse || c.Place == tune.Infeasible) && c.Repeats < most {
			early++
		}
	}
	var parts []string
	for _, p := range []struct {
		place tune.Place
		word  string
	}{{tune.Worse, "worse than the best"}, {tune.Equal, "as good as it"}, {tune.Behind, "behind it"}, {tune.Open, "still open"}, {tune.Infeasible, "outside the conditions"}, {tune.Unmeasured, "not measured"}} {
		if n[p.place] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[p.place], p.word))
		}
	}
	first := fmt.Sprintf("%s: %s", Counted(len(a.Cases), "case"), strings.Join(parts, ", "))
	if early > 0 {
		return statement(first, fmt.Sprintf("%d left the race early", early))
	}
	return statement(first)
}

// standingsTable has every case.
func standingsTable(a *tune.Answer) chart.Table {
	goal := goalMetric(a)
	t := chart.Table{Head: []string{"case", "place", "repeats", goal.Title, "against the best", "interval", "why"}}
	for _, s := range ranked(a) {
		cells := []string{spaced(s.Case), string(s.Place), fmt.Sprint(s.Repeats), "", "", "", s.Reason}
		if s.Mean != nil {
			cells[3] = goal.Format(*s.Mean)
		}
		if s.Change != nil {
			cells[4] = changeOf(goal, *s.Change)
		}
		if s.Span != nil {
			cells[5] = fmt.Sprintf("[%s, %s] (%.2f %%)", changeOf(goal, s.Span.Lo), changeOf(goal, s.Span.Hi), 100*s.Span.Confidence)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// changeOf is a change of a metric: in per cent, or of what is no ratio the difference.
func changeOf(m results.Metric, v float64) string {
	if m.Ratio() {
		return signed(v)
	}
	if v > 0 {
		return "+" + m.Format(v)
	}
	return m.Format(v)
}
