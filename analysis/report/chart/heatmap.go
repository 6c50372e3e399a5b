package chart

import (
	"unicode/utf8"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"
)

// Heatmap is a field of cells, one for each two levels, coloured by a value. What was not measured has no cell.
type Heatmap struct {
	XName, YName string   // of the axes: what the levels are of
	X, Y         []string // levels, from the left and from the top; no two of an axis are equal
	Cells        []HeatCell
	// Diverging colours what is below and above zero apart, alike on both sides. Otherwise colours ascend from the
	// least value to the greatest.
	Diverging bool
	Ends      [2]string // what least and greatest colour stand for: "546 kbit/s"; of a Diverging one, at -Span and Span
}

// HeatCell is a cell of a Heatmap.
type HeatCell struct {
	X, Y  int // positions of its levels
	Value float64
	Text  string // in the cell, drawn where there is room
	Tip   string // of the tooltip, plain text
}

// Span are the values of the least and the greatest colour.
func (h Heatmap) Span() (low, high float64) {
	for i, c := range h.Cells {
		if i == 0 {
			low, high = c.Value, c.Value
		}
		low, high = min(low, c.Value), max(high, c.Value)
	}
	if h.Diverging {
		high = max(-low, high)
		low = -high
	}
	return low, high
}

// Height is as many pixels as its rows need.
func (h Heatmap) Height() int { return 130 + 34*len(h.Y) }

// Option draws it, of at least one cell.
func (h Heatmap) Option() (map[string]any, error) {
	low, high := h.Span()
	custom := charts.NewCustom()
	var data []opts.CustomData
	for _, c := range h.Cells {
		data = append(data, opts.CustomData{Name: c.Tip, Value: []any{c.X, c.Y, Round(c.Value), c.Text}})
	}
	custom.AddSeries("value", data, func(s *charts.SingleSeries) { s.RenderItem = types.FuncStr(Cell) })
	custom.SetGlobalOptions(Frame("item", ItemName, nil,
		opts.XAxis{Type: "category", Name: h.XName, NameLocation: "middle", NameGap: 30},
		opts.YAxis{Type: "category", Data: h.Y, Name: h.YName, NameLocation: "start", Inverse: opts.Bool(true)})...)
	custom.SetXAxis(h.X)
	return Option(custom, func(option map[string]any) {
		option["legend"].(map[string]any)["show"] = false
		series := option["series"].([]any)[0].(map[string]any)
		series["encode"] = map[string]any{"x": 0, "y": 1, "tooltip": 2}
		series["dimensions"] = []any{"x", "y", "value", map[string]any{"name": "text", "type": "ordinal"}}
		colours := Ascending
		if h.Diverging {
			colours = "diverging"
		}
		option["visualMap"] = map[string]any{
			"type": "continuous", "min": Round(low), "max": h.top(low, high), "dimension": 2, "seriesIndex": 0,
			"orient": "horizontal", "left": "center", "top": 0, "itemWidth": 12, "itemHeight": max(40, 180-10*h.words()), "hoverLink": false,
			"text": []any{h.Ends[1], h.Ends[0]}, "textStyle": map[string]any{"color": "ink"}, "inRange": map[string]any{"color": colours},
		}
	})
}

// top is the value of the greatest colour: above the least also where all values are equal, because a scale has two ends.
func (h Heatmap) top(low, high float64) float64 {
	if Round(high) > Round(low) {
		return Round(high)
	}
	return Round(low) + 1
}

// words is how long the longer of both ends is, in characters: the scale is to fit beside them.
func (h Heatmap) words() int {
	return max(utf8.RuneCountInString(h.Ends[0]), utf8.RuneCountInString(h.Ends[1]))
}
