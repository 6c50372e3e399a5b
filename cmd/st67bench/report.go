package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"st67bench/analysis"
	"st67bench/analysis/energy"
	"st67bench/analysis/report"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

// mostSides is how many runs fit side by side: more columns and colours cannot be told apart.
const mostSides = 6

func newReport(a *app) *cobra.Command {
	var html string
	var asJSON bool
	c := &cobra.Command{
		Use:   "report RUN...",
		Short: "Make table and HTML of a run again, or of several side by side",
		Long: "report re-makes everything from a run directory, on a machine that needs no module: it prints the table and writes report.html there.\n" +
			fmt.Sprintf("Several runs of one sweep, up to %d, are shown side by side, each against its own ceiling, in side-by-side.html beside the last run's directory.\n", mostSides) +
			"RUN is a run directory, or its name below " + defaultOut + ", or `last`.",
		Example: "  st67bench report last\n  st67bench report --json results/runs/2026-11-22T184000Z-cipsend-size\n" +
			"  st67bench report 2026-11-22T184000Z-cipsend-size 2026-11-22T191500Z-cipsend-size",
		Args:              cobra.RangeArgs(1, mostSides),
		ValidArgsFunction: completeRun,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return a.sideBySide(args, html, asJSON)
			}
			return a.report(args[0], html, asJSON)
		},
	}
	c.Flags().StringVar(&html, "html", "", "write the HTML to this `file` (default RUN/report.html; of several runs side-by-side.html in the folder of the last)")
	c.Flags().BoolVar(&asJSON, "json", false, "print the summary as JSON, an array for several runs, and write no HTML, unless --html is given")
	return c
}

func (a *app) report(name, html string, asJSON bool) error {
	run, sum, err := summaryOf(name)
	if err != nil {
		return err
	}
	if asJSON {
		if err := report.JSON(a.out, sum); err != nil {
			return err
		}
	} else if err := report.Text(a.out, sum, a.width()); err != nil {
		return err
	}
	if asJSON && html == "" {
		return nil
	}
	if html == "" {
		html = filepath.Join(run.Dir, "report.html")
	}
	path, err := a.writeHTML(html, run, sum)
	if path != "" && !asJSON {
		fmt.Fprintf(a.out, "report    %s\n", path)
	}
	return err
}

// sideBySide is report for several runs.
func (a *app) sideBySide(names []string, html string, asJSON bool) error {
	var all []*analysis.Summary
	var runs []*results.Run
	folder := ""
	for _, name := range names {
		run, sum, err := summaryOf(name)
		if err != nil {
			return err
		}
		all, runs = append(all, sum), append(runs, run)
		folder = filepath.Join(run.Dir, "..")
	}
	sides, err := report.NewSides(all, runs)
	if err != nil {
		return usage(err)
	}
	if asJSON {
		err = sides.JSON(a.out)
	} else {
		err = sides.Text(a.out, a.width())
	}
	if err != nil || asJSON && html == "" {
		return err
	}
	if html == "" {
		html = filepath.Join(folder, "side-by-side.html")
	}
	var text bytes.Buffer
	err = sides.HTML(&text)
	if errors.Is(err, page.ErrNoECharts) {
		fmt.Fprintf(a.errOut, "no HTML report: this build has no ECharts; install npm, then: make build && ./st67bench report %s\n", strings.Join(names, " "))
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(html, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if !asJSON {
		fmt.Fprintf(a.out, "\nreport    %s\n", html)
	}
	return nil
}

// summaryOf opens the run of this name, see findRun, and summarizes it.
func summaryOf(name string) (*results.Run, *analysis.Summary, error) {
	dir, err := findRun(name)
	if err != nil {
		return nil, nil, usage(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	sum, err := summarize(run)
	return run, sum, err
}

// summarize is what a run says, with what its samples and its current traces say.
func summarize(run *results.Run) (*analysis.Summary, error) {
	sum, err := analysis.Summarize(run)
	if err != nil {
		return nil, err
	}
	sum.Watch(run, run.ReadSamples)
	sum.Findings = append(sum.Findings, energy.Findings(run)...)
	return sum, nil
}

// findRun resolves a run directory, a run's name below the default folder, or "last".
func findRun(name string) (string, error) {
	if name == "last" {
		runs, err := results.List(defaultOut)
		if err != nil || len(runs) == 0 {
			return "", fmt.Errorf("no run in %s yet; make one with: st67bench run cipsend-size", defaultOut)
		}
		return runs[0].Dir, nil
	}
	for _, dir := range []string{name, filepath.Join(defaultOut, name)} {
		if _, err := os.Stat(filepath.Join(dir, "run.json")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%s is no run directory (it has no run.json); st67bench list runs shows what there is", name)
}
