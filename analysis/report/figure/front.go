package figure

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/tune"
	"st67bench/results"
)

const (
	leastFront = 4   // cases: among fewer the table shows what is traded
	onFront    = 0.5 // membership from which on a case is drawn as on the front
)

// frontCharts show what the cases trade: the first objective against each of the others. None below two objectives or a handful of
// cases.
func frontCharts(s *analysis.Summary, run *results.Run) ([]*chart.Chart, error) {
	f := tune.FrontOf(run)
	if len(f.Objectives) < 2 || len(f.Members)+len(f.Behind) < leastFront {
		return nil, nil
	}
	named := map[string]string{}
	for _, c := range s.Cases {
		named[c.Key] = name(s, c)
	}
	var out []*chart.Chart
	for i, against := range f.Objectives[1:] {
		t := newTrade(f, named, against)
		c, err := t.chart(s)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			c.ID = fmt.Sprintf("front-%d", i+1)
		}
		out = append(out, c)
	}
	return out, nil
}

// trade is a front seen from two of its objectives.
type trade struct {
	front tune.Front
	x, y  results.Metric
	cases []traded // the members first, from the least x on

}

// traded is a case of a trade.
type traded struct {
	tune.Member
	name   string
	behind bool
}

func newTrade(f tune.Front, named map[string]string, against string) trade {
	t := trade{front: f}
	t.x, _ = results.LookupMetric(f.Objectives[0])
	t.y, _ = results.LookupMetric(against)
	by := func(a, b tune.Member) int { return cmp.Compare(a.Metrics[t.x.Name], b.Metrics[t.x.Name]) }
	for _, m := range slices.SortedStableFunc(slices.Values(f.Members), by) {
		t.cases = append(t.cases, traded{m, named[m.Case], false})
	}
	for _, m := range slices.SortedStableFunc(slices.Values(f.Behind), by) {
		t.cases = append(t.cases, traded{m, named[m.Case], true})
	}
	return t
}

func (t trade) chart(s *analysis.Summary) (*chart.Chart, error) {
	c := &chart.Chart{ID: "front", Palette: chart.Distinct, Height: 420}
	c.Table.Head = []string{"number", "case", "on the front"}
	for _, o := range t.front.Objectives {
		m, _ := results.LookupMetric(o)
		c.Table.Head = append(c.Table.Head, m.Title)
	}
	const on, maybe, behind = "on the front", "perhaps on the front", "another case is better"
	dots := map[string][]opts.ScatterData{}
	var xs, ys []float64
	for i, one := range t.cases {
		x, y := one.Metrics[t.x.Name], one.Metrics[t.y.Name]
		xs, ys = append(xs, x), append(ys, y)
		of := on
		if one.behind {
			of = behind
		} else if one.Membership < onFront {
			of = maybe
		}
		dots[of] = append(dots[of], opts.ScatterData{Name: t.tip(i), Value: []any{chart.Round(x), chart.Round(y), i + 1}})
		c.Table.Rows = append(c.Table.Rows, t.row(i))
	}
	scatter := charts.NewScatter()
	var legend []string
	for _, of := range []string{on, maybe, behind} {
		if len(dots[of]) > 0 {
			legend = append(legend, of)
			scatter.AddSeries(of, dots[of], charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 10, Symbol: map[string]string{on: "circle", maybe: "diamond", behind: "rect"}[of]}))
		}
	}
	x, y := chart.YAxis(titleOf(t.x.Name), t.x.Name, xs), chart.YAxis(titleOf(t.y.Name), t.y.Name, ys)
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend,
		opts.XAxis{Type: x.Type, Name: x.Name, NameLocation: "middle", NameGap: 30, AxisLabel: x.AxisLabel, Scale: opts.Bool(true)}, y)...)
	var err error
	c.Option, err = chart.Option(scatter, func(option map[string]any) {
		chart.RoomForEnds(option)
		for _, one := range option["series"].([]any) {
			series := one.(map[string]any)
			if series["name"] == behind {
				series["itemStyle"] = map[string]any{"color": chart.Muted}
				continue
			}
			series["label"] = map[string]any{"show": true, "formatter": "third", "position": "top", "color": "ink", "fontSize": 11}
			series["labelLayout"] = map[string]any{"hideOverlap": true}
		}
	})
	unit := "repeats"
	if s.Boots > 1 {
		unit = "boots"
	}
	c.Basis = chart.Basis{Unit: unitText(t.x.Unit) + ", " + unitText(t.y.Unit), N: "means of " + unit + ", membership by " + fmt.Sprint(tune.Resamples) + " resamples of them", Source: "results.jsonl"}
	c.Title = t.claim()
	c.HowTo = fmt.Sprintf("A case is on the front if no other is as good in everything and better in something. Points are numbered as in the table; round ones are on the front in %s of the resamples or more, grey ones are shown to be worse than another.", results.FormatQuantity(onFront, ""))
	c.Alt = c.Title + ". The table below has all cases."
	return c, err
}

func (t trade) tip(i int) string {
	one := t.cases[i]
	text := fmt.Sprintf("%d: %s", i+1, one.name)
	for _, o := range t.front.Objectives {
		m, _ := results.LookupMetric(o)
		text += "\n" + m.Title + " " + m.Format(one.Metrics[o])
	}
	return text + "\non the front: " + membership(one)
}

func membership(one traded) string {
	if one.behind {
		return "no"
	}
	return fmt.Sprintf("%.0f %%", 100*one.Membership)
}

func (t trade) row(i int) []string {
	one := t.cases[i]
	row := []string{fmt.Sprint(i + 1), one.name, membership(one)}
	for _, o := range t.front.Objectives {
		row = append(row, chart.Quantity(o, one.Metrics[o]))
	}
	return row
}

// claim says how many cases are worth a choice, and between what.
func (t trade) claim() string {
	var on []traded
	for _, one := range t.cases {
		if !one.behind && one.Membership >= onFront {
			on = append(on, one)
		}
	}
	if len(on) == 1 {
		return statement(fmt.Sprintf("%s is the best of %d cases in %s and %s", chart.Capital(on[0].name), len(t.cases), titleOf(t.x.Name), titleOf(t.y.Name)))
	}
	first := fmt.Sprintf("%d of %d cases trade %s for %s", len(on), len(t.cases), titleOf(t.x.Name), titleOf(t.y.Name))
	if len(on) == 0 {
		return statement(first)
	}
	low, high := on[0].Metrics, on[len(on)-1].Metrics
	if low[t.x.Name] <= 0 || low[t.y.Name] <= 0 {
		return statement(first)
	}
	x, y := high[t.x.Name]/low[t.x.Name], high[t.y.Name]/low[t.y.Name]
	if ((x > 1) == (y > 1)) == (t.x.Better == t.y.Better) { // it is another objective that keeps the cases on the front
		first = fmt.Sprintf("%s and %s get better together in %d of %d cases", chart.Capital(titleOf(t.x.Name)), titleOf(t.y.Name), len(on), len(t.cases))
	}
	return statement(first, fmt.Sprintf(": %s times the one comes with %s times the other", factorText(x), factorText(y)))
}
