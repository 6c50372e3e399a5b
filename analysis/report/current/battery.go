package current

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"st67bench/analysis"
	"st67bench/analysis/energy"
	"st67bench/analysis/report/chart"
)

// brief are workloads that are over in a moment: no battery is drained by nothing but joins.
var brief = []string{"join", "connect", "recover", "scan"}

// mostOff is the share of the time off from which on a module has no battery life: the board may have had no power at all.
const mostOff = 0.5

// batteryChart shows how long batteries last at the mean current of each case. nil when none has one that goes on.
func batteryChart(s *analysis.Summary) (*chart.Chart, error) {
	var cases []analysis.Case
	for _, c := range having(s, "current") {
		if c.Metrics["current"].Median > 0 && c.Metrics["share_off"].Median <= mostOff {
			cases = append(cases, c)
		}
	}
	if len(cases) == 0 || slices.Contains(brief, s.Workload) {
		return nil, nil
	}
	var rows, legend []string
	t := chart.Table{Head: []string{"case", "current"}}
	for i, c := range cases {
		rows = append(rows, label(s, c))
		t.Rows = append(t.Rows, []string{rows[i], described(c, "current")})
	}
	assumed := []string{"assumed", ""}
	scatter, bars := charts.NewScatter(), charts.NewCustom()
	for _, cell := range energy.Cells() {
		var points []opts.ScatterData
		var intervals []opts.CustomData
		for i, c := range cases {
			life, interval := lives(c.Metrics["current"], cell)
			name := fmt.Sprintf("%s\n%s: %s", rows[i], cell.Name, life)
			if interval != nil {
				name += fmt.Sprintf(" [%s, %s]", interval[0], interval[1])
				intervals = append(intervals, opts.CustomData{Name: name, Value: []any{i, days(interval[0]), days(interval[1])}})
			}
			points = append(points, opts.ScatterData{Name: name, Value: []any{days(life), i}})
			t.Rows[i] = append(t.Rows[i], strings.TrimPrefix(name, rows[i]+"\n"+cell.Name+": "))
		}
		assumed = append(assumed, assumptions(cell))
		legend, t.Head = append(legend, cell.Name), append(t.Head, cell.Name)
		scatter.AddSeries(cell.Name, points, charts.WithScatterChartOpts(opts.ScatterChart{SymbolSize: 11}), withLife)
		if len(intervals) > 0 {
			bars.AddSeries(cell.Name, intervals, across)
		}
	}
	t.Rows = append(t.Rows, assumed)
	scatter.SetGlobalOptions(chart.Frame("item", chart.ItemName, legend, middleName("battery life (log scale)", "log", chart.Lifetime),
		opts.YAxis{Type: "category", Data: rows, Inverse: opts.Bool(true)})...)
	scatter.Overlap(bars)
	option, err := tidied(scatter, roomForNames)
	if err != nil {
		return nil, err
	}
	c := &chart.Chart{ID: "battery", Palette: chart.Distinct, Height: 120 + 42*len(cases), Option: option, Table: t}
	c.Title = batteryTitle(s, cases)
	c.Basis = basis(s, "current", "time")
	c.HowTo = "All of it is assumption but the current, which is taken to flow all the time, by a cell without converter: " + cellsText() + chart.Aligned(s, "current")
	c.Alt = c.Title + ". The table below has all."
	return c, nil
}

// lives are how long a cell lasts at a current, and at the ends of its interval: the shorter first, nil without.
func lives(current analysis.Stat, cell energy.Cell) (life energy.Life, interval []energy.Life) {
	life, _ = energy.Battery(current.Median, cell)
	if current.Interval == nil {
		return life, nil
	}
	short, ok := energy.Battery(current.Interval.Hi, cell)
	long, also := energy.Battery(current.Interval.Lo, cell)
	if !ok || !also {
		return life, nil
	}
	return life, []energy.Life{short, long}
}

func days(l energy.Life) float64 { return chart.Round(l.Time.Hours() / (24 * time.Hour).Hours()) }

func batteryTitle(s *analysis.Summary, cases []analysis.Case) string {
	cell := energy.Cells()[1]
	best, worst := extremesOf(cases, "current")
	long, _ := lives(best.Metrics["current"], cell)
	short, _ := lives(worst.Metrics["current"], cell)
	if long.String() == short.String() {
		return fitting(fmt.Sprintf("%s would last %s", cell.Name, long))
	}
	return fitting(fmt.Sprintf("%s would last %s%s, and %s%s", cell.Name, long, at(s, best), short, at(s, worst)),
		fmt.Sprintf("%s would last %s to %s", cell.Name, short, long))
}

// assumptions are those of a cell, with their source.
func assumptions(cell energy.Cell) string {
	life, _ := energy.Battery(1e-3, cell)
	return strings.Join(life.Assumptions, "; ")
}

// cellsText has what differs between the cells.
func cellsText() string {
	var each []string
	for _, cell := range energy.Cells() {
		each = append(each, fmt.Sprintf("%s with %.0f %% of %.0f mAh usable and %.2g %% lost in a year", cell.Name, 100*cell.Usable, 1000*cell.Capacity, 100*cell.Loss))
	}
	return strings.Join(each, ", ") + "."
}

// withLife writes how long it is above a point.
func withLife(c *charts.SingleSeries) {
	c.Label = &opts.Label{Show: opts.Bool(true), Position: "top", Formatter: chart.LifetimeOf, Color: chart.Muted}
}
