package current

import (
	"fmt"
	"path/filepath"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
	"st67bench/results/trace"
)

const (
	mostTraces   = 6          // charts of traces: more are not looked at
	stretches    = 800        // of one chart: about two points a pixel
	leastDrawn   = 10e-9      // A; below it a logarithmic axis has nothing to show
	mostAnalysed = 30_000_000 // samples of a trace that a page reads again: five minutes at 100 kS/s
)

// traceCharts show the current of the first measured repeat of cases spread over the sweep, as it went.
func traceCharts(s *analysis.Summary, run *results.Run) []*chart.Chart {
	var out []*chart.Chart
	for _, c := range chart.Spread(traced(s.Cases, run.Results), mostTraces) {
		for _, r := range run.Results {
			if r.Case == c.Key && r.Power != "" && len(r.Metrics) > 0 {
				out = append(out, traceChart(s.Label(c), fmt.Sprintf("trace-%d", len(out)+1), run.Dir, r))
				break
			}
		}
	}
	return out
}

// traced are the cases of which a measured result has a trace.
func traced(cases []analysis.Case, all []results.Result) []analysis.Case {
	has := map[string]bool{}
	for _, r := range all {
		has[r.Case] = has[r.Case] || r.Power != "" && len(r.Metrics) > 0
	}
	var out []analysis.Case
	for _, c := range cases {
		if has[c.Key] {
			out = append(out, c)
		}
	}
	return out
}

// traceChart is one trace. One that cannot be read has a note in place of a drawing.
func traceChart(label, id, dir string, r results.Result) *chart.Chart {
	c := &chart.Chart{ID: id, Title: "Current over time: " + label, Palette: chart.Distinct, Height: 340}
	c.Table.Head = []string{"trace", "samples", "rate", "alignment", "least", "most"}
	if err := drawTrace(c, filepath.Join(dir, filepath.FromSlash(r.Power)), r); err != nil {
		c.Note = fmt.Sprintf("%s cannot be shown: %v", r.Power, err)
	}
	c.Alt = c.Title + ". The table below has its extremes."
	return c
}

// drawTrace reads a trace between the marks of its result and fills the chart.
func drawTrace(c *chart.Chart, path string, r results.Result) error {
	f, err := trace.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	side := f.Side()
	from, to := int64(0), side.Samples
	for _, m := range r.Marks {
		switch m.Name {
		case "start":
			from = max(int64(side.Clock.Index(m.T)), 0)
		case "end":
			to = min(int64(side.Clock.Index(m.T)), to)
		}
	}
	if to-from > mostAnalysed {
		to = from + mostAnalysed
		c.Note = fmt.Sprintf("Its first %s are shown; st67bench power export has all.", results.FormatQuantity(float64(mostAnalysed)*side.Clock.Period, "s"))
	}
	e, err := trace.NewEnvelope(f, from, to, stretches)
	if err != nil {
		return err
	}
	aligned := "±" + results.FormatQuantity(side.Clock.Residual, "s")
	if side.Clock.Method == trace.NominalMethod {
		aligned = "not known"
	}
	c.Title += fmt.Sprintf(" (alignment %s)", aligned)
	c.HowTo = fmt.Sprintf("The least and the greatest current of each of %d stretches, so that no peak is left out. Times are the host's: alignment of trace and host by %s, %s. Source: %s.",
		len(e.Low), side.Clock.Method, aligned, r.Power)
	c.Table.Rows = [][]string{extremesRow(e, r, side, aligned)}
	c.Option, err = envelopeOption(e, side.Clock)
	return err
}

// extremesRow has the extremes.
func extremesRow(e *trace.Envelope, r results.Result, side trace.Side, aligned string) []string {
	least, most := extremes(e)
	return []string{r.Power, fmt.Sprint(e.To - e.From), results.FormatQuantity(side.Header.Rate, "1/s") + " samples/s", aligned,
		chart.Quantity("current", least), chart.Quantity("current", most)}
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

// envelopeOption draws both bounds of each stretch as one line; a gap breaks it.
func envelopeOption(e *trace.Envelope, clock trace.Clock) (map[string]any, error) {
	var points []opts.LineData
	begin := clock.Time(float64(e.From))
	for i := range e.Low {
		at := chart.Round((clock.Time(float64(e.Start(i))) - begin).Seconds())
		if !e.Seen[i] {
			points = append(points, opts.LineData{Value: []any{at, nil}})
			continue
		}
		for _, amps := range []float32{e.Low[i], e.High[i]} {
			points = append(points, opts.LineData{Value: []any{at, chart.Round(max(float64(amps), leastDrawn))}})
		}
	}
	line := charts.NewLine()
	line.SetGlobalOptions(chart.Frame("axis", chart.Amps+chart.Course, []string{"current"},
		opts.XAxis{Type: "value", Name: "time since the repeat began", NameLocation: "middle", NameGap: 30, Min: 0, Max: "dataMax", AxisLabel: chart.AxisLabel(chart.Seconds)},
		opts.YAxis{Type: "log", Name: "current (log scale)", AxisLabel: chart.AxisLabel(chart.In + "A")})...)
	line.AddSeries("current", points, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Symbol: "circle"}))
	return chart.Option(line, func(option map[string]any) {
		option["legend"].(map[string]any)["show"] = false // there is but one
	})
}
