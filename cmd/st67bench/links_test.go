package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/analysis"
	"st67bench/results"
)

// The same scenario over every kind of link gives the same table, each against
// its own ceiling, and the report puts them side by side.
func TestLinksSideBySide(t *testing.T) {
	skipWithoutPTY(t)
	out := t.TempDir()
	file := write(t, "links.yaml", "name: links\ntitle: t\nworkload: {kind: cipsend, sends: 250}\nsweep: {length: [512, 1460, 8192]}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n")
	rigs := []string{"emulated?link=uart", "emulated?link=tcp", "emulated?link=spi&speed=20MHz"}
	for _, rig := range rigs {
		if code, _, errOut := cli(t, "run", "--quiet", "--rig", rig, "--out", out, file); code != 0 {
			t.Fatalf("%s: exit %d, %s", rig, code, errOut)
		}
	}
	runs, err := results.List(out)
	if err != nil || len(runs) != len(rigs) {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	args := []string{"report", "--json"}
	for _, r := range runs {
		args = append(args, r.Dir)
	}
	code, stdout, errOut := cli(t, args...)
	var sums []analysis.Summary
	if err := json.Unmarshal([]byte(stdout), &sums); code != 0 || err != nil || len(sums) != len(rigs) {
		t.Fatalf("exit %d, %d summaries: %v %s", code, len(sums), err, errOut)
	}
	ceilings := map[string]float64{}
	for _, s := range sums {
		ceilings[s.Identity["link"]] = checkLink(t, s)
	}
	// 20 MHz carry ten times what 2 Mbaud at ten bits a byte do, and more.
	if ceilings["spi"] < 8*ceilings["uart"] || ceilings["tcp"] != ceilings["uart"] {
		t.Errorf("ceilings %v", ceilings)
	}
	code, stdout, errOut = cli(t, "report", "--html", filepath.Join(out, "sides.html"), runs[0].Dir, runs[1].Dir, runs[2].Dir)
	if code != 0 || strings.Count(stdout, "REFUSED") != len(rigs) {
		t.Errorf("report: exit %d\n%s%s", code, stdout, errOut)
	}
}

// checkLink looks at one run's table and returns its ceiling at the longest length.
func checkLink(t *testing.T, s analysis.Summary) float64 {
	t.Helper()
	if len(s.Cases) != 3 || s.Cases[2].Outcome != results.Refused {
		t.Errorf("%s: cases %+v", s.Identity["link"], s.Cases)
	}
	for _, c := range s.Cases[:2] {
		// Real time: an arrival that the host sees late makes a short repeat a little too fast; how slow a busy machine makes it, nobody knows.
		if e := c.Metrics["efficiency"].Median; c.Outcome != results.Pass || e <= 0 || e > 1.05 {
			t.Errorf("%s %s: %s, efficiency %v", s.Identity["link"], c.Key, c.Outcome, e)
		}
	}
	return s.Cases[1].Metrics["ceiling"].Median
}
