package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/stats"
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

// chart shows the series of the first repeat of each case over its time, with what was marked in it; nil without any.
func (co course) chart(s *analysis.Summary, all sampled) (*chart.Chart, error) {
	c := &chart.Chart{ID: co.id, Palette: chart.Distinct, Height: 360}
	c.Table.Head = []string{"case", "of", "points", "first", "last", "least", "most"}
	line := charts.NewLine()
	var legend []string
	var values []float64
	var drawnCases []caseSamples
	with := slices.DeleteFunc(slices.Clone(all.cases), func(cs caseSamples) bool { return len(co.drawn(cs)) == 0 })
	each := 1
	for _, cs := range with {
		each = max(each, len(co.drawn(cs)))
	}
	for _, cs := range chart.Spread(with, max(1, mostCurves/each)) {
		drawn := co.drawn(cs)
		for _, m := range drawn {
			l, label := cs.first[m.metric], name(s, cs.c)
			if len(drawn) > 1 {
				label += ", " + m.name
			}
			values = append(values, l.V...)
			line.AddSeries(label, points(l, cs.begin(l), mostPoints), stroke(len(legend)), charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}))
			legend = append(legend, label)
			c.Table.Rows = append(c.Table.Rows, courseRow(s.Label(cs.c), m.name, co.metric, l.V))
		}
		drawnCases = append(drawnCases, cs)
	}
	if len(legend) == 0 {
		return nil, nil
	}
	if co.metric == "sent" {
		values = nil // a count begins at 0: its axis is linear
	}
	y := chart.YAxis(co.name, co.metric, values)
	if co.metric == "heap" {
		y.Min, y.Scale = nil, opts.Bool(true) // a leak is small against what there is
	}
	line.SetGlobalOptions(chart.Frame("axis", chart.FormatterOf(co.metric)+chart.Course, legend,
		chart.Elapsed("the repeat began"), y)...)
	marks := marksOf(drawnCases)
	var err error
	if c.Option, err = chart.Option(line, marks.onto); err != nil {
		return nil, err
	}
	m, _ := results.LookupMetric(co.metric)
	c.Basis = chart.Basis{Unit: unitText(m.Unit), N: "first repeat of each case", Source: "samples, series " + strings.Join(co.names(drawnCases), ", ")}
	c.Title = co.claim(s, drawnCases)
	c.HowTo = "The first repeat of each case, as it went. Long series are reduced; the least and the greatest of each stretch are kept." + marks.howTo() + drawnOf(len(drawnCases), len(with)+all.left)
	c.Alt = fmt.Sprintf("%s. %d curves. The table below says where each begins and ends.", c.Title, len(legend))
	return c, nil
}

// names are the series that some case has.
func (co course) names(cases []caseSamples) []string {
	var out []string
	for _, cs := range cases {
		for _, m := range co.drawn(cs) {
			if !slices.Contains(out, m.metric) {
				out = append(out, m.metric)
			}
		}
	}
	return out
}

// claim says how the median of the last tenth of a series compares with that of the first: of the case in which it changed the most.
func (co course) claim(s *analysis.Summary, cases []caseSamples) string {
	most, text := -1.0, ""
	for _, cs := range cases {
		for _, m := range co.drawn(cs) {
			v := cs.first[m.metric].V
			part := (len(v) + 9) / 10
			from, to := middle(v[:part]), middle(v[len(v)-part:])
			if change := math.Abs(to-from) / max(math.Abs(from), math.Abs(to), math.SmallestNonzeroFloat64); change > most {
				most = change
				text = fmt.Sprintf("%s goes from %s to %s", co.name, chart.Quantity(co.metric, from), chart.Quantity(co.metric, to))
				if change <= alike {
					text = fmt.Sprintf("%s stays at %s", co.name, chart.Quantity(co.metric, to))
				}
				if len(cases) > 1 {
					text += " at " + name(s, cs.c)
				}
				if len(co.drawn(cs)) > 1 {
					text += ", " + m.name
				}
			}
		}
	}
	if most <= alike && len(cases) > 1 {
		text = fmt.Sprintf("%s of no case ends more than %s from where it began", co.name, results.FormatQuantity(alike, ""))
	}
	return statement(text, co.dip(s, cases)...)
}

// dip tells of a rate that was nothing for a while: of the first case in which it was.
func (co course) dip(s *analysis.Summary, cases []caseSamples) []string {
	for _, cs := range cases {
		for _, m := range co.drawn(cs) {
			if v := cs.first[m.metric].V; co.metric == "goodput" && slices.Min(v) <= 0 && middle(v) > 0 {
				return []string{"; it is 0 for a while", unless(len(cases) == 1, " at "+name(s, cs.c))}
			}
		}
	}
	return nil
}

func middle(v []float64) float64 { return stats.Quantile(slices.Sorted(slices.Values(v)), 0.5) }

// drawn are the series that a case has two samples of, which is what a curve needs.
func (co course) drawn(cs caseSamples) []measure {
	return slices.DeleteFunc(slices.Clone(co.series), func(m measure) bool { return cs.first[m.metric] == nil || len(cs.first[m.metric].V) < 2 })
}

// points are at most most samples of a trail, extremes kept, at times since begin.
func points(l *analysis.Trail, begin time.Duration, most int) []opts.LineData {
	var out []opts.LineData
	for _, i := range chart.Extremes(l.T, l.V, most) {
		out = append(out, opts.LineData{Value: []float64{chart.Round((l.T[i] - begin).Seconds()), chart.Round(l.V[i])}})
	}
	return out
}

func courseRow(name, of, metric string, v []float64) []string {
	m, _ := results.LookupMetric(metric)
	return []string{name, of, fmt.Sprint(len(v)), m.Format(v[0]), m.Format(v[len(v)-1]), m.Format(slices.Min(v)), m.Format(slices.Max(v))}
}
