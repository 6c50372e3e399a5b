package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/compare"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/decision"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

// ComparisonPage is the report of a comparison of these two sides.
func ComparisonPage(c *compare.Comparison, base, new compare.Side) (*page.Page, error) {
	changes, err := decision.Forests(c)
	if err != nil {
		return nil, err
	}
	boots, err := decision.Boots(c, base, new)
	if err != nil {
		return nil, err
	}
	beside, err := besideSections(c, base, new)
	if err != nil {
		return nil, err
	}
	p := &page.Page{
		Title: c.New.Name + " against " + c.Base.Name, Heading: fmt.Sprintf("Is %s worse than %s?", c.New.Name, c.Base.Name),
		Verdict: string(c.Verdict) + ": " + c.Text, Tone: comparisonTone(c), Facts: comparisonFacts(c),
		Sections: slices.Concat(
			chartSection("verdict", "What changed, and by how much", changes),
			believeSection(c),
			chartSection("boots", "Boot by boot", boots),
			beside,
			[]page.Section{rowsSection(c)}),
		Footer: []string{comparisonText, "Everything here can be made again from the run directories: st67bench compare --html FILE BASE NEW. Base: " +
			strings.Join(c.Base.Runs, " ") + ". New: " + strings.Join(c.New.Runs, " ")},
	}
	if c.Emulated {
		p.Emulated, p.Mark = emulatedText, emulatedMark
		markEmulated(p)
	}
	return p, nil
}

const comparisonText = "One boot is one value. A metric regressed when the change is significant and larger than its margin; it counts when it stays so after Holm's correction " +
	"over all tests. Ratios are compared by logarithms and Student's t, of pairs where boots were measured side by side; from five boots a side on an exact test without a distribution has to agree."

// markEmulated says so where a chart is described in words alone.
func markEmulated(p *page.Page) {
	for _, c := range p.Charts() {
		c.Alt = "Emulated module. " + c.Alt
	}
}

// comparisonTone is that of the joint verdict; a side that was not measured in part is not good whatever was.
func comparisonTone(c *compare.Comparison) page.Tone {
	switch {
	case c.Verdict == compare.Fail || c.Exit == compare.Fail.Exit():
		return page.Bad
	case (c.Verdict == compare.Pass || c.Verdict == compare.Dominates) && c.Exit == 0:
		return page.Good
	}
	return page.Unsure
}

func comparisonFacts(c *compare.Comparison) []page.Fact {
	side := func(a compare.About) string {
		text := a.Name
		if a.Firmware != "" && a.Firmware != a.Name {
			text += ", firmware " + a.Firmware
		}
		for _, n := range []struct {
			of    int
			thing string
		}{{a.Boots, "boot"}, {a.Repeats, "repeat"}, {len(a.Runs), "run"}} {
			text += ", " + decision.Counted(n.of, n.thing)
		}
		return text
	}
	all := []page.Fact{{Name: "base", Value: side(c.Base)}, {Name: "new", Value: side(c.New)}}
	for _, s := range c.Scenarios {
		all = append(all, page.Fact{Name: "scenario", Value: fmt.Sprintf("%s: %s", s.Scenario, s.Verdict)})
	}
	return all
}

// believeSection says by what was judged, what else could explain it, and what would settle it.
func believeSection(c *compare.Comparison) []page.Section {
	s := page.Section{ID: "believe", Title: "May I believe it?"}
	if len(c.Warnings) > 0 {
		s.Parts = append(s.Parts, page.Part{Warnings: c.Warnings})
	}
	if len(c.Explanations) > 0 {
		t := &chart.Table{Caption: chart.Capital(strings.TrimSuffix(c.Else(), ": ")), Head: []string{"condition", c.Base.Name, c.New.Name}}
		for _, e := range c.Explanations {
			t.Rows = append(t.Rows, []string{e.Title(), analysis.ConditionText(e.Condition, e.Base), analysis.ConditionText(e.Condition, e.New)})
		}
		s.Parts = append(s.Parts, page.Part{Table: t})
	}
	switch {
	case c.Settle == nil:
	case c.Settle.Feasible():
		s.Parts = append(s.Parts, page.Part{Text: "To settle it, let the boots of both sides take turns: " + c.Settle.String()})
	default:
		s.Parts = append(s.Parts, page.Part{Text: "To settle it: " + c.Settle.String() + "."})
	}
	if len(c.Comparisons) > 0 {
		s.Parts = append(s.Parts, page.Part{Text: chart.Capital(marginLine(c)) + "."})
	}
	for _, text := range slices.Concat(rowNotes(c), lackLines(c)) {
		s.Parts = append(s.Parts, page.Part{Text: chart.Capital(text) + "."})
	}
	return []page.Section{s}
}

// rowsSection has every comparison.
func rowsSection(c *compare.Comparison) page.Section {
	t := decision.ChangesTable(c, c.Comparisons)
	t.Caption = fmt.Sprintf("%d comparisons", len(c.Comparisons))
	return page.Section{
		ID: "rows", Title: "Every comparison",
		How:   "Values are geometric means over boots, or means. p gate is Student's t, p Holm the same among all tests, p exact that without a distribution. Boots needed: of a side, to decide what is open.",
		Parts: []page.Part{{Table: &t}},
	}
}

// besideSections show, per scenario of both sides, what they measured in fixed colours, and what was so when they did.
func besideSections(c *compare.Comparison, base, new compare.Side) ([]page.Section, error) {
	var out []page.Section
	for i, s := range c.Scenarios {
		a, b := lastRun(base, s.Scenario), lastRun(new, s.Scenario)
		if a == nil || b == nil {
			continue
		}
		section, err := besideSection(c, s.Scenario, fmt.Sprintf("scenario%d-", i+1), a, b)
		if err != nil {
			return nil, err
		}
		out = append(out, *section)
	}
	return out, nil
}

// lastRun is the newest run of a scenario.
func lastRun(side compare.Side, scenario string) *results.Run {
	own := slices.DeleteFunc(slices.Clone(side.Runs), func(r *results.Run) bool { return r.Scenario.Name != scenario || len(r.Results) == 0 })
	if len(own) == 0 {
		return nil
	}
	return slices.MaxFunc(own, func(a, b *results.Run) int { return a.Start.Compare(b.Start) })
}

func besideSection(c *compare.Comparison, scenario, prefix string, runs ...*results.Run) (*page.Section, error) {
	var all []*analysis.Summary
	for _, run := range runs {
		sum, err := analysis.Summarize(run)
		if err != nil {
			return nil, err
		}
		all = append(all, sum)
	}
	section := &page.Section{ID: prefix + "beside", Title: "Side by side: " + scenario, How: "The newest run of each side: " + runs[0].ID + " and " + runs[1].ID + "."}
	v, err := NewSides(all, runs)
	if err != nil { // settings that sweep different factors: there is no common axis
		return section, nil
	}
	for i, name := range []string{c.Base.Name, c.New.Name} {
		v.Runs[i].Link, v.Runs[i].Name = []string{"base", "new"}[i], cmp.Or(name, runs[i].ID)
	}
	shown, err := v.charts()
	if err != nil {
		return nil, err
	}
	for _, one := range slices.Concat(shown.metrics, shown.stages, shown.latency) {
		one.ID = prefix + one.ID
		section.Parts = append(section.Parts, page.Part{Chart: one})
	}
	section.Parts = append(section.Parts, page.Part{Table: v.factTable("Identity", func(s *analysis.Summary) []page.Fact { return sortedFacts(s.Identity) })},
		page.Part{Table: v.factTable("Conditions", conditionFacts)})
	return section, nil
}
