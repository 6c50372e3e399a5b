package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport"
	"st67bench/transport/emulator"
)

// Each boot is a reset and an association of its own, with its own block of
// repeats and its own order.
func TestBoots(t *testing.T) {
	s, err := scenarios.Parse("boots.yaml", []byte(strings.Replace(faultScenario, "repeats: {", "repeats: {boots: 3, ", 1)))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	perBoot, blocks := map[int]int{}, map[int]map[int]bool{}
	for _, r := range run.Results {
		perBoot[r.Boot]++
		if blocks[r.Block] == nil {
			blocks[r.Block] = map[int]bool{}
		}
		blocks[r.Block][r.Boot] = true
		if r.Outcome != results.Pass {
			t.Errorf("%s boot %d: %s %s", r.Case, r.Boot, r.Outcome, r.Err)
		}
	}
	for boot := 1; boot <= 3; boot++ {
		if perBoot[boot] != 4 {
			t.Errorf("boot %d has %d results, want 2 cases x 2 repeats", boot, perBoot[boot])
		}
	}
	for block, boots := range blocks {
		if len(boots) != 1 {
			t.Errorf("block %d is spread over %d boots", block, len(boots))
		}
	}
	if resets := strings.Count(readLog(t, run.Dir), `> "AT+RST\r\n"`); resets != 2 {
		t.Errorf("%d resets in at.log, want one before each boot after the first", resets)
	}
}

// A level that the module refuses is tried once, however many boots there are.
func TestRefusedOnce(t *testing.T) {
	s, err := scenarios.Parse("refused.yaml", []byte(strings.NewReplacer(
		"repeats: {", "repeats: {boots: 3, ", "[512, 1460]", "[512, 6145]").Replace(faultScenario)))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	count := map[results.Outcome]int{}
	for _, r := range run.Results {
		count[r.Outcome]++
	}
	if count[results.Refused] != 1 || count[results.Pass] != 6 || len(count) != 2 {
		t.Errorf("outcomes %v, want one REFUSED and 3 boots x 2 repeats", count)
	}
}

// The recorded dialog of a run can be played back: the same commands find the same module.
func TestRunLogReplays(t *testing.T) {
	out := t.TempDir()
	file := write(t, "tiny.yaml", "name: tiny\ntitle: t\nworkload: {kind: cipsend, sends: 30}\nrepeats: {min: 1, max: 1}\n")
	if code, _, errOut := cli(t, "run", "--rig", "emulated?link=memory", "--quiet", "--out", out, file); code != 0 {
		t.Fatal(errOut)
	}
	runs, err := results.List(out)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	conn, err := transport.Replay(strings.NewReader(readLog(t, runs[0].Dir)), transport.ReplayOptions{Name: "at.log"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	rig, err := loadRig("")
	if err != nil {
		t.Fatal(err)
	}
	rig.Wifi = scenarios.Wifi{SSID: emulator.DefaultSSID, Password: emulator.DefaultPassword}
	a := &app{errOut: io.Discard}
	s, err := openSession(ctx, &opened{conn: conn, link: replayed{}}, rig, traceOptions{}, a.logger())
	if err != nil {
		t.Fatal(err)
	}
	station, err := s.module.Join(ctx, s.wifi)
	if err != nil {
		t.Fatal(err)
	}
	if id := s.module.Identity(); id["firmware"] != runs[0].Identity["firmware"] || !station.IP.IsValid() {
		t.Errorf("replayed: %v, %v", id, station)
	}
	_ = s.at.Close() // the rest of the recording is left over, which Close would report
}

func readLog(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "at.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
