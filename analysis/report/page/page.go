// Package page writes a report as one HTML file that needs no network.
//
// A Page is data: a head that answers the reader's first question, and sections made of
// parts, of which there are few kinds. One template turns them into HTML, so that the
// report of a run, of a comparison, of a history and of a tuning look and behave alike.
//
// # The file
//
// It is self-contained: it opens without network, for years. Three parts make it: the
// page (page.html, page.css, page.js: ours), the options of the charts, built with
// go-echarts, and Apache ECharts, compressed. A Content-Security-Policy in the page
// forbids the browser to fetch anything.
//
// The options are data: JSON in an inert script element, in which json.Marshal has
// escaped <, > and &. Where ECharts wants a function, the option holds a name, which
// options.js looks up in a fixed table; a string from a run (an SSID, a firmware version,
// the name of a factor) never gets to where code or markup is read. Tooltips are drawn
// as text, not as HTML, for the same reason.
//
// Each chart stands for itself: it is drawn when it comes near the window, or to be
// printed; one that cannot be drawn says so in its own place, and the data table below
// every chart needs no script. tools.js has the buttons below a chart, keys.js steps
// through its points, picture.js makes the pictures that are saved.
//
// The same page gives the same bytes: nothing is random and nothing depends on the time
// at which it is written.
//
// # ECharts
//
// The library is not part of the source: the build puts it into asset/ (see
// asset/README). HaveECharts tells whether this binary has it; without it Write returns
// ErrNoECharts.
package page

import "st67bench/analysis/report/chart"

// Tone says how a verdict is meant.
type Tone string

// The tones of a verdict.
const (
	Neutral Tone = ""
	Good    Tone = "good"
	Bad     Tone = "bad"
	Unsure  Tone = "unsure"
)

// Page is a report.
type Page struct {
	Title    string   // of the document: "cipsend-size, 2.0.106 on uart"
	Emulated string   // a sentence that says what of it is the emulator's; empty on hardware
	Mark     string   // the same in two words, for headings: "emulated module"
	Heading  string   // the question, or what was compared
	Verdict  string   // the answer in one sentence
	Tone     Tone     // of the verdict
	Warned   *Link    // to what casts doubt on it, where there is any
	Lines    []string // what else a reader must know at once
	Facts    []Fact   // what was measured on what
	Sections []Section
	Footer   []string // where the figures are from
	Links    []Link   // to the pages beside this one; a page that is a file of its own has none
}

// Link leads to another page. Here says that it is this one.
type Link struct {
	Text, Address string
	Here          bool
}

// Fact is a name and a value: "firmware", "2.0.106".
type Fact struct{ Name, Value string }

// Section is a heading and what stands below it.
type Section struct {
	ID    string // by which a link points to it: lower case letters, digits and "-"
	Title string
	How   string // a sentence below the title
	Parts []Part
}

// Part is one thing of a section: whichever of its fields is set.
type Part struct {
	Text     string   // a paragraph
	Heading  string   // one level below the section's
	Warnings []string // a list that needs the reader's eye
	Facts    []Fact
	Table    *chart.Table
	Beside   []chart.Table // tables side by side where there is room
	Chart    *chart.Chart
	File     *File
}

// File is a text as it stands in the run directory, shown on demand.
type File struct{ Name, Text string }

// Charts are those of a page, in order.
func (p *Page) Charts() []*chart.Chart {
	var out []*chart.Chart
	for _, s := range p.Sections {
		out = append(out, s.Charts()...)
	}
	return out
}

// Charts are those of a section, in order.
func (s Section) Charts() []*chart.Chart {
	var out []*chart.Chart
	for _, part := range s.Parts {
		if part.Chart != nil {
			out = append(out, part.Chart)
		}
	}
	return out
}

// ids are those of a section and its charts.
func (s Section) ids() []string {
	out := []string{s.ID}
	for _, c := range s.Charts() {
		out = append(out, c.ID)
	}
	return out
}
