package decision

import (
	"fmt"
	"math"

	"st67bench/analysis/history"
	"st67bench/analysis/report/chart"
)

// What is drawn of the field of all series.
const (
	mostSeries   = 40
	mostReleases = 40 // the newest
	farOff       = 3  // margins, from which on colours say no more
)

// Overview is the field of all releases and series: how far each is from the level of the first segment of its series, in
// margins of its metric, worse in one colour and better in the other. nil below two releases or series.
func Overview(h *history.History) (*chart.Chart, error) {
	releases := h.Releases[max(0, len(h.Releases)-mostReleases):]
	order := interesting(h)
	shown := order[:min(mostSeries, len(order))]
	field := chart.Heatmap{
		XName: "release", Diverging: true,
		Ends: [2]string{fmt.Sprintf("%d margins worse", farOff), fmt.Sprintf("%d margins better", farOff)},
	}
	for _, r := range releases {
		field.X = append(field.X, chart.Shorten(r, 40))
	}
	rows, worst := 0, ""
	far := 0.0
	t := chart.Table{Head: append([]string{"series"}, h.Releases...)}
	for i, c := range order {
		cells := make([]string, len(h.Releases))
		for k, r := range h.Releases {
			change, ok := fromFirst(c, r)
			if !ok {
				continue
			}
			cells[k] = c.Percent(change)
			if i < len(shown) && k >= len(h.Releases)-len(releases) {
				margins := oriented(c, change)
				if -margins > far {
					far, worst = -margins, fmt.Sprintf("%s %s at %s", c.Label(), c.Percent(change), r)
				}
				field.Cells = append(field.Cells, chart.HeatCell{
					X: k - (len(h.Releases) - len(releases)), Y: i, Value: min(max(margins, -farOff), farOff), Text: cells[k],
					Tip: fmt.Sprintf("%s\n%s: %s against the first level\n%.1f margins of %s", c.Label(), chart.Shorten(r, 60), cells[k], math.Abs(margins), c.Percent(c.Margin)[1:]),
				})
			}
		}
		if i < len(shown) {
			field.Y = append(field.Y, chart.Shorten(c.Label(), 60))
			rows++
		}
		t.Rows = append(t.Rows, append([]string{c.Label()}, cells...))
	}
	if rows < 2 || len(releases) < 2 || len(field.Cells) == 0 {
		return nil, nil
	}
	option, err := field.Option()
	if err != nil {
		return nil, err
	}
	fixed := option["visualMap"].(map[string]any) // the scale is in margins, whatever the values
	fixed["min"], fixed["max"] = -farOff, farOff
	c := &chart.Chart{ID: "overview", Palette: "diverging", Height: field.Height(), Option: option, Table: t}
	c.Title = statement(fmt.Sprintf("No release is a margin worse than the first level in any of %s", fmt.Sprintf("%d series", len(shown))))
	if far >= 1 {
		c.Title = statement("Farthest from the first level: " + worst)
	}
	c.Basis = chart.Basis{
		Unit: "change against the level of the first segment, coloured by margins of its metric", N: fmt.Sprintf("%d series of %s", len(shown), Counted(len(releases), "release")), Source: "the points of the panels",
	}
	c.HowTo = "A row is a series, a column a release. A step shows as a change of colour that stays; a single odd cell is a spike. No colour is no change, an empty place was not measured."
	c.Alt = c.Title + ". " + h.Verdict()
	if left := len(order) - len(shown); left > 0 {
		c.Note = fmt.Sprintf("%d series without changes not drawn for want of room; the table has all %d.", left, len(order))
	}
	return c, nil
}

// fromFirst is how far a release is from the level of the first segment.
func fromFirst(c *history.Course, release string) (change float64, ok bool) {
	if len(c.Segments) == 0 {
		return 0, false
	}
	first := c.Segments[0].Level
	for _, p := range c.Points {
		if p.Release == release && p.Value != nil {
			return c.From(first, *p.Value)
		}
	}
	return 0, false
}

// oriented is a change in margins of its metric; less is worse.
func oriented(c *history.Course, change float64) float64 {
	if c.Better == "lower" {
		change = -change
	}
	return change / c.Margin
}
