package figure

import (
	"fmt"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// course is what is drawn over the time of a repeat: series of one unit.
type course struct {
	id, name string // name is that of the axis
	metric   string // whose unit it has
	series   []measure
}

// courses is the table of them, in the order of the page.
var courses = []course{
	{"course-goodput", "goodput", "goodput", []measure{{"goodput", "goodput"}, {"goodput_up", "up"}, {"goodput_down", "down"}, {"throughput", "throughput"}}},
	{"course-reports", "payload reported", "sent", []measure{{"report_sent", "sent"}, {"report_received", "received"}}},
	{"course-rate", "events a second", "rate", []measure{{"rate", "rate"}}},
	{"course-heap", "free heap", "heap", []measure{{"heap", "heap"}}},
}

func isCourse(series string) bool {
	return slices.ContainsFunc(courses, func(c course) bool {
		return slices.ContainsFunc(c.series, func(m measure) bool { return m.metric == series })
	})
}

// courseCharts are those of the series that the samples have.
func courseCharts(s *analysis.Summary, all sampled) ([]*chart.Chart, error) {
	var out []*chart.Chart
	for _, co := range courses {
		c, err := co.chart(s, all)
		if err != nil {
			return nil, err
		}
		if c != nil {
			out = append(out, c)
		}
	}
	return out, nil
}

// chart shows the series over the first repeat of each case; nil without them.
func (co course) chart(s *analysis.Summary, all sampled) (*chart.Chart, error) {
	c := &chart.Chart{ID: co.id, Palette: chart.Distinct, Height: 360}
	c.Table.Head = []string{"case", "of", "points", "first", "last", "least", "most"}
	line := charts.NewLine()
	var legend []string
	var values []float64
	for _, cs := range all.cases {
		drawn := co.drawn(cs)
		for _, m := range drawn {
			l, name := cs.first[m.metric], s.Label(cs.c)
			if len(drawn) > 1 {
				name += ", " + m.name
			}
			legend = append(legend, name)
			values = append(values, l.V...)
			line.AddSeries(name, points(l, mostPoints), charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}))
			c.Table.Rows = append(c.Table.Rows, courseRow(s.Label(cs.c), m.name, co.metric, l.V))
		}
	}
	if len(legend) == 0 {
		return nil, nil
	}
	y := chart.YAxis(co.name, co.metric, values)
	if co.metric == "heap" {
		y.Min, y.Scale = nil, opts.Bool(true) // a leak is small against what there is
	}
	line.SetGlobalOptions(chart.Frame("axis", chart.FormatterOf(co.metric)+chart.Course, legend,
		opts.XAxis{Type: "value", Name: "time since the repeat began", NameLocation: "middle", NameGap: 30, Min: 0, Max: "dataMax", AxisLabel: chart.AxisLabel(chart.Seconds)}, y)...)
	var err error
	if c.Option, err = chart.Option(line, nil); err != nil {
		return nil, err
	}
	c.Title = chart.Capital(co.name) + " over time"
	c.HowTo = "The first repeat of each case, as it went. Source: samples."
	c.Alt = fmt.Sprintf("%s: %d curves. The table below says where each begins and ends.", c.Title, len(legend))
	return c, nil
}

// drawn are the series that a case has two samples of, which is what a curve needs.
func (co course) drawn(cs caseSamples) []measure {
	return slices.DeleteFunc(slices.Clone(co.series), func(m measure) bool { return cs.first[m.metric] == nil || len(cs.first[m.metric].V) < 2 })
}

// points are at most most means of a trail's samples next to each other, at times since the first.
func points(l *analysis.Trail, most int) []opts.LineData {
	per := (len(l.V) + most - 1) / most
	var out []opts.LineData
	for at := 0; at < len(l.V); at += per {
		end := min(at+per, len(l.V))
		t, v := 0.0, 0.0
		for i := at; i < end; i++ {
			t += (l.T[i] - l.T[0]).Seconds()
			v += l.V[i]
		}
		n := float64(end - at)
		out = append(out, opts.LineData{Value: []float64{chart.Round(t / n), chart.Round(v / n)}})
	}
	return out
}

func courseRow(name, of, metric string, v []float64) []string {
	m, _ := results.LookupMetric(metric)
	return []string{name, of, fmt.Sprint(len(v)), m.Format(v[0]), m.Format(v[len(v)-1]), m.Format(slices.Min(v)), m.Format(slices.Max(v))}
}
