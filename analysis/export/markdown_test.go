package export

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"st67bench/analysis"
	"st67bench/results"
)

func markdownOf(t *testing.T, runs ...*results.Run) string {
	t.Helper()
	var all []*analysis.Summary
	for _, run := range runs {
		s, err := analysis.Summarize(run)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	var b bytes.Buffer
	if err := Markdown(&b, all...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMarkdownGolden(t *testing.T) {
	golden(t, "summary.md", []byte(markdownOf(t, syntheticRun(t))))
}

var cellBar = regexp.MustCompile(`(?:^|[^\\])\|`)

// checkTables: all lines of a table have as many cells as its head.
func checkTables(t *testing.T, text string) {
	t.Helper()
	cells, tables := 0, 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		n := len(cellBar.FindAllString(line, -1))
		if cells == 0 {
			cells = n
			tables++
		}
		if n != cells {
			t.Errorf("%d bars instead of %d: %s", n, cells, line)
		}
	}
	if tables == 0 {
		t.Errorf("no table in\n%s", text)
	}
}

// What is said first is the verdict; of the emulated module that comes before any figure of a table.
func TestMarkdownSaysFirst(t *testing.T) {
	text := markdownOf(t, syntheticRun(t))
	checkTables(t, text)
	last := -1
	for _, want := range []string{"## st67bench: cipsend-size\n\n**ERROR** 2 of 2 cases measured", "EMULATED MODULE", "warning: ", "| length | outcome | goodput |",
		"| 512 | PASS, 1 ERROR | 1.03 Mbit/s |", "| 2920 | FAIL | 2.05 Mbit/s |", "<details>"} {
		at := strings.Index(text, want)
		if at < last || at < 0 {
			t.Errorf("%q is at %d, after %d:\n%s", want, at, last, text)
		}
		last = at
	}
	real := newRun()
	real.Emulated = false
	if text := markdownOf(t, write(t, real, syntheticResults(), nil)); strings.Contains(text, "EMULATED") {
		t.Errorf("a real module is called emulated:\n%s", text)
	}
}

// Names of anybody are neither markup nor links, and call nobody.
func TestMarkdownHostile(t *testing.T) {
	text := markdownOf(t, hostileRun(t))
	checkTables(t, text)
	text = strings.NewReplacer(`\[`, "", `\]`, "", "\\`", "", `\*`, "", `\#`, "").Replace(text) // what is escaped is shown
	for _, bad := range []string{"<script", "[x", "x]", "://", "@team", "\x00", "\u202e", "#1", "`", "*_"} {
		if strings.Contains(text, bad) {
			t.Errorf("it has %q:\n%s", bad, text)
		}
	}
	if !strings.Contains(text, `a"b,c\|d &lt;script&gt;&amp;amp;`) {
		t.Errorf("the name is not there:\n%s", text)
	}
}

// What GitHub would refuse is cut at a line, and says so; what fits is not cut.
func TestMarkdownIsCut(t *testing.T) {
	run := newRun()
	run.Cases = nil
	var all []results.Result
	for i := range 3000 {
		key := fmt.Sprintf("length=%d", i)
		run.Cases = append(run.Cases, results.CaseInfo{Key: key, Factors: map[string]string{"length": fmt.Sprint(i)}})
		all = append(all, results.Result{Seq: i + 1, Boot: 1, Case: key, Outcome: results.Error, Err: strings.Repeat("no answer ", 60)})
	}
	opened := &run
	opened.Results = all
	text := markdownOf(t, opened)
	if len(text) > 1<<20 || len(text) < 1<<20-1000 || !strings.HasSuffix(text, cutText) {
		t.Errorf("%d bytes, they end with %q", len(text), text[len(text)-200:])
	}
	checkTables(t, strings.TrimSuffix(text, cutText))
	opened.Results = all[:100]
	if text := markdownOf(t, opened); strings.Contains(text, cutText) || strings.Count(text, "<details>") != strings.Count(text, "</details>") {
		t.Errorf("%d bytes are cut", len(text))
	}
}
