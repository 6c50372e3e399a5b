package report

import (
	"fmt"
	"slices"
	"strings"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/decision"
	"st67bench/analysis/report/page"
	"st67bench/analysis/tune"
	"st67bench/results"
)

// AnswerPage is the report of a tuning: the setting first, then what it costs and what else would do.
func AnswerPage(a *tune.Answer) (*page.Page, error) {
	standings, err := decision.Standings(a)
	if err != nil {
		return nil, err
	}
	front, err := decision.FrontCharts(a)
	if err != nil {
		return nil, err
	}
	effects, err := decision.EffectCharts(a)
	if err != nil {
		return nil, err
	}
	var race []*chart.Chart
	if standings != nil {
		race = append(race, standings)
	}
	p := &page.Page{
		Title: "tuning of " + a.Scenario, Heading: answerHeading(a), Verdict: answerVerdict(a), Tone: answerTone(a), Lines: []string{chart.Capital(scopeOf(a)) + "."}, Facts: answerFacts(a),
		Sections: slices.Concat(
			choiceSections(a),
			chartSection("race", "Where the cases ended", race),
			chartSection("front", "What could be had instead, and for what", front),
			chartSection("effects", "Which factor matters", effects),
			answerTables(a)),
		Footer: []string{answerText, "Everything here can be made again from the run directory: st67bench tune --from " + a.Run + " --html FILE"},
	}
	if a.Emulated {
		p.Emulated, p.Mark = emulatedText, emulatedMark
		markEmulated(p)
	}
	return p, nil
}

const answerText = "The race drops a case that is known to be worse than the best, or to break a condition, with a risk of 5 % over all that it asks. Means are geometric where metrics are compared by ratio. " +
	"The front is drawn anew 999 times; effects are an analysis of variance of the blocks in which all combinations were measured."

func answerHeading(a *tune.Answer) string {
	if a.Goal == "" {
		return "Which setting of " + a.Scenario + " is the best?"
	}
	return "Which setting of " + a.Scenario + ": " + a.Goal + "?"
}

// answerVerdict is the recommendation in a sentence.
func answerVerdict(a *tune.Answer) string {
	spent := fmt.Sprintf("%d of %d repeats", a.Repeats.Spent, a.Repeats.Full)
	if a.Winner == nil {
		return "UNDECIDED after " + spent + "."
	}
	figures := spaced(a.Winner.Case) + ": " + answerFigures(a)
	switch a.Verdict {
	case tune.Found:
		return "Take " + figures + "."
	case tune.None:
		return "NOTHING keeps the conditions; the nearest is " + figures + "."
	}
	return "UNDECIDED; so far " + figures + "."
}

func answerTone(a *tune.Answer) page.Tone {
	switch {
	case a.Verdict == tune.Found && a.Exit == 0:
		return page.Good
	case a.Verdict == tune.None:
		return page.Bad
	}
	return page.Unsure
}

func answerFacts(a *tune.Answer) []page.Fact {
	goal := a.Goal
	if a.Default {
		goal += " (nobody gave one; --goal does)"
	}
	return []page.Fact{
		{Name: "goal", Value: strings.TrimSpace(goal)}, {Name: "scenario", Value: a.Scenario}, {Name: "run", Value: a.Run},
		{Name: "repeats", Value: fmt.Sprintf("%d of the %d of all combinations", a.Repeats.Spent, a.Repeats.Full)},
	}
}

// choiceSections are how to set the winner, what it gives, what is as good, and what is missing from the answer.
func choiceSections(a *tune.Answer) (out []page.Section) {
	if a.Winner != nil {
		s := page.Section{ID: "setting", Title: "The setting", Parts: settingParts(a.Winner)}
		if len(a.Equal) > 0 {
			s.Parts = append(s.Parts, page.Part{Text: "As good: " + cases(a.Equal) + ", within " + percent(a.Margin) + "."})
		}
		s.Parts = append(s.Parts, page.Part{Table: figuresTable(a)})
		out = append(out, s)
	}
	if len(a.Missing) > 0 {
		out = append(out, page.Section{ID: "missing", Title: "What keeps this from being an answer", Parts: []page.Part{{Warnings: missingTexts(a)}}})
	}
	return out
}

// missingTexts are the first reasons, and the last, which says what to do.
func missingTexts(a *tune.Answer) []string {
	n := len(a.Missing)
	if n <= mostMissing+2 {
		return a.Missing
	}
	return append(slices.Clone(a.Missing[:mostMissing]), fmt.Sprintf("%d more of that kind, see where the cases ended", n-1-mostMissing), a.Missing[n-1])
}

// settingParts are what has to be done to have a choice.
func settingParts(c *tune.Choice) []page.Part {
	var do []page.Fact
	for _, f := range sortedFacts(c.Factors) {
		do = append(do, page.Fact{Name: f.Name, Value: f.Value})
	}
	for _, line := range c.Commands {
		do = append(do, page.Fact{Name: "send", Value: line})
	}
	for _, text := range c.Host {
		do = append(do, page.Fact{Name: "host", Value: text})
	}
	return []page.Part{{Facts: do}}
}

// figuresTable has a column for the winner and for each alternative: metrics with intervals, what it costs against the winner, and
// its commands.
func figuresTable(a *tune.Answer) *chart.Table {
	t := &chart.Table{Caption: "The setting, and what could be had instead", Head: []string{"", decision.Winner(a.Verdict)}}
	all := []tune.Choice{*a.Winner}
	against := []string{"against " + decision.Winner(a.Verdict), ""}
	for _, alt := range a.Alternatives {
		all = append(all, alt.Choice)
		word := "instead"
		if alt.Knee {
			word = "the best balance"
		}
		t.Head, against = append(t.Head, word), append(against, changesText(a, alt))
	}
	line := func(name string, of func(tune.Choice) string) {
		cells := []string{name}
		for _, c := range all {
			cells = append(cells, of(c))
		}
		t.Rows = append(t.Rows, cells)
	}
	line("case", func(c tune.Choice) string { return spaced(c.Case) })
	for _, m := range results.Metrics() {
		if _, ok := a.Winner.Metrics[m.Name]; ok {
			line(m.Title, func(c tune.Choice) string { return figureText(c, m.Name) })
		}
	}
	if len(all) > 1 {
		t.Rows = append(t.Rows, against)
	}
	line("AT commands", func(c tune.Choice) string { return strings.Join(c.Commands, " ") })
	return t
}

// changesText is what an alternative gives and takes.
func changesText(a *tune.Answer, alt tune.Alternative) string {
	var parts []string
	for _, name := range a.Objectives {
		m, _ := results.LookupMetric(name)
		if change := signed(alt.Changes[name]); change != "" {
			parts = append(parts, change+" "+m.Title)
		}
	}
	return strings.Join(parts, ", ")
}

// figureText is a mean with its interval.
func figureText(c tune.Choice, name string) string {
	v, ok := c.Metrics[name]
	if !ok {
		return ""
	}
	text := chart.Quantity(name, v)
	if iv, ok := c.Intervals[name]; ok {
		text += " [" + chart.Quantity(name, iv.Lo) + ", " + chart.Quantity(name, iv.Hi) + "]"
	}
	return text
}

// answerTables are what was not judged.
func answerTables(a *tune.Answer) []page.Section {
	t := &chart.Table{Caption: "Not judged", Head: []string{"case", "why"}}
	for _, c := range a.Cases {
		if c.Place == tune.Unmeasured {
			t.Rows = append(t.Rows, []string{spaced(c.Case), c.Reason})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []page.Section{{ID: "unmeasured", Title: "What was not measured", Parts: []page.Part{{Table: t}}}}
}
