package current

import (
	"fmt"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
	"st67bench/results/trace"
)

// traceCharts show the current as it went: all of what was measured, and a part of it closer.
func traceCharts(s *analysis.Summary, views []*view) ([]*chart.Chart, error) {
	var out []*chart.Chart
	for i, v := range views {
		id := fmt.Sprintf("trace-%d", i+1)
		if v.err != nil {
			out = append(out, &chart.Chart{ID: id, Title: fitting("The current" + at(s, v.c) + " cannot be shown"), Palette: chart.Distinct,
				Note: fmt.Sprintf("%s cannot be shown: %v", v.result.Power, v.err)})
			continue
		}
		c, err := v.overview().chart(s.Event)
		if err != nil {
			return nil, err
		}
		c.ID, c.Title, c.Note, c.Alt = id, v.title(s), v.note, v.title(s)+". The table below has its extremes."
		if out = append(out, c); v.closer.course == nil {
			continue
		}
		if c, err = v.closerLook().chart(s.Event); err != nil {
			return nil, err
		}
		c.ID, c.Title = id+"-close", fitting(chart.Capital(v.closer.of)+at(s, v.c)+", closer: "+v.closer.describe(v))
		c.Alt = c.Title + ". The table below has its extremes."
		out = append(out, c)
	}
	return out, nil
}

// title says what the trace comes to, by the figures of its repeat.
func (v *view) title(s *analysis.Summary) string {
	least, most := extremes(v.course.Envelope)
	if peak, ok := v.result.Metrics["current_peak"]; ok { // what is round it may have a higher one
		most = peak
	}
	mean, ok := v.result.Metrics["current"]
	if !ok {
		return fitting(fmt.Sprintf("The current%s is between %s and %s", at(s, v.c), chart.Quantity("current", least), chart.Quantity("current", most)))
	}
	title := fmt.Sprintf("The current%s is %s on average", at(s, v.c), chart.Quantity("current", mean))
	if chart.Quantity("current", most) == chart.Quantity("current", mean) {
		return fitting(title+", without peaks", title)
	}
	long := title + fmt.Sprintf(", with peaks of %s", chart.Quantity("current", most))
	if awake, ok := v.result.Metrics["wake_duty"]; ok && awake > 0 {
		return fitting(long+fmt.Sprintf(", awake for %s of the time", results.FormatQuantity(awake, "")), long, title)
	}
	return fitting(long, title)
}

// chart draws one course of a view.
func (d drawing) chart(what string) (*chart.Chart, error) {
	samples := d.course.To - d.course.From
	c := &chart.Chart{Palette: chart.Distinct, Height: 340}
	c.Basis = chart.Basis{Unit: "A", Interval: d.alignment(), Source: d.result.Power,
		N: fmt.Sprintf("repeat %d, %d samples at %.4g kS/s", d.result.Repeat, samples, d.side.Header.Rate/1000)}
	c.HowTo = fmt.Sprintf("The least and the greatest current of each %s, so that no peak is left out; shaded by what the module does most of the time, told by its current alone.",
		results.FormatQuantity(float64(samples)/float64(len(d.course.Low))*d.side.Clock.Period, "s"))
	if samples <= int64(len(d.course.Low)) {
		c.HowTo = "Every sample; shaded by what the module does, told by its current alone."
	}
	if gaps := d.gapsIn(d.course.From, d.course.To); len(gaps) > 0 {
		c.HowTo += " Samples are missing where it is grey: the line is not drawn there."
	}
	c.Table = d.table()
	var err error
	c.Option, err = d.option(what)
	return c, err
}

// table has the extremes of a course and the time in each state.
func (d drawing) table() chart.Table {
	least, most := extremes(d.course.Envelope)
	lost := int64(0)
	for _, g := range d.gapsIn(d.course.From, d.course.To) {
		lost += g.To - g.From
	}
	return chart.Table{
		Head: []string{"trace", "from", "to", "samples", "missing", "wakes", "least", "most"},
		Rows: [][]string{{d.result.Power, results.FormatQuantity(d.time(float64(d.course.From)), "s"), results.FormatQuantity(d.time(float64(d.course.To)), "s"),
			fmt.Sprint(d.course.To - d.course.From), fmt.Sprint(lost), fmt.Sprint(len(d.course.Wakes)), chart.Quantity("current", least), chart.Quantity("current", most)}},
	}
}

// gapsIn are the gaps of a part of the trace.
func (v *view) gapsIn(from, to int64) []trace.Span {
	var out []trace.Span
	for _, g := range v.side.Gaps {
		if g.From = max(g.From, from); g.From < min(g.To, to) {
			out = append(out, trace.Span{From: g.From, To: min(g.To, to)})
		}
	}
	return out
}

func extremes(e *trace.Envelope) (least, most float64) {
	first := true
	for i, seen := range e.Seen {
		if !seen {
			continue
		}
		if first {
			least, most, first = float64(e.Low[i]), float64(e.High[i]), false
		}
		least, most = min(least, float64(e.Low[i])), max(most, float64(e.High[i]))
	}
	return least, most
}
