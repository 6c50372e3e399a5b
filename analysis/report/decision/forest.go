package decision

import (
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"

	"st67bench/analysis/report/chart"
)

// mostRows are drawn in a forest; more are a wall.
const mostRows = 40

// forest is a picture of changes with intervals, one below another.
type forest struct {
	groups []group
	kinds  []kind // those that rows may have, in the order of the legend
	axis   string // name of the axis of changes
	format string // its label function
	margin string // what the band is called in the legend
}

// group are rows below one heading; an empty heading has no row of its own.
type group struct {
	head string
	rows []row
}

// row is one change.
type row struct {
	label string
	tip   string // of the tooltip, plain text
	value float64
	span  *[2]float64 // its interval
	band  *[2]float64 // within which it does not matter
	kind  string      // name of its kind
}

// kind is how rows of one meaning look: the same in all charts of a page.
type kind struct{ name, symbol, colour string }

// cut leaves as many rows as fit, and says how many it took away: whole groups keep their order.
func (f *forest) cut() (left int) {
	room := mostRows
	for i := range f.groups {
		rows := f.groups[i].rows
		// what is left is shared evenly by the groups that are left
		share := max(room/(len(f.groups)-i), 1)
		if len(rows) > share {
			left += len(rows) - share
			f.groups[i].rows = rows[:share]
		}
		room -= min(len(rows), share)
	}
	return left
}

// lines is how many rows the picture has, headings among them.
func (f forest) lines() (n int) {
	for _, g := range f.groups {
		n += len(g.rows)
		if g.head != "" {
			n++
		}
	}
	return n
}

// height is as many pixels as that needs.
func (f forest) height() int { return 110 + 24*f.lines() }

// reach is the stretch of the axis: all changes and bands, and of the intervals as much again at either end as these take.
func (f forest) reach() (low, high float64) {
	least, most := 0.0, 0.0
	f.each(func(_ int, r row) {
		low, high = min(low, r.value), max(high, r.value)
		if r.band != nil {
			low, high = min(low, r.band[0]), max(high, r.band[1])
		}
		if r.span != nil {
			least, most = min(least, r.span[0]), max(most, r.span[1])
		}
	})
	wide := high - low
	if wide == 0 {
		wide = max(most-least, 1e-3)
	}
	low, high = min(low, max(least, low-wide)), max(high, min(most, high+wide))
	room := 0.04 * (high - low)
	return chart.Round(low - room), chart.Round(high + room)
}

// each visits the rows with their place in the picture.
func (f forest) each(visit func(at int, r row)) {
	at := 0
	for _, g := range f.groups {
		if g.head != "" {
			at++
		}
		for _, r := range g.rows {
			visit(at, r)
			at++
		}
	}
}

// labels are those of the rows; a heading is drawn over its whole row.
func (f forest) labels() (all []any) {
	for _, g := range f.groups {
		if g.head != "" {
			all = append(all, "")
		}
		for _, r := range g.rows {
			all = append(all, r.label)
		}
	}
	return all
}

// used are the kinds that some row has.
func (f forest) used() (all []kind) {
	for _, k := range f.kinds {
		has := false
		f.each(func(_ int, r row) { has = has || r.kind == k.name })
		if has {
			all = append(all, k)
		}
	}
	return all
}

// option draws it.
func (f forest) option() (map[string]any, error) {
	low, high := f.reach()
	kinds := f.used()
	scatter, custom := charts.NewScatter(), charts.NewCustom()
	custom.AddSeries("zero", []opts.CustomData{{Value: []any{0, 0}}}, renders(chart.Rule), coloured(chart.Muted))
	bands := f.bands(low, high)
	if len(bands) > 0 {
		custom.AddSeries(f.margin, bands, renders(chart.Band), coloured(chart.Muted), encoded([]int{1, 2}, 0), func(s *charts.SingleSeries) { s.ItemStyle.Opacity = opts.Float(0.2) })
	}
	if heads := f.heads(); len(heads) > 0 {
		custom.AddSeries(headSeries, heads, renders(chart.Heading), coloured("ink"), encoded(1, 0), func(s *charts.SingleSeries) { s.ItemStyle.BorderColor = "ground" })
	}
	for _, k := range kinds {
		points, spans := f.of(k, low, high)
		scatter.AddSeries(k.name, points, coloured(k.colour), charts.WithScatterChartOpts(opts.ScatterChart{Symbol: k.symbol, SymbolSize: 11}))
		if len(spans) > 0 {
			custom.AddSeries(k.name, spans, renders(chart.Span), coloured(k.colour), encoded([]int{1, 2}, 0))
		}
	}
	custom.SetGlobalOptions(chart.Frame("item", chart.ItemName, nil,
		opts.XAxis{Type: "value", Name: f.axis, NameLocation: "middle", NameGap: 30, Min: low, Max: high, AxisLabel: chart.AxisLabel(f.format)},
		opts.YAxis{Type: "category", Data: f.labels(), Inverse: opts.Bool(true), AxisLabel: &opts.AxisLabel{Interval: "0"}})...)
	custom.Overlap(scatter)
	return chart.Option(custom, func(option map[string]any) {
		adjustForest(option, kinds, f.margin, len(bands) > 0)
	})
}

// adjustForest sets what go-echarts has no field for: the legend's symbols, labels at the edge though the axis is at zero,
// and no labels for the ends of the axis, which are no round numbers.
func adjustForest(option map[string]any, kinds []kind, margin string, banded bool) {
	var legend []any
	for _, k := range kinds {
		legend = append(legend, map[string]any{"name": k.name, "icon": k.symbol})
	}
	if banded {
		legend = append(legend, map[string]any{"name": margin, "icon": "rect"})
	}
	option["legend"].(map[string]any)["data"] = legend
	y := option["yAxis"].([]any)[0].(map[string]any)
	y["axisLine"], y["axisTick"] = map[string]any{"onZero": false}, map[string]any{"show": false}
	for _, s := range option["series"].([]any) {
		if series := s.(map[string]any); series["name"] == headSeries {
			series["dimensions"] = []any{"row", "none", map[string]any{"name": "text", "type": "ordinal"}}
		}
	}
	label := option["xAxis"].([]any)[0].(map[string]any)["axisLabel"].(map[string]any)
	label["showMinLabel"], label["showMaxLabel"] = false, false
}

// headSeries is what the headings are called; they are in no legend.
const headSeries = "heading"

func (f forest) heads() (all []opts.CustomData) {
	at := 0
	for _, g := range f.groups {
		if g.head != "" {
			all = append(all, opts.CustomData{Name: g.head, Value: []any{at, 0, chart.Shorten(g.head, 48)}})
			at++
		}
		at += len(g.rows)
	}
	return all
}

func (f forest) bands(low, high float64) (all []opts.CustomData) {
	f.each(func(at int, r row) {
		if r.band != nil {
			all = append(all, opts.CustomData{Name: r.tip, Value: []any{at, chart.Round(max(low, r.band[0])), chart.Round(min(high, r.band[1]))}})
		}
	})
	return all
}

// of are the points of a kind and their intervals, cut at the ends of the axis.
func (f forest) of(k kind, low, high float64) (points []opts.ScatterData, spans []opts.CustomData) {
	f.each(func(at int, r row) {
		if r.kind != k.name {
			return
		}
		points = append(points, opts.ScatterData{Name: r.tip, Value: []any{chart.Round(r.value), at}})
		if r.span == nil {
			return
		}
		cut := []int{0, 0}
		if r.span[0] < low {
			cut[0] = 1
		}
		if r.span[1] > high {
			cut[1] = 1
		}
		spans = append(spans, opts.CustomData{Name: r.tip, Value: []any{at, chart.Round(max(low, r.span[0])), chart.Round(min(high, r.span[1])), cut[0], cut[1]}})
	})
	return points, spans
}

func renders(function string) charts.SeriesOpts {
	return func(s *charts.SingleSeries) { s.RenderItem = types.FuncStr(function) }
}

func coloured(name string) charts.SeriesOpts {
	return func(s *charts.SingleSeries) {
		if s.ItemStyle == nil {
			s.ItemStyle = &opts.ItemStyle{}
		}
		s.ItemStyle.Color = name
	}
}
