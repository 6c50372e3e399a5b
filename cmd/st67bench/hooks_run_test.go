package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

const attenuated = `
name: attenuated
workload: {kind: cipsend, sends: 40}
needs: [hook:attenuation]
sweep: {attenuation: [0, 20]}
repeats: {min: 2, max: 2}
warmup: 0
`

// Whatever becomes of a run, what its hooks changed is put back, and the run says so.
func TestHooksArePutBack(t *testing.T) {
	s, err := scenarios.Parse("attenuated.yaml", []byte(attenuated))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, func(c *emulator.Config) { c.Faults = []string{"reboot@50/40"} })
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, r := range run.Results {
		if r.Outcome == results.Error {
			failed++
		}
		if r.Conditions["hook_attenuation"] != r.Factors["attenuation"] {
			t.Errorf("%s: conditions %v", r.Case, r.Conditions)
		}
	}
	if failed == 0 || run.Conditions["hook_attenuation_end"] != "put back to 0" {
		t.Errorf("%d failed; at the end %v", failed, run.Conditions)
	}
}

// After Ctrl-C as well.
func TestHooksArePutBackAfterInterrupt(t *testing.T) {
	out := t.TempDir()
	file := write(t, "long.yaml", strings.NewReplacer("sends: 40", "duration: 60s", "[0, 20]", "[20]").Replace(attenuated))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var o, e bytes.Buffer
	if code := execute(ctx, []string{"run", "-q", "--rig", "emulated?link=memory", "--out", out, file}, strings.NewReader(""), &o, &e); code != exitError {
		t.Errorf("exit %d: %s", code, e.String())
	}
	runs, err := results.List(out)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	if runs[0].Conditions["hook_attenuation_end"] != "put back to 0" {
		t.Errorf("at the end %v", runs[0].Conditions)
	}
}

// A rig without the hook skips the cases.
func TestHookThatIsLacking(t *testing.T) {
	file := write(t, "fan.yaml", strings.ReplaceAll(attenuated, "attenuation", "fan"))
	code, out, errOut := cli(t, "run", "-q", "--rig", "emulated?link=memory", "--out", t.TempDir(), file)
	if code != 0 || strings.Count(out, "SKIPPED") != 2 || !strings.Contains(out, "the rig has no hook:fan") {
		t.Errorf("exit %d: %s %s", code, out, errOut)
	}
}

// Each case runs on the firmware that it asks for; the run claims none for all of them.
func TestFlashFactor(t *testing.T) {
	s, err := scenarios.Parse("flash.yaml", []byte(strings.NewReplacer("attenuation", "flash", "[0, 20]", "[2.0.97, 2.0.106]").Replace(attenuated)))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Results) != 4 {
		t.Errorf("%d results", len(run.Results))
	}
	for _, r := range run.Results {
		if r.Outcome != results.Pass || r.Conditions["hook_flash"] != r.Factors["flash"] {
			t.Errorf("%s: %s %s, %v", r.Case, r.Outcome, r.Err, r.Conditions)
		}
	}
	if firmware, claimed := run.Identity["firmware"]; claimed || run.Identity["module"] == "" {
		t.Errorf("the run claims firmware %s for all cases: %v", firmware, run.Identity)
	}
	if end := run.Conditions["hook_flash_end"]; !strings.HasPrefix(end, "put back to 2.0.106") && !strings.HasPrefix(end, "left at 2.0.97") {
		t.Errorf("at the end %q", end)
	}
}
