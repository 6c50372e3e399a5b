package page

import (
	"bytes"
	_ "embed" // page.html and what belongs to it
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"

	"st67bench/analysis/report/chart"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// OptionsJS turns the options of a chart, which are data, into what ECharts takes: it
// has the palettes, the number formats and the table of functions.
//
//go:embed options.js
var OptionsJS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"marked": slices.Contains[[]int, int]}).Parse(pageHTML))

// Write writes p as one HTML file. The error is ErrNoECharts when this binary was built
// without the library, or that of w.
func Write(w io.Writer, p *Page) error {
	library, err := packed()
	if err != nil {
		return err
	}
	return write(w, p, library)
}

// WriteWithoutLibrary writes p with data tables in place of drawings, which needs no
// ECharts.
func WriteWithoutLibrary(w io.Writer, p *Page) error { return write(w, p, "") }

func write(w io.Writer, p *Page, library string) error {
	options, err := chartData(p.Charts())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, struct {
		*Page
		CSS     template.CSS
		Script  template.JS
		Options template.JS
		Library template.HTML
	}{
		p, template.CSS(pageCSS), template.JS(OptionsJS + pageJS),
		template.JS(options),   // json.Marshal has escaped <, > and &
		template.HTML(library), // base64
	})
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// chartData is what page.js reads: per chart its place, palette and option.
func chartData(all []*chart.Chart) ([]byte, error) {
	type entry struct {
		ID      string         `json:"id"`
		Palette string         `json:"palette"`
		Option  map[string]any `json:"option"`
	}
	entries := []entry{}
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.ID] {
			return nil, errors.New("report page: two charts have the ID " + c.ID)
		}
		seen[c.ID] = true
		if c.Option != nil {
			entries = append(entries, entry{c.ID, c.Palette, c.Option})
		}
	}
	return json.Marshal(entries)
}
