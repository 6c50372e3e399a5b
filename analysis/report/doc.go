// Package report shows a summary to people and to other programs: a table for
// terminals, JSON, and one HTML file.
//
// The table has the metrics that the cases have, what the run is about first, and no
// more than fit (columns): counts of trouble only where there is some. A metric that
// is in no table, as one of a later version, is left out and breaks nothing.
//
// # Pages
//
// RunPage, the Page of Sides and their like say what stands on a page, as data: page
// writes it as one HTML file, figure and current have the charts of a run, decision those
// of what was decided. What is drawn depends on what there is.
//
// # Several runs
//
// Sides shows runs of one sweep side by side: one colour per run, whose dashed
// line is the ceiling of that run's own link, so that a module on a slow line
// and one on a fast line are each seen against what their line allows.
package report
