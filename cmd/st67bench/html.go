package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"st67bench/analysis"
	"st67bench/analysis/report"
	"st67bench/analysis/report/glyph"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

// writeHTML writes the report of a run to file. Without ECharts in this
// build it warns with what to run and path is empty: the run keeps its result.
func (a *app) writeHTML(file string, run *results.Run, sum *analysis.Summary) (path string, err error) {
	return a.writePage(file, "report "+filepath.Dir(file), func() (*page.Page, error) { return report.RunPage(sum, run) })
}

// writePage writes a page to file. Without ECharts in this build it warns, again being the command that makes the page
// with a build that has it, and path is empty.
func (a *app) writePage(file, again string, build func() (*page.Page, error)) (path string, err error) {
	if !page.HaveECharts() {
		fmt.Fprintf(a.errOut, "no HTML report: this build has no ECharts; install npm, then: make build && ./st67bench %s\n", again)
		return "", nil
	}
	p, err := build()
	if err == nil {
		err = replace(file, func(w io.Writer) error { return page.Write(w, p) })
	}
	if err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	return file, nil
}

// htmlFlag adds the flag of the verbs that write a page; without says where it goes without the flag.
func htmlFlag(c *cobra.Command, html *string, without string) {
	c.Flags().StringVar(html, "html", "", "write a page with charts, one HTML file, to this `file` (default "+without+")")
}

// tellPage prints where a page is, when there is one; quiet is for stdout that is JSON.
func (a *app) tellPage(path string, quiet bool) {
	if path != "" && !quiet {
		fmt.Fprintf(a.out, "report    %s\n", path)
	}
}

// width is how many columns the output has.
func (a *app) width() int {
	if f, ok := a.out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 120
}

// ink is how small charts are drawn: with block elements where the locale says UTF-8, which it need not on Windows.
func (a *app) ink() glyph.Ink {
	locale := ""
	for _, name := range []string{"LANG", "LC_CTYPE", "LC_ALL"} { // the last that is set counts
		locale = cmp.Or(os.Getenv(name), locale)
	}
	utf8 := strings.Contains(strings.ToLower(strings.ReplaceAll(locale, "-", "")), "utf8") || runtime.GOOS == "windows" && locale == ""
	return glyph.Ink{Width: a.width(), ASCII: !utf8 || os.Getenv("TERM") == "dumb"}
}
