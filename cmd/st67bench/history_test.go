package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/analysis/history"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// block is the first block of a language in a page, which has nothing else in it.
func block(t *testing.T, page, language string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(text)
	if m == nil {
		t.Fatalf("%s has no %s block", page, language)
	}
	return string(m[1])
}

// The page's example gives what the page shows, and its list of acknowledged changes is one.
func TestHistoryOfDocs(t *testing.T) {
	file := write(t, "history.csv", block(t, "history.md", "csv"))
	code, stdout, errOut := cli(t, "history", "--csv", file, "--metric", "throughput_mbps:higher:3%", "--metric", "rtt_p99_ms:lower:10%")
	text, err := os.ReadFile(filepath.Join(root, "docs", "history.md"))
	if err != nil {
		t.Fatal(err)
	}
	if code != 0 || !strings.Contains(string(text), "\n```\n"+stdout+"```\n") {
		t.Errorf("exit %d, not what docs/history.md shows:\n%s%s", code, stdout, errOut)
	}
	if _, err := history.ReadAcknowledged("a.yaml", []byte(block(t, "history.md", "yaml"))); err != nil {
		t.Error(err)
	}
}

// newestWorse is a history of nine equal releases and a tenth that is 6 % slower.
func newestWorse() string {
	var b strings.Builder
	b.WriteString("release,session,role,firmware,run,mbps\n")
	for i := range 10 {
		for boot := range 5 {
			v := 10 + 0.02*float64((3*i+boot)%5)
			if i == 9 {
				v *= 0.94
			}
			fmt.Fprintf(&b, "r%d,,candidate,v%d,%d,%.3f\n", i, i, boot, v)
		}
	}
	return b.String()
}

func TestHistoryExitCodes(t *testing.T) {
	worse := newestWorse()
	single := "release,session,role,firmware,run,mbps\nr0,,candidate,v0,1,10\n"
	accepted := write(t, "a.yaml", "- {metric: mbps, release: r9, reason: wanted}\n")
	for _, c := range []struct {
		what, csv string
		args      []string
		code      int
	}{
		{"worse", worse, nil, exitFail},
		{"worse, but less than the margin", worse, []string{"--metric", "mbps:higher:10%"}, 0},
		{"better", worse, []string{"--metric", "mbps:lower:3%"}, 0},
		{"acknowledged", worse, []string{"--acknowledged", accepted}, 0},
		{"one release", single, nil, 4},
	} {
		args := append([]string{"history", "--json", "--csv", write(t, "h.csv", c.csv)}, c.args...)
		if !slices.Contains(args, "--metric") {
			args = append(args, "--metric", "mbps:higher:3%")
		}
		code, stdout, errOut := cli(t, args...)
		var h struct{ Exit int }
		if err := json.Unmarshal([]byte(stdout), &h); err != nil || code != c.code || h.Exit != c.code || errOut != "" {
			t.Errorf("%s: exit %d (%v), should be %d: %s%s", c.what, code, err, c.code, stdout, errOut)
		}
	}
}

func TestHistoryMistakes(t *testing.T) {
	good := write(t, "good.csv", newestWorse())
	bad := write(t, "bad.csv", "release,session,role,firmware,run,mbps\nr0,,candidat,v0,1,ten\n")
	list := write(t, "bad.yaml", "- {metric: mbps}\n")
	runs := t.TempDir()
	bootsRun(t, runs, "R1", []float64{7e6})
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--csv", good}, "--csv needs --metric"},
		{[]string{"--csv", good, "--metric", "mbps"}, "NAME:higher|lower:MARGIN"},
		{[]string{"--csv", good, "--metric", "kbps:higher:3%"}, good + ":1:1: no column kbps for --metric; there are mbps"},
		{[]string{"--csv", good, "--metric", "mbps:higher:3%", "results"}, "--csv stands alone"},
		{[]string{"--csv", "none.csv", "--metric", "mbps:higher:3%"}, "none.csv"},
		{[]string{"--csv", bad, "--metric", "mbps:higher:3%"}, bad + `:2:5: unknown role "candidat"`},
		{[]string{"--csv", bad, "--metric", "mbps:higher:3%"}, bad + `:2:19: mbps: "ten" is not a number`},
		{[]string{"--csv", good, "--metric", "mbps:higher:3%", "--acknowledged", list}, list + ":1:3: release is missing"},
		{[]string{"--csv", good, "--metric", "mbps:higher:3%", "--acknowledged", "none.yaml"}, "none.yaml"},
		{[]string{"none"}, "none"},
		{[]string{t.TempDir()}, "no run in"},
		{[]string{"--metric", "godput"}, `"godput": no such metric; did you mean "goodput"?`},
		{[]string{"--metric", "goodput", "--metric", "goodput:higher:1%"}, "--metric goodput is there twice"},
		{[]string{"--csv", good, "--metric", "mbps:higher:3%", "--metric", "mbps:lower:3%"}, "--metric mbps is there twice"},
		{[]string{runs, "--scenario", "boot"}, "no run of scenario boot; there are runs of boots"},
		{[]string{"--metric", "efficiency"}, "efficiency:higher:MARGIN"},
	} {
		code, stdout, errOut := cli(t, append([]string{"history"}, c.args...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(errOut, c.says) {
			t.Errorf("%v: exit %d, %q lacks %q", c.args, code, errOut, c.says)
		}
	}
}

// Ten releases of the emulated module, of which those from the seventh on take longer for each command: the seventh is named,
// from the run directories, and nothing else.
func TestHistoryNamesRelease(t *testing.T) {
	t.Parallel()
	s, err := scenarios.Parse("tiny.yaml", []byte("name: tiny\ntitle: t\nworkload: {kind: cipsend, sends: 20, length: 1460}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	for i := range 10 {
		run, _, err := virtualRun(t, s, func(c *emulator.Config) {
			if i >= 6 {
				c.CommandLatency += 300 * time.Microsecond
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		run.Release = fmt.Sprintf("2.0.%d", 90+i)
		run.Start = time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC)
		w, err := results.Create(out, *run)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range run.Results {
			r.Samples = ""
			if err := w.Append(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, errOut := cli(t, "history", "--json", "--metric", "goodput", out)
	var h struct {
		Metrics map[string]struct {
			Changes []struct {
				Release, Kind string
				Bracket       [2]string
				Size          float64
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &h); err != nil || code != 0 {
		t.Fatalf("exit %d, %v: %s", code, err, errOut)
	}
	changes := h.Metrics["goodput"].Changes
	if len(changes) != 1 || changes[0].Release != "2.0.96" || changes[0].Bracket != [2]string{"2.0.95", "2.0.96"} || changes[0].Kind != "step" || changes[0].Size > -0.03 {
		t.Errorf("%s", stdout)
	}
}
