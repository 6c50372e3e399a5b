package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"st67bench/analysis"
	"st67bench/analysis/report"
	"st67bench/results"
)

func newReport(a *app) *cobra.Command {
	var html string
	var asJSON bool
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Make table and HTML of a run again",
		Long: "report re-makes everything from a run directory, on a machine that needs no module: it prints the table and writes report.html there.\n" +
			"RUN is a run directory, or its name below " + defaultOut + ", or `last`.",
		Example:           "  st67bench report last\n  st67bench report --json results/runs/2026-11-22T184000Z-cipsend-size",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRun,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.report(args[0], html, asJSON)
		},
	}
	c.Flags().StringVar(&html, "html", "", "write the HTML to this `file` (default RUN/report.html)")
	c.Flags().BoolVar(&asJSON, "json", false, "print the summary as JSON and write no HTML, unless --html is given")
	return c
}

func (a *app) report(name, html string, asJSON bool) error {
	dir, err := findRun(name)
	if err != nil {
		return usage(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		return err
	}
	sum, err := analysis.Summarize(run)
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
		html = filepath.Join(dir, "report.html")
	}
	path, err := a.writeHTML(html, run, sum)
	if path != "" && !asJSON {
		fmt.Fprintf(a.out, "report    %s\n", path)
	}
	return err
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
