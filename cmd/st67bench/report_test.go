package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"st67bench/analysis/report/page"
	"st67bench/results"
)

// linkRun leaves a run of one case over this link below out, and returns its directory.
func linkRun(t *testing.T, out, factor string, identity map[string]string, goodput, ceiling float64) string {
	t.Helper()
	factors := map[string]string{factor: "512"}
	w, err := results.Create(out, results.Run{
		Start: time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC), Identity: identity, Factors: []string{factor},
		Scenario: results.Document{Name: "by-" + factor}, Cases: []results.CaseInfo{{Key: factor + "=512", Factors: factors}},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Append(results.Result{Seq: 1, Boot: 1, Block: 1, Repeat: 1, Case: factor + "=512", Factors: factors, Outcome: results.Pass,
		Metrics: map[string]float64{"goodput": goodput, "ceiling": ceiling, "efficiency": goodput / ceiling}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Dir()
}

// Several runs stand side by side, each against its own ceiling; their own reports stay as they were.
func TestReportSideBySide(t *testing.T) {
	out := t.TempDir()
	uart := linkRun(t, out, "length", map[string]string{"link": "uart", "baud": "2000000"}, 1.2e6, 1.5e6)
	spi := linkRun(t, out, "length", map[string]string{"link": "spi", "speed": "20000000"}, 9e6, 15e6)
	code, stdout, errOut := cli(t, "report", uart, spi)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	for _, want := range []string{
		"uart 2000000 baud, " + filepath.Base(uart) + ": highest goodput 1.20 Mbit/s at length 512, 80 % of its ceiling of 1.50 Mbit/s",
		"spi 20 MHz, " + filepath.Base(spi) + ": highest goodput 9.00 Mbit/s at length 512, 60 % of its ceiling of 15.0 Mbit/s",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout)
		}
	}
	file := filepath.Join(out, "side-by-side.html")
	if _, err := os.Stat(file); page.HaveECharts() != (err == nil) {
		t.Errorf("the page: %v; stderr %q", err, errOut)
	}
	if page.HaveECharts() != strings.Contains(stdout, "report    "+file) {
		t.Errorf("stdout does not name the page:\n%s", stdout)
	}
	for _, dir := range []string{uart, spi} {
		if _, err := os.Stat(filepath.Join(dir, "report.html")); err == nil {
			t.Errorf("%s got a report of its own", dir)
		}
	}
}

func TestReportSideBySideJSON(t *testing.T) {
	out := t.TempDir()
	uart := linkRun(t, out, "length", map[string]string{"link": "uart"}, 1.2e6, 1.5e6)
	spi := linkRun(t, out, "length", map[string]string{"link": "spi"}, 9e6, 15e6)
	code, stdout, errOut := cli(t, "report", "--json", uart, spi)
	var got []struct{ Run string }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %s", code, err, errOut)
	}
	if len(got) != 2 || got[0].Run != filepath.Base(uart) || got[1].Run != filepath.Base(spi) {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(filepath.Join(out, "side-by-side.html")); err == nil {
		t.Error("--json wrote a page")
	}
}

func TestReportSideBySideMistakes(t *testing.T) {
	out := t.TempDir()
	length := linkRun(t, out, "length", nil, 1e6, 2e6)
	baud := linkRun(t, out, "baud", nil, 1e6, 2e6)
	for _, tt := range []struct {
		runs []string
		says string
	}{
		{[]string{length, baud}, "by-length (sweeps length), by-baud (sweeps baud)"},
		{[]string{length, "nothing"}, "nothing is no run directory"},
		{[]string{length, length, length, length, length, length, length}, "7 runs are named: report takes 1 to 6"},
	} {
		code, stdout, errOut := cli(t, append([]string{"report"}, tt.runs...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(errOut, tt.says) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", tt.says, code, stdout, errOut)
		}
	}
}

// Every chart of a report is a file, of one run and of several; a build without ECharts says what to do.
func TestReportSVG(t *testing.T) {
	out := t.TempDir()
	uart := linkRun(t, out, "length", map[string]string{"link": "uart"}, 1.2e6, 1.5e6)
	spi := linkRun(t, out, "length", map[string]string{"link": "spi"}, 9e6, 15e6)
	dir := filepath.Join(t.TempDir(), "pictures")
	code, stdout, errOut := cli(t, "report", "--text", "--svg", dir, uart, spi)
	if !page.HaveECharts() {
		if code != exitError || !strings.Contains(errOut, "make build") {
			t.Errorf("exit %d: %s", code, errOut)
		}
		return
	}
	file := filepath.Join(dir, "goodput.svg")
	if _, err := os.Stat(file); err != nil || code != 0 || !strings.Contains(stdout, "picture   "+file) {
		t.Errorf("exit %d, %v: %s%s", code, err, stdout, errOut)
	}
	if code, stdout, errOut := cli(t, "report", "--json", "--svg", dir, uart); code != 0 || !json.Valid([]byte(stdout)) || !strings.Contains(errOut, "support no chart") {
		t.Errorf("of one case: exit %d: %s%s", code, stdout, errOut)
	}
}

// What goes to stdout is one thing; the page is written only where it was asked for.
func TestReportForms(t *testing.T) {
	out := t.TempDir()
	uart := linkRun(t, out, "length", map[string]string{"link": "uart"}, 1.2e6, 1.5e6)
	spi := linkRun(t, out, "length", map[string]string{"link": "spi"}, 9e6, 15e6)
	file := filepath.Join(out, "summary.md")
	t.Setenv("LC_ALL", "C.UTF-8")
	for _, tt := range []struct {
		flags      []string
		says, not  string
		code, page int
	}{
		{[]string{"--text"}, "A 512  ████░", "<details>", 0, 0},
		{[]string{"--markdown", "-"}, "## st67bench: by-length", "rig  ", 0, 0},
		{[]string{"--markdown", file}, "A 512  ████░", "<details>", 0, 1},
		{[]string{"--markdown", "-", "--json"}, "", "", exitUsage, 0},
		{[]string{"--markdown", filepath.Join(out, "nowhere", "x.md")}, "", "", exitUsage, 0},
		{[]string{"--text", "--json"}, "", "", exitUsage, 0},
	} {
		html := filepath.Join(out, "side-by-side.html")
		_ = os.Remove(html)
		code, stdout, errOut := cli(t, append(append([]string{"report"}, tt.flags...), uart, spi)...)
		if code != tt.code || !strings.Contains(stdout, tt.says) || tt.not != "" && strings.Contains(stdout, tt.not) {
			t.Errorf("%v: exit %d: %s%s", tt.flags, code, stdout, errOut)
		}
		if _, err := os.Stat(html); (err == nil) != (tt.page == 1 && page.HaveECharts()) {
			t.Errorf("%v: the page: %v", tt.flags, err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "## st67bench: by-length") != 2 {
		t.Errorf("%v: %s", err, text)
	}
	t.Setenv("LC_ALL", "C")
	if _, stdout, _ := cli(t, "report", "--text", uart, spi); !strings.Contains(stdout, "A 512  ####.") {
		t.Errorf("a terminal of ASCII gets\n%s", stdout)
	}
}
