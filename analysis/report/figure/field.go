package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/stats"
	"st67bench/results"
)

// fieldCharts show what the run is about, and its efficiency, over the two factors with the most levels. None where fewer than two
// vary.
func fieldCharts(s *analysis.Summary) ([]*chart.Chart, error) {
	x, y, others, ok := twoFactors(s)
	if !ok {
		return nil, nil
	}
	var out []*chart.Chart
	for i, metric := range slices.Compact([]string{s.Primary(), "efficiency"}) {
		c, err := fieldChart(s, metric, x, y, others)
		if err != nil {
			return nil, err
		}
		if c == nil {
			continue
		}
		c.ID = "field"
		if i > 0 {
			c.ID += "-" + metric
		}
		out = append(out, c)
	}
	return out, nil
}

// twoFactors are those with the most levels, of which others vary.
func twoFactors(s *analysis.Summary) (x, y string, others []string, ok bool) {
	varied := slices.DeleteFunc(slices.Clone(s.Factors), func(f string) bool { return len(levelsOf(s, f)) < 2 })
	if len(varied) < 2 {
		return "", "", nil, false
	}
	slices.SortStableFunc(varied, func(a, b string) int { return cmp.Compare(len(levelsOf(s, b)), len(levelsOf(s, a))) })
	return varied[0], varied[1], varied[2:], true
}

// fieldChart is nil where fewer than four cells, or than half of them, have the metric.
func fieldChart(s *analysis.Summary, metric, x, y string, others []string) (*chart.Chart, error) {
	h := chart.Heatmap{XName: plot{axis: x}.axisName(), YName: plot{axis: y}.axisName()}
	m, ok := results.LookupMetric(metric)
	if !ok {
		return nil, nil
	}
	across, down := levelsOf(s, x), levelsOf(s, y)
	c := &chart.Chart{Palette: chart.Ascending, Basis: basis(s, metric)}
	c.Table.Head = []string{h.YName}
	for _, l := range across {
		h.X = append(h.X, chart.LevelText(x, l))
		c.Table.Head = append(c.Table.Head, x+" "+chart.LevelText(x, l))
	}
	for j, l := range down {
		h.Y = append(h.Y, chart.LevelText(y, l))
		row := []string{chart.LevelText(y, l)}
		for i, k := range across {
			text := ""
			if values := cellOf(s, metric, map[string]string{x: k, y: l}); len(values) > 0 {
				v := stats.Mean(values)
				text = m.Format(v)
				h.Cells = append(h.Cells, chart.HeatCell{X: i, Y: j, Value: v, Text: text, Tip: fmt.Sprintf("%s %s, %s %s\n%s", x, h.X[i], y, h.Y[j], text)})
			}
			row = append(row, text)
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	if len(h.Cells) < 4 || 2*len(h.Cells) < len(h.X)*len(h.Y) {
		return nil, nil
	}
	low, high := h.Span()
	h.Ends = [2]string{m.Format(low), m.Format(high)}
	var err error
	if c.Option, err = h.Option(); err != nil {
		return nil, err
	}
	c.Height = h.Height()
	c.Title = fieldClaim(m, h, x, y)
	c.Basis.Interval = ""
	c.HowTo = "Each cell is the median of one case. What was not measured is empty."
	if len(others) > 0 {
		c.HowTo = "Each cell is the mean of the medians over " + strings.Join(others, ", ") + ". What was not measured is empty."
	}
	c.Alt = c.Title + ". The table below has all cells."
	return c, nil
}

// cellOf are the medians of the cases with these levels.
func cellOf(s *analysis.Summary, metric string, levels map[string]string) []float64 {
	var out []float64
	for _, c := range s.Cases {
		in := true
		for f, l := range levels {
			in = in && c.Factors[f] == l
		}
		if g, ok := c.Metrics[metric]; ok && in {
			out = append(out, g.Median)
		}
	}
	return out
}

// fieldClaim says where the best cell is, and the worst.
func fieldClaim(m results.Metric, h chart.Heatmap, x, y string) string {
	by := func(a, b chart.HeatCell) int { return cmp.Compare(a.Value, b.Value) }
	low, high := slices.MinFunc(h.Cells, by), slices.MaxFunc(h.Cells, by)
	at := func(c chart.HeatCell) string {
		return fmt.Sprintf("%s %s, %s %s", x, short(h.X[c.X]), y, short(h.Y[c.Y]))
	}
	if m.Better < 0 {
		return statement(fmt.Sprintf("Field of %s: lowest %s at %s", titleOf(m.Name), m.Format(low.Value), at(low)), fmt.Sprintf(", highest %s at %s", m.Format(high.Value), at(high)))
	}
	return statement(fmt.Sprintf("Field of %s: highest %s at %s", titleOf(m.Name), m.Format(high.Value), at(high)), fmt.Sprintf(", lowest %s at %s", m.Format(low.Value), at(low)))
}
