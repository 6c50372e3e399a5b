package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/figure"
	"st67bench/analysis/report/page"
)

// Page is the report of several runs.
func (v *Sides) Page() (*page.Page, error) {
	shown, err := v.charts()
	if err != nil {
		return nil, err
	}
	p := &page.Page{
		Title: fmt.Sprintf("%d runs side by side", len(v.Runs)), Heading: v.heading(),
		Emulated: v.emulatedText(), Mark: v.emulatedMark(), Facts: v.named(),
		Lines:  []string{fmt.Sprintf("%d runs side by side, each against the ceiling of its own link. Differences are shown, not tested; st67bench compare tests them.", len(v.Runs))},
		Footer: []string{statisticsText},
	}
	var shares []string
	made := strings.TrimSuffix(remadeText, " ")
	for i, r := range v.Runs {
		shares = append(shares, fmt.Sprintf("Run %d: %s.", i+1, figure.CeilingShare(r.Summary)))
		made += " " + r.Run
	}
	p.Verdict = strings.Join(shares, " ")
	p.Footer = append(p.Footer, made)
	first := min(1, len(shown.metrics))
	p.Sections = append(p.Sections, chartSection("measured", "What was measured", shown.metrics[:first])...)
	p.Sections = append(p.Sections, v.casesSection())
	p.Sections = append(p.Sections, chartSection("where", "Where the time goes", shown.stages)...)
	p.Sections = append(p.Sections, chartSection("spread", "How latency is spread", shown.latency)...)
	p.Sections = append(p.Sections, chartSection("beside", "What else was measured", shown.metrics[first:])...)
	p.Sections = append(p.Sections, v.runsSection(), v.identitySection())
	if p.Mark != "" {
		for _, c := range p.Charts() {
			c.Alt = chart.Capital(p.Mark) + ". " + c.Alt
		}
	}
	return p, nil
}

// sideCharts are the charts of several runs; what the runs are about is the first of the metrics.
type sideCharts struct{ metrics, stages, latency []*chart.Chart }

func (v *Sides) charts() (out sideCharts, err error) {
	if out.metrics, err = v.MetricCharts(); err != nil {
		return out, err
	}
	stages, err := v.StageChart()
	if err != nil {
		return out, err
	}
	if stages != nil {
		out.stages = []*chart.Chart{stages}
	}
	out.latency, err = v.DistributionCharts(v.runs)
	return out, err
}

func (v *Sides) casesSection() page.Section {
	t := &chart.Table{Caption: "Cases", Head: v.caseFactors(), Rows: v.cases()}
	name := v.PrimaryName()
	for i := range v.Runs {
		t.Head = append(t.Head, name+", "+runName(i), "efficiency, "+runName(i))
	}
	how := "Efficiency is goodput as a share of the run's own ceiling. " + analysis.Together(v.summaries())
	return page.Section{ID: "cases", Title: "Cases", How: strings.TrimSpace(how), Parts: []page.Part{{Table: t}}}
}

// runName is a run where its label is too long: in the heads of tables.
func runName(i int) string { return fmt.Sprintf("run %d", i+1) }

// named says which run is which.
func (v *Sides) named() []page.Fact {
	var out []page.Fact
	for i, r := range v.Runs {
		out = append(out, page.Fact{Name: runName(i), Value: r.Label()})
	}
	return out
}

func (v *Sides) runsSection() page.Section {
	section := page.Section{ID: "runs", Title: "The runs"}
	for i, r := range v.Runs {
		section.Parts = append(section.Parts, page.Part{Heading: chart.Capital(runName(i)) + ": " + r.Label()}, page.Part{Text: r.Verdict + " " + r.Scope + "."}, page.Part{Facts: facts(r.Summary)})
		var all []string
		for _, w := range r.Warnings {
			all = append(all, w.Text)
		}
		if len(all) > 0 {
			section.Parts = append(section.Parts, page.Part{Warnings: all})
		}
	}
	return section
}

func (v *Sides) identitySection() page.Section {
	section := page.Section{
		ID: "identity", Title: "What differs, and what was merely so",
		How: "Identity says what the figures are about. Conditions may explain a difference. What is not the same in all runs is marked.",
	}
	for _, t := range []struct {
		caption string
		of      func(*analysis.Summary) []page.Fact
	}{{"Identity", func(s *analysis.Summary) []page.Fact { return sortedFacts(s.Identity) }}, {"Conditions", conditionFacts}} {
		section.Parts = append(section.Parts, page.Part{Table: v.factTable(t.caption, t.of)})
	}
	return section
}

// heading is what the runs are about: the title of the first, and every
// scenario when there are several.
func (v *Sides) heading() string {
	var names []string
	for _, r := range v.Runs {
		if !slices.Contains(names, r.Summary.Scenario) {
			names = append(names, r.Summary.Scenario)
		}
	}
	if len(names) == 1 {
		return heading(v.Runs[0].Summary)
	}
	return strings.Join(names, ", ")
}

// emulated counts the runs on the emulated module.
func (v *Sides) emulated() int {
	n := 0
	for _, r := range v.Runs {
		if r.Summary.Emulated {
			n++
		}
	}
	return n
}

func (v *Sides) emulatedText() string {
	switch v.emulated() {
	case 0:
		return ""
	case len(v.Runs):
		return emulatedText
	}
	var names []string
	for _, r := range v.Runs {
		if r.Summary.Emulated {
			names = append(names, r.Name)
		}
	}
	return "EMULATED MODULE: the figures of " + strings.Join(names, ", ") + " are the emulator's, not a module's"
}

// emulatedMark stands in the headings of what shows all runs; empty without
// the emulated module.
func (v *Sides) emulatedMark() string {
	switch v.emulated() {
	case 0:
		return ""
	case len(v.Runs):
		return emulatedMark
	}
	return "emulated module in part"
}

// caseFactors are the columns that name a case.
func (v *Sides) caseFactors() []string {
	var out []string
	for _, r := range v.Runs {
		for _, f := range r.Summary.Factors {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	if len(out) == 0 {
		return []string{"case"}
	}
	return out
}

// cases has a row per case of any run, in the order of the first that has it.
func (v *Sides) cases() [][]string {
	var keys []string
	named := map[string]analysis.Case{}
	byRun := make([]map[string]analysis.Case, len(v.Runs))
	for i, r := range v.Runs {
		byRun[i] = map[string]analysis.Case{}
		for _, c := range r.Summary.Cases {
			byRun[i][c.Key] = c
			if _, ok := named[c.Key]; !ok {
				keys = append(keys, c.Key)
				named[c.Key] = c
			}
		}
	}
	var rows [][]string
	for _, key := range keys {
		var row []string
		for _, f := range v.caseFactors() {
			row = append(row, figure.Level(named[key], f))
		}
		for i := range v.Runs {
			c, ok := byRun[i][key]
			row = append(row, sideCells(c, ok, v.Primary())...)
		}
		rows = append(rows, row)
	}
	return rows
}

// sideCells are what the runs are about and the efficiency of a case, or why there is none.
func sideCells(c analysis.Case, ok bool, primary string) []string {
	switch {
	case !ok:
		return []string{"not in this run", ""}
	case c.Measured == 0:
		return []string{string(c.Outcome), ""}
	}
	return []string{metricCell(c, column{metric: primary, interval: true}), metricCell(c, column{metric: "efficiency"})}
}

// factTable lines up what the runs say under the same names, and marks what differs.
func (v *Sides) factTable(caption string, of func(*analysis.Summary) []page.Fact) *chart.Table {
	values := map[string][]string{}
	t := &chart.Table{Caption: caption, Head: []string{""}}
	for i, r := range v.Runs {
		t.Head = append(t.Head, runName(i))
		for _, f := range of(r.Summary) {
			if values[f.Name] == nil {
				values[f.Name] = make([]string, len(v.Runs))
			}
			values[f.Name][i] = f.Value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(slices.Compact(slices.Clone(values[name]))) > 1 {
			t.Marked = append(t.Marked, len(t.Rows))
		}
		t.Rows = append(t.Rows, append([]string{name}, values[name]...))
	}
	return t
}

// conditionFacts are the conditions at the start and, where they were watched,
// during the run.
func conditionFacts(s *analysis.Summary) []page.Fact {
	var out []page.Fact
	for _, c := range conditions(s) {
		text := c.Start
		if c.During != "" && c.During != c.Start {
			text = strings.Join(nonEmpty([]string{c.Start, "during the run " + c.During}), ", ")
		}
		out = append(out, page.Fact{Name: c.Name, Value: text})
	}
	return out
}
