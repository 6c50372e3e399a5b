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

// stageChart shows where the time of an exchange goes: one bar per case, as long as it takes and cut into its stages, or of equal
// length where times are far apart. nil when no case has stages.
func stageChart(s *analysis.Summary) (*chart.Chart, error) {
	var cases []analysis.Case
	var rows []string
	for _, c := range s.Cases {
		if len(c.Stages) > 0 {
			cases = append(cases, c)
			rows = append(rows, fmt.Sprintf("%s: %s", name(s, c), results.FormatQuantity(c.Total(), "s")))
		}
	}
	if len(cases) == 0 {
		return nil, nil
	}
	names, shares := stageNames(cases), apart(cases)
	x := opts.XAxis{Type: "value", Min: 0, AxisLabel: chart.AxisLabel(chart.Seconds), Name: "time of " + an(s.Event), NameLocation: "middle", NameGap: 30}
	if shares {
		x.Max, x.Name, x.AxisLabel = 1, "share of "+an(s.Event), chart.AxisLabel(chart.Percent)
	}
	bar := charts.NewBar()
	bar.SetGlobalOptions(chart.Frame("item", chart.ItemName, names, x, opts.YAxis{Type: "category", Data: rows, Inverse: opts.Bool(true)})...)
	for _, name := range names {
		bar.AddSeries(name, stageData(s, cases, name, shares), charts.WithBarChartOpts(opts.BarChart{Stack: "exchange", BarCategoryGap: "28%"}))
	}
	option, err := chart.Option(bar, func(option map[string]any) {
		series := option["series"].([]any)
		if names[len(names)-1] == "host" { // grey: the part that is not the module's
			series[len(series)-1].(map[string]any)["itemStyle"] = map[string]any{"color": chart.Muted}
		}
	})
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "stages", Palette: chart.Distinct, Height: 110 + 30*len(cases), Option: option, Table: stageTable(s, cases, names)}
	c.Title = stageClaim(s, cases)
	c.Basis = chart.Basis{Unit: "s", N: "medians of " + repeatsOf(cases), Source: "results.jsonl"}
	if shares {
		c.Basis.Unit = "share of the time"
	}
	c.HowTo = fmt.Sprintf("Each bar is one %s, from its beginning to its end; beside it how long that takes. %s", s.Event, explained(names))
	c.Alt = c.Title + ". " + stageAlt(s, cases)
	return c, nil
}

// apart says whether the times of the exchanges are too far apart for one axis.
func apart(cases []analysis.Case) bool {
	low, high := cases[0].Total(), cases[0].Total()
	for _, c := range cases {
		low, high = min(low, c.Total()), max(high, c.Total())
	}
	return high > stagesApart*low
}

func repeatsOf(cases []analysis.Case) string {
	least, most := cases[0].Measured, cases[0].Measured
	for _, c := range cases {
		least, most = min(least, c.Measured), max(most, c.Measured)
	}
	return counted(least, most, "repeats")
}

func largest(c analysis.Case) analysis.Share {
	return slices.MaxFunc(c.Stages, func(a, b analysis.Share) int { return cmp.Compare(a.Fraction, b.Fraction) })
}

// stageClaim says what takes the most of an exchange: in the first case and, where that is another stage or another part, in the last.
func stageClaim(s *analysis.Summary, cases []analysis.Case) string {
	first, last := cases[0], cases[len(cases)-1]
	a, b := largest(first), largest(last)
	of := func(st analysis.Share) string { return results.FormatQuantity(st.Fraction, "") }
	switch {
	case len(cases) == 1:
		return statement(fmt.Sprintf("The largest part of %s is %s: %s", an(s.Event), a.Name, of(a)), fmt.Sprintf(", %s of %s", results.FormatQuantity(a.Seconds, "s"), results.FormatQuantity(first.Total(), "s")))
	case a.Name == b.Name:
		return statement(fmt.Sprintf("The largest part of %s is %s: %s at %s", s.Event, a.Name, of(a), name(s, first)), fmt.Sprintf(", %s at %s", of(b), name(s, last)))
	}
	return statement(fmt.Sprintf("The largest part of %s is %s at %s: %s", an(s.Event), a.Name, name(s, first), of(a)), fmt.Sprintf("; %s at %s: %s", b.Name, name(s, last), of(b)))
}

// stageNames are those of all cases, in the order of the one that has most of them;
// host, which is the rest, stays last.
func stageNames(cases []analysis.Case) []string {
	byMany := slices.Clone(cases)
	slices.SortStableFunc(byMany, func(a, b analysis.Case) int { return len(b.Stages) - len(a.Stages) })
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

func stageData(s *analysis.Summary, cases []analysis.Case, name string, shares bool) []opts.BarData {
	var data []opts.BarData
	for _, c := range cases {
		st, ok := stageOf(c, name)
		if !ok {
			data = append(data, opts.BarData{Value: 0})
			continue
		}
		text := fmt.Sprintf("%s\n%s %s, %s", s.Label(c), name, results.FormatQuantity(st.Seconds, "s"), results.FormatQuantity(st.Fraction, ""))
		value := st.Seconds
		if shares {
			value = st.Fraction
		}
		data = append(data, opts.BarData{Name: text, Value: chart.Round(value)})
	}
	return data
}

func stageAlt(s *analysis.Summary, cases []analysis.Case) string {
	c := cases[0]
	text := s.Label(c) + ":"
	for _, st := range c.Largest() {
		text += fmt.Sprintf(" %s %s", st.Name, results.FormatQuantity(st.Fraction, ""))
	}
	return text + ". The table below has all."
}

func stageTable(s *analysis.Summary, cases []analysis.Case, names []string) chart.Table {
	t := chart.Table{Head: append([]string{"case"}, names...)}
	t.Head = append(t.Head, s.Event, "repeats")
	for _, c := range cases {
		row := []string{s.Label(c)}
		for _, name := range names {
			text := ""
			if st, ok := stageOf(c, name); ok {
				text = results.FormatQuantity(st.Seconds, "s") + " (" + results.FormatQuantity(st.Fraction, "") + ")"
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, append(row, results.FormatQuantity(c.Total(), "s"), strconv.Itoa(c.Measured)))
	}
	return t
}
