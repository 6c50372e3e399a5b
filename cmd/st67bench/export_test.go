package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/results"
)

const exportPlan = "workload: {kind: cipsend, sends: 20}\nsweep: {length: [1000, 1500]}\nrepeats: {min: 2, max: 2}\nwarmup: 0\n"

// A run on the module in memory leaves the files of its flags, and every format can be made of it afterwards.
func TestExport(t *testing.T) {
	dir := t.TempDir()
	plan := write(t, "tiny.yaml", "name: tiny\nlimits: {goodput: {min: 1Gbit/s, where: {length: 1000}}}\n"+exportPlan)
	junit, markdown := filepath.Join(dir, "junit.xml"), filepath.Join(dir, "summary.md")
	code, text, errOut := cli(t, "run", "-q", "--rig", "emulated?link=memory", "--json", "--out", dir, "--junit", junit, "--markdown", markdown, plan)
	if code != exitFail {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var end endEvent
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{junit: `tests="2" failures="1" errors="0"`, markdown: "**FAIL**"} {
		if made, err := os.ReadFile(path); err != nil || !strings.Contains(string(made), want) {
			t.Errorf("%s, %v, lacks %q:\n%s", path, err, want, made)
		}
	}
	for format, want := range map[string]string{
		"csv": "factor_length,outcome", "history": "release,session,role,firmware,run,unit,rig,tool,length=1000/goodput", "bench": "BenchmarkTiny/length=1500 1 ",
		"junit": "<testsuites", "markdown": "EMULATED MODULE", "perfetto": `"name":"AT+CIPSEND"`,
	} {
		code, text, errOut := cli(t, "export", "--format", format, end.Run)
		if code != 0 || errOut != "" || !strings.Contains(text, want) {
			t.Errorf("%s: exit %d, %s, lacks %q:\n%.500s", format, code, errOut, want, text)
		}
	}
	if same, err := os.ReadFile(filepath.Join(end.Run, "bench.txt")); err != nil || string(same) != stdoutOf(t, "export", "--format", "bench", end.Run) {
		t.Errorf("bench is not that of the run: %v", err)
	}
	if text := stdoutOf(t, "export", "--samples", end.Run); !strings.Contains(text, ",send_latency,") {
		t.Errorf("no samples in %.300s", text)
	}
}

func stdoutOf(t *testing.T, args ...string) string {
	t.Helper()
	code, text, errOut := cli(t, args...)
	if code != 0 {
		t.Fatalf("%q: exit %d: %s", args, code, errOut)
	}
	return text
}

// The extension of --out says the format.
func TestExportByExtension(t *testing.T) {
	dir := t.TempDir()
	run := linkRun(t, dir, "length", map[string]string{"link": "uart"}, 1.2e6, 1.5e6)
	for name, begin := range map[string]string{
		"a.csv": "run,start", "a.parquet": "PAR1", "a.txt": "link: uart", "a.xml": "<?xml", "a.md": "## st67bench: by-length", "a.json": `{"displayTimeUnit"`,
	} {
		path := filepath.Join(dir, name)
		text := stdoutOf(t, "export", "--out", path, run)
		made, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(made, []byte(begin)) || !strings.Contains(text, path+": 1 run") {
			t.Errorf("%s: %v, %q, %.100q", name, err, text, made)
		}
	}
	t.Chdir(dir)
	if stdoutOf(t, "export", "--format", "parquet", run); len(run) > 0 {
		if made, err := os.ReadFile(filepath.Base(run) + ".parquet"); err != nil || !bytes.HasPrefix(made, []byte("PAR1")) {
			t.Errorf("parquet without --out: %v", err)
		}
	}
	if text := stdoutOf(t, "export", "--format", "csv", "--out", "-", run, run); strings.Count(text, "\n") != 1+2*3 {
		t.Errorf("two runs of three metrics are\n%s", text)
	}
}

// What cannot be is said, and nothing is written.
func TestExportMistakes(t *testing.T) {
	dir := t.TempDir()
	run := linkRun(t, dir, "length", map[string]string{"link": "uart"}, 1.2e6, 1.5e6)
	other := linkRun(t, dir, "read", map[string]string{"link": "uart"}, 1.2e6, 1.5e6)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"export"}, "requires at least 1 arg"},
		{[]string{"export", "--format", "pdf", run}, "--format pdf is not one of csv, parquet"},
		{[]string{"export", "--format", "junit", "--samples", run}, "--format junit is not one of csv, parquet"},
		{[]string{"export", "--out", filepath.Join(dir, "a.pdf"), run}, "does not tell the format"},
		{[]string{"export", "--format", "perfetto", run, other}, "that of one run"},
		{[]string{"export", "--format", "history", run, other}, "several scenarios, by-length and by-read"},
		{[]string{"export", filepath.Join(dir, "none")}, "is no run directory"},
		{[]string{"export", "--format", "csv", "--out", filepath.Join(run, "results.jsonl"), run}, "would be written over"},
		{[]string{"run", "--junit", filepath.Join(dir, "none", "a.xml"), "cipsend-quick"}, "there is no folder"},
	} {
		before := tree(t, dir)
		if code, out, errOut := cli(t, c.args...); code != exitUsage || out != "" || !strings.Contains(errOut, c.want) {
			t.Errorf("%q: exit %d, %q, %q; want %q", c.args, code, out, errOut, c.want)
		}
		if after := tree(t, dir); before != after {
			t.Errorf("%q: it has changed files:\n%s\nwere\n%s", c.args, after, before)
		}
	}
}

// tree lists the files below a folder with their sizes.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			b.WriteString(path + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A campaign has one file, with a suite for each of its runs.
func TestCampaignJUnit(t *testing.T) {
	dir := t.TempDir()
	one := write(t, "one.yaml", "name: one\n"+exportPlan)
	two := write(t, "two.yaml", "name: two\nemulated: {fault: refuse@1}\n"+exportPlan)
	all := write(t, "both.yaml", "campaign: both\nscenarios: ["+one+", "+two+"]\n")
	path := filepath.Join(dir, "both.xml")
	if code, _, errOut := cli(t, "run", "-q", "--rig", "emulated?link=memory", "--out", dir, "--junit", path, all); code != exitError {
		t.Errorf("exit %d: %s", code, errOut)
	}
	var file struct {
		Errors int `xml:"errors,attr"`
		Suites []struct {
			Name   string `xml:"name,attr"`
			Errors int    `xml:"errors,attr"`
		} `xml:"testsuite"`
	}
	made, err := os.ReadFile(path)
	if err == nil {
		err = xml.Unmarshal(made, &file)
	}
	if err != nil || len(file.Suites) != 2 || !strings.HasSuffix(file.Suites[0].Name, "-one") || file.Suites[0].Errors != 0 || file.Suites[1].Errors == 0 {
		t.Errorf("%v, %+v", err, file)
	}
}

// A comparison leaves its files, red as its exit code is; the p of `compare --json` is what stock benchstat says of the export.
func TestCompareFiles(t *testing.T) {
	dir := t.TempDir()
	base, now := bootsRun(t, dir, "R1", []float64{7.01e6, 7.12e6, 6.98e6, 7.05e6, 7.20e6, 7.09e6, 7.15e6}), bootsRun(t, dir, "R2", []float64{6.5e6, 6.61e6, 6.47e6, 7.03e6, 6.72e6, 6.55e6})
	junit, markdown, both := filepath.Join(dir, "c.xml"), filepath.Join(dir, "c.md"), filepath.Join(dir, "both.txt")
	code, text, errOut := cli(t, "compare", "--json", "--junit", junit, "--markdown", markdown, base, now)
	var c struct {
		Exit        int
		Comparisons []struct {
			Metric string
			PExact float64 `json:"p_exact"`
		}
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil || code != exitFail || c.Exit != code || len(c.Comparisons) != 1 {
		t.Fatalf("exit %d: %v, %s\n%s", code, err, errOut, text)
	}
	for path, want := range map[string]string{junit: `type="REGRESSED"`, markdown: "**FAIL**"} {
		if made, err := os.ReadFile(path); err != nil || !strings.Contains(string(made), want) {
			t.Errorf("%s, %v, lacks %q:\n%s", path, err, want, made)
		}
	}
	stdoutOf(t, "export", "--format", "bench", "--out", both, base, now)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "tool", "benchstat", "-table", "module,link", "-col", "release", both).CombinedOutput()
	if want := fmt.Sprintf("p=%.3f n=7+6", c.Comparisons[0].PExact); err != nil || !strings.Contains(string(out), want) {
		t.Errorf("benchstat, %v, does not say %q:\n%s", err, want, out)
	}
}

// What is exported as a history is one: `history --csv` finds the step that the runs themselves show.
func TestHistoryReadsExport(t *testing.T) {
	dir := t.TempDir()
	args := []string{"export", "--format", "history", "--out", filepath.Join(dir, "history.csv")}
	for i := range 12 {
		level := 7e6
		if i >= 8 {
			level = 6e6
		}
		var boots []float64
		for k := range 5 {
			boots = append(boots, level*(1+0.002*float64((i*7+k*3)%5-2)))
		}
		args = append(args, bootsRun(t, dir, fmt.Sprintf("R%02d", i), boots))
	}
	stdoutOf(t, args...)
	_, text, errOut := cli(t, "history", "--csv", filepath.Join(dir, "history.csv"), "--metric", "goodput:higher:3%", "--json")
	var h struct {
		Metrics map[string]struct {
			Changes []struct{ Release, Kind string }
			Points  []struct{ N int }
		}
	}
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		t.Fatalf("%v: %s\n%s", err, errOut, text)
	}
	if changes := h.Metrics["goodput"].Changes; len(changes) != 1 || changes[0].Release != "R08" || changes[0].Kind != "step" {
		t.Errorf("changes are %+v", changes)
	}
	if points := h.Metrics["goodput"].Points; len(points) != 12 || points[0].N != 5 {
		t.Errorf("five boots of each release became %+v", points)
	}
}

// bootsRun leaves a run of one case and one repeat in each boot.
func bootsRun(t *testing.T, out, release string, goodput []float64) string {
	t.Helper()
	w, err := results.Create(out, results.Run{
		Start: time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC), Release: release, Identity: map[string]string{"firmware": release},
		Scenario: results.Document{Name: "boots"}, Cases: []results.CaseInfo{{Key: "length=512", Hash: "1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range goodput {
		r := results.Result{Seq: i + 1, Boot: i + 1, Block: i + 1, Repeat: 1, Case: "length=512", Outcome: results.Pass, Metrics: map[string]float64{"goodput": v}}
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Dir()
}
