package report

import (
	"fmt"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/results"
)

const (
	latencySeries = "send_latency"
	mostPoints    = 400 // of one curve: about one per pixel of a small screen
	mostCurves    = 12  // more cannot be told apart
)

// readSamples is results.Run.ReadSamples.
type readSamples func(seq int, fn func([]results.Sample) error) error

// latencyChart shows the distribution of send latency per case, of all sends of
// all repeats. nil when no result has samples of it; without a drawing when none
// of them could be read.
func latencyChart(s *analysis.Summary, all []results.Result, read readSamples) (*chart, error) {
	c := &chart{id: "latency", palette: paletteSeq, height: 420}
	line := charts.NewLine()
	var legend []string
	c.table.Head = []string{"case", "sends", "least", "p50", "p90", "p99", "most"}
	sampled := withSamples(s.Cases, all)
	shown := spread(sampled, mostCurves)
	for _, cs := range shown {
		values, problem := latencies(cs.Key, all, read)
		if problem != "" {
			c.note = problem
		}
		if len(values) == 0 {
			continue
		}
		name := label(s, cs)
		legend = append(legend, name)
		line.AddSeries(name, curve(analysis.Distribution(values, mostPoints)),
			charts.WithLineChartOpts(opts.LineChart{Step: "end", ShowSymbol: opts.Bool(false), Symbol: "circle"}))
		c.table.Rows = append(c.table.Rows, latencyRow(name, values)) // Distribution has sorted them
	}
	c.title = "How long a send takes"
	if len(legend) == 0 {
		if c.note == "" {
			return nil, nil
		}
		return c, nil
	}
	line.SetGlobalOptions(frame("axis", fnLatency, legend,
		opts.XAxis{Type: "log", Name: "send latency (log scale)", NameLocation: "middle", NameGap: 30, AxisLabel: axisLabel(fnSeconds), Min: "dataMin", Max: "dataMax"},
		opts.YAxis{Type: "value", Min: 0, Max: 1, AxisLabel: axisLabel(fnPercent), Name: "sends that took at most this"})...)
	var err error
	if c.option, err = optionOf(line, nil); err != nil {
		return nil, err
	}
	c.howTo = "A curve is the share of all sends of a case that took at most as long; steep is steady, a long way to the upper right is a tail. " +
		"Repeats are pooled, so this is for the shape: the table of cases has the figures. Source: samples, series " + latencySeries + "."
	if len(shown) < len(sampled) {
		c.howTo += fmt.Sprintf(" %d of %d cases are drawn, spread over the sweep.", len(shown), len(sampled))
	}
	c.alt = c.title + ": distribution of send latency of " + strconv.Itoa(len(legend)) + " cases. The table below has quantiles."
	return c, nil
}

// withSamples are the cases of which a result has samples.
func withSamples(cases []analysis.Case, all []results.Result) []analysis.Case {
	has := map[string]bool{}
	for _, r := range all {
		if r.Samples != "" && len(r.Metrics) > 0 {
			has[r.Case] = true
		}
	}
	var out []analysis.Case
	for _, c := range cases {
		if has[c.Key] {
			out = append(out, c)
		}
	}
	return out
}

// spread picks at most most cases, evenly over the sweep, the first and the last among them.
func spread(cases []analysis.Case, most int) []analysis.Case {
	if len(cases) <= most {
		return cases
	}
	out := make([]analysis.Case, most)
	for i := range out {
		out[i] = cases[i*(len(cases)-1)/(most-1)]
	}
	return out
}

// latencies are the values of all measured repeats of a case. problem says which
// samples could not be read: the rest of the report does not depend on them.
func latencies(key string, all []results.Result, read readSamples) (values []float64, problem string) {
	for _, r := range all {
		if r.Case != key || r.Samples == "" || len(r.Metrics) == 0 {
			continue
		}
		err := read(r.Seq, func(batch []results.Sample) error {
			for _, sample := range batch {
				if sample.Series == latencySeries {
					values = append(values, sample.V)
				}
			}
			return nil
		})
		if err != nil {
			problem = fmt.Sprintf("Not all samples could be read: %v", err)
		}
	}
	return values, problem
}

func curve(points []analysis.Point) []opts.LineData {
	data := make([]opts.LineData, len(points))
	for i, p := range points {
		data[i] = opts.LineData{Value: []float64{round(p.V), round(p.P)}}
	}
	return data
}

// latencyRow is the row of a case; quantiles that the sends cannot carry are withheld.
func latencyRow(name string, sorted []float64) []string {
	row := []string{name, strconv.Itoa(len(sorted)), results.FormatQuantity(sorted[0], "s")}
	for _, q := range []float64{0.5, 0.9, 0.99} {
		text := analysis.Withheld{Needs: analysis.Needs(q), Has: len(sorted)}.String()
		if len(sorted) >= analysis.Needs(q) {
			text = results.FormatQuantity(analysis.Quantile(sorted, q), "s")
		}
		row = append(row, text)
	}
	return append(row, results.FormatQuantity(sorted[len(sorted)-1], "s"))
}
