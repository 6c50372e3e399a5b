// Package svg writes a chart as a static picture, without a browser and without node.
//
// ECharts runs in goja, an interpreter of JavaScript in Go, in its mode for servers: the
// chart's option goes through options.js as it does in the page, and SVG comes back. What
// only a screen can use (tooltip, toolbox, zoom) is left out. The library is compiled once
// per process; every chart has an interpreter of its own, so that one that fails leaves
// the others alone.
//
// # The picture
//
// It stands alone: title, basis, what is missing, how to read it, and the emulated module
// where it applies are drawn round the chart, on a ground of its own, so that it can be read
// on a light page and on a dark one.
//
// Nothing of ECharts' output is copied: every element and every attribute is one of those
// that a drawing needs (redraw), or the chart is refused. So a picture has no script and no
// reference to anything outside, whatever names a run has. A coordinate that is no number
// is refused too.
//
// The same chart gives the same bytes, on every machine: there is no clock, no chance and
// no font in it. Text is measured by a table of widths (measure) that leaves room for
// the widest of the usual fonts.
package svg

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/page"
)

// Look is how pictures are drawn. The zero value is good.
type Look struct {
	Dark  bool   // on a dark ground
	Width int    // px; 0 is 800
	Mark  string // what stands above every title: "emulated module"
}

const defaultWidth = 800 // px, what fits beside nothing in a page of text

// Write draws one chart. The error names the chart; it is page.ErrNoECharts when this
// binary was built without the library, or that of w.
func Write(w io.Writer, c *chart.Chart, look Look) error {
	if look.Width == 0 {
		look.Width = defaultWidth
	}
	text, err := picture(c, look)
	if err != nil {
		return fmt.Errorf("chart %s: %w", c.ID, err)
	}
	_, err = w.Write(text)
	return err
}

var idShape = regexp.MustCompile(`^[a-z0-9_-]+$`)

// Files draws every chart that has something to draw into dir, which is made when it is not
// there, as ID.svg. It writes what it can: the error joins those of the charts that failed. It
// is page.ErrNoECharts, and nothing is written, when this binary was built without the library.
func Files(dir string, all []*chart.Chart, look Look) (written []string, err error) {
	if !page.HaveECharts() {
		return nil, page.ErrNoECharts
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("folder for pictures: %w", err)
	}
	var failed []error
	for _, c := range all {
		if c.Option == nil {
			continue
		}
		file := filepath.Join(dir, c.ID+".svg")
		if err := writeFile(file, c, look); err != nil {
			failed = append(failed, err)
			continue
		}
		written = append(written, file)
	}
	return written, errors.Join(failed...)
}

func writeFile(file string, c *chart.Chart, look Look) error {
	if !idShape.MatchString(c.ID) {
		return fmt.Errorf("chart %q: its ID is no name for a file", c.ID)
	}
	tmp, err := os.Create(file + ".tmp")
	if err != nil {
		return fmt.Errorf("chart %s: %w", c.ID, err)
	}
	err = Write(tmp, c, look)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return os.Rename(tmp.Name(), file)
}
