package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"st67bench/analysis"
	"st67bench/analysis/stats"
	"st67bench/results"
)

func benchOf(t *testing.T, runs ...*results.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := Bench(&b, runs...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// One run is its bench.txt.
func TestBenchOfOne(t *testing.T) {
	run := syntheticRun(t)
	want, err := os.ReadFile(filepath.Join(run.Dir, "bench.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if got := benchOf(t, run); got != string(want) {
		t.Errorf("it is\n%s\nwant\n%s", got, want)
	}
}

// Of several runs, each line has the configuration of its own run: nothing of an earlier one that this run has not.
func TestBenchOfSeveral(t *testing.T) {
	a, b := syntheticRun(t), syntheticRun(t)
	b.ID, b.Release = "b", "two  words"
	delete(b.Identity, "peer")
	b.Identity["firmware"] = "2.0.97\nfake: 1"
	b.Identity["Link Rate"] = "9"
	c := *a
	c.ID = "c"
	text := benchOf(t, a, b, &c)
	want := []map[string]string{
		{"run": a.ID, "release": "R1", "firmware": "2.0.106", "peer": "in-process", "link-rate": "", "fake": ""},
		{"run": "b", "release": "two words", "firmware": "2.0.97 fake: 1", "peer": "", "link-rate": "9", "fake": ""},
		{"run": "c", "release": "R1", "firmware": "2.0.106", "peer": "in-process", "link-rate": "", "fake": ""},
	}
	lines := map[string]int{}
	r := benchfmt.NewReader(strings.NewReader(text), "export")
	for r.Scan() {
		res, ok := r.Result().(*benchfmt.Result)
		if !ok {
			if err, bad := r.Result().(*benchfmt.SyntaxError); bad {
				t.Error(err)
			}
			continue
		}
		id := res.GetConfig("run")
		lines[id]++
		for _, w := range want {
			for key, value := range w {
				if w["run"] == id && res.GetConfig(key) != value {
					t.Errorf("a line of %s has %s=%q, want %q", id, key, res.GetConfig(key), value)
				}
			}
		}
	}
	if len(lines) != 3 || lines["b"] != 4 { // two lengths of two boots
		t.Errorf("lines by run: %v", lines)
	}
}

// benchRun is a run of some boots of one repeat each, with these values of metrics.
func benchRun(t *testing.T, release string, metrics map[string][]float64) *results.Run {
	t.Helper()
	run := newRun()
	run.Release, run.Identity["firmware"], run.Identity["built"] = release, release, "on the day of "+release
	var all []results.Result
	for i := range metrics["goodput"] {
		r := measured(i+1, i+1, 1, 0, map[string]float64{})
		for name, values := range metrics {
			r.Metrics[name] = values[i]
		}
		all = append(all, r)
	}
	return write(t, run, all, nil)
}

// Stock benchstat reads what is exported, and its p is the exact Mann-Whitney one of the same boots.
func TestBenchstatAgrees(t *testing.T) {
	base := benchRun(t, "R1", map[string][]float64{
		"goodput":          {7.01e6, 7.12e6, 6.98e6, 7.05e6, 7.20e6, 7.09e6, 7.15e6},
		"send_latency_p50": {0.0031, 0.0035, 0.0029, 0.0034, 0.0033, 0.0036, 0.0030},
		"loss":             {3, 5, 5, 6, 8, 9, 12},
	})
	now := benchRun(t, "R2", map[string][]float64{
		"goodput":          {6.95e6, 7.02e6, 6.90e6, 7.08e6, 6.99e6, 6.93e6},
		"send_latency_p50": {0.0032, 0.0037, 0.0038, 0.0028, 0.0039, 0.0040},
		"loss":             {5, 9, 9, 12, 14, 20},
	})
	path := filepath.Join(t.TempDir(), "both.txt")
	if err := os.WriteFile(path, []byte(benchOf(t, base, now)), 0o644); err != nil {
		t.Fatal(err)
	}
	got := benchstatP(t, path)
	for _, c := range []struct {
		metric, unit string
		want         float64 // R: coin::pvalue(coin::wilcox_test(x ~ g, distribution = "exact")), g the release
		shown        string  // by benchstat, which has three decimals
	}{
		{"goodput", "goodput-bit/s", 0.034965034965034968, "p=0.035 n=7+6"},
		{"send_latency_p50", "send_latency_p50-sec", 0.18065268065268064, "p=0.181 n=7+6"},
		// Of values that are equal to others benchstat takes twice the one tail, 2 P(U <= 8.5) = 2 * 75/1716, and not, as R, both: the
		// distribution is not symmetric then.
		{"loss", "loss-B", 0.078671328671328672, "p=0.087 n=7+6"},
	} {
		metric, _ := results.LookupMetric(c.metric)
		if p := stats.MannWhitney(valuesOf(t, base, metric), valuesOf(t, now, metric)); math.Abs(p-c.want) > 1e-12 {
			t.Errorf("%s: p is %v, R has %v", c.metric, p, c.want)
		}
		if got[c.unit] != c.shown || c.metric != "loss" && c.shown != fmt.Sprintf("p=%.3f n=7+6", c.want) {
			t.Errorf("%s: benchstat says %q, want %q", c.metric, got[c.unit], c.shown)
		}
	}
}

// valuesOf are what is compared: see analysis.Observe.
func valuesOf(t *testing.T, run *results.Run, m results.Metric) (all []float64) {
	t.Helper()
	observed, ofBoots := analysis.Observe(run, "length=512", m)
	if !ofBoots {
		t.Fatalf("%s has one boot", run.ID)
	}
	for _, o := range observed {
		all = append(all, o.Value)
	}
	return all
}

// benchstatP is what stock benchstat says of each unit of a file with two releases.
func benchstatP(t *testing.T, path string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "tool", "benchstat", "-format", "csv", "-table", "module,link", "-col", "release", path)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("benchstat: %v\n%s", err, errOut.String())
	}
	r := csv.NewReader(bytes.NewReader(out))
	r.FieldsPerRecord = -1
	found := map[string]string{}
	unit := ""
	for {
		line, err := r.Read()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case len(line) > 6 && line[0] == "" && line[6] == "P":
			unit = line[1]
		case len(line) > 6 && strings.Contains(line[0], "length=512"):
			found[unit] = line[6]
		}
	}
}
