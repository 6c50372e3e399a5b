// Package report shows a summary to people and to other programs: a table for
// terminals, JSON, and one HTML file.
//
// The table has the metrics that the cases have, what the run is about first, and no
// more than fit (columns): counts of trouble only where there is some. A metric that
// is in no table, as one of a later version, is left out and breaks nothing.
//
// # The HTML file
//
// It is self-contained: it opens without network, for years. Three parts make
// it: the page (page.html, page.css, page.js: ours), the options of the charts,
// built with go-echarts, and Apache ECharts, compressed. A Content-Security-
// Policy in the page forbids the browser to fetch anything.
//
// The options are data: JSON in an inert script element, in which json.Marshal
// has escaped <, > and &. Where ECharts wants a function, the option holds a
// name, which page.js looks up in a fixed table; a string from a run (an SSID, a
// firmware version, the name of a factor) never gets to where code or markup is
// read. Tooltips are drawn as text, not as HTML, for the same reason.
//
// What is drawn depends on what there is: metrics against the swept factor, with
// ceiling or bound; the stages; the distribution of each series of times; and the
// course of series over a repeat, goodput or free heap for example. The tables
// distributions and courses list the series.
//
// Each chart stands for itself: one that cannot be drawn says so in its own
// place, and the data table below every chart needs no script.
//
// The same run gives the same bytes: nothing is random and nothing depends on
// the time at which the report is made.
//
// # Several runs
//
// Sides shows runs of one sweep side by side: one colour per run, whose dashed
// line is the ceiling of that run's own link, so that a module on a slow line
// and one on a fast line are each seen against what their line allows.
//
// # ECharts
//
// The library is not part of the source: the build puts it into asset/ (see
// asset/README). HaveECharts tells whether this binary has it; without it HTML
// returns ErrNoECharts, and Text and JSON work as always.
package report
