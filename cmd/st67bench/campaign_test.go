package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/results"
)

// A campaign of three scenarios on the module in memory: one passes, one misses its limit, one cannot be measured. Each has
// its run directory, all have one session, and the worst exit code is the campaign's.
func TestCampaign(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const plan = "workload: {kind: cipsend, sends: 20, length: 1000}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n"
	good := file("good", "name: good\n"+plan)
	slow := file("slow", "name: slow\nlimits: {goodput: {min: 1Gbit/s}}\n"+plan)
	lost := file("lost", "name: lost\nemulated: {fault: refuse@1}\n"+plan)
	all := file("all", "campaign: all\nsetup: [AT+SLWKDTIM=1]\nscenarios: ["+good+", "+lost+", "+slow+"]\n")

	out := filepath.Join(dir, "runs")
	code, text, errOut := cli(t, "run", "-q", "--rig", "emulated?link=memory", "--json", "--out", out, all)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var end campaignEnd
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil {
		t.Fatalf("%v in %q, %s", err, lines[len(lines)-1], errOut)
	}
	if code != exitError || end.Exit != exitError || end.Event != "end" || end.Campaign != "all" || len(end.Runs) != 3 {
		t.Errorf("exit %d, %+v", code, end)
	}
	for i, want := range []int{0, exitError, exitFail} {
		if end.Runs[i].Exit != want {
			t.Errorf("%s: exit %d, want %d", end.Runs[i].Scenario, end.Runs[i].Exit, want)
		}
		run, err := results.Open(end.Runs[i].Run)
		if err != nil {
			t.Fatal(err)
		}
		if run.Session != end.Session || !strings.HasSuffix(run.Session, "-all") {
			t.Errorf("%s: session %q, want %q", run.ID, run.Session, end.Session)
		}
		if log, err := os.ReadFile(filepath.Join(end.Runs[i].Run, "at.log")); err != nil || !strings.Contains(string(log), "AT+SLWKDTIM=1") {
			t.Errorf("%s: the campaign's set-up is not in at.log (%v)", run.ID, err)
		}
	}

	code, text, _ = cli(t, "run", "-q", "--rig", "emulated?link=memory", "--out", out, all)
	for _, want := range []string{"all 2/3: lost", "good", "ok", "ERROR", "FAIL"} {
		if code != exitError || !strings.Contains(text, want) {
			t.Errorf("exit %d; %q lacks %q", code, text, want)
		}
	}
}

// A rig that cannot be opened is tried once.
func TestCampaignWithoutRig(t *testing.T) {
	code, text, errOut := cli(t, "run", "-q", "--rig", "uart:/dev/none", "--out", t.TempDir(), "quick")
	if code != exitError || !strings.Contains(errOut, "/dev/none") || !strings.Contains(text, "not tried") {
		t.Errorf("exit %d: %s %s", code, text, errOut)
	}
}
