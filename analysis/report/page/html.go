package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"sync"

	"st67bench/analysis/report/chart"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed keys.js picture.js tools.js page.js
var scripts embed.FS

// OptionsJS turns the options of a chart, which are data, into what ECharts takes: it
// has the palettes, the number formats and the table of functions.
//
//go:embed options.js
var OptionsJS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"grid":   gridOf,
	"marked": func(p Part, mark string) markedPart { return markedPart{p, mark} },
}).Parse(pageHTML))

// markedPart is a part and the words that stand in its heading: "emulated module".
type markedPart struct {
	Part
	Mark string
}

// script is all that the page runs but the library, in the order in which it is defined.
var script = sync.OnceValue(func() string {
	all := OptionsJS
	for _, name := range []string{"keys.js", "picture.js", "tools.js", "page.js"} {
		text, err := scripts.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		all += string(text)
	}
	return all
})

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
	if err := distinctIDs(p); err != nil {
		return err
	}
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
		p, template.CSS(pageCSS), template.JS(script()),
		template.JS(options),   // json.Marshal has escaped <, > and &
		template.HTML(library), // base64
	})
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// distinctIDs makes sure that a link to a section or a chart leads to it alone.
func distinctIDs(p *Page) error {
	seen := map[string]bool{"report": true, "said": true, "scheme": true, "chart-options": true, "chart-library": true}
	for _, s := range p.Sections {
		for _, id := range s.ids() {
			if seen[id] {
				return errors.New("report page: two things have the ID " + id)
			}
			seen[id] = true
		}
	}
	return nil
}

// chartData is what page.js reads: per chart its place, palette and option.
func chartData(all []*chart.Chart) ([]byte, error) {
	type entry struct {
		ID      string         `json:"id"`
		Palette string         `json:"palette"`
		Option  map[string]any `json:"option"`
	}
	entries := []entry{}
	for _, c := range all {
		if c.Option != nil {
			entries = append(entries, entry{c.ID, c.Palette, c.Option})
		}
	}
	return json.Marshal(entries)
}
