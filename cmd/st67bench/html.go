package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

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

// pageFiles are where a verb writes the page of what it found, and the page's charts as pictures. An empty path is not written.
type pageFiles struct{ html, svg string }

// flags gives a verb the flags of the files; without says where the page goes without its flag.
func (f *pageFiles) flags(c *cobra.Command, without string) {
	c.Flags().StringVar(&f.html, "html", "", "write a page with charts, one HTML file, to this `file` (default "+without+")")
	svgFlag(c, &f.svg)
}

// check says what would keep the files from being written, before anything is measured.
func (f pageFiles) check() error {
	if f.svg != "" && !page.HaveECharts() {
		return page.ErrNoECharts
	}
	if info, err := os.Stat(f.svg); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file; --svg takes a folder", f.svg)
	}
	return writable(f.html)
}

// writePages writes the files, and says where they are unless quiet, where stdout is for a program. again is as writePage has it.
func (a *app) writePages(f pageFiles, again string, build func() (*page.Page, error), quiet bool) (err error) {
	build = sync.OnceValues(build)
	if f.html != "" {
		var path string
		path, err = a.writePage(f.html, again, build)
		a.tellPage(path, quiet)
	}
	if f.svg != "" {
		err = errors.Join(err, a.writeSVG(f.svg, build, quiet))
	}
	return err
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
