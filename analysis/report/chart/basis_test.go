package chart

import (
	"testing"

	"st67bench/analysis"
	"st67bench/analysis/stats"
)

// A basis says of how many things the medians are and of what their intervals are, and as much of one that has none.
func TestMedians(t *testing.T) {
	some := &stats.Interval{Lo: 1, Hi: 2}
	for _, c := range []struct {
		of          string
		n           []int
		intervalOf  string
		n0, between string
	}{
		{"repeats", []int{1}, "", "median of 1 repeat", "no interval: it takes 6 repeats"},
		{"repeats", []int{3, 3}, "", "median of 3 repeats", "no interval: it takes 6 repeats"},
		{"repeats", []int{8, 6}, "median", "median of 6 to 8 repeats", "95 % interval of the median, order statistics, within this association only (1 boot)"},
		{"boots", []int{5}, "mean", "median of 5 boots", "95 % interval of the mean of boots, Student's t"},
		{"", nil, "", "", ""},
	} {
		s := &analysis.Summary{Scope: "within this association only (1 boot)", Cases: []analysis.Case{{}}}
		for _, n := range c.n {
			st := analysis.Stat{N: n, Of: c.of, IntervalOf: c.intervalOf}
			if c.intervalOf != "" {
				st.Interval = some
			}
			s.Cases = append(s.Cases, analysis.Case{Metrics: map[string]analysis.Stat{"current": st}})
		}
		if got, want := Medians(s, "current", "A", "results.jsonl"), (Basis{"A", c.n0, c.between, "results.jsonl"}); got != want {
			t.Errorf("%d %s: %+v, want %+v", c.n, c.of, got, want)
		}
	}
}
