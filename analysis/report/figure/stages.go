package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

// stagesApart is from which ratio of their times exchanges are cut into shares: bars of time would leave the short ones invisible.
const stagesApart = 8

// stageRow is a bar: a case under the name that it has in the chart.
type stageRow struct {
	name string
	analysis.Case
}

// stageChart shows where the time of an exchange goes. nil when no case has stages.
func stageChart(s *analysis.Summary) (*chart.Chart, error) {
	var rows []stageRow
	for _, c := range s.Cases {
		if len(c.Stages) > 0 {
			rows = append(rows, stageRow{name(s, c), c})
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	c, err := stageBars(s.Event, rows)
	if err != nil {
		return nil, err
	}
	c.Title = stageClaim(s.Event, rows)
	c.Alt = c.Title + ". " + stageAlt(rows[0])
	return c, nil
}

// stageBars draws one bar per row, as long as the exchange takes and cut into its stages, or all of one length where times are far
// apart.
func stageBars(event string, rows []stageRow) (*chart.Chart, error) {
	var labels []string
	for _, r := range rows {
		labels = append(labels, fmt.Sprintf("%s: %s", r.name, results.FormatQuantity(r.Total(), "s")))
	}
	stages, shares := stageNames(rows), apart(rows)
	x := opts.XAxis{Type: "value", Min: 0, AxisLabel: chart.AxisLabel(chart.Seconds), Name: "time of " + an(event), NameLocation: "middle", NameGap: 30}
	if shares {
		x.Max, x.Name, x.AxisLabel = 1, "share of "+an(event), chart.AxisLabel(chart.Percent)
	}
	bar := charts.NewBar()
	bar.SetGlobalOptions(chart.Frame("item", chart.ItemName, stages, x, opts.YAxis{Type: "category", Data: labels, Inverse: opts.Bool(true)})...)
	for _, stage := range stages {
		bar.AddSeries(stage, stageData(rows, stage, shares), charts.WithBarChartOpts(opts.BarChart{Stack: "exchange", BarCategoryGap: "28%"}))
	}
	option, err := chart.Option(bar, func(option map[string]any) {
		series := option["series"].([]any)
		if stages[len(stages)-1] == "host" { // grey: the part that is not the module's
			series[len(series)-1].(map[string]any)["itemStyle"] = map[string]any{"color": chart.Muted}
		}
	})
	c := &chart.Chart{ID: "stages", Palette: chart.Distinct, Height: 110 + 30*len(rows), Option: option, Table: stageTable(event, rows, stages)}
	c.Basis = chart.Basis{Unit: "s", N: "medians of " + repeatsOf(rows), Source: "results.jsonl"}
	if shares {
		c.Basis.Unit = "share of the time"
	}
	c.HowTo = fmt.Sprintf("Each bar is one %s, from its beginning to its end; beside it how long that takes. %s", event, explained(stages))
	return c, err
}

// apart says whether the times of the exchanges are too far apart for one axis.
func apart(cases []stageRow) bool {
	low, high := cases[0].Total(), cases[0].Total()
	for _, c := range cases {
		low, high = min(low, c.Total()), max(high, c.Total())
	}
	return high > stagesApart*low
}

func repeatsOf(cases []stageRow) string {
	least, most := cases[0].Measured, cases[0].Measured
	for _, c := range cases {
		least, most = min(least, c.Measured), max(most, c.Measured)
	}
	return chart.Counted(least, most, "repeats")
}

func largest(c stageRow) analysis.Share {
	return slices.MaxFunc(c.Stages, func(a, b analysis.Share) int { return cmp.Compare(a.Fraction, b.Fraction) })
}

// stageClaim says what takes the most of an exchange: in the first case and, where that is another stage or another part, in the last.
func stageClaim(event string, rows []stageRow) string {
	first, last := rows[0], rows[len(rows)-1]
	a, b := largest(first), largest(last)
	of := func(st analysis.Share) string { return results.FormatQuantity(st.Fraction, "") }
	switch {
	case len(rows) == 1:
		return statement(fmt.Sprintf("The largest part of %s is %s: %s", an(event), a.Name, of(a)), fmt.Sprintf(", %s of %s", results.FormatQuantity(a.Seconds, "s"), results.FormatQuantity(first.Total(), "s")))
	case a.Name == b.Name:
		return statement(fmt.Sprintf("The largest part of %s is %s: %s at %s", an(event), a.Name, of(a), first.name), fmt.Sprintf(", %s at %s", of(b), last.name))
	}
	return statement(fmt.Sprintf("The largest part of %s is %s at %s: %s", an(event), a.Name, first.name, of(a)), fmt.Sprintf("; %s at %s: %s", b.Name, last.name, of(b)))
}

// stageNames are those of all cases, in the order of the one that has most of them;
// host, which is the rest, stays last.
func stageNames(cases []stageRow) []string {
	byMany := slices.Clone(cases)
	slices.SortStableFunc(byMany, func(a, b stageRow) int { return len(b.Stages) - len(a.Stages) })
	var names []string
	host := false
	for _, c := range byMany {
		for _, st := range c.Stages {
			switch {
			case st.Name == "host":
				host = true
			case !slices.Contains(names, st.Name):
				names = append(names, st.Name)
			}
		}
	}
	if host {
		names = append(names, "host")
	}
	return names
}

// explained says what each of the stages is.
func explained(names []string) string {
	var parts []string
	for _, name := range names {
		parts = append(parts, name+": "+analysis.StageAbout(name))
	}
	return chart.Capital(strings.Join(parts, "; ")) + "."
}

// stageOf finds a stage of a case.
func stageOf(c analysis.Case, name string) (analysis.Share, bool) {
	i := slices.IndexFunc(c.Stages, func(s analysis.Share) bool { return s.Name == name })
	if i < 0 {
		return analysis.Share{}, false
	}
	return c.Stages[i], true
}

func stageData(rows []stageRow, stage string, shares bool) []opts.BarData {
	var data []opts.BarData
	for _, r := range rows {
		st, ok := stageOf(r.Case, stage)
		if !ok {
			data = append(data, opts.BarData{Value: 0})
			continue
		}
		value := st.Seconds
		if shares {
			value = st.Fraction
		}
		text := fmt.Sprintf("%s\n%s %s, %s", r.name, stage, results.FormatQuantity(st.Seconds, "s"), results.FormatQuantity(st.Fraction, ""))
		data = append(data, opts.BarData{Name: text, Value: chart.Round(value)})
	}
	return data
}

func stageAlt(r stageRow) string {
	text := r.name + ":"
	for _, st := range r.Largest() {
		text += fmt.Sprintf(" %s %s", st.Name, results.FormatQuantity(st.Fraction, ""))
	}
	return text + ". The table below has all."
}

func stageTable(event string, rows []stageRow, stages []string) chart.Table {
	t := chart.Table{Head: append([]string{"case"}, stages...)}
	t.Head = append(t.Head, event, "repeats")
	for _, r := range rows {
		row := []string{r.name}
		for _, stage := range stages {
			text := ""
			if st, ok := stageOf(r.Case, stage); ok {
				text = results.FormatQuantity(st.Seconds, "s") + " (" + results.FormatQuantity(st.Fraction, "") + ")"
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, append(row, results.FormatQuantity(r.Total(), "s"), strconv.Itoa(r.Measured)))
	}
	return t
}
