package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/analysis/compare"
	"st67bench/results"
	"st67bench/scenarios"
)

const gatedScenario = `
name: gated
workload: {kind: cipsend, sends: 40}
sweep: {length: [512, 1460]}
repeats: {boots: 5, min: 1, max: 1}
warmup: 0
`

// gated passes a gate in virtual time on a rig, after a baseline that another rig has made. The rig is changed before what regressed
// is measured again.
func gated(t *testing.T, baselineRig, rig string, change func(*gating)) (c *compare.Comparison, runs []*results.Run) {
	t.Helper()
	file := write(t, "gated.yaml", gatedScenario)
	before, now := quietly(t), quietly(t)
	synctest.Test(t, func(t *testing.T) {
		r, err := loadRig(baselineRig)
		if err != nil {
			t.Fatal(err)
		}
		m, err := virtualApp(t).newMeasurement(parsed(t, gatedScenario), r, before, traceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.measure(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		now.rig = rig
		g, err := virtualApp(t).planGate(file, gateFlags{runFlags: now, baseline: before.out, boots: 5})
		if err != nil {
			t.Fatal(err)
		}
		measured, err := g.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c, err = judge(g.baseline, compare.Side{Name: "now", Runs: measured}, nil); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(g)
		}
		if err := g.again(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	})
	runs, err := results.List(now.out)
	if err != nil {
		t.Fatal(err)
	}
	return c, runs
}

// notes are those of the rows of goodput, by case.
func goodputRows(c *compare.Comparison) map[string]compare.Row {
	rows := map[string]compare.Row{}
	for _, r := range c.Comparisons {
		if r.Metric == "goodput" {
			rows[r.Case] = r
		}
	}
	return rows
}

// A firmware that is slower than the baseline's is so side by side as well: it fails.
func TestGateConfirms(t *testing.T) {
	t.Parallel()
	c, runs := gated(t, "emulated?link=memory", "emulated?link=memory&profile="+slowProfile(t), nil)
	if c.Verdict != compare.Fail || c.Exit != exitFail || len(runs) != 3 {
		t.Errorf("%s, exit %d, %d runs", c.Verdict, c.Exit, len(runs))
	}
	for key, r := range goodputRows(c) {
		if r.Verdict != compare.Regressed || !strings.HasPrefix(r.Note, "confirmed by an interleaved run: -") || r.Paired {
			t.Errorf("%s: %s, %q", key, r.Verdict, r.Note)
		}
	}
}

// A rig that has become slower since the baseline is no fault of the firmware: side by side there is no difference.
func TestGateDoesNotConfirm(t *testing.T) {
	t.Parallel()
	c, runs := gated(t, "emulated?link=memory&latency=100us", "emulated?link=memory", nil)
	if c.Verdict != compare.Pass || c.Exit != 0 || len(runs) != 3 {
		t.Errorf("%s, exit %d, %d runs: %s", c.Verdict, c.Exit, len(runs), c.Text)
	}
	r := goodputRows(c)["length=512"]
	if r.Verdict != compare.Equivalent || !r.Paired || !strings.Contains(r.Note, "against the baseline, not confirmed by the interleaved run") {
		t.Errorf("%+v", r)
	}
	for _, run := range runs {
		for _, k := range run.Cases { // only what regressed: goodput of 1460 B fell by less than its margin
			if run.Subject == ofFirmware && k.Key != "length=512" && goodputRows(c)[k.Key].Note == "" {
				t.Errorf("%s was measured again", k.Key)
			}
		}
	}
}

// Without the hook a regression is unconfirmed, and fails all the same.
func TestGateWithoutHook(t *testing.T) {
	t.Parallel()
	c, runs := gated(t, "emulated?link=memory&latency=100us", "emulated?link=memory", func(g *gating) {
		g.rig = &scenarios.Rig{Name: "bench", Module: scenarios.LinkURL{Scheme: "uart"}}
	})
	if c.Verdict != compare.Fail || c.Exit != exitFail || len(runs) != 1 {
		t.Errorf("%s, exit %d, %d runs", c.Verdict, c.Exit, len(runs))
	}
	if r := goodputRows(c)["length=512"]; r.Verdict != compare.Regressed || !strings.HasPrefix(r.Note, "unconfirmed: rig bench has no flash hook") {
		t.Errorf("%+v", r)
	}
}

// emptyRun is the directory of a run that has only begun.
func emptyRun(t *testing.T, out string, run results.Run) string {
	t.Helper()
	run.Start, run.Scenario.Name = time.Now(), "gated"
	w, err := results.Create(out, run)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.Dir()
}

// What cannot be compared, and a rig that is wrong, are said before anything is measured.
func TestGateRefuses(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := write(t, "gated.yaml", gatedScenario)
	real := emptyRun(t, out, results.Run{})
	other := emptyRun(t, out, results.Run{Emulated: true, Cases: []results.CaseInfo{{Key: "length=512", Hash: "another"}}})
	var o, e bytes.Buffer
	run := func(args ...string) int {
		o.Reset()
		e.Reset()
		return execute(context.Background(), args, strings.NewReader(""), &o, &e)
	}
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"gate", file}, exitUsage, "--baseline names what to compare with"},
		{[]string{"gate", file, "--baseline", "2.0.1"}, exitUsage, "2.0.1 is no run, no baseline"},
		{[]string{"gate", file, "--baseline", real}, exitUsage, "it is of a real module, and the rig's is an emulated module"},
		{[]string{"gate", file, "--baseline", other}, exitUsage, "its gated does something else at length=512 than the scenario does now"},
		{[]string{"gate", "cipsend-quick", "--baseline", real}, exitUsage, "has no run of cipsend-quick; st67bench baseline accept adds one"},
		{[]string{"gate", file, "--baseline", real, "--rig", "uart:/dev/none"}, exitError, "the rig is wrong, 1 problem; nothing was measured"},
		{[]string{"gate", file, "--baseline", out, "--boots", "-1"}, exitUsage, "outside 1..1000"},
		{[]string{"gate", file, "--baseline", out, "--junit", filepath.Join(out, "none", "x.xml")}, exitUsage, "there is no folder"},
	} {
		if code := run(tt.args...); code != tt.code || !strings.Contains(e.String(), tt.says) || o.Len() > 0 {
			t.Errorf("%v: exit %d, %s%s", tt.args, code, o.String(), e.String())
		}
	}
}
