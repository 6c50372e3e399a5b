package figure

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/analysis/report/reporttest"
	"st67bench/results"
)

func sidesOf(t testing.TB, runs ...*results.Run) *Sides {
	t.Helper()
	var all []*analysis.Summary
	for _, run := range runs {
		all = append(all, reporttest.Summarize(t, run))
	}
	v, err := NewSides(all)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Each run has a line, intervals and a dashed ceiling of one name, which is what gives them one colour.
func TestSidesChart(t *testing.T) {
	v := sidesOf(t, reporttest.Run(t), reporttest.SPI(t))
	all, err := v.MetricCharts()
	if err != nil {
		t.Fatal(err)
	}
	c := all[0]
	if got := ids(all); got != "goodput efficiency send-latency-p50 send-latency-p99" {
		t.Errorf("charts %s, want one for each metric that both have", got)
	}
	for want, c := range map[string]*chart.Chart{"Goodput of the second run is 10 times the first's, in 9 common cases": all[0], "Send latency p50 of the second run is 0.1 times the first's, in 9 common cases": all[2]} {
		if c.Title != want {
			t.Errorf("%q, want %q", c.Title, want)
		}
	}
	count := map[string]int{}
	for _, s := range c.Option["series"].([]any) {
		series := s.(map[string]any)
		count[fmt.Sprint(series["type"], " ", series["name"])]++
	}
	for _, r := range v.Runs {
		if count["line "+r.Label()] != 2 || count["custom "+r.Label()] != 1 {
			t.Errorf("%s: series %v", r.Label(), count)
		}
	}
	if y := c.Option["yAxis"].([]any)[0].(map[string]any)["type"]; y != "log" {
		t.Errorf("y axis %v of runs that are ten times apart", y)
	}
	if len(c.Table.Rows) != 20 {
		t.Errorf("%d rows of data, want 10 per run", len(c.Table.Rows))
	}
	twice := sidesOf(t, reporttest.Run(t), reporttest.Run(t))
	all, err = twice.MetricCharts()
	if err != nil {
		t.Fatal(err)
	}
	c = all[0]
	if y := c.Option["yAxis"].([]any)[0].(map[string]any)["type"]; y != "value" {
		t.Errorf("y axis %v of equal runs", y)
	}
	if a, b := twice.Runs[0].Label(), twice.Runs[1].Label(); a == b {
		t.Errorf("two runs are both called %s", a)
	}
}

// Where a run has several lines they go by its number, which the text below explains: names of runs would fill the legend.
func TestSidesOfTwoFactors(t *testing.T) {
	v := sidesOf(t, reporttest.Factors(t), reporttest.Factors(t))
	all, err := v.MetricCharts()
	if err != nil {
		t.Fatal(err)
	}
	var legend []string
	for _, name := range all[0].Option["legend"].(map[string]any)["data"].([]any) {
		if withIcon, ok := name.(map[string]any); ok {
			name = withIcon["name"]
		}
		legend = append(legend, name.(string))
	}
	if len(legend) < 4 || !strings.HasPrefix(legend[0], "run 1, ") || !strings.HasPrefix(legend[len(legend)-1], "run 2, ") || !strings.Contains(all[0].HowTo, v.numbered()) {
		t.Errorf("legend %q, %q", legend, all[0].HowTo)
	}
}

func ids(all []*chart.Chart) string {
	var out []string
	for _, c := range all {
		out = append(out, c.ID)
	}
	return strings.Join(out, " ")
}

// A run has its colour in every chart: of a metric that the first does not have, too.
func TestSidesColours(t *testing.T) {
	one, two := reporttest.Run(t), reporttest.SPI(t)
	for _, r := range one.Results {
		delete(r.Metrics, "efficiency")
	}
	three := reporttest.SPI(t)
	all, err := sidesOf(t, one, two, three).MetricCharts()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(c *chart.Chart) bool { return c.ID == "efficiency" })
	for k, s := range all[i].Option["series"].([]any)[:2] {
		if got, want := s.(map[string]any)["itemStyle"].(map[string]any)["color"], runColour(k+1); got != want {
			t.Errorf("run %d is %v, want %s", k+2, got, want)
		}
	}
}

// The stages of both runs stand beside each other, and the distributions of four common cases are laid over each other.
func TestSidesOfCases(t *testing.T) {
	runs := []*results.Run{reporttest.Run(t), reporttest.SPI(t)}
	v := sidesOf(t, runs...)
	c, err := v.StageChart()
	if err != nil {
		t.Fatal(err)
	}
	if rows := c.Table.Rows; len(rows) != 18 || rows[0][0] != "length 64 B, run 1" || rows[1][0] != "length 64 B, run 2" {
		t.Errorf("rows %v", rows)
	}
	all, err := v.DistributionCharts(runs)
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(all); got != "latency-1 latency-2 latency-3 latency-4" || len(all[0].Table.Rows) != 2 || !strings.HasPrefix(all[3].Title, "Latency of a send at length 6144 B: half within ") {
		t.Errorf("%s, %+v", got, all[3].Title)
	}
	for i := range runs[1].Results {
		runs[1].Results[i].Samples = "samples/lost.parquet"
	}
	if all, err := v.DistributionCharts(runs); err != nil || len(all) != 0 {
		t.Errorf("an overlay of one run: %d, %v", len(all), err)
	}
}

func TestSidesAxis(t *testing.T) {
	sweep := summaryOf([]string{"links", "length"}, [2][]string{{"1", "3", "5"}, {"64", "512"}})
	sweep.Scenario = "parallel"
	other := summaryOf([]string{"length", "wait"}, [2][]string{{"512", "100"}, {"recv", "final"}})
	v, err := NewSides([]*analysis.Summary{sweep, other})
	if err != nil || v.Axis != "length" || strings.Join(v.levels(), " ") != "64 100 512" {
		t.Fatalf("%+v, %v; want the factor of both, its levels in order", v, err)
	}
	if got := v.lines("goodput", true); len(got) != 5 || len(got[0].ceiling.points) == 0 || len(got[1].ceiling.points) != 0 {
		t.Errorf("%d lines, want 3 and 2, and one ceiling for the lines of a run that share it", len(got))
	}
	flow := summaryOf([]string{"flow", "baud"}, [2][]string{{"none"}, {"9600"}})
	flow.Scenario = "uart-flow"
	_, err = NewSides([]*analysis.Summary{sweep, flow})
	if err == nil || !strings.Contains(err.Error(), "parallel (sweeps links, length), uart-flow (sweeps flow, baud)") {
		t.Errorf("no common factor: %v", err)
	}
	sweep.Factors, flow.Factors = nil, nil
	if _, err := NewSides([]*analysis.Summary{sweep, flow}); err == nil {
		t.Error("two scenarios without a sweep stand side by side")
	}
	flow.Scenario = sweep.Scenario
	if v, err := NewSides([]*analysis.Summary{sweep, flow}); err != nil || v.Axis != "case" {
		t.Errorf("one scenario without a sweep: %+v, %v", v, err)
	}
}
