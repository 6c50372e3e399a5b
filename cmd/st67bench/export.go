package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"st67bench/analysis"
	"st67bench/analysis/compare"
	"st67bench/analysis/export"
	"st67bench/results"
)

// runFormat is one that export writes runs as.
type runFormat struct {
	name      string
	extension string // of a file's name that means it; empty for none
	write     func(a *app, w io.Writer, runs []*results.Run) error
}

// parquetFormat is the one that is not for a terminal.
const parquetFormat = "parquet"

var runFormats = []runFormat{
	{"csv", ".csv", func(_ *app, w io.Writer, runs []*results.Run) error { return export.Results(runs...).CSV(w) }},
	{parquetFormat, ".parquet", func(_ *app, w io.Writer, runs []*results.Run) error { return export.Results(runs...).Parquet(w) }},
	{"history", "", exportHistory},
	{"bench", ".txt", func(_ *app, w io.Writer, runs []*results.Run) error { return export.Bench(w, runs...) }},
	{"junit", ".xml", exportJUnit},
	{"markdown", ".md", exportMarkdown},
	{"perfetto", ".json", exportPerfetto},
}

// sampleFormats are those of raw samples.
var sampleFormats = []runFormat{
	{"csv", ".csv", func(_ *app, w io.Writer, runs []*results.Run) error { return export.Samples(runs...).CSV(w) }},
	{parquetFormat, ".parquet", func(_ *app, w io.Writer, runs []*results.Run) error { return export.Samples(runs...).Parquet(w) }},
}

func formatNames(formats []runFormat) (names []string) {
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// runExportFlags are the flags of export.
type runExportFlags struct {
	format, out string
	samples     bool
}

func newExport(a *app) *cobra.Command {
	var f runExportFlags
	names := formatNames(runFormats)
	c := &cobra.Command{
		Use:   "export RUN...",
		Short: "Write runs as CSV, Parquet, Go benchmark, JUnit, Markdown or a Perfetto timeline",
		Long: "export writes runs in the formats of other programs, from their directories alone:\n" +
			"  csv, parquet  a row for each metric of each result, for R, pandas, DuckDB or a spreadsheet; with --samples for each raw sample\n" +
			"  history       CSV with a row for each boot, which st67bench history --csv reads\n" +
			"  bench         Go benchmark format, which benchstat reads\n" +
			"  junit         JUnit XML, a test case for each case\n" +
			"  markdown      a summary for $GITHUB_STEP_SUMMARY or a comment\n" +
			"  perfetto      the course of one run, which ui.perfetto.dev shows\n" +
			"RUN is a run directory, or its name below " + defaultOut + ", or `last`. docs/export.md has the columns.",
		Example: "  st67bench export last > results.csv\n  st67bench export --out last.parquet last\n" +
			"  st67bench export --format markdown last >> $GITHUB_STEP_SUMMARY",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeRun,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.exportRuns(args, f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.format, "format", "", "`format`: "+strings.Join(names, ", ")+" (default: by the extension of --out, else csv)")
	fl.StringVar(&f.out, "out", "", "write this `file`; - is stdout (default: stdout; of parquet RUN.parquet)")
	fl.BoolVar(&f.samples, "samples", false, "csv and parquet: a row for each raw sample")
	choose(c, "format", names...)
	return c
}

// settle finds the format that is asked for.
func (f runExportFlags) settle(runs int) (runFormat, error) {
	formats := runFormats
	if f.samples {
		formats = sampleFormats
	}
	name, extension := f.format, filepath.Ext(f.out)
	i := slices.IndexFunc(formats, func(one runFormat) bool {
		return one.name == name || name == "" && one.extension == extension && extension != ""
	})
	switch {
	case i >= 0:
	case name == "" && (extension == "" || f.out == "-"):
		i = 0
	case name == "":
		return runFormat{}, fmt.Errorf("--out %s does not tell the format; give --format, one of %s", f.out, strings.Join(formatNames(formats), ", "))
	default:
		return runFormat{}, fmt.Errorf("--format %s is not one of %s", name, strings.Join(formatNames(formats), ", "))
	}
	if formats[i].name == "perfetto" && runs > 1 {
		return runFormat{}, errors.New("a timeline is that of one run; export them one by one")
	}
	return formats[i], nil
}

// exportRuns is export.
func (a *app) exportRuns(names []string, f runExportFlags) error {
	format, err := f.settle(len(names))
	if err != nil {
		return usage(&flagError{"st67bench export", err})
	}
	var runs []*results.Run
	for _, name := range names {
		dir, err := findRun(name)
		if err != nil {
			return usage(err)
		}
		if oneOf(f.out, runFiles(dir)) {
			return usage(fmt.Errorf("%s would be written over, which belongs to RUN; name another with --out", f.out))
		}
		run, err := results.Open(dir)
		if err != nil {
			return err
		}
		for _, text := range run.Warnings {
			fmt.Fprintf(a.errOut, "warning   %s\n", text)
		}
		runs = append(runs, run)
	}
	if f.out == "" && format.name == parquetFormat {
		f.out = filepath.Base(runs[0].Dir) + format.extension
	}
	if f.out == "" || f.out == "-" {
		return format.write(a, a.out, runs)
	}
	if err := replace(f.out, func(w io.Writer) error { return format.write(a, w, runs) }); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%-9s %s: %s\n", format.name, f.out, counted(len(runs), "run"))
	return nil
}

// runFiles are those of a run directory that cannot be made again.
func runFiles(dir string) (all []string) {
	for _, name := range []string{"run.json", "results.jsonl", "events.jsonl", "at.log"} {
		all = append(all, filepath.Join(dir, name))
	}
	return all
}

func exportHistory(_ *app, w io.Writer, runs []*results.Run) error {
	t, err := export.Boots(runs...)
	if err != nil {
		return usage(err)
	}
	return t.CSV(w)
}

func exportJUnit(_ *app, w io.Writer, runs []*results.Run) error { return export.JUnit(w, runs...) }

func exportMarkdown(_ *app, w io.Writer, runs []*results.Run) error {
	var all []*analysis.Summary
	for _, run := range runs {
		sum, err := summarize(run)
		if err != nil {
			return err
		}
		all = append(all, sum)
	}
	return export.Markdown(w, all...)
}

func exportPerfetto(a *app, w io.Writer, runs []*results.Run) error {
	notes, err := export.Perfetto(w, runs[0])
	for _, text := range notes {
		fmt.Fprintf(a.errOut, "note      %s\n", text)
	}
	return err
}

// verdictFiles are where a verb writes what it found for a CI server, beside what it prints. An empty path is not written.
type verdictFiles struct{ junit, markdown string }

// flags gives a verb the flags of the files.
func (v *verdictFiles) flags(c *cobra.Command) {
	c.Flags().StringVar(&v.junit, "junit", "", "write JUnit XML to this `file`")
	c.Flags().StringVar(&v.markdown, "markdown", "", "write a summary in Markdown to this `file`")
}

// check says what would keep the files from being written, before anything is measured.
func (v verdictFiles) check() error {
	for _, path := range []string{v.junit, v.markdown} {
		if err := writable(path); err != nil {
			return err
		}
	}
	return nil
}

// writable says when a file cannot be written because its folder is not there. An empty path is no file.
func writable(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("%s cannot be written: there is no folder %s", path, filepath.Dir(path))
	}
	return nil
}

// write makes the files.
func (v verdictFiles) write(junit, markdown func(io.Writer) error) error {
	var all []error
	for _, f := range []struct {
		path string
		make func(io.Writer) error
	}{{v.junit, junit}, {v.markdown, markdown}} {
		if f.path != "" {
			all = append(all, replace(f.path, f.make))
		}
	}
	return errors.Join(all...)
}

// writeRuns makes the files of runs.
func (v verdictFiles) writeRuns(a *app, dirs ...string) error {
	if v == (verdictFiles{}) {
		return nil
	}
	var runs []*results.Run
	for _, dir := range dirs {
		run, err := results.Open(dir)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	return v.write(
		func(w io.Writer) error { return exportJUnit(a, w, runs) },
		func(w io.Writer) error { return exportMarkdown(a, w, runs) },
	)
}

// writeComparison makes the files of a comparison.
func (v verdictFiles) writeComparison(c *compare.Comparison) error {
	return v.write(
		func(w io.Writer) error { return export.JUnitComparison(w, c) },
		func(w io.Writer) error { return export.MarkdownComparison(w, c) },
	)
}
