package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
