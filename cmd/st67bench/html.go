package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"st67bench/analysis"
	"st67bench/analysis/report"
	"st67bench/analysis/report/page"
	"st67bench/results"
)

// writeHTML writes report.html into the run directory. Without ECharts in this
// build it warns with what to run and path is empty: the run keeps its result.
func (a *app) writeHTML(file string, run *results.Run, sum *analysis.Summary) (path string, err error) {
	if !page.HaveECharts() {
		fmt.Fprintf(a.errOut, "no HTML report: this build has no ECharts; install npm, then: make build && ./st67bench report %s\n", filepath.Dir(file))
		return "", nil
	}
	tmp := file + ".tmp"
	f, err := os.Create(tmp)
	if err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	err = report.HTML(f, sum, run)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("write the report: %w", err), os.Remove(tmp))
	}
	return file, os.Rename(tmp, file)
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
