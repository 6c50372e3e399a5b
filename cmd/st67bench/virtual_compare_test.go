package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"st67bench/analysis/compare"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/core"
)

const compareScenario = `
name: upload
title: five boots of an upload
%s
workload: {kind: cipsend, length: 1460, sends: 40}
repeats: {boots: 5, min: 1, max: 1}
warmup: 0
`

// measureRelease measures the scenario on a module with the profile file.
func measureRelease(t *testing.T, s *scenarios.Scenario, version, profile string) *results.Run {
	t.Helper()
	file := filepath.Join(t.TempDir(), "profile.yaml")
	if err := os.WriteFile(file, []byte("name: made\nbase: t01-2.0.106\nversion: "+version+"\n"+profile), 0o644); err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, func(c *emulator.Config) { c.Profile, c.CommandLatency, c.Currents = file, 0, core.Currents{} })
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// releasesCompared are two releases of one scenario, compared.
func releasesCompared(t *testing.T, needs, base, new string) *compare.Comparison {
	t.Helper()
	s, err := scenarios.Parse("upload.yaml", fmt.Appendf(nil, compareScenario, needs))
	if err != nil {
		t.Fatal(err)
	}
	a, b := measureRelease(t, s, "2.0.97", base), measureRelease(t, s, "2.0.106", new)
	c, err := compare.Compare(compare.Side{Name: "2.0.97", Runs: []*results.Run{a}}, compare.Side{Name: "2.0.106", Runs: []*results.Run{b}}, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rowOf(t *testing.T, c *compare.Comparison, metric string) compare.Row {
	t.Helper()
	for _, r := range c.Comparisons {
		if r.Metric == metric {
			return r
		}
	}
	t.Fatalf("no row of %s", metric)
	return compare.Row{}
}

func latency(d time.Duration) string { return fmt.Sprintf("latency: %v\n", d) }

// A send takes T = exchangeTime; with a latency that is longer by T/19 it takes 20/19 T, and goodput is 19/20 of what it was.
func TestSlowerReleaseRegresses(t *testing.T) {
	t.Parallel()
	_, send := exchangeTime(1460, "final", "connected")
	c := releasesCompared(t, "", latency(virtualLatency), latency(virtualLatency+send/19))
	r := rowOf(t, c, "goodput")
	if c.Verdict != compare.Fail || c.Exit != 3 || r.Verdict != compare.Regressed || math.Abs(*r.Change+0.05) > 1e-6 {
		t.Errorf("%s, exit %d: goodput %s, %v", c.Verdict, c.Exit, r.Verdict, *r.Change)
	}
}

func TestSameReleaseTwiceIsEquivalent(t *testing.T) {
	t.Parallel()
	c := releasesCompared(t, "", latency(virtualLatency), latency(virtualLatency))
	if c.Verdict != compare.Pass || c.Exit != 0 {
		t.Errorf("%s, exit %d: %s", c.Verdict, c.Exit, c.Text)
	}
	for _, r := range c.Comparisons {
		if r.Verdict != compare.Equivalent {
			t.Errorf("%s: %s, %v", r.Metric, r.Verdict, r.Interval)
		}
	}
}

// A release that is 6 % faster, and draws so much more while it is awake that a bit costs 5 % more. With goodput g a bit costs
//
//	e = V (Iidle/g + (Itransmit - Iidle)/R)
//
// R being the rate of the radio; this is solved for the new Iidle.
func TestFasterForMoreEnergyIsATradeOff(t *testing.T) {
	t.Parallel()
	const before = time.Millisecond
	_, send := exchangeTime(1460, "final", "connected")
	send += before - virtualLatency
	g := 8 * 1460 / send.Seconds()
	now := core.Currents{}.WithDefaults()
	bit := now.Idle/g + (now.TransmitAX-now.Idle)/virtualRadio
	idle := (1.05*bit - now.TransmitAX/virtualRadio) / (1/(1.06*g) - 1/virtualRadio)
	faster := before - (send - time.Duration(float64(send)/1.06))
	c := releasesCompared(t, "needs: [meter]", latency(before), latency(faster)+fmt.Sprintf("current: idle:%.6fmA\n", 1e3*idle))
	if c.Verdict != compare.TradeOff || c.Exit != 5 || c.Exchange == nil {
		t.Fatalf("%s, exit %d: %s", c.Verdict, c.Exit, c.Text)
	}
	if goodput, cost := *rowOf(t, c, "goodput").Change, *rowOf(t, c, "energy_per_bit").Change; math.Abs(goodput-0.06) > 1e-4 || math.Abs(cost-0.05) > 2e-3 {
		t.Errorf("goodput %+.4f for energy per bit %+.4f", goodput, cost)
	}
}
