package decision

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis/report/chart"
	"st67bench/analysis/tune"
	"st67bench/results"
)

// rarely is the membership below which a case is not said to be on the front.
const rarely = 0.05

// FrontCharts show what the objectives of a tuning cost each other: the first against each other one. A case is the larger, the
// more surely nothing is better in everything.
func FrontCharts(a *tune.Answer) ([]*chart.Chart, error) {
	var out []*chart.Chart
	if len(members(a)) < 2 {
		return nil, nil
	}
	for k := 1; k < len(a.Objectives); k++ {
		x, _ := results.LookupMetric(a.Objectives[0])
		y, _ := results.LookupMetric(a.Objectives[k])
		c, err := frontChart(a, x, y)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func members(a *tune.Answer) []tune.Member {
	return slices.DeleteFunc(slices.Clone(a.Front), func(m tune.Member) bool { return m.Membership < rarely })
}

// Winner is what the winner of a tuning is called.
func Winner(v tune.Verdict) string {
	switch v {
	case tune.Undecided:
		return "the best so far"
	case tune.None:
		return "the nearest"
	}
	return "the answer"
}

// frontKinds are what a case of the front is for the answer.
func frontKinds(a *tune.Answer) []kind {
	return []kind{
		{Winner(a.Verdict), "diamond", "distinct:0"},
		{"instead", "triangle", "distinct:2"},
		{"on the front", "circle", "distinct:5"},
		{"outside the conditions", ring, "mutedInk"},
	}
}

func frontKind(a *tune.Answer, m tune.Member) string {
	kinds := frontKinds(a)
	switch {
	case a.Winner != nil && a.Winner.Case == m.Case:
		return kinds[0].name
	case slices.ContainsFunc(a.Alternatives, func(alt tune.Alternative) bool { return alt.Case == m.Case }):
		return kinds[1].name
	case m.Feasible:
		return kinds[2].name
	}
	return kinds[3].name
}

func frontChart(a *tune.Answer, x, y results.Metric) (*chart.Chart, error) {
	scatter := charts.NewScatter()
	var legend []string
	var xs, ys []float64
	for _, k := range frontKinds(a) {
		var data []opts.ScatterData
		for _, m := range members(a) {
			if frontKind(a, m) != k.name {
				continue
			}
			xs, ys = append(xs, m.Metrics[x.Name]), append(ys, m.Metrics[y.Name])
			data = append(data, opts.ScatterData{
				Name:       frontTip(a, m),
				Value:      []any{chart.Round(m.Metrics[x.Name]), chart.Round(m.Metrics[y.Name])},
				SymbolSize: 8 + int(16*m.Membership),
			})
		}
		if len(data) > 0 {
			legend = append(legend, k.name)
			scatter.AddSeries(k.name, data, coloured(k.colour), charts.WithScatterChartOpts(opts.ScatterChart{Symbol: k.symbol}))
		}
	}
	across := chart.YAxis(objective(x), x.Name, xs)
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend,
		opts.XAxis{Type: across.Type, Name: across.Name, NameLocation: "middle", NameGap: 30, AxisLabel: across.AxisLabel},
		chart.YAxis(objective(y), y.Name, ys))...)
	option, err := chart.Option(scatter, scaled)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "front-" + slug(y.Name), Palette: chart.Distinct, Height: 400, Option: option, Table: frontTable(a)}
	c.Title = frontTitle(a, x, y)
	c.Basis = chart.Basis{Unit: x.Title + " and " + y.Title + ", means", N: fmt.Sprintf("%d of %s", len(members(a)), Counted(len(a.Cases), "case")), Interval: fmt.Sprintf("share of %d resamples", tune.Resamples), Source: "results.jsonl"}
	c.HowTo = "No case is surely better than one of these in everything. The larger a symbol, the more often it was on the front when the repeats were drawn anew. What to take depends on what you want."
	c.Alt = c.Title
	return c, nil
}

// objective names an axis, and which end of it is wanted.
func objective(m results.Metric) string {
	if m.Better < 0 {
		return m.Title + ", lower is better"
	}
	return m.Title + ", higher is better"
}

// scaled lets axes begin where the values do: a front is about differences.
func scaled(option map[string]any) {
	for _, name := range []string{"xAxis", "yAxis"} {
		axis := option[name].([]any)[0].(map[string]any)
		delete(axis, "min")
		axis["scale"] = true
	}
	chart.RoomForEnds(option)
}

func frontTip(a *tune.Answer, m tune.Member) string {
	text := fmt.Sprintf("%s\n%s, %s of resamples", spaced(m.Case), frontKind(a, m), results.FormatQuantity(m.Membership, ""))
	for _, name := range a.Objectives {
		o, _ := results.LookupMetric(name)
		text += "\n" + o.Title + " " + o.Format(m.Metrics[name])
	}
	return text
}

// frontTitle says what the ends of the front cost each other.
func frontTitle(a *tune.Answer, x, y results.Metric) string {
	all := members(a)
	best := func(m results.Metric) tune.Member {
		return slices.MaxFunc(all, func(p, q tune.Member) int {
			return cmp.Compare(float64(m.Better)*p.Metrics[m.Name], float64(m.Better)*q.Metrics[m.Name])
		})
	}
	p, q := best(x), best(y)
	if p.Case == q.Case {
		return statement(fmt.Sprintf("%s is the best in %s and in %s", chart.Capital(spaced(p.Case)), x.Title, y.Title))
	}
	end := func(m tune.Member) string { return x.Format(m.Metrics[x.Name]) + " at " + y.Format(m.Metrics[y.Name]) }
	return statement(fmt.Sprintf("%s against %s: from %s to %s", chart.Capital(x.Title), y.Title, end(q), end(p)), fmt.Sprintf("%d cases on the front", len(all)))
}

func frontTable(a *tune.Answer) chart.Table {
	t := chart.Table{Head: []string{"case", "on the front", "what it is"}}
	for _, name := range a.Objectives {
		m, _ := results.LookupMetric(name)
		t.Head = append(t.Head, m.Title)
	}
	for _, m := range a.Front {
		cells := []string{spaced(m.Case), results.FormatQuantity(m.Membership, ""), frontKind(a, m)}
		for _, name := range a.Objectives {
			o, _ := results.LookupMetric(name)
			cells = append(cells, o.Format(m.Metrics[name]))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
