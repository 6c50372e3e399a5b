package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"st67bench/analysis"
	"st67bench/analysis/energy"
	"st67bench/analysis/export"
	"st67bench/analysis/report"
	"st67bench/analysis/report/glyph"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

// mostSides is how many runs fit side by side: more columns and colours cannot be told apart.
const mostSides = 6

func newReport(a *app) *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report RUN...",
		Short: "Make table and HTML of a run again, or of several side by side",
		Long: "report re-makes everything from a run directory, on a machine that needs no module: it prints the table and small charts, and writes report.html there.\n" +
			fmt.Sprintf("Several runs of one sweep, up to %d, are shown side by side, each against its own ceiling, in side-by-side.html beside the last run's directory.\n", mostSides) +
			"RUN is a run directory, or its name below " + defaultOut + ", or `last`.\n\n" +
			"--svg draws every chart of the HTML as a picture that stands alone, for documents; it needs no browser. --markdown is for pull requests. " +
			"The charts between the text are of block elements, and of ASCII where the locale is not UTF-8 or TERM is dumb.",
		Example: "  st67bench report last\n  st67bench report --svg pictures last\n  st67bench report --markdown - last\n  st67bench report --json results/runs/2026-11-22T184000Z-cipsend-size\n" +
			"  st67bench report 2026-11-22T184000Z-cipsend-size 2026-11-22T191500Z-cipsend-size",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > mostSides {
				return fmt.Errorf("%d runs are named: report takes 1 to %d; st67bench list runs shows what there is", len(args), mostSides)
			}
			return nil
		},
		ValidArgsFunction: completeRun,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return usage(err)
			}
			return a.report(args, f)
		},
	}
	c.Flags().StringVar(&f.html, "html", "", "write the HTML to this `file` (default RUN/report.html; of several runs side-by-side.html in the folder of the last)")
	c.Flags().BoolVar(&f.json, "json", false, "print the summary as JSON, an array for several runs, and write no HTML, unless --html is given")
	c.Flags().BoolVar(&f.text, "text", false, "print table and charts as text, as without flags, and write no HTML, unless --html is given")
	c.Flags().StringVar(&f.markdown, "markdown", "", "write a summary in Markdown to this `file`; - prints it, in place of the text, and writes no HTML, unless --html is given")
	svgFlag(c, &f.svg)
	return c
}

// reportFlags are what a report is asked for.
type reportFlags struct {
	html, svg, markdown string // where to write them
	text, json          bool
}

// check refuses two things on one stdout.
func (f reportFlags) check() error {
	if f.json && (f.text || f.markdown == "-") || f.text && f.markdown == "-" {
		return errors.New("only one of --text, --json and --markdown - can be printed")
	}
	return verdictFiles{markdown: f.markdown}.check()
}

// shown is a report of one run or of several, in every form that it can have.
type shown struct {
	html string // where its page goes by default
	json func(io.Writer) error
	text func(w io.Writer, ink glyph.Ink) error
	all  []*analysis.Summary
	page func() (*page.Page, error)
}

func (a *app) report(names []string, f reportFlags) error {
	v, err := shownOf(names)
	if err != nil {
		return err
	}
	switch {
	case f.json:
		err = v.json(a.out)
	case f.markdown == "-":
		err = export.Markdown(a.out, v.all...)
	default:
		err = v.text(a.out, a.ink())
	}
	if f.markdown != "" && f.markdown != "-" {
		err = errors.Join(err, replace(f.markdown, func(w io.Writer) error { return export.Markdown(w, v.all...) }))
	}
	if err != nil {
		return err
	}
	quiet := f.json || f.markdown == "-" // stdout is for a program
	if !quiet && !f.text {
		f.html = cmp.Or(f.html, v.html)
	}
	return a.writePages(pageFiles{f.html, f.svg}, "report "+strings.Join(names, " "), v.page, quiet)
}

// shownOf is the report of the runs of these names.
func shownOf(names []string) (*shown, error) {
	var runs []*results.Run
	var all []*analysis.Summary
	for _, name := range names {
		run, sum, err := summaryOf(name)
		if err != nil {
			return nil, err
		}
		runs, all = append(runs, run), append(all, sum)
	}
	last := runs[len(runs)-1]
	if len(runs) == 1 {
		return &shown{
			html: filepath.Join(last.Dir, "report.html"),
			json: func(w io.Writer) error { return report.JSON(w, all[0]) },
			text: func(w io.Writer, ink glyph.Ink) error {
				return errors.Join(report.Text(w, all[0], ink.Width), report.Charts(w, all[0], ink))
			},
			all:  all,
			page: func() (*page.Page, error) { return report.RunPage(all[0], last) },
		}, nil
	}
	sides, err := report.NewSides(all, runs)
	if err != nil {
		return nil, usage(err)
	}
	return &shown{
		html: filepath.Join(last.Dir, "..", "side-by-side.html"),
		json: sides.JSON,
		text: func(w io.Writer, ink glyph.Ink) error {
			return errors.Join(sides.Text(w, ink.Width), sides.Charts(w, ink))
		},
		all:  all,
		page: sides.Page,
	}, nil
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
