package current

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/go-echarts/go-echarts/v2/types"

	"st67bench/analysis/energy"
	"st67bench/analysis/report/chart"
	"st67bench/results"
	"st67bench/results/trace"
)

const (
	leastDrawn = 10e-9 // A; below it a logarithmic axis has nothing to show
	mostShades = 200   // parts of a chart that have a state
	mostLines  = 8     // named instants: more names lie on each other
	mostGaps   = 50    // that are shaded
	tooNear    = 0.06  // of a chart, for two names
	besideEdge = 0.08  // of a chart, in which a name is beside its line and not over it
)

// drawing is a course as a chart has it, in time since an instant.
type drawing struct {
	*view
	course *energy.Course
	zero   float64 // sample at which its time is 0
	since  string  // what that is
	event  *event  // whose end is named too; nil for none
}

// overview is all of what was measured.
func (v *view) overview() drawing {
	return drawing{v, v.course, float64(v.from), "the repeat began", nil}
}

// closerLook is the close-up.
func (v *view) closerLook() drawing {
	return drawing{v, v.closer.course, v.closer.zero, v.closer.since, v.closer.event}
}

// option draws both bounds of each stretch as one line, which a gap breaks, over the states and with the named instants.
func (d drawing) option(what string) (map[string]any, error) {
	line := charts.NewLine()
	x := unlabelled(middleName("time since "+d.since, "value", chart.Seconds))
	x.Min, x.Max = d.time(float64(d.course.From)), d.time(float64(d.course.To))
	shades := d.shades()
	var legend []string
	for _, s := range shades {
		legend = append(legend, s.name)
	}
	least, most := extremes(d.course.Envelope)
	y := chart.YAxis("current", "current", []float64{max(least, leastDrawn), most})
	line.SetGlobalOptions(chart.Frame("axis", chart.Bounds, legend, x, y)...)
	line.AddSeries("current", d.points(y.Type == "log"), charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}),
		charts.WithLineStyleOpts(opts.LineStyle{Width: 1, Color: "ink"}), charts.WithItemStyleOpts(opts.ItemStyle{Color: "ink"}))
	behind := charts.NewCustom()
	for _, s := range shades {
		behind.AddSeries(s.name, s.data(chart.Round(max(least, leastDrawn)), chart.Round(most)), asShades, charts.WithItemStyleOpts(opts.ItemStyle{Color: s.colour}))
	}
	line.Overlap(behind)
	return tidied(line, func(option map[string]any) {
		series := option["series"].([]any)
		for _, s := range series[1:] {
			s.(map[string]any)["silent"], s.(map[string]any)["z"] = true, 1 // behind the line and its instants
		}
		series[0].(map[string]any)["markLine"] = d.lines(what)
		option["legend"].(map[string]any)["icon"] = "rect"
		option["grid"].([]any)[0].(map[string]any)["top"] = "64"
		option["yAxis"].([]any)[0].(map[string]any)["nameGap"] = 24 // above the names of the instants
	})
}

// time is the chart's time of a sample, as exact as its pixels: in hundredths of a stretch.
func (d drawing) time(index float64) float64 {
	period := d.side.Clock.Period
	stretch := float64(d.course.To-d.course.From) / float64(len(d.course.Low)) * period
	unit := math.Pow(10, math.Floor(math.Log10(stretch))-1)
	n := math.Round((index - d.zero) * period / unit)
	if unit >= 1 {
		return n * unit
	}
	return n / math.Round(1/unit) // which prints as short as it is
}

// points are the bounds of each stretch; where they are the same, one.
func (d drawing) points(log bool) []opts.LineData {
	drawn := func(amps float32) float64 {
		if log {
			return chart.Round(max(float64(amps), leastDrawn))
		}
		return chart.Round(float64(amps))
	}
	var points []opts.LineData
	for i := range d.course.Low {
		at := d.time(float64(d.course.Start(i)))
		if !d.course.Seen[i] {
			points = append(points, opts.LineData{Value: []any{at, nil}})
			continue
		}
		low, high := drawn(d.course.Low[i]), drawn(d.course.High[i])
		if low == high {
			points = append(points, opts.LineData{Value: []any{at, low}})
			continue
		}
		points = append(points, opts.LineData{Value: []any{at, low, high}}, opts.LineData{Value: []any{at, high, low}})
	}
	return points
}

// shade is a colour behind the line, with the spans that have it, in chart time.
type shade struct {
	name, colour string
	spans        [][2]float64
}

// shades are the states that occur, by rising current, and the gaps.
func (d drawing) shades() []shade {
	all := make([]shade, len(states)+1)
	for i, st := range states {
		all[i] = shade{name: st.name, colour: st.colour}
	}
	gaps := &all[len(states)]
	*gaps = shade{name: "missing", colour: chart.Muted}
	for _, r := range d.course.Runs(mostShades) {
		all[r.State].add(d.time(float64(d.course.Start(r.From))), d.time(float64(d.course.Start(r.To))))
	}
	for i, g := range d.gapsIn(d.course.From, d.course.To) {
		if i < mostGaps {
			gaps.add(d.time(float64(g.From)), d.time(float64(g.To)))
		}
	}
	out := all[:0]
	for _, s := range all {
		if len(s.spans) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func (s *shade) add(from, to float64) { s.spans = append(s.spans, [2]float64{from, to}) }

// data is what chart.Shade draws: each span, with a current that is in the chart.
func (s shade) data(low, high float64) (all []opts.CustomData) {
	for _, span := range s.spans {
		all = append(all, opts.CustomData{Value: []any{span[0], span[1], low, high}})
	}
	return all
}

func asShades(c *charts.SingleSeries) {
	c.RenderItem = types.FuncStr(chart.Shade)
	c.Encode = &opts.Encode{X: []int{0, 1}, Y: []int{2, 3}}
}

// instant is a named time of a chart.
type instant struct {
	at   float64
	name string
}

// instants are where the measurement begins and ends, and what else happened, as far as there are few of them.
func (d drawing) instants(what string) []instant {
	var all []instant
	add := func(index float64, name string) {
		if index >= float64(d.course.From) && index <= float64(d.course.To) {
			all = append(all, instant{d.time(index), name})
		}
	}
	for _, e := range d.events {
		add(d.at(e.from), what)
	}
	if len(all) > mostLines {
		all = nil
	}
	if d.event != nil {
		add(d.at(d.event.to), "its end")
	}
	for _, m := range slices.Concat(asMarks(d.result.Marks), d.side.Marks) {
		if signal, _, _ := strings.Cut(m.Name, " "); !slices.Contains(d.side.Header.Digital, signal) && !slices.ContainsFunc(all, func(i instant) bool { return i.name == m.Name }) {
			add(d.at(m.T), m.Name)
		}
	}
	for _, e := range d.view.course.Edges {
		add(float64(e.At), e.Channel+map[bool]string{true: " high", false: " low"}[e.High])
	}
	all = all[:min(len(all), 2*mostLines)]
	slices.SortStableFunc(all, func(a, b instant) int { return cmp.Compare(a.at, b.at) })
	return apart(all, tooNear*(d.time(float64(d.course.To))-d.time(float64(d.course.From))))
}

// apart has the names of instants that are nearer than that together at the first of them.
func apart(all []instant, near float64) []instant {
	first := 0
	for i := range all {
		if i > first && all[i].at-all[first].at < near {
			if !strings.Contains(all[first].name, all[i].name) {
				all[first].name += ", " + all[i].name
			}
			all[i].name = ""
			continue
		}
		first = i
	}
	return all
}

func asMarks(marks []results.Mark) (out []trace.Mark) {
	for _, m := range marks {
		out = append(out, trace.Mark{Name: m.Name, T: m.T})
	}
	return out
}

// lines are the instants as ECharts takes them.
func (d drawing) lines(what string) map[string]any {
	data := []any{}
	from, to := d.time(float64(d.course.From)), d.time(float64(d.course.To))
	for _, i := range d.instants(what) {
		align := "center"
		switch part := (i.at - from) / (to - from); { // a long name stays in the chart
		case part < besideEdge:
			align = "left"
		case part > 1-besideEdge:
			align = "right"
		}
		data = append(data, map[string]any{"xAxis": i.at, "name": i.name, "label": map[string]any{"align": align}})
	}
	return map[string]any{
		"silent": true, "symbol": "none", "data": data, "precision": -1, // else times are rounded to hundredths of a second
		"lineStyle": map[string]any{"color": chart.Muted, "type": "dashed", "width": 1},
		"label":     map[string]any{"formatter": chart.FirstLine, "color": chart.Muted, "fontSize": 11},
	}
}
