package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
)

// releaseRun leaves a run of two cases and six boots below out, and returns its directory. Change may alter it.
func releaseRun(t *testing.T, out, scenario, firmware string, goodput float64, change func(*results.Run, *results.Result)) string {
	t.Helper()
	run := results.Run{
		Start:      time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC),
		Identity:   map[string]string{"module": "ST67W611M1", "firmware": firmware, "link": "spi", "speed": "20000000"},
		Conditions: map[string]string{"rssi": "-48"},
		Scenario:   results.Document{Name: scenario},
		Cases:      []results.CaseInfo{{Key: "length=64", Hash: "a"}, {Key: "length=2920", Hash: "b"}},
	}
	if change != nil {
		change(&run, nil)
	}
	w, err := results.Create(out, run)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		level := goodput * (1 + 0.004*float64(i/2%3-1)) // three levels over six boots: 0.4 % of spread
		r := results.Result{Seq: i + 1, Boot: 1 + i/2, Block: 1 + i/2, Repeat: 1 + i/2, Case: run.Cases[i%2].Key, Outcome: results.Pass,
			Metrics: map[string]float64{"goodput": level}}
		if change != nil {
			change(&run, &r)
		}
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Dir()
}

// resultsIn makes an empty folder the working directory and returns that of its runs.
func resultsIn(t *testing.T) string {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(defaultOut, 0o755); err != nil {
		t.Fatal(err)
	}
	return defaultOut
}

func TestCompare(t *testing.T) {
	out := resultsIn(t)
	base := releaseRun(t, out, "cipsend-size", "2.0.97", 10e6, nil)
	slow := releaseRun(t, out, "cipsend-size", "2.0.106", 9.5e6, nil)
	for _, c := range []struct {
		args string
		code int
		says []string
	}{
		{base + " " + slow, 3, []string{"FAIL  2.0.106 against 2.0.97: goodput regressed at all 2 cases", "length=2920  -5.0 %", "REGRESSED", "margins: goodput 3 %; Holm over 2 tests; 6 + 6 boots"}},
		{filepath.Base(base) + " last", 3, []string{"FAIL"}},
		{slow + " " + base, 0, []string{"DOMINATES", "IMPROVED"}},
		{base + " " + base, 0, []string{filepath.Base(base) + " (2) against " + filepath.Base(base) + ":"}},
		{"--margin goodput=8% " + base + " " + slow, 0, []string{"PASS", "NEGLIGIBLE", "goodput 8 % (--margin)"}},
	} {
		code, stdout, errOut := cli(t, append([]string{"compare"}, strings.Fields(c.args)...)...)
		if code != c.code {
			t.Errorf("%s: exit %d, want %d: %s", c.args, code, c.code, errOut)
		}
		for _, want := range c.says {
			if !strings.Contains(stdout, want) {
				t.Errorf("%s: stdout lacks %q:\n%s", c.args, want, stdout)
			}
		}
	}
}

func TestCompareJSON(t *testing.T) {
	out := resultsIn(t)
	base := releaseRun(t, out, "cipsend-size", "2.0.97", 10e6, nil)
	slow := releaseRun(t, out, "cipsend-size", "2.0.106", 9.5e6, nil)
	code, stdout, _ := cli(t, "compare", "--json", base, slow)
	var got struct {
		Verdict     string
		Exit        int
		Comparisons []struct {
			Case     string
			Change   float64
			Interval [2]float64
			N        struct{ Base, New int }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 3 || got.Exit != 3 || got.Verdict != "FAIL" || len(got.Comparisons) != 2 {
		t.Fatalf("exit %d, %v:\n%s", code, err, stdout)
	}
	if r := got.Comparisons[0]; r.Case != "length=64" || r.N.Base != 6 || r.Interval[0] > -0.05 || r.Interval[1] < -0.05 {
		t.Errorf("%+v", r)
	}
}

// What is not comparable, and what is not there, are mistakes of the user.
func TestCompareRefuses(t *testing.T) {
	out := resultsIn(t)
	base := releaseRun(t, out, "cipsend-size", "2.0.97", 10e6, nil)
	uart := releaseRun(t, out, "cipsend-size", "2.0.106", 1e6, func(run *results.Run, _ *results.Result) { run.Identity["link"] = "uart" })
	emulated := releaseRun(t, out, "cipsend-size", "2.0.106", 1e6, func(run *results.Run, _ *results.Result) { run.Emulated = true })
	for args, want := range map[string]string{
		base + " " + uart:                        "link: base spi, new uart; measure both over the same kind of link",
		base + " " + emulated:                    "the emulator's figures say nothing of a module",
		base + " none":                           "none is no run, no baseline and no folder with run directories",
		base:                                     "accepts 2 arg(s)",
		"--margin speed=3% " + base + " " + base: `"speed" is no metric`,
		"--margin goodput=3 " + base + " " + base: "is no fraction between 0 and 100 %",
		base + " " + out: "not of one kind",
	} {
		code, _, errOut := cli(t, append([]string{"compare"}, strings.Fields(args)...)...)
		if code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit %d, %q; want %q", args, code, errOut, want)
		}
	}
}

// A folder is one side with all its runs; scenarios are matched by name, and one verdict is drawn over all.
func TestCompareFolders(t *testing.T) {
	out := resultsIn(t)
	a, b := filepath.Join(out, "a"), filepath.Join(out, "b")
	releaseRun(t, a, "up", "2.0.97", 10e6, nil)
	releaseRun(t, a, "down", "2.0.97", 8e6, nil)
	releaseRun(t, b, "up", "2.0.106", 10e6, nil)
	releaseRun(t, b, "down", "2.0.106", 7.4e6, nil)
	releaseRun(t, b, "rtt", "2.0.106", 7.4e6, nil)
	code, stdout, errOut := cli(t, "compare", a, b)
	for _, want := range []string{"FAIL", "goodput regressed at 2 of 4 cases", "up: PASS", "down: FAIL", "Holm over 4 tests; 6 + 6 boots", "not compared: rtt, of 2.0.97: no run of this scenario"} {
		if code != 3 || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, stdout lacks %q:\n%s%s", code, want, stdout, errOut)
		}
	}
}

func TestBaseline(t *testing.T) {
	out := resultsIn(t)
	first := releaseRun(t, out, "cipsend-size", "2.0.97", 10e6, nil)
	if code, stdout, errOut := cli(t, "baseline", "accept", first); code != 0 || !strings.Contains(stdout, filepath.FromSlash("results/baselines/2.0.97/cipsend-size")) {
		t.Fatalf("exit %d: %s%s", code, stdout, errOut)
	}
	if err := os.RemoveAll(first); err != nil { // a baseline stands alone
		t.Fatal(err)
	}
	same := releaseRun(t, out, "cipsend-size", "2.0.106", 10e6, nil)
	if code, stdout, errOut := cli(t, "compare", "2.0.97", same); code != 0 || !strings.Contains(stdout, "PASS  2.0.106 against 2.0.97") {
		t.Errorf("exit %d: %s%s", code, stdout, errOut)
	}
	// another run of the scenario takes its place
	better := releaseRun(t, out, "cipsend-size", "2.0.97", 11e6, nil)
	if code, _, errOut := cli(t, "baseline", "accept", better, "2.0.97"); code != 0 {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	if code, _, _ := cli(t, "compare", "2.0.97", same); code != 3 {
		t.Errorf("exit %d against the new baseline, want 3", code)
	}
	entries, err := os.ReadDir(filepath.Join(defaultBaselines, "2.0.97"))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	files, err := os.ReadDir(filepath.Join(defaultBaselines, "2.0.97", "cipsend-size"))
	if err != nil || len(files) != 3 {
		t.Errorf("%v, %v", files, err)
	}
	code, stdout, _ := cli(t, "baseline", "list", "--json")
	var rows []baselineInfo
	if err := json.Unmarshal([]byte(stdout), &rows); err != nil || code != 0 || len(rows) != 1 || rows[0].Name != "2.0.97" || rows[0].Scenario != "cipsend-size" {
		t.Errorf("exit %d, %v: %s", code, err, stdout)
	}
	if names, _ := completeSide(nil, nil, ""); !strings.Contains(strings.Join(names, " "), "2.0.97") {
		t.Errorf("%v lacks the baseline", names)
	}
}

func TestBaselineRefuses(t *testing.T) {
	out := resultsIn(t)
	good := releaseRun(t, out, "cipsend-size", "2.0.97", 10e6, nil)
	broken := releaseRun(t, out, "cipsend-size", "2.0.106", 10e6, func(_ *results.Run, r *results.Result) {
		if r != nil && r.Seq == 7 {
			r.Outcome, r.Metrics, r.Err = results.Error, nil, "no answer"
		}
	})
	twice := filepath.Join(out, "twice")
	releaseRun(t, twice, "cipsend-size", "2.0.97", 10e6, nil)
	releaseRun(t, twice, "cipsend-size", "2.0.97", 10e6, nil)
	for args, want := range map[string]string{
		broken:            "length=64 was not measured (ERROR: no answer)",
		good + " ../else": "cannot name a baseline",
		twice:             "would both be",
	} {
		if code, _, errOut := cli(t, append([]string{"baseline", "accept"}, strings.Fields(args)...)...); code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit %d, %q; want %q", args, code, errOut, want)
		}
	}
	if code, stdout, _ := cli(t, "baseline", "list"); code != 0 || !strings.Contains(stdout, "no baseline yet") {
		t.Errorf("exit %d: %s", code, stdout)
	}
}

// The flags of run say what the run is of.
func TestRunIsNamed(t *testing.T) {
	rig, err := loadRig("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.Load("cipsend-quick")
	if err != nil {
		t.Fatal(err)
	}
	m, err := (&app{}).newMeasurement(s, rig, runFlags{release: "2.1-rc1", role: results.RoleReference, session: "monday"}, traceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if run := m.newRun(); run.Release != "2.1-rc1" || run.Role != results.RoleReference || run.Session != "monday" {
		t.Errorf("%q, %q, %q", run.Release, run.Role, run.Session)
	}
	if code, _, errOut := cli(t, "run", "--role", "rival", "cipsend-quick"); code != 2 || !strings.Contains(errOut, "candidate and reference are allowed") {
		t.Errorf("exit %d: %s", code, errOut)
	}
}
