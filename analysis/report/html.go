package report

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"sync"

	"st67bench/analysis"
	"st67bench/results"
)

//go:embed all:asset
var asset embed.FS

//go:embed page.html
var pageHTML string

//go:embed figure.html
var figureHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// ErrNoECharts says that this binary cannot write HTML.
var ErrNoECharts = errors.New("this build has no ECharts, so there is no HTML report: install npm, run make echarts and build again")

// echarts is the library as base64 of gzip, made once; empty without the library.
var echarts = sync.OnceValues(func() (string, error) {
	script, err := asset.ReadFile("asset/echarts.min.js")
	if err != nil {
		return "", ErrNoECharts
	}
	return compress(script)
})

func compress(script []byte) (string, error) {
	var b bytes.Buffer
	text := base64.NewEncoder(base64.StdEncoding, &b)
	z, err := gzip.NewWriterLevel(text, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(script); err != nil {
		return "", err
	}
	if err := errors.Join(z.Close(), text.Close()); err != nil {
		return "", err
	}
	return b.String(), nil
}

// HaveECharts tells whether this binary was built with ECharts, which HTML needs.
func HaveECharts() bool {
	_, err := asset.Open("asset/echarts.min.js")
	return err == nil
}

// HTML writes the report of a run as one HTML file that needs no network. s is
// the summary of run. The error is ErrNoECharts when this binary was built
// without the library, or that of w.
func HTML(w io.Writer, s *analysis.Summary, run *results.Run) error {
	library, err := echarts()
	if err != nil {
		return err
	}
	return writePage(w, s, run, library)
}

// figure is a chart as the template wants it.
type figure struct {
	ID, Title, HowTo, Alt, Note string
	Height                      int
	Drawn                       bool
	Table                       dataTable
}

// page is what the template shows.
type page struct {
	CSS      template.CSS
	Script   template.JS
	Options  template.JS
	Library  template.HTML
	Emulated string
	Heading  string
	Name     string
	S        *analysis.Summary
	Facts    []fact
	Checked  string
	Excess   string
	Network  string
	Goodput  bool // some case has it
	Head     []string
	Rows     []row
	Figures  []figure
	Identity []fact
	Conds    []condition
	Scenario results.Document
	Rig      results.Document
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"bad": bad}).Parse(figureHTML + pageHTML))

// bad says whether an outcome needs the reader's eye.
func bad(o results.Outcome) bool { return o != results.Pass }

func writePage(w io.Writer, s *analysis.Summary, run *results.Run, library string) error {
	all, err := figures(s, run)
	if err != nil {
		return err
	}
	options, err := chartData(all)
	if err != nil {
		return err
	}
	t := caseTable(s)
	p := page{
		CSS: template.CSS(pageCSS), Script: template.JS(pageJS),
		Options: template.JS(options),   // json.Marshal has escaped <, > and &
		Library: template.HTML(library), // base64
		Heading: heading(s), Name: s.Run, S: s,
		Facts: facts(s), Checked: checkedLine(s), Excess: excessLine(s), Network: networkLine(s), Goodput: analysis.Shows(s.Cases, "goodput"),
		Head: t.head, Rows: t.rows, Figures: placed(all),
		Identity: sortedFacts(s.Identity), Conds: conditions(s),
		Scenario: run.Scenario, Rig: run.Rig,
	}
	if s.Emulated {
		p.Emulated = emulatedText
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// placed are the charts as the template wants them.
func placed(all []*chart) []figure {
	var out []figure
	for _, c := range all {
		out = append(out, figure{ID: c.id, Title: c.title, HowTo: c.howTo, Alt: c.alt, Note: c.note, Height: c.height, Drawn: c.option != nil, Table: c.table})
	}
	return out
}

func heading(s *analysis.Summary) string {
	if s.Title != "" {
		return s.Title
	}
	return s.Scenario
}

// figures are the charts that this run supports, in reading order.
func figures(s *analysis.Summary, run *results.Run) ([]*chart, error) {
	all, err := metricCharts(s)
	if err != nil {
		return nil, err
	}
	samples := sampledOf(s, run.Results, run.ReadSamples)
	for _, build := range []func(*analysis.Summary, sampled) ([]*chart, error){distributionCharts, courseCharts} {
		more, err := build(s, samples)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	fits, err := fitCharts(s, run)
	if err != nil {
		return nil, err
	}
	all = slices.Concat(all, fits, traceCharts(s, run))
	if s.Emulated {
		for _, c := range all {
			c.title += " (emulated module)"
			c.alt = "Emulated module. " + c.alt
		}
	}
	return all, nil
}

// metricCharts are made from the results alone: what the run is about, where the
// time goes, and what else the sweep changed.
func metricCharts(s *analysis.Summary) ([]*chart, error) {
	var builds []func() (*chart, error)
	plots := plotsOf(s)
	for _, m := range plots {
		builds = append(builds, func() (*chart, error) { return metricChart(s, m) })
	}
	builds = slices.Insert(builds, min(1, len(plots)), func() (*chart, error) { return stageChart(s) }, func() (*chart, error) { return chargeChart(s) })
	var all []*chart
	for _, build := range builds {
		c, err := build()
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, c)
		}
	}
	return all, nil
}

// chartData is what page.js reads: per chart its place, palette and option.
func chartData(all []*chart) ([]byte, error) {
	type entry struct {
		ID      string         `json:"id"`
		Palette string         `json:"palette"`
		Option  map[string]any `json:"option"`
	}
	entries := []entry{}
	for _, c := range all {
		if c.option != nil {
			entries = append(entries, entry{c.id, c.palette, c.option})
		}
	}
	return json.Marshal(entries)
}
