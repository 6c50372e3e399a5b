package main

import (
	"slices"
	"testing"
)

// Rates of replies to AT+GMR at 2 Mbaud, in Mbit/s, as read on a PTY: on a quiet
// host of two cores, and beside two to eight busy loops.
func TestJudgeRates(t *testing.T) {
	slow := slices.Repeat([]float64{0.92}, 15)
	for _, c := range []struct {
		what   string
		mbit   []float64
		status string
	}{
		{"quiet", []float64{1.82, 1.94, 1.98, 2.02, 2.03, 2.03, 2.03, 2.03, 2.04, 2.05, 2.05, 2.05, 2.06, 2.07, 2.09}, ok},
		{"some late", []float64{0.37, 0.57, 1.87, 1.97, 1.97, 1.98, 1.99, 1.99, 1.99, 1.99, 2.00, 3.04, 5.25, 5.41}, ok},
		{"many late", []float64{0.27, 0.29, 0.55, 0.56, 1.11, 1.35, 1.86, 1.99, 2.12, 2.17, 2.54, 5.49, 6.35}, ok},
		{"most late", []float64{0.13, 0.21, 0.27, 0.51, 0.54, 0.54, 1.52, 2.11, 2.97, 6.99, 9.48, 11.40}, skip},
		{"a slow adapter", slow, wrong},
		{"a slow adapter, and three first reads late", append(slow[:12:12], 4.2, 5.3, 7), wrong},
		{"one piece", []float64{2, 2}, skip},
		{"no reply in pieces", nil, skip},
	} {
		rates := make([]float64, len(c.mbit))
		for i, r := range c.mbit {
			rates[i] = r * 1e6
		}
		if f := judgeRates(rates, 2e6); f.Status != c.status || (f.Status == wrong) != (len(f.Fix) > 0) {
			t.Errorf("%s: %+v, want %s", c.what, f, c.status)
		}
	}
}
