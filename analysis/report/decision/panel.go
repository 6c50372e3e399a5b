package decision

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis/compare"
	"st67bench/analysis/history"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// mostPanels are drawn of a history; the rest is in the field of all series and in its table.
const mostPanels = 12

// The colours of a history.
const (
	pointColour  = "distinct:0"
	levelColour  = "distinct:2"
	worseColour  = "distinct:4"
	betterColour = "distinct:5"
)

// Panels show the series of a history, those that need the reader first; left is how many there are beyond these.
func Panels(h *history.History) (all []*chart.Chart, left int, err error) {
	order := interesting(h)
	for i, c := range order {
		if len(all) == mostPanels {
			return all, len(order) - i, nil
		}
		drawn, err := panel(c, fmt.Sprintf("course-%d", i+1))
		if err != nil {
			return nil, 0, err
		}
		all = append(all, present(drawn)...)
	}
	return all, 0, nil
}

// interesting are the courses: whose newest release regressed, that changed for the worse and still are, that changed, the rest.
func interesting(h *history.History) []*history.Course {
	bad := h.Regressed()
	var all []*history.Course
	for i := range h.Courses {
		all = append(all, &h.Courses[i])
	}
	weight := func(c *history.Course) int {
		standing := slices.ContainsFunc(c.Changes, func(k history.Change) bool { return k.Worse && !k.Gone && k.Acknowledged == "" })
		switch {
		case slices.Contains(bad, c.Name):
			return 0
		case standing:
			return 1
		case len(c.Changes)+len(c.Unnamed) > 0:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(all, func(a, b *history.Course) int { return cmp.Compare(weight(a), weight(b)) })
	return all
}

// panel draws one series over its releases; nil with fewer than two points, or when they are all alike.
func panel(c *history.Course, id string) (*chart.Chart, error) {
	p := newCourse(c)
	if low, high := p.reach(); c.N < 2 || low == high {
		return nil, nil
	}
	line, custom := charts.NewLine(), charts.NewCustom()
	if bands := p.bands(); len(bands) > 0 {
		custom.AddSeries("level", bands, renders(chart.Stretch), coloured(levelColour), encoded([]int{0, 1}, []int{2, 3}), func(s *charts.SingleSeries) { s.ItemStyle.Opacity = opts.Float(0.18) })
	}
	custom.AddSeries("level", p.levels(), renders(chart.Level), coloured(levelColour), encoded([]int{0, 1}, []int{2, 3}))
	legend := []string{"release", "level"}
	line.AddSeries("release", p.points(), coloured(pointColour),
		charts.WithLineChartOpts(opts.LineChart{Symbol: "circle", SymbolSize: 8, ShowSymbol: opts.Bool(true)}), charts.WithLineStyleOpts(opts.LineStyle{Width: 1, Opacity: opts.Float(0.5), Color: pointColour}))
	if spans := p.spans(); len(spans) > 0 {
		custom.AddSeries("release", spans, renders(chart.Interval), coloured(pointColour), encoded(0, []int{1, 2}))
	}
	if reference := p.reference(); len(reference) > 0 {
		legend = append(legend, "reference")
		line.AddSeries("reference", reference, coloured(chart.Muted),
			charts.WithLineChartOpts(opts.LineChart{Symbol: "none"}), charts.WithLineStyleOpts(opts.LineStyle{Width: 1, Type: "dotted", Color: chart.Muted}))
	}
	marks := p.marks()
	for _, m := range marks {
		custom.AddSeries(m.name, m.data, renders(chart.Marker), coloured(m.colour), encoded(0, []int{}))
	}
	for _, m := range marks {
		if !slices.Contains(legend, m.name) {
			legend = append(legend, m.name)
		}
	}
	line.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, opts.XAxis{Type: "category"},
		opts.YAxis{Type: "value", Name: p.axis(), AxisLabel: chart.AxisLabel(p.format())})...)
	line.SetXAxis(p.releases())
	line.Overlap(custom)
	option, err := chart.Option(line, p.adjust)
	if err != nil {
		return nil, err
	}
	return p.chart(id, option), nil
}

// course is a series with the places of its releases.
type course struct {
	*history.Course
	at map[string]int
}

func newCourse(c *history.Course) course {
	p := course{c, map[string]int{}}
	for i, one := range c.Points {
		p.at[one.Release] = i
	}
	return p
}

func (p course) releases() (names []string) {
	for _, one := range p.Points {
		names = append(names, chart.Shorten(one.Release, 40))
	}
	return names
}

// unit is that of the values.
func (p course) unit() string {
	if history.Loss(p.Metric) {
		return "share of what was sent"
	}
	return cmp.Or(p.Unit, "as given")
}

// axis names the values, with their direction.
func (p course) axis() string {
	return p.Title + ", " + p.Better + " is better"
}

// own says whether the values are in the unit of the metric table: a column of a file may be called as one of its metrics and have
// another.
func (p course) own() bool {
	m, known := results.LookupMetric(p.Metric)
	return known && p.Unit == m.Unit
}

func (p course) format() string {
	switch {
	case history.Loss(p.Metric):
		return chart.Percent
	case !p.own():
		return chart.Plain
	}
	return chart.FormatterOf(p.Metric)
}

// quantity is a value in the metric's unit, or as a plain number.
func (p course) quantity(v float64) string {
	switch {
	case history.Loss(p.Metric):
		return results.FormatQuantity(v, "")
	case !p.own():
		return fmt.Sprint(chart.Round(v))
	}
	return chart.Quantity(p.Metric, v)
}

func (p course) within(i *compare.Range) string {
	if i == nil {
		return ""
	}
	return " [" + p.quantity(i[0]) + ", " + p.quantity(i[1]) + "]"
}

// reach is the stretch of values that are drawn, equal ends where nothing moves.
func (p course) reach() (low, high float64) {
	first := true
	add := func(all ...float64) {
		for _, v := range all {
			if first {
				low, high, first = v, v, false
			}
			low, high = min(low, v), max(high, v)
		}
	}
	for _, one := range p.Points {
		if one.Value != nil {
			add(*one.Value)
		}
		if one.Interval != nil {
			add(one.Interval[0], one.Interval[1])
		}
		if one.Baseline != nil {
			add(*one.Baseline)
		}
	}
	for _, s := range p.Segments {
		add(s.Ends[0], s.Ends[1])
		if s.Interval != nil {
			add(s.Interval[0], s.Interval[1])
		}
	}
	return low, high
}

// round keeps of a value what can be seen: where a course moves by little, its values differ late.
func (p course) round(v float64) float64 {
	low, high := p.reach()
	places := max(0, 4-int(math.Floor(math.Log10(high-low))))
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', places, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// points are the releases; one that was not measured is a gap.
func (p course) points() (all []opts.LineData) {
	for i, one := range p.Points {
		if one.Value == nil {
			all = append(all, opts.LineData{Name: one.Release + "\nnot measured", Value: []any{i, nil}})
			continue
		}
		all = append(all, opts.LineData{Name: p.tip(one), Value: []any{i, p.round(*one.Value)}})
	}
	return all
}

func (p course) tip(one history.Point) string {
	text := fmt.Sprintf("%s\n%s %s%s\n%s", chart.Shorten(one.Release, 60), p.Title, p.quantity(*one.Value), p.within(one.Interval), Counted(one.Boots, "boot"))
	if one.Baseline != nil {
		text += fmt.Sprintf("\nas measured %s, reference %s", p.quantity(*one.Raw), p.quantity(*one.Baseline))
	}
	if one.Mark != "" {
		text += "\nchanged with it: " + chart.Shorten(one.Mark, 80)
	}
	return text
}

func (p course) spans() (all []opts.CustomData) {
	for i, one := range p.Points {
		if one.Value != nil && one.Interval != nil {
			all = append(all, opts.CustomData{Name: p.tip(one), Value: []any{i, p.round(one.Interval[0]), p.round(one.Interval[1])}})
		}
	}
	return all
}

// reference are the means of the frozen firmware, where sessions had one.
func (p course) reference() (all []opts.LineData) {
	for i, one := range p.Points {
		if one.Baseline != nil {
			all = append(all, opts.LineData{Name: chart.Shorten(one.Release, 60) + "\nreference " + p.quantity(*one.Baseline), Value: []any{i, p.round(*one.Baseline)}})
		}
	}
	return all
}

func (p course) levels() (all []opts.CustomData) {
	for _, s := range p.Segments {
		all = append(all, opts.CustomData{Name: p.segmentTip(s), Value: []any{p.at[s.From], p.at[s.To], p.round(s.Ends[0]), p.round(s.Ends[1])}})
	}
	return all
}

// bands are the intervals of the levels, where these are level.
func (p course) bands() (all []opts.CustomData) {
	for _, s := range p.Segments {
		if s.Interval != nil && s.Ends[0] == s.Ends[1] {
			all = append(all, opts.CustomData{Name: p.segmentTip(s), Value: []any{p.at[s.From], p.at[s.To], p.round(s.Interval[0]), p.round(s.Interval[1])}})
		}
	}
	return all
}

func (p course) segmentTip(s history.Segment) string {
	if s.Ends[0] != s.Ends[1] {
		return fmt.Sprintf("%s to %s\ncreeping from %s to %s", s.From, s.To, p.quantity(s.Ends[0]), p.quantity(s.Ends[1]))
	}
	return fmt.Sprintf("%s to %s, %s\nlevel %s%s", s.From, s.To, Counted(s.N, "release"), p.quantity(s.Level), p.within(s.Interval))
}

// chart puts words round the drawing.
func (p course) chart(id string, option map[string]any) *chart.Chart {
	c := &chart.Chart{ID: id, Palette: chart.Distinct, Height: 330, Option: option, Table: p.table()}
	c.Title = p.statement()
	boots := make([]int, 0, len(p.Points))
	for _, one := range p.Points {
		if one.Value != nil {
			boots = append(boots, one.Boots)
		}
	}
	c.Basis = chart.Basis{
		Unit: p.unit(), N: fmt.Sprintf("%s, mean of %s boots each", Counted(p.N, "release"), stretch(boots)),
		Interval: "95 % interval over boots; of a level over its releases", Source: "results.jsonl of each run",
	}
	if p.Scenario == "" {
		c.Basis.Source = "the CSV file"
	}
	c.HowTo = "Points are releases, the line across is the level of a segment with its interval. A dashed mark stands before the release that changed the level and names it; one that was acknowledged is grey."
	if p.Drift != nil && p.Drift.Removed {
		c.HowTo += " Sessions drift, so each point is relative to the reference, the dotted line, of its session."
	}
	c.Alt = c.Title
	for _, text := range p.Lines() {
		c.Alt += ". " + text
	}
	if missing := len(p.Points) - p.N; missing > 0 {
		c.Note = Counted(missing, "release") + " not measured."
	}
	return c
}
