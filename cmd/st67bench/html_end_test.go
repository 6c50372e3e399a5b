package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"st67bench/analysis/report/page"
)

// The page of each verb that measures is where its output says, and so are its charts as pictures.
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
		_, stdout, errOut := cli(t, append(args, "-q", "--rig", rig, "--out", out, "--svg", filepath.Join(out, "pictures"))...)
		if pictures := toldFiles(stdout, "picture   "); len(pictures) == 0 || !isSVG(pictures[0]) {
			t.Errorf("%s: no pictures: %q\n%s%s", args[0], pictures, stdout, errOut)
		}
		pages := slices.DeleteFunc(toldFiles(stdout, "report    "), func(at string) bool { return filepath.Base(at) == "report.html" }) // which each run has besides
		if len(pages) != 1 {
			t.Fatalf("%s: pages %q\n%s%s", args[0], pages, stdout, errOut)
		}
		text, err := os.ReadFile(pages[0])
		if err != nil || !strings.Contains(string(text), "Content-Security-Policy") || !strings.Contains(string(text), "EMULATED MODULE") {
			t.Errorf("%s: no page at %q: %v\n%s%s", args[0], pages[0], err, stdout, errOut)
		}
		if rel, err := filepath.Rel(out, pages[0]); err != nil || strings.HasPrefix(rel, "..") {
			t.Errorf("%s: its page is elsewhere: %s", args[0], pages[0])
		}
	}
}

// toldFiles are the files that stdout names behind a word.
func toldFiles(stdout, word string) (files []string) {
	for line := range strings.Lines(stdout) {
		if at, ok := strings.CutPrefix(line, word); ok {
			files = append(files, strings.TrimSpace(at))
		}
	}
	return files
}

func isSVG(file string) bool {
	text, err := os.ReadFile(file)
	return err == nil && strings.HasPrefix(string(text), "<svg ")
}

// What would keep a page or pictures from being written ends a verb before it measures.
func TestPagesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	file, missing := write(t, "a-file", ""), filepath.Join(t.TempDir(), "missing", "page.html")
	for _, verb := range [][]string{
		{"ab", "cipsend-quick", "--a", "links=1", "--b", "links=2"},
		{"gate", "cipsend-quick", "--baseline", "none"},
		{"tune", "cipsend-size"},
	} {
		out := t.TempDir()
		for want, flags := range map[string][]string{"is a file": {"--svg", file}, "there is no folder": {"--html", missing}} {
			if want == "is a file" && !page.HaveECharts() {
				want = "make build"
			}
			code, _, errOut := cli(t, slices.Concat(verb, flags, []string{"--out", out})...)
			if left, _ := os.ReadDir(out); code != exitUsage || !strings.Contains(errOut, want) || len(left) > 0 {
				t.Errorf("%s %v: exit %d, %d entries: %s", verb[0], flags, code, len(left), errOut)
			}
		}
	}
}
