package report

import (
	"fmt"
	"slices"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/current"
	"st67bench/analysis/report/figure"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

// emulatedMark stands in headings of what the emulated module gave.
const emulatedMark = "emulated module"

// RunPage is the report of a run, whose summary is s.
func RunPage(s *analysis.Summary, run *results.Run) (*page.Page, error) {
	measured, err := figure.Run(s, run)
	if err != nil {
		return nil, err
	}
	taken, err := current.Run(s, run)
	if err != nil {
		return nil, err
	}
	p := &page.Page{
		Title: s.Run, Heading: heading(s), Verdict: s.Verdict, Warned: warned(s), Lines: s.Findings, Facts: facts(s),
		Sections: slices.Concat(
			[]page.Section{casesSection(s)},
			warningsSection(s),
			groupSections(measured),
			chartSection("supply", "Current and energy", taken),
			[]page.Section{identitySection(s, run)}),
		Footer: []string{statisticsText, remadeText + s.Run},
	}
	if s.Emulated {
		p.Emulated, p.Mark = emulatedText, emulatedMark
		for _, c := range p.Charts() {
			c.Alt = "Emulated module. " + c.Alt
		}
	}
	return p, nil
}

const (
	statisticsText = "A median is a type 7 quantile over repeats, or over boots from five boots on. " +
		"The interval of repeats is that of their median, exact, from order statistics, and there is none below six; " +
		"that of boots is Student's of their mean, on logarithms of what is compared by ratios. " +
		"A quantile is shown where every repeat has enough values to carry it: 6 for p50, 36 for p90, 368 for p99."
	remadeText = "Goodput is payload counted at the receiver. Everything here can be made again from the run directory: st67bench report "
)

func heading(s *analysis.Summary) string {
	if s.Title != "" {
		return s.Title
	}
	return s.Scenario
}

// casesSection has the table of cases and what holds for all of them.
func casesSection(s *analysis.Summary) page.Section {
	t := caseTable(s)
	shown := &chart.Table{Caption: "Cases", Head: t.head}
	for i, r := range t.rows {
		shown.Rows = append(shown.Rows, append(slices.Clone(r.Cells), r.Note))
		if r.Outcome != results.Pass {
			shown.Marked = append(shown.Marked, i)
		}
	}
	section := page.Section{ID: "cases", Title: "Cases"}
	section.Parts = append(section.Parts, page.Part{Table: shown})
	for _, text := range nonEmpty([]string{checkedLine(s), excessLine(s), prefixed("Network ", networkLine(s)), prefixed("Stopped with ", s.Stopped())}) {
		section.Parts = append(section.Parts, page.Part{Text: chart.Capital(text) + "."})
	}
	return section
}

// warningsSection has what a reader must know to believe the figures. It is none without any.
func warningsSection(s *analysis.Summary) []page.Section {
	var all []string
	for _, w := range s.Warnings {
		all = append(all, w.Text)
	}
	if len(all) == 0 {
		return nil
	}
	return []page.Section{{ID: warningsID, Title: "Warnings", Parts: []page.Part{{Warnings: all}}}}
}

// warned leads to the warnings: they stand below the figures that they are about, and are to be known before those are read.
func warned(s *analysis.Summary) *page.Link {
	switch n := len(s.Warnings); n {
	case 0:
		return nil
	case 1:
		return &page.Link{Text: "1 warning", Address: "#" + warningsID}
	default:
		return &page.Link{Text: fmt.Sprintf("%d warnings", n), Address: "#" + warningsID}
	}
}

const warningsID = "warnings"

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// groupSections are the charts of a run, a section for each of the reader's questions.
func groupSections(all []figure.Group) []page.Section {
	var out []page.Section
	for _, g := range all {
		out = append(out, chartSection(g.ID, g.Title, g.Charts)...)
	}
	return out
}

// chartSection holds charts; it is none without any.
func chartSection(id, title string, all []*chart.Chart) []page.Section {
	if len(all) == 0 {
		return nil
	}
	s := page.Section{ID: id, Title: title}
	for _, c := range all {
		s.Parts = append(s.Parts, page.Part{Chart: c})
	}
	return []page.Section{s}
}

// identitySection says what the figures are about.
func identitySection(s *analysis.Summary, run *results.Run) page.Section {
	identity := chart.Table{Caption: "Identity", Head: []string{"", "value"}}
	for _, f := range sortedFacts(s.Identity) {
		identity.Rows = append(identity.Rows, []string{f.Name, f.Value})
	}
	conds := chart.Table{Caption: "Conditions", Head: []string{"", "at the start", "during the run"}}
	for _, c := range conditions(s) {
		conds.Rows = append(conds.Rows, []string{c.Name, c.Start, c.During})
	}
	section := page.Section{
		ID: "identity", Title: "What was compared, and what was merely so",
		How:   "Identity says what these figures are about; runs compare when it is equal but for the release. Conditions may explain a difference.",
		Parts: []page.Part{{Beside: []chart.Table{identity, conds}}},
	}
	if run.Scenario.Text != "" {
		section.Parts = append(section.Parts, page.Part{File: &page.File{Name: "Scenario file", Text: run.Scenario.Text}})
	}
	if run.Rig.Text != "" {
		section.Parts = append(section.Parts, page.Part{File: &page.File{Name: "Rig file (secrets masked)", Text: run.Rig.Text}})
	}
	return section
}
