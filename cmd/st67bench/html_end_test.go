package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/analysis/report/page"
)

// The page of each verb that measures is where its output says.
func TestPagesAreWhereTheTextSays(t *testing.T) {
	t.Parallel()
	if !page.HaveECharts() {
		t.Skip("this build has no ECharts")
	}
	const text = `
name: paged
workload: {kind: cipsend, sends: 40}
sweep: {length: [512, 1460]}
repeats: {boots: 2, min: 1, max: 1}
warmup: 0
`
	file, rig, base := write(t, "paged.yaml", text), "emulated?link=memory&boot=1ms", t.TempDir()
	if code, _, errOut := cli(t, "run", file, "-q", "--rig", rig, "--out", base); code != 0 {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	for _, args := range [][]string{
		{"ab", file, "--boots", "2", "--a", "links=1", "--b", "links=2"},
		{"gate", file, "--boots", "2", "--baseline", base},
		{"tune", file, "--goal", "max goodput"},
	} {
		out := t.TempDir()
		_, stdout, errOut := cli(t, append(args, "-q", "--rig", rig, "--out", out)...)
		told := ""
		for line := range strings.Lines(stdout) {
			if at, ok := strings.CutPrefix(line, "report    "); ok && !strings.HasSuffix(at, "report.html\n") { // which each run has besides
				told = strings.TrimSpace(at)
			}
		}
		text, err := os.ReadFile(told)
		if err != nil || !strings.Contains(string(text), "Content-Security-Policy") || !strings.Contains(string(text), "EMULATED MODULE") {
			t.Errorf("%s: no page at %q: %v\n%s%s", args[0], told, err, stdout, errOut)
		}
		if rel, err := filepath.Rel(out, told); err != nil || strings.HasPrefix(rel, "..") {
			t.Errorf("%s: its page is elsewhere: %s", args[0], told)
		}
	}
}
