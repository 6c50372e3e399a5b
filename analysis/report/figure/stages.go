package figure

import (
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

// stageChart shows where the time of an exchange goes: one bar per case, cut into
// the shares of the stages. nil when no case has stages.
func stageChart(s *analysis.Summary) (*chart.Chart, error) {
	var cases []analysis.Case
	var rows []string
	for _, c := range s.Cases {
		if len(c.Stages) > 0 {
			cases = append(cases, c)
			rows = append(rows, fmt.Sprintf("%s: %s", s.Label(c), results.FormatQuantity(c.Total(), "s")))
		}
	}
	if len(cases) == 0 {
		return nil, nil
	}
	names := stageNames(cases)
	bar := charts.NewBar()
	bar.SetGlobalOptions(chart.Frame("item", chart.ItemName, names,
		opts.XAxis{Type: "value", Min: 0, Max: 1, AxisLabel: chart.AxisLabel(chart.Percent), Name: "share of an exchange", NameLocation: "middle", NameGap: 30},
		opts.YAxis{Type: "category", Data: rows, Inverse: opts.Bool(true)})...)
	for _, name := range names {
		bar.AddSeries(name, stageData(s, cases, name), charts.WithBarChartOpts(opts.BarChart{Stack: "exchange", BarCategoryGap: "28%"}))
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
	c.Title = "Where the time of an exchange goes"
	c.HowTo = fmt.Sprintf("Each bar is one %s, from its beginning to its end; beside it how long that takes. %s Medians over repeats. Source: results.jsonl.", s.Event, explained(names))
	c.Alt = c.Title + ". " + stageAlt(s, cases)
	return c, nil
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

// share finds a stage of a case.
func share(c analysis.Case, name string) (analysis.Share, bool) {
	i := slices.IndexFunc(c.Stages, func(s analysis.Share) bool { return s.Name == name })
	if i < 0 {
		return analysis.Share{}, false
	}
	return c.Stages[i], true
}

func stageData(s *analysis.Summary, cases []analysis.Case, name string) []opts.BarData {
	var data []opts.BarData
	for _, c := range cases {
		st, ok := share(c, name)
		if !ok {
			data = append(data, opts.BarData{Value: 0})
			continue
		}
		text := fmt.Sprintf("%s\n%s %s, %s", s.Label(c), name, results.FormatQuantity(st.Seconds, "s"), results.FormatQuantity(st.Fraction, ""))
		data = append(data, opts.BarData{Name: text, Value: chart.Round(st.Fraction)})
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
			if st, ok := share(c, name); ok {
				text = results.FormatQuantity(st.Seconds, "s") + " (" + results.FormatQuantity(st.Fraction, "") + ")"
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, append(row, results.FormatQuantity(c.Total(), "s"), strconv.Itoa(c.Measured)))
	}
	return t
}
