package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 22, 18, 40, 0, 0, time.UTC)

func newRun() Run {
	return Run{
		Start: start, Tool: "v0.1.0", Seed: 67, Emulated: true,
		Identity:   map[string]string{"module": "ST67W611M1", "firmware": "2.0.106", "link": "uart"},
		Conditions: map[string]string{"rssi": "-48"},
		Scenario:   Document{Name: "cipsend-size", Text: "name: cipsend-size\n"},
		Factors:    []string{"length"},
	}
}

func create(tb testing.TB) *Writer {
	tb.Helper()
	w, err := Create(tb.TempDir(), newRun())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.Close() }) // some tests damage the directory
	return w
}

func reopen(tb testing.TB, w *Writer) *Run {
	tb.Helper()
	run, err := Open(w.Dir())
	if err != nil {
		tb.Fatal(err)
	}
	return run
}

func result(seq int) Result {
	return Result{
		Seq: seq, Boot: 1, Block: 1, Repeat: seq, Case: "length=2920", Factors: map[string]string{"length": "2920"},
		Outcome: Pass, Metrics: map[string]float64{"goodput": 7.1e6 + float64(seq), "send_latency_p50": 0.0016},
	}
}

func TestCreateNamesTheDirectory(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "results", "runs")
	run := newRun()
	run.Start = start.In(time.FixedZone("elsewhere", 3600))
	var names []string
	for range 3 {
		w, err := Create(parent, run)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Base(w.Dir()))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"2026-11-22T184000Z-cipsend-size", "2026-11-22T184000Z-cipsend-size-2", "2026-11-22T184000Z-cipsend-size-3"}
	if !slices.Equal(names, want) {
		t.Errorf("directories are %q, want %q", names, want)
	}
}

func TestCreateKeepsHostileNamesBelowParent(t *testing.T) {
	parent := t.TempDir()
	run := newRun()
	run.Scenario.Name = "../../a b\x00:ü"
	w, err := Create(parent, run)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if want := filepath.Join(parent, "2026-11-22T184000Z-..-..-a-b---"); w.Dir() != want {
		t.Errorf("directory is %s, want %s", w.Dir(), want)
	}
}

func TestCreateNeedsStartAndName(t *testing.T) {
	for _, run := range []Run{{Start: start}, {Scenario: Document{Name: "x"}}} {
		if _, err := Create(t.TempDir(), run); err == nil {
			t.Errorf("%+v is accepted", run)
		}
	}
}

func TestConcurrentCreates(t *testing.T) {
	parent := t.TempDir()
	const n = 16
	dirs := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			run := newRun()
			run.Seed = uint64(i)
			w, err := Create(parent, run)
			if err != nil {
				t.Error(err)
				return
			}
			dirs[i] = w.Dir()
			if err := errors.Join(w.Append(result(i+1)), w.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, dir := range dirs {
		run, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if run.Seed != uint64(i) || len(run.Results) != 1 || run.Results[0].Seq != i+1 || run.ID != filepath.Base(dir) {
			t.Errorf("%s holds seed %d, id %s, %d results: two runs share it", dir, run.Seed, run.ID, len(run.Results))
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*Result)
		says   string
	}{
		{func(r *Result) { r.Metrics["goodput"] = math.NaN() }, `"goodput" is NaN`},
		{func(r *Result) { r.Metrics["energy"] = math.Inf(1) }, `"energy" is +Inf`},
		{func(r *Result) { r.Metrics["godput"] = 1 }, `"godput" is not in the metric table`},
		{func(r *Result) { r.Seq = 1 }, "larger than 1"},
		{func(r *Result) { r.Outcome = "OK" }, `"OK"`},
		{func(r *Result) { r.Samples = "samples/000002.parquet" }, "must be closed before"},
		{func(r *Result) { r.Samples = "/etc/passwd" }, "samples/000002.parquet"},
	} {
		w := create(t)
		if err := w.Append(result(1)); err != nil {
			t.Fatal(err)
		}
		r := result(2)
		c.change(&r)
		if err := w.Append(r); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "length=2920") {
			t.Errorf("error is %v; want one that says %s and names the case", err, c.says)
		}
		if err := w.Append(result(3)); err != nil {
			t.Errorf("the next result: %v", err)
		}
		if run := reopen(t, w); len(run.Results) != 2 {
			t.Errorf("%d lines", len(run.Results))
		}
	}
}

// A line is in the file, to its newline, when Append returns.
func TestAppendIsComplete(t *testing.T) {
	w := create(t)
	for seq := 1; seq <= 5; seq++ {
		if err := w.Append(result(seq)); err != nil {
			t.Fatal(err)
		}
		run := reopen(t, w)
		if len(run.Results) != seq || len(run.Warnings) != 0 {
			t.Errorf("after line %d: %d results, warnings %q", seq, len(run.Results), run.Warnings)
		}
	}
}

func TestUpdate(t *testing.T) {
	w := create(t)
	run := newRun()
	run.Conditions = map[string]string{"rssi": "-55"}
	run.ID, run.Start = "another", start.Add(time.Hour)
	if err := w.Update(run); err != nil {
		t.Fatal(err)
	}
	got := reopen(t, w)
	if got.Conditions["rssi"] != "-55" || got.ID != filepath.Base(w.Dir()) || !got.Start.Equal(start) || got.Schema != Schema {
		t.Errorf("run.json is %+v", got)
	}
	if _, err := os.Stat(filepath.Join(w.Dir(), runFile+tempSuffix)); err == nil {
		t.Error("the temporary file is left")
	}
}

func TestEventsAreCapped(t *testing.T) {
	w := create(t)
	event := map[string]string{"event": "case", "text": strings.Repeat("x", 1<<20)}
	for range 20 {
		if err := w.Event(event); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(w.Dir(), eventsFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	if len(text) > 16<<20 || len(lines) != 16 { // 15 of a bit over 1 MiB, and the last
		t.Errorf("%d bytes in %d lines", len(text), len(lines))
	}
	for i, line := range lines {
		var got map[string]string
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if want := map[bool]string{true: "capped", false: "case"}[i == len(lines)-1]; got["event"] != want {
			t.Errorf("line %d is %q, want %q", i+1, got["event"], want)
		}
	}
}

func TestCloseTwice(t *testing.T) {
	w := create(t)
	if _, err := fmt.Fprintln(w.Log(), "AT"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(w.Dir(), logFile)); err != nil || string(text) != "AT\n" {
		t.Errorf("at.log holds %q, %v", text, err)
	}
	if err := w.Append(result(1)); err == nil {
		t.Error("a closed run takes a result")
	}
}
