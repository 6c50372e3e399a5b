package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"st67bench/analysis/compare"
	"st67bench/results"
)

// aaSessions measures a rig in virtual time.
func aaSessions(t *testing.T, n, boots int) (sessions [][2]*results.Run) {
	t.Helper()
	f := aaFlags{runFlags: quietly(t), sessions: n, boots: boots}
	s := parsed(t, strings.Replace(gatedScenario, "boots: 5, ", "", 1))
	rig, err := loadRig("emulated?link=memory")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		a := virtualApp(t)
		for i := range n {
			d, err := a.newAASession(s, rig, f, traceOptions{}, i)
			if err != nil {
				t.Fatal(err)
			}
			pair, err := d.measured(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			checkPair(t, pair, ofFirmware, boots)
			sessions = append(sessions, pair)
		}
	})
	return sessions
}

// A rig that is the same all the time finds no difference to itself; nothing is flashed. The check is kept, by scenario and link,
// and comparisons on the rig have its floor as their least margin.
func TestAA(t *testing.T) {
	t.Parallel()
	sessions := aaSessions(t, 2, 2)
	if a, b := sessions[0][0], sessions[1][0]; a.Session == b.Session || a.Conditions["hook_flash_end"] != "" || a.Release != "" {
		t.Errorf("sessions %q and %q, release %q", a.Session, b.Session, a.Release)
	}
	check, err := newRigCheck(sessions)
	if err != nil {
		t.Fatal(err)
	}
	if m := check.Metrics["goodput"]; m.False.N != 0 || m.False.Of != 4 || *m.CV > 1e-6 || m.Margin != 0.03 || check.False.N != 0 {
		t.Errorf("%+v", check)
	}
	var o bytes.Buffer
	(&app{out: &o}).printCheck(check)
	for _, want := range []string{"EMULATED MODULE", "2.0.106 against itself, gated: 2 sessions of 2 + 2 boots", "goodput", "0 of 4", "false verdicts: 0 of 2 sessions, 0 % [0, 84]"} {
		if !strings.Contains(o.String(), want) {
			t.Errorf("no %q in\n%s", want, o.String())
		}
	}

	floor := 0.05
	wide := check.Metrics["goodput"]
	wide.MDE = &floor
	check.Metrics["goodput"] = wide
	folder := t.TempDir()
	for range 2 { // the second takes the place of the first
		if _, err := check.keep(folder, "command-line"); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := readChecks(folder, "command-line")
	if err != nil || len(kept.Checks) != 1 || len(kept.Checks[0].Runs) != 4 || *kept.Checks[0].Metrics["goodput"].MDE != floor {
		t.Errorf("kept %+v, %v", kept, err)
	}
	checkFloor(t, folder, sessions[0])
}

// checkFloor holds the margins of a comparison against the file of the rig.
func checkFloor(t *testing.T, folder string, pair [2]*results.Run) {
	t.Helper()
	for _, tt := range []struct {
		scenario string
		margin   float64
		from     string
	}{
		{"gated", 0.05, "A/A of 2000-01-01 on command-line"}, {"other", 0.03, compare.FromTable},
	} {
		a, b := *pair[0], *pair[1]
		a.Scenario.Name, b.Scenario.Name = tt.scenario, tt.scenario
		margins, err := checkedMargins(folder, []*results.Run{&a, &b})
		if err != nil {
			t.Fatal(err)
		}
		c, err := compare.Compare(compare.Side{Runs: []*results.Run{&a}}, compare.Side{Runs: []*results.Run{&b}}, compare.Options{Margins: margins})
		if err != nil {
			t.Fatal(err)
		}
		if row := goodputRows(c)["length=512"]; row.Margin != tt.margin || row.MarginFrom != tt.from {
			t.Errorf("%s: margin %v from %s", tt.scenario, row.Margin, row.MarginFrom)
		}
	}
}

// A file that is broken is named, and so is what to do.
func TestAABrokenFile(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(checksFile(folder, "bench"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readChecks(folder, "bench"); err == nil || !strings.Contains(err.Error(), "bench.json") || !strings.Contains(err.Error(), "st67bench aa makes it again") {
		t.Error(err)
	}
	if none, err := readChecks(folder, "other"); err != nil || len(none.Checks) != 0 {
		t.Errorf("%v, %v", none, err)
	}
	text, _ := json.Marshal(rigCheck{})
	if !bytes.Contains(text, []byte(`"metrics"`)) || !bytes.Contains(text, []byte(`"scenario"`)) {
		t.Errorf("%s", text)
	}
	for _, args := range []string{"--boots 1", "--sessions 0"} {
		if code, _, errOut := cli(t, append([]string{"aa", "cipsend-quick"}, strings.Fields(args)...)...); code != exitUsage || !strings.Contains(errOut, "allowed are") {
			t.Errorf("%s: exit %d, %s", args, code, errOut)
		}
	}
}
