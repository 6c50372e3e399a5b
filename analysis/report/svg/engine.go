package svg

import (
	_ "embed" // draw.js
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dop251/goja"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/page"
)

//go:embed draw.js
var drawJS string

// programs are what runs before a chart can be drawn, compiled once.
var programs = sync.OnceValues(func() ([]*goja.Program, error) {
	library, err := page.ECharts()
	if err != nil {
		return nil, err
	}
	var all []*goja.Program
	for _, source := range []struct{ name, text string }{
		{"echarts.js", string(library)}, {"options.js", page.OptionsJS}, {"draw.js", drawJS},
	} {
		p, err := goja.Compile(source.name, source.text, false)
		if err != nil {
			return nil, fmt.Errorf("compile %s: %w", source.name, err)
		}
		all = append(all, p)
	}
	return all, nil
})

// drawing is what draw.js gives back.
type drawing struct {
	SVG     string            `json:"svg"`
	Height  int               `json:"height"` // px; more than the chart's own where the legend needs more lines
	Colours map[string]string `json:"colours"`
}

// draw runs ECharts over the option of a chart.
func draw(c *chart.Chart, look Look) (*drawing, error) {
	if c.Option == nil {
		return nil, errors.New("there is nothing to draw. " + c.Note)
	}
	all, err := programs()
	if err != nil {
		return nil, err
	}
	option, err := json.Marshal(c.Option)
	if err != nil {
		return nil, err
	}
	vm, err := interpreter()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if _, err := vm.RunProgram(p); err != nil {
			return nil, err
		}
	}
	run, ok := goja.AssertFunction(vm.Get("st67draw"))
	if !ok {
		return nil, errors.New("draw.js has no st67draw")
	}
	theme := "light"
	if look.Dark {
		theme = "dark"
	}
	out, err := run(goja.Undefined(), vm.ToValue(string(option)), vm.ToValue(c.Palette), vm.ToValue(theme), vm.ToValue(font), vm.ToValue(look.Width-2*inset), vm.ToValue(c.Height))
	if err != nil {
		return nil, err
	}
	var d drawing
	if err := json.Unmarshal([]byte(out.String()), &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// interpreter has what ECharts expects of a host. Time stands still and chance is a
// constant: ECharts asks the clock how fast text is measured, and lays out by the answer.
func interpreter() (*goja.Runtime, error) {
	vm := goja.New()
	vm.SetTimeSource(func() time.Time { return time.Unix(0, 0) })
	vm.SetRandSource(func() float64 { return 0.5 })
	never := func(goja.FunctionCall) goja.Value { return vm.ToValue(0) } // nothing is animated
	return vm, errors.Join(vm.Set("setTimeout", never), vm.Set("clearTimeout", never), vm.Set("st67measure", measure))
}
