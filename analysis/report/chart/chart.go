// Package chart says what a chart is, and has what all charts share: the names of the
// functions and palettes of the page, the frame of axes and legend, the format of
// quantities on axes and in tooltips.
//
// A Chart is data. Its Option is what ECharts takes, built with go-echarts and turned
// into plain maps by Option, with names where ECharts wants functions; its Table is the
// same for who cannot see the drawing; its Basis says what a reader must know to believe
// it. Numbers are rounded to what pixels can show; series are reduced, with their
// extremes kept, before they get here.
package chart

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Functions of options.js that an option may name where ECharts wants a function.
const (
	Plain       = "plain"       // axis label: the number
	Percent     = "percent"     // axis label: a fraction as a percentage
	Bitrate     = "bitrate"     // axis label: bit/s with prefix
	Seconds     = "seconds"     // axis label: s with prefix
	Bytes       = "bytes"       // axis label: B with prefix
	In          = "in "         // before a unit: axis label with prefix
	Amps        = "amps"        // with Course: a current
	ItemName    = "itemName"    // tooltip: the name of the item pointed at
	Latency     = "latency"     // tooltip: value and fraction per series
	Course      = "Course"      // after the name of an axis label: tooltip with a value per series at a time
	Interval    = "interval"    // renderItem: an interval [x, low, high] as a bar with caps
	Cell        = "cell"        // renderItem: a cell of a Heatmap
	OneIn       = "oneIn"       // axis label: 1/(1-q) as the percentile of q
	Percentiles = "percentiles" // tooltip: percentile and value per series
	Muted       = "mutedInk"    // colour: of what is not data
	Distinct    = "distinct"    // palette: colours for series without an order
	Ascending   = "ascending"   // palette: colours for series with an order
	PaletteLen  = 7             // colours of Distinct
)

// Functions for charts of the current.
const (
	Across     = "across"     // renderItem: an interval [y, low, high] along the x axis
	Area       = "area"       // renderItem: all [x, low, high] of a series as one area
	Shade      = "shade"      // renderItem: [from, to, low, high], a part of the x axis, shaded over all of the chart
	Bounds     = "bounds"     // tooltip: the bounds [time, current, the other bound] of a stretch
	Lifetime   = "lifetime"   // axis label: days as hours, days or years
	LifetimeOf = "lifetimeOf" // label: the x of an item, likewise
	FirstLine  = "firstLine"  // label: the first line of an item's name
)

// Functions for charts of what was decided.
const (
	Signed  = "signed"  // axis label: a fraction as a percentage with its sign
	Points  = "points"  // axis label: a fraction in percentage points with its sign
	Rule    = "rule"    // renderItem: [x], a line through all rows
	Span    = "span"    // renderItem: [row, low, high, cut, cut], an interval that lies; where it is cut it ends in an arrow
	Band    = "band"    // renderItem: [row, low, high], a part of a row as a rectangle
	Heading = "heading" // renderItem: [row, 0, text], a text over a whole row, from the left edge
	Stretch = "stretch" // renderItem: [from, to, low, high], a rectangle over columns
	Level   = "level"   // renderItem: [from, to, left, right], a line over columns
	Marker  = "marker"  // renderItem: [column, row, text], a line at a column, with a text above
	Boot    = "boot"    // renderItem: [column, place, value], a point at a place, -0.5 to 0.5, of a column
	Join    = "join"    // renderItem: [column, place, value, place, value], a line between two such points
)

// Chart is one figure of a page: its drawing, and the same for who cannot see it.
type Chart struct {
	ID      string // of its place in the page, by which a link points to it: lower case letters, digits and "-"
	Title   string // a statement: what the chart shows, with the figure that matters
	Basis   Basis
	HowTo   string         // a sentence on how to read it
	Alt     string         // what it shows, in words
	Palette string         // Distinct or Ascending
	Height  int            // px
	Option  map[string]any // of ECharts, with names for functions; nil: there is nothing to draw, and Note says why
	Table   Table          // the data behind it
	Note    string         // what is missing from it
}

// Basis is what a reader must know to believe a chart. What does not apply is empty.
type Basis struct {
	Unit     string // "bit/s"
	N        string // "median of 8 to 9 repeats"
	Interval string // "95 % interval of the median, order statistics"
	Source   string // the files of the run directory: "results.jsonl"
}

// Lines are the parts of a basis that there are.
func (b Basis) Lines() []string {
	var out []string
	for _, part := range []string{b.Unit, b.N, b.Interval, b.Source} {
		if part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Table is a table of text: the data behind a chart, or a part of a page.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string // as many cells as Head has
	Marked  []int      // rows that need the reader's eye
}

// drawable is what all go-echarts charts have.
type drawable interface {
	Validate()
	JSON() map[string]any
}

// Option turns a chart into plain data, in which adjust may change what
// go-echarts has no field for.
func Option(d drawable, adjust func(option map[string]any)) (map[string]any, error) {
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
	lineIcons(option)
	return option, nil
}

// Frame sets what all charts share: tooltip, legend on top, and room for labels.
func Frame(trigger, formatter string, legend []string, x opts.XAxis, y opts.YAxis) []charts.GlobalOpts {
	return []charts.GlobalOpts{
		charts.WithInitializationOpts(opts.Initialization{ChartID: "unused"}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: trigger, Formatter: types.FuncStr(formatter)}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(true), Type: "scroll", Top: "0", Data: legend}),
		charts.WithGridOpts(opts.Grid{Left: "12", Right: "28", Top: "54", Bottom: "34", ContainLabel: opts.Bool(true)}),
		charts.WithXAxisOpts(x),
		charts.WithYAxisOpts(y),
	}
}

// AxisLabel is an axis whose labels the named function writes.
func AxisLabel(formatter string) *opts.AxisLabel {
	return &opts.AxisLabel{Formatter: types.FuncStr(formatter), HideOverlap: opts.Bool(true)}
}

// Round keeps four significant digits: a chart has no pixels for more.
func Round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return r
}
