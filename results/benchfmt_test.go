package results

import (
	"bytes"
	"context"
	"math"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func benchText(t *testing.T, run *Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteBench(&out, run); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBenchLinePerBoot(t *testing.T) {
	run := &Run{
		Scenario: Document{Name: "cipsend-size"},
		Identity: map[string]string{"firmware": "2.0.106\nevil: 1", "Link Rate": "2000000", "1": "x", "empty": " "},
		Cases:    []CaseInfo{{Key: "length=2920"}},
		Results:  goldenResults(),
	}
	got := benchText(t, run)
	const want = `link-rate: 2000000
firmware: 2.0.106 evil: 1
Unit goodput-bit/s better=higher
Unit efficiency better=higher
Unit send_latency_p50-sec better=lower
Unit loss-B better=lower
BenchmarkCipsendSize/length=2920 2 7e+06 goodput-bit/s 0.83 efficiency 0.0016 send_latency_p50-sec 0 loss-B 281 sends
BenchmarkCipsendSize/length=2920 2 5e+06 goodput-bit/s 0.83 efficiency 0.0016 send_latency_p50-sec 0 loss-B 281 sends
`
	if got != want {
		t.Errorf("bench.txt is\n%s\nwant\n%s", got, want)
	}
}

func TestBenchLinePerRepeat(t *testing.T) {
	run := &Run{Scenario: Document{Name: "a_b.c"}, Cases: []CaseInfo{{Key: "x=1"}, {Key: "y=a b"}}}
	for i, key := range []string{"y=a b", "x=1", "x=1"} {
		r := result(i + 1)
		r.Case, r.Metrics = key, map[string]float64{"goodput": float64(i)}
		run.Results = append(run.Results, r)
	}
	const want = `Unit goodput-bit/s better=higher
BenchmarkABC/x=1 1 1 goodput-bit/s
BenchmarkABC/x=1 1 2 goodput-bit/s
BenchmarkABC/y=a_b 1 0 goodput-bit/s
`
	if got := benchText(t, run); got != want {
		t.Errorf("bench.txt is\n%s\nwant\n%s", got, want)
	}
}

func TestCombine(t *testing.T) {
	for _, c := range []struct {
		metric string
		values []float64
		want   float64
	}{
		{"goodput", []float64{4e6, 9e6}, 6e6},
		{"goodput", []float64{7123456.7}, 7123456.7},
		{"goodput", []float64{0, 9e6}, 4.5e6},
		{"loss", []float64{4, 9}, 6.5},
		{"efficiency", []float64{0.4, 0.9}, 0.65},
	} {
		m, ok := LookupMetric(c.metric)
		if got := m.Combine(c.values); !ok || math.Abs(got-c.want) > 1e-12*c.want {
			t.Errorf("%s of %v is %v, want %v", c.metric, c.values, got, c.want)
		}
	}
	if !math.IsNaN(Metric{}.Combine(nil)) {
		t.Error("no values have a value")
	}
	for _, name := range []string{"goodput", "efficiency"} { // boots of the same repeats are ties, in whatever order these came
		m, _ := LookupMetric(name)
		x, y := m.Combine([]float64{0.0201, 0.0199, 0.0202, 0.1}), m.Combine([]float64{0.1, 0.0202, 0.0199, 0.0201})
		if x != y {
			t.Errorf("%s: %v in one order, %v in another", name, x, y)
		}
	}
}

// Stock benchstat reads the file without a complaint and shows the units, and
// compares two firmwares when it is told what a table is of.
func TestBenchstatReadsIt(t *testing.T) {
	dir := t.TempDir()
	for i, firmware := range []string{"2.0.97", "2.0.106"} {
		run := newRun()
		run.Identity["firmware"], run.Identity["built"] = firmware, "on the day of "+firmware
		w, err := Create(dir, run)
		if err != nil {
			t.Fatal(err)
		}
		for seq := 1; seq <= 9; seq++ {
			r := result(seq)
			r.Metrics["goodput"] = 7e6 - float64(i)*3e5 + float64(seq)*1e3
			if err := w.Append(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	const name = "2026-11-22T184000Z-cipsend-size"
	out := benchstat(t, "-table", "module,link", filepath.Join(dir, name, benchFile), filepath.Join(dir, name+"-2", benchFile))
	for _, want := range []string{
		"goodput-bit/s", "send_latency_p50-sec", "CipsendSize/length=2920", "7.005M", "6.705M", "1.600m",
		"-4.28%", // 6.705/7.005 - 1
		"p=0.000 n=9", "link: uart",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("benchstat does not print %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, ": parsing") || strings.Contains(out, "missing") {
		t.Errorf("benchstat complains:\n%s", out)
	}
}

func benchstat(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // the first time it is compiled
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", append([]string{"tool", "benchstat"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("benchstat: %v\n%s", err, out)
	}
	return string(out)
}
