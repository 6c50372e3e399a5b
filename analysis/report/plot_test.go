package report

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

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
	if got := p.ceilings(s); len(got) != 1 || got[0].name != "ceiling" || len(got[0].points) != 3 {
		t.Errorf("ceilings %+v; those of all lines are equal", got)
	}
	s.Cases[0].Metrics["ceiling"] = analysis.Stat{Median: 3e6}
	if got := newPlot(s, measure{"goodput", "goodput"}).ceilings(s); len(got) != 2 || got[1].name != "links 3 ceiling" {
		t.Errorf("ceilings %+v; they differ", got)
	}
}

func TestPlotOfNames(t *testing.T) {
	s := summaryOf([]string{"flow", "wait"}, [2][]string{{"none", "rtscts"}, {"recv"}})
	if p := newPlot(s, measure{"goodput", "goodput"}); p.axis != "flow" || p.numeric || len(p.lines) != 1 {
		t.Errorf("%+v", p)
	}
	c, err := metricChart(s, primaryPlot("goodput"))
	if err != nil {
		t.Fatal(err)
	}
	axis := c.option["xAxis"].([]any)[0].(map[string]any)
	if axis["type"] != "category" || len(axis["data"].([]any)) != 2 {
		t.Errorf("axis %v", axis)
	}
	s.Factors = nil
	s.Cases = s.Cases[:1]
	if p := newPlot(s, measure{"goodput", "goodput"}); p.axis != "case" || p.levels[0] != "flow=none/wait=recv" {
		t.Errorf("a run without factors: %+v", p)
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, summarize(t, syntheticRun(t))); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema   int
		Emulated bool
		Cases    []struct {
			Case    string
			Outcome string
			Metrics map[string]struct {
				N        int
				Median   float64
				Interval struct{ Lo, Hi, Confidence float64 }
			}
			Withheld map[string]struct{ Needs, Has int }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	first := got.Cases[0].Metrics["goodput"]
	if got.Schema != 1 || !got.Emulated || len(got.Cases) != 10 || first.N != 7 || first.Interval.Confidence != 0.984375 ||
		first.Interval.Lo > first.Median || first.Median > first.Interval.Hi || got.Cases[2].Withheld["send_latency_p99"].Needs != 368 {
		t.Errorf("%+v", got)
	}
	for _, key := range regexp.MustCompile(`"([^"]+)":`).FindAllStringSubmatch(b.String(), -1) {
		if !regexp.MustCompile(`^([a-z0-9_]+|PASS|REFUSED|ERROR)$`).MatchString(key[1]) {
			t.Errorf("key %q is not snake case", key[1])
		}
	}
}

// A network's name must not be able to drive the terminal.
func TestTextOfHostileNames(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, summarize(t, hostileRun(t)), 100); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("unprintable at %d: %q", i, b.String()[max(i-20, 0):i+20])
	}
}
