package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/stats"
	"st67bench/results"
)

const (
	leastOrder = 6    // repeats: of fewer no order is seen
	mostOrder  = 1200 // repeats drawn, and looked at for a trend
	finest     = 1e-4 // of a share: less is told as that, whatever a repeat that is computed tells
	leastSpan  = 1e-3 // of a share, to each side: an axis of less shows noise as if it were something
)

// repeat is one repeat in the order of the run.
type repeat struct {
	at    float64 // s since the run began; its number where nothing was marked
	off   float64 // from the median of its case: a fraction, or the difference of what is not compared by ratios
	boot  int
	block int
	tip   string
}

// ordered are the repeats of what a run is about, each against its own case, so that a drift of the rig shows over all levels.
type ordered struct {
	metric  results.Metric
	repeats []repeat
	timed   bool
}

// orderChart shows every repeat over the time of the run, and where the module was booted. nil below a handful of repeats, or where no
// case has more than one.
func orderChart(s *analysis.Summary, run *results.Run) (*chart.Chart, error) {
	o, ok := orderOf(s, run)
	if !ok {
		return nil, nil
	}
	scatter, line := charts.NewScatter(), charts.NewLine()
	c := &chart.Chart{ID: "order", Palette: chart.Distinct, Height: 340}
	c.Table.Head = []string{"block", "boot", "repeats", "median off its case", "least", "most"}
	cases := len(measured(s, o.metric.Name))
	var dots []opts.ScatterData
	for _, r := range o.drawn() {
		dots = append(dots, opts.ScatterData{Name: r.tip, Value: []any{chart.Round(r.at), chart.Round(r.off)}})
	}
	scatter.AddSeries("repeat", dots, charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 6}))
	legend := []string{"repeat"}
	if blocks := o.blocks(); len(blocks) > 1 {
		var medians []opts.LineData
		for _, b := range blocks {
			row := b.row(o)
			medians = append(medians, opts.LineData{Name: "block " + row[0] + "\nmedian " + row[3], Value: []any{chart.Round(b.at()), chart.Round(b.median())}})
			c.Table.Rows = append(c.Table.Rows, row)
		}
		line.AddSeries("median of a block", medians, charts.WithLineChartOpts(opts.LineChart{Symbol: "rect", SymbolSize: 6, ShowSymbol: opts.Bool(true)}))
		legend = append(legend, "median of a block")
	}
	x := chart.Elapsed("the run began")
	if !o.timed {
		x.Name, x.AxisLabel = "order of measuring", chart.AxisLabel(chart.Plain)
	}
	label := chart.Percent
	if !o.metric.Ratio() {
		label = chart.FormatterOf(o.metric.Name)
	}
	y := opts.YAxis{Type: "value", Name: "off the median of its case", AxisLabel: chart.AxisLabel(label)}
	if o.share() && !slices.ContainsFunc(o.repeats, func(r repeat) bool { return math.Abs(r.off) > leastSpan }) {
		y.Min, y.Max = -leastSpan, leastSpan
	}
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, x, y)...)
	scatter.Overlap(line)
	var err error
	if c.Option, err = chart.Option(scatter, o.boots().onto); err != nil {
		return nil, err
	}
	c.Basis = chart.Basis{Unit: titleOf(o.metric.Name) + ", as a difference from the median of its case", N: fmt.Sprintf("%d repeats of %s", len(o.repeats), chart.Counted(cases, cases, "cases")), Source: "results.jsonl"}
	c.Title, c.Basis.Interval = o.claim()
	c.HowTo = "Each point is a repeat, against the median of its own case, in the order of measuring. If the rig holds still, the points lie about 0 from the first to the last; a slope is a drift, a step is an event, and more spread at one end is trouble."
	c.Alt = c.Title + ". The table below has the blocks."
	return c, nil
}

func orderOf(s *analysis.Summary, run *results.Run) (o ordered, ok bool) {
	o.metric, ok = results.LookupMetric(s.Primary())
	if !ok {
		return o, false
	}
	middles, several := map[string]float64{}, false
	for _, c := range s.Cases {
		var values []float64
		for _, r := range run.Results {
			if v, ok := r.Metrics[o.metric.Name]; ok && r.Case == c.Key {
				values = append(values, v)
			}
		}
		several = several || len(values) > 1
		if len(values) > 0 {
			middles[c.Key] = middle(values)
		}
	}
	names := map[string]string{}
	for _, c := range s.Cases {
		names[c.Key] = name(s, c)
	}
	o.timed = true
	for _, r := range run.Results {
		v, ok := r.Metrics[o.metric.Name]
		m, known := middles[r.Case]
		if !ok || !known || o.metric.Ratio() && m <= 0 {
			continue
		}
		one := repeat{off: v - m, boot: r.Boot, block: r.Block}
		if o.metric.Ratio() {
			one.off = v/m - 1
		}
		one.tip = fmt.Sprintf("%s, repeat %d\n%s, %s off its median", names[r.Case], r.Repeat, o.metric.Format(v), o.text(one.off))
		i := slices.IndexFunc(r.Marks, func(m results.Mark) bool { return m.Name == "start" })
		if o.timed = o.timed && i >= 0; o.timed {
			one.at = r.Marks[i].T.Seconds()
		}
		o.repeats = append(o.repeats, one)
	}
	if !o.timed {
		for i := range o.repeats {
			o.repeats[i].at = float64(i + 1)
		}
	}
	slices.SortStableFunc(o.repeats, func(a, b repeat) int { return cmp.Compare(a.at, b.at) })
	return o, several && len(o.repeats) >= leastOrder
}

// unit is that of the differences.
func (o ordered) unit() string {
	if o.metric.Ratio() {
		return ""
	}
	return o.metric.Unit
}

func (o ordered) share() bool { return o.unit() == "" }

// text is a difference with its sign.
func (o ordered) text(off float64) string {
	if o.share() && off != 0 && math.Abs(off) < finest {
		return "0.00 %"
	}
	text := results.FormatQuantity(off, o.unit())
	if off > 0 {
		text = "+" + text
	}
	return text
}

// drawn are at most mostOrder repeats, the extremes among them.
func (o ordered) drawn() []repeat {
	at, off := make([]float64, len(o.repeats)), make([]float64, len(o.repeats))
	for i, r := range o.repeats {
		at[i], off[i] = r.at, r.off
	}
	var out []repeat
	for _, i := range chart.Extremes(at, off, mostOrder) {
		out = append(out, o.repeats[i])
	}
	return out
}

// boots are the instants before the first repeat of each boot but the first.
func (o ordered) boots() marked {
	var out marked
	for i, r := range o.repeats {
		if i > 0 && r.boot != o.repeats[i-1].boot {
			at := (r.at + o.repeats[i-1].at) / 2
			out = append(out, span{fmt.Sprintf("boot %d", r.boot), at, at})
		}
	}
	return out
}

// block are the repeats of one block of one boot.
type block []repeat

func (o ordered) blocks() []block {
	var out []block
	index := map[[2]int]int{}
	for _, r := range o.repeats {
		key := [2]int{r.boot, r.block}
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], r)
	}
	return out
}

func (b block) each(of func(repeat) float64) []float64 {
	out := make([]float64, len(b))
	for i, r := range b {
		out[i] = of(r)
	}
	return out
}

func (b block) at() float64     { return stats.Mean(b.each(func(r repeat) float64 { return r.at })) }
func (b block) median() float64 { return middle(b.each(func(r repeat) float64 { return r.off })) }

func (b block) row(o ordered) []string {
	off := b.each(func(r repeat) float64 { return r.off })
	return []string{fmt.Sprint(b[0].block), fmt.Sprint(b[0].boot), fmt.Sprint(len(b)), o.text(b.median()), o.text(slices.Min(off)), o.text(slices.Max(off))}
}

// claim says by how much the repeats drift from the first to the last, and how far off they are; and what the interval is.
func (o ordered) claim() (title, interval string) {
	off := block(o.repeats).each(func(r repeat) float64 { return math.Abs(r.off) })
	far := within(o, off)
	drawn := block(o.repeats)
	if len(drawn) > mostOrder {
		drawn = nil
		for i := range mostOrder {
			drawn = append(drawn, o.repeats[i*(len(o.repeats)-1)/(mostOrder-1)])
		}
	}
	x, y := drawn.each(func(r repeat) float64 { return r.at }), drawn.each(func(r repeat) float64 { return r.off })
	slope, iv, ok := stats.TheilSen(x, y)
	if !ok || iv == nil {
		return statement(fmt.Sprintf("Repeats of %s: %s", titleOf(o.metric.Name), far)), ""
	}
	whole := x[len(x)-1] - x[0]
	span := fmt.Sprintf("%s [%s, %s]", o.text(slope*whole), o.text(iv.Lo*whole), o.text(iv.Hi*whole))
	interval = "drift from the first repeat to the last: Theil and Sen's slope, 95 %"
	if o.share() && max(math.Abs(iv.Lo), math.Abs(iv.Hi))*whole < finest {
		return statement(fmt.Sprintf("No drift of %s is seen over the run: it is less than %s", titleOf(o.metric.Name), results.FormatQuantity(finest, "")), "; "+far), interval
	}
	if iv.Lo <= 0 && iv.Hi >= 0 {
		return statement(fmt.Sprintf("No drift of %s is seen over the run: %s", titleOf(o.metric.Name), span), "; "+far), interval
	}
	return statement(fmt.Sprintf("%s drifts over the run by %s", chart.Capital(titleOf(o.metric.Name)), span), "; "+far), interval
}

// within says within what most of the repeats are.
func within(o ordered, off []float64) string {
	slices.Sort(off)
	most := stats.Quantile(off, 0.95)
	if o.share() {
		most = max(most, finest)
	}
	return fmt.Sprintf("95 %% within ±%s of their case", results.FormatQuantity(most, o.unit()))
}
