package figure

import (
	"fmt"
	"strings"
	"testing"

	"st67bench/analysis"
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
	c, err := v.Chart()
	if err != nil {
		t.Fatal(err)
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
	c, err = twice.Chart()
	if err != nil {
		t.Fatal(err)
	}
	if y := c.Option["yAxis"].([]any)[0].(map[string]any)["type"]; y != "value" {
		t.Errorf("y axis %v of equal runs", y)
	}
	if a, b := twice.Runs[0].Label(), twice.Runs[1].Label(); a == b {
		t.Errorf("two runs are both called %s", a)
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
	if got := v.lines(true); len(got) != 5 || len(got[0].ceiling.points) == 0 || len(got[1].ceiling.points) != 0 {
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
