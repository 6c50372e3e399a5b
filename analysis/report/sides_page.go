package report

import (
	"bytes"
	_ "embed" // sides.html
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"st67bench/analysis"
)

//go:embed sides.html
var sidesHTML string

var sidesTemplate = template.Must(template.New("sides").Parse(figureHTML + sidesHTML))

// sidesPage is what the template of several runs shows.
type sidesPage struct {
	CSS      template.CSS
	Script   template.JS
	Options  template.JS
	Library  template.HTML
	Emulated string // what of it is the emulator's
	Mark     string
	Heading  string
	Primary  string // what the runs are about
	Runs     []sideHead
	Factors  []string
	Cases    [][]string // the cell of each factor, then goodput and efficiency of each run
	Figures  []figure
	Tables   []sideTable
	Together string // what makes the runs differ; empty where that is not known
}

// sideTable is a table with a column per run.
type sideTable struct {
	Caption string
	Rows    []factRow
}

// sideHead is what stands above the columns of a run.
type sideHead struct {
	Link, Name, Share string
	Facts             []fact
	S                 *analysis.Summary
}

// factRow is a name and its value in each run.
type factRow struct {
	Name    string
	Values  []string
	Differs bool
}

// HTML writes the runs as one HTML file that needs no network: what they are about
// in one chart, their cases in one table, the stages of each, and what they were
// measured on. The error is ErrNoECharts when this binary was built without the
// library, or that of w.
func (v *Sides) HTML(w io.Writer) error {
	library, err := echarts()
	if err != nil {
		return err
	}
	return v.writePage(w, library)
}

func (v *Sides) writePage(w io.Writer, library string) error {
	all, err := v.stageCharts()
	if err != nil {
		return err
	}
	first, err := v.primaryChart()
	if err != nil {
		return err
	}
	if first != nil {
		all = append([]*chart{first}, all...)
	}
	options, err := chartData(all)
	if err != nil {
		return err
	}
	p := sidesPage{
		CSS: template.CSS(pageCSS), Script: template.JS(pageJS),
		Options:  template.JS(options),   // json.Marshal has escaped <, > and &
		Library:  template.HTML(library), // base64
		Emulated: v.emulatedText(), Mark: v.emulatedMark(), Heading: v.heading(), Primary: primaryPlot(v.primary()).name,
		Cases: v.cases(), Figures: placed(all), Together: analysis.Together(v.summaries()),
		Factors: v.caseFactors(),
		Tables: []sideTable{
			{"Identity", v.factRows(func(s *analysis.Summary) []fact { return sortedFacts(s.Identity) })},
			{"Conditions", v.factRows(conditionFacts)},
		},
	}
	for _, r := range v.runs {
		p.Runs = append(p.Runs, sideHead{Link: r.link, Name: r.name, Share: ceilingShare(r.s), Facts: facts(r.s), S: r.s})
	}
	var b bytes.Buffer
	if err := sidesTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// heading is what the runs are about: the title of the first, and every
// scenario when there are several.
func (v *Sides) heading() string {
	var names []string
	for _, r := range v.runs {
		if !slices.Contains(names, r.s.Scenario) {
			names = append(names, r.s.Scenario)
		}
	}
	if len(names) == 1 {
		return heading(v.runs[0].s)
	}
	return strings.Join(names, ", ")
}

// emulated counts the runs on the emulated module.
func (v *Sides) emulated() int {
	n := 0
	for _, r := range v.runs {
		if r.s.Emulated {
			n++
		}
	}
	return n
}

func (v *Sides) emulatedText() string {
	switch v.emulated() {
	case 0:
		return ""
	case len(v.runs):
		return emulatedText
	}
	var names []string
	for _, r := range v.runs {
		if r.s.Emulated {
			names = append(names, r.name)
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
	case len(v.runs):
		return "emulated module"
	}
	return "emulated module in part"
}

// caseFactors are the columns that name a case.
func (v *Sides) caseFactors() []string {
	var out []string
	for _, r := range v.runs {
		for _, f := range r.s.Factors {
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
	byRun := make([]map[string]analysis.Case, len(v.runs))
	for i, r := range v.runs {
		byRun[i] = map[string]analysis.Case{}
		for _, c := range r.s.Cases {
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
			row = append(row, level(named[key], f))
		}
		for i := range v.runs {
			c, ok := byRun[i][key]
			row = append(row, sideCells(c, ok, v.primary())...)
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

// factRows lines up what the runs say under the same names.
func (v *Sides) factRows(of func(*analysis.Summary) []fact) []factRow {
	values := map[string][]string{}
	for i, r := range v.runs {
		for _, f := range of(r.s) {
			if values[f.Name] == nil {
				values[f.Name] = make([]string, len(v.runs))
			}
			values[f.Name][i] = f.Value
		}
	}
	var out []factRow
	for _, name := range slices.Sorted(maps.Keys(values)) {
		row := factRow{Name: name, Values: values[name]}
		row.Differs = len(slices.Compact(slices.Clone(row.Values))) > 1
		out = append(out, row)
	}
	return out
}

// conditionFacts are the conditions at the start and, where they were watched,
// during the run.
func conditionFacts(s *analysis.Summary) []fact {
	var out []fact
	for _, c := range conditions(s) {
		text := c.Start
		if c.During != "" && c.During != c.Start {
			text = strings.Join(nonEmpty([]string{c.Start, "during the run " + c.During}), ", ")
		}
		out = append(out, fact{c.Name, text})
	}
	return out
}
