package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/results"
)

// cli runs a command line in this process.
func cli(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(t.Context(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// write puts a file into a folder of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Mistakes end with exit code 2 and one sentence that says what is allowed.
func TestUsageErrors(t *testing.T) {
	tests := []struct {
		args string
		says string
	}{
		{"bogus", `unknown verb "bogus"`},
		{"lst", `did you mean "list"?`},
		{"run", "accepts 1 arg(s)"},
		{"run --nope x", "unknown flag: --nope; see st67bench run --help"},
		{"run cipsend-sise", `did you mean "cipsend-size"`},
		{"run ./none.yaml", "none.yaml"},
		{"run --rig none.yaml cipsend-quick", "st67bench init writes one"},
		{"run --rig emulated?link=pigeon cipsend-quick", "allowed"},
		{"run --rig emulated?profile=t99 cipsend-quick", "t01-2.0.106"},
		{"run --trace some cipsend-quick", "reference and full are allowed"},
		{"run --trace-limit x cipsend-quick", "--trace-limit"},
		{"report nothing", "is no run directory"},
		{"validate", "needs a file or --schema"},
		{"validate --schema cat", "scenario"},
		{"list cats", "cats"},
		{"emulate", "--pty LINK or --tcp ADDR"},
		{"emulate --spi /tmp/x", "is not unix:PATH"},
		{"emulate --tcp x --profile t99", "t01-2.0.106"},
	}
	for _, tt := range tests {
		code, out, errOut := cli(t, strings.Fields(tt.args)...)
		if code != exitUsage || !strings.Contains(errOut, tt.says) || out != "" {
			t.Errorf("st67bench %s: exit %d, stdout %q, stderr %q; want exit 2 and %q", tt.args, code, out, errOut, tt.says)
		}
	}
}

// Every mistake of a file is said at its place, without a prefix, so that an editor can jump there.
func TestFileMistakes(t *testing.T) {
	file := write(t, "mine.yaml", "name: mine\ntitle: t\nworkload: {kind: cipsend, lenght: 5}\nsweep: {length: [20000]}\n")
	for _, verb := range []string{"run", "validate"} {
		code, _, errOut := cli(t, verb, file)
		want := []string{file + ":3:", `unknown key "lenght"; did you mean "length"?`, file + ":4:", "1..8192 B (manual 4.1.12)"}
		for _, w := range want {
			if code != exitUsage || !strings.Contains(errOut, w) {
				t.Errorf("%s: exit %d, %q lacks %q", verb, code, errOut, w)
			}
		}
		if !strings.HasPrefix(errOut, file) {
			t.Errorf("%s: %q does not begin with the file", verb, errOut)
		}
	}
}

// A run over the real serial path: the emulated module behind a PTY.
func TestRunOverPTY(t *testing.T) {
	skipWithoutPTY(t)
	out := t.TempDir()
	file := write(t, "tiny.yaml", "name: tiny\ntitle: t\nworkload: {kind: cipsend, sends: 30}\nsweep: {length: [1460, 8192]}\nrepeats: {min: 6, max: 6}\n")
	code, stdout, errOut := cli(t, "run", "--out", out, file)
	if code != 0 {
		t.Fatalf("exit %d: %s%s", code, stdout, errOut)
	}
	for _, want := range []string{"EMULATED MODULE", "REFUSED", "ERR CODE:0x01070000", "no byte lost", "results   " + out} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout)
		}
	}
	runs, err := results.List(out)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs: %v", len(runs), err)
	}
	for _, name := range []string{"run.json", "results.jsonl", "events.jsonl", "at.log", "bench.txt", "samples"} {
		if _, err := os.Stat(filepath.Join(runs[0].Dir, name)); err != nil {
			t.Errorf("the run directory has no %s: %v", name, err)
		}
	}
	code, again, errOut := cli(t, "report", runs[0].Dir)
	table, _, _ := strings.Cut(again, "\nreport")
	if code != 0 || !strings.HasPrefix(stdout, strings.TrimSpace(table)) {
		t.Errorf("report (exit %d, %s) made another table than run:\n%s", code, errOut, again)
	}
}

// run --json streams events, and its last line names the run and the exit code.
func TestRunJSON(t *testing.T) {
	out := t.TempDir()
	file := write(t, "tiny.yaml", "name: tiny\ntitle: t\nworkload: {kind: cipsend, length: 512, sends: 30}\nrepeats: {min: 2, max: 2}\nlimits: {goodput: {min: 1Gbit/s}}\n")
	code, stdout, _ := cli(t, "run", "--rig", "emulated?link=memory", "--json", "--out", out, file)
	if code != exitFail {
		t.Errorf("exit %d with a limit that is not kept, want 3", code)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	counts := map[string]int{}
	for _, l := range lines {
		var e struct{ Event string }
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		counts[e.Event]++
	}
	if counts["boot"] != 1 || counts["result"] != 2 || counts["end"] != 1 {
		t.Errorf("events: %v", counts)
	}
	var end endEvent
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil || end.Exit != exitFail || filepath.Dir(end.Run) != out {
		t.Errorf("last line %s: %v", lines[len(lines)-1], err)
	}
}

// A need that the rig lacks skips the cases and is no failure.
func TestSkippedWithoutNeed(t *testing.T) {
	out := t.TempDir()
	file := write(t, "needy.yaml", "name: needy\ntitle: t\nneeds: [remote-peer]\nworkload: {kind: cipsend}\n")
	code, stdout, errOut := cli(t, "run", "--rig", "emulated?link=memory", "--out", out, file)
	if code != 0 || !strings.Contains(stdout, "SKIPPED") || !strings.Contains(stdout, "remote-peer") {
		t.Errorf("exit %d:\n%s%s", code, stdout, errOut)
	}
}

func TestVersionNamesCommit(t *testing.T) {
	code, stdout, _ := cli(t, "version", "--json")
	var b build
	if err := json.Unmarshal([]byte(stdout), &b); code != 0 || err != nil || b.Version == "" || b.Commit == "" || b.Schema != results.Schema {
		t.Errorf("exit %d, %s: %v", code, stdout, err)
	}
}

func TestListings(t *testing.T) {
	for _, what := range []string{"scenarios", "runs", "ports"} {
		code, stdout, errOut := cli(t, "list", what, "--json", "--dir", t.TempDir())
		var rows []map[string]any
		if err := json.Unmarshal([]byte(stdout), &rows); code != 0 || err != nil {
			t.Errorf("list %s: exit %d, %q %s: %v", what, code, stdout, errOut, err)
		}
		if code, _, errOut = cli(t, "list", what, "--dir", t.TempDir()); code != 0 {
			t.Errorf("list %s: exit %d, %s", what, code, errOut)
		}
	}
}
