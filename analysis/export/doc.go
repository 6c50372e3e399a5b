// Package export writes what was measured in the formats of other programs.
//
// # Concepts
//
// An export is made from run directories alone, like a report, and the same runs
// give the same bytes. What was not measured is absent, and what a format cannot
// hold is left out and said.
//
// A [Table] is rows with named and typed columns: [Results] has one for each
// metric of each result, [Samples] one for each raw sample, and [Boots] one for
// each boot, which is what the history reads. Any of them is written as CSV or as
// Parquet; its rows are made while they are written, so that memory does not grow
// with their number.
//
// [Bench] is for benchstat, [JUnit] and [JUnitComparison] for CI servers,
// [Markdown] and [MarkdownComparison] for the summary of a job, and [Perfetto] is
// the course of one run, as a timeline.
//
// Texts of a run can be anybody's: the name of a network, what a module said.
// They are escaped for the format that they are written in, and never markup.
package export
