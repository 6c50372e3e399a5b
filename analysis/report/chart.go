package report

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Functions of page.js that an option may name.
const (
	fnPlain    = "plain"     // axis label: the number
	fnPercent  = "percent"   // axis label: a fraction as a percentage
	fnBitrate  = "bitrate"   // axis label: bit/s with prefix
	fnSeconds  = "seconds"   // axis label: s with prefix
	fnBytes    = "bytes"     // axis label: B with prefix
	fnIn       = "in "       // before a unit: axis label with prefix
	fnAmps     = "amps"      // with fnCourse: a current
	fnItemName = "itemName"  // tooltip: the name of the item pointed at
	fnLatency  = "latency"   // tooltip: value and fraction per series
	fnCourse   = "Course"    // after the name of an axis label: tooltip with a value per series at a time
	fnInterval = "interval"  // renderItem: an interval as a bar with caps
	colorMuted = "mutedInk"  // colour: of what is not data
	paletteOne = "distinct"  // colours for series without an order
	paletteSeq = "ascending" // colours for series with an order
)

// chart is one figure of the page: its drawing, and the same for who cannot see it.
type chart struct {
	id      string
	title   string
	howTo   string // how to read it
	alt     string
	palette string
	height  int            // px
	option  map[string]any // nil: there is nothing to draw, and note says why
	table   dataTable
	note    string // what is missing from it
}

// dataTable is the data behind a chart.
type dataTable struct {
	Head []string
	Rows [][]string
}

// drawable is what all go-echarts charts have.
type drawable interface {
	Validate()
	JSON() map[string]any
}

// optionOf turns a chart into plain data, in which adjust may change what
// go-echarts has no field for.
func optionOf(d drawable, adjust func(option map[string]any)) (map[string]any, error) {
	d.Validate()
	text, err := json.Marshal(d.JSON())
	if err != nil {
		return nil, fmt.Errorf("chart options: %w", err)
	}
	var option map[string]any
	if err := json.Unmarshal(text, &option); err != nil {
		return nil, fmt.Errorf("chart options: %w", err)
	}
	delete(option, "color")   // the page has colours for light and dark
	delete(option, "title")   // the page has headings
	delete(option, "toolbox") // empty, and drawn all the same
	option["animation"] = false
	// Text, not HTML: names come from files and devices.
	option["tooltip"].(map[string]any)["renderMode"] = "richText"
	option["tooltip"].(map[string]any)["confine"] = true
	if adjust != nil {
		adjust(option)
	}
	return option, nil
}

// frame sets what all charts share: tooltip, legend on top, and room for labels.
func frame(trigger, formatter string, legend []string, x opts.XAxis, y opts.YAxis) []charts.GlobalOpts {
	return []charts.GlobalOpts{
		charts.WithInitializationOpts(opts.Initialization{ChartID: "unused"}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: trigger, Formatter: types.FuncStr(formatter)}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(true), Type: "scroll", Top: "0", Data: legend}),
		charts.WithGridOpts(opts.Grid{Left: "12", Right: "28", Top: "54", Bottom: "34", ContainLabel: opts.Bool(true)}),
		charts.WithXAxisOpts(x),
		charts.WithYAxisOpts(y),
	}
}

func axisLabel(formatter string) *opts.AxisLabel {
	return &opts.AxisLabel{Formatter: types.FuncStr(formatter), HideOverlap: opts.Bool(true)}
}

// round keeps four significant digits: a chart has no pixels for more.
func round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return r
}
