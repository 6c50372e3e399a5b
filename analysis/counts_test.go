package analysis

import (
	"math"
	"strings"
	"testing"

	"st67bench/results"
)

func counting(metrics ...map[string]float64) map[string]Count {
	var all []results.Result
	for _, m := range metrics {
		all = append(all, results.Result{Case: "c", Metrics: m})
	}
	return counts(all)
}

// R 4.2: binom.test(3, 1200)$conf.int; poisson.test(6, 800)$conf.int; and none in 500: 1 - 0.025^(1/500).
func TestCounts(t *testing.T) {
	got := counting(
		map[string]float64{"datagrams": 598, "datagrams_lost": 2, "sends": 400, "retries": 4, "dropped": 0},
		map[string]float64{"datagrams": 599, "datagrams_lost": 1, "sends": 400, "retries": 2, "dropped": 0},
	)
	for name, want := range map[string]Count{
		"datagram_loss": {K: 3, N: 1200}, "retries": {K: 6, N: 800}, "dropped": {K: 0, N: 800},
	} {
		c := got[name]
		if c.K != want.K || c.N != want.N || c.Bursty || c.Interval == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	for name, want := range map[string][2]float64{"datagram_loss": {0.000515857132238229, 0.00728852260949009}, "retries": {0.00275236781686356, 0.0163243425281484}, "dropped": {0, 1 - math.Pow(0.025, 1./800)}} {
		if i := got[name].Interval; math.Abs(i.Lo-want[0]) > 1e-9 || math.Abs(i.Hi-want[1]) > 1e-9 {
			t.Errorf("%s: %+v, want %v", name, i, want)
		}
	}
	if len(got) != 3 {
		t.Errorf("%v; bytes were not counted", got)
	}
	if got := counting(map[string]float64{"goodput": 1}); got != nil {
		t.Errorf("%v", got)
	}
}

// What is lost together is not binomial: 30, 0, 0 and 0 of 1000 each have the chi-square 90 on 3 degrees of freedom.
func TestBurstyCounts(t *testing.T) {
	lost := func(n float64) map[string]float64 {
		return map[string]float64{"datagrams": 1000 - n, "datagrams_lost": n}
	}
	if c := counting(lost(30), lost(0), lost(0), lost(0))["datagram_loss"]; !c.Bursty || c.Interval != nil || c.Rate() != 0.0075 {
		t.Errorf("%+v", c)
	}
	if c := counting(lost(7), lost(8), lost(9), lost(6))["datagram_loss"]; c.Bursty || c.Interval == nil {
		t.Errorf("%+v", c)
	}
	if c := counting(lost(0), lost(0), lost(0))["datagram_loss"]; c.Bursty || c.Interval == nil {
		t.Errorf("%+v", c)
	}
}

// 3.689/1200 of none in 1200, and the interval of 3 in 1200 beside the share.
func TestDatagramsInWords(t *testing.T) {
	metrics := func(lost float64) map[string]float64 {
		return map[string]float64{"goodput": 1e6, "datagrams": 1200 - lost, "datagrams_lost": lost}
	}
	s := mustSummarize(t, measuredRun("cipsend", metrics(0)))
	if got := strings.Join(s.Findings, " "); !strings.Contains(got, "No datagram of 1200 was lost: at most 0.3 % are.") {
		t.Errorf("%q", got)
	}
	s = mustSummarize(t, measuredRun("cipsend", metrics(3)))
	if got := strings.Join(s.Findings, " "); strings.Contains(got, "No datagram") {
		t.Errorf("%q", got)
	}
	if got := warningOf(s, "udp-loss"); !strings.Contains(got, "at worst 0.2 % [0.05 %, 0.7 %] of them") {
		t.Errorf("%q", got)
	}
}
