package figure

import (
	"slices"
	"testing"

	"st67bench/analysis"
	"st67bench/results"
)

// summaryOf has one case per pair of levels, "factor=a/other=b", with goodput and ceiling.
func summaryOf(factors []string, levels [2][]string) *analysis.Summary {
	s := &analysis.Summary{Factors: factors, Scope: "within this association only (1 boot)"}
	for _, a := range levels[0] {
		for _, b := range levels[1] {
			s.Cases = append(s.Cases, analysis.Case{
				Key: factors[0] + "=" + a + "/" + factors[1] + "=" + b, Measured: 1, Outcome: results.Pass,
				Factors: map[string]string{factors[0]: a, factors[1]: b},
				Metrics: map[string]analysis.Stat{"goodput": {N: 1, Of: "repeats", Median: 1e6, Min: 1e6, Max: 1e6}, "ceiling": {N: 1, Median: 2e6}},
			})
		}
	}
	return s
}

func TestPlotTakesTheFactorWithMostLevels(t *testing.T) {
	s := summaryOf([]string{"links", "length"}, [2][]string{{"1", "3"}, {"64", "512", "2920"}})
	p := newPlot(s, measure{"goodput", "goodput"})
	if p.axis != "length" || !p.numeric || !slices.Equal(p.levels, []string{"64", "512", "2920"}) {
		t.Errorf("%+v", p)
	}
	if len(p.lines) != 2 || p.lines[0].name != "links 1" || p.lines[1].name != "links 3" || len(p.lines[0].cases) != 3 {
		t.Errorf("lines %+v", p.lines)
	}
	if got, own := p.ceilings(s); own || len(got) != 1 || got[0].name != "ceiling" || len(got[0].points) != 3 {
		t.Errorf("ceilings %+v; those of all lines are equal", got)
	}
	s.Cases[0].Metrics["ceiling"] = analysis.Stat{Median: 3e6}
	if got, own := newPlot(s, measure{"goodput", "goodput"}).ceilings(s); !own || len(got) != 2 || got[1].name != "links 3" {
		t.Errorf("ceilings %+v; they differ", got)
	}
}

func TestPlotOfNames(t *testing.T) {
	s := summaryOf([]string{"flow", "wait"}, [2][]string{{"none", "rtscts"}, {"recv"}})
	if p := newPlot(s, measure{"goodput", "goodput"}); p.axis != "flow" || p.numeric || len(p.lines) != 1 {
		t.Errorf("%+v", p)
	}
	all, err := primaryPlot("goodput").charts(s)
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	axis := all[0].Option["xAxis"].([]any)[0].(map[string]any)
	if axis["type"] != "category" || len(axis["data"].([]any)) != 2 {
		t.Errorf("axis %v", axis)
	}
	s.Factors = nil
	s.Cases = s.Cases[:1]
	if p := newPlot(s, measure{"goodput", "goodput"}); p.axis != "case" || p.levels[0] != "flow=none/wait=recv" {
		t.Errorf("a run without factors: %+v", p)
	}
}

// A direction in which a metric was not measured has no entry in the legend.
func TestLegendOfWhatIsDrawn(t *testing.T) {
	s := summaryOf([]string{"direction", "qos"}, [2][]string{{"tx", "rx"}, {"0", "1", "2"}})
	for _, c := range s.Cases {
		c.Metrics[map[string]string{"tx": "delay_up_p50", "rx": "delay_down_p50"}[c.Factors["direction"]]] = analysis.Stat{N: 1, Of: "repeats", Median: 1e-3}
	}
	all, err := metricPlot{"delays", "one-way delay", []measure{{"delay_up_p50", "up p50"}, {"delay_down_p50", "down p50"}}}.charts(s)
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	if empty := emptyNames(all[0].Option); len(empty) > 0 {
		t.Errorf("nothing is drawn of %q", empty)
	}
}
