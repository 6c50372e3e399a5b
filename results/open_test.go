package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fill appends n results, the last one an error with text that JSON escapes.
func fill(tb testing.TB, w *Writer, n int) {
	tb.Helper()
	for seq := 1; seq <= n; seq++ {
		r := result(seq)
		r.Marks = []Mark{{Name: "start", T: time.Duration(seq) * time.Second}}
		if seq == n {
			r.Outcome, r.Metrics, r.Err = Error, nil, "6 bytes seen: \"\\r\\nOK\\r\\n\"\n<µ>"
		}
		if err := w.Append(r); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestOpenCutAtEveryByte(t *testing.T) {
	w := create(t)
	fill(t, w, 4)
	path := filepath.Join(w.Dir(), journalFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := len(whole); n >= 0; n-- {
		if err := os.Truncate(path, int64(n)); err != nil {
			t.Fatal(err)
		}
		run, err := Open(w.Dir())
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		kept := whole[:n]
		if want := bytes.Count(kept, []byte("\n")); len(run.Results) != want {
			t.Errorf("cut at %d: %d results of %d whole lines", n, len(run.Results), want)
		}
		if clean := n == 0 || kept[n-1] == '\n'; clean != (len(run.Warnings) == 0) {
			t.Errorf("cut at %d: warnings %q", n, run.Warnings)
		}
	}
}

func TestOpenDamaged(t *testing.T) {
	line := func(seq int) string { return fmt.Sprintf(`{"seq":%d,"outcome":"PASS"}`+"\n", seq) }
	for _, c := range []struct{ journal, says string }{
		{line(1) + "{\"seq\":2,\n" + line(3), journalFile + ":2:10: damaged line"},
		{line(1) + line(2) + "\n", journalFile + ":3:1: damaged line"},
		{line(1) + `{"seq":2,"outcome":"PASS","metrics":{"goodput":"much"}}` + "\n", journalFile + ":2:53: damaged line"},
		{line(1) + `{"seq":2,"outcome":"PASS","metrics":{"goodput":1e999}}` + "\n", "damaged line"},
		{line(1) + `{"seq":2,"outcome":"PASS","metrics":{"goodput":1e300}}` + "\n", journalFile + ":2:1: damaged line: goodput is 1e+300"},
		{line(1) + `{"seq":2,"outcome":"PASS","metrics":{"goodput":-1e-300}}` + "\n", journalFile + ":2:1: damaged line: goodput is -1e-300"},
		{line(1) + strings.TrimSuffix(line(2), "\n") + line(3), journalFile + ":2:27: damaged line"},
		{line(2) + line(2), "seq 2 after 2"},
		{line(0), "seq 0"},
		{`{"seq":1,"outcome":"OK"}` + "\n", `"OK"`},
		{strings.Repeat("\x00", 100) + "\n" + line(1), journalFile + ":1:1: damaged line"},
	} {
		w := create(t)
		if err := os.WriteFile(filepath.Join(w.Dir(), journalFile), []byte(c.journal), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(w.Dir()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: error %v; want one that says %q", c.journal, err, c.says)
		}
	}
}

func TestOpenRunFile(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{`{"schema":2}`, "this program reads 1 to 1"},
		{`{"id":"x"}`, "no schema version"},
		{`{"schema":1`, runFile},
		{``, runFile},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, runFile), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: error %v; want one that says %q", c.text, err, c.says)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a run directory") {
		t.Errorf("an empty directory: %v", err)
	}
}

// Keys that this version does not know are passed over, as the versioning rule promises.
func TestOpenPassesOverUnknownKeys(t *testing.T) {
	w := create(t)
	text := `{"seq":1,"outcome":"PASS","later":{"a":[1]},"metrics":{"goodput":5,"jitter":0.1}}` + "\n"
	if err := os.WriteFile(filepath.Join(w.Dir(), journalFile), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	run := reopen(t, w)
	if len(run.Results) != 1 || run.Results[0].Metrics["jitter"] != 0.1 {
		t.Errorf("results are %+v", run.Results)
	}
	if err := WriteBench(&bytes.Buffer{}, run); err != nil {
		t.Error(err)
	}
}

func TestOpenIgnoresUnnamedFiles(t *testing.T) {
	w := create(t)
	writeSamples(t, w, 1, 10) // its line was never written
	if _, err := w.Samples(2); err != nil {
		t.Fatal(err)
	}
	run := reopen(t, w)
	if len(run.Results) != 0 || len(run.Warnings) != 0 {
		t.Errorf("results %v, warnings %q", run.Results, run.Warnings)
	}
	wantFiles(t, w, "000001.parquet", "000002.parquet.tmp")
}

func TestList(t *testing.T) {
	parent := t.TempDir()
	for i, hour := range []int{2, 0, 1} {
		run := newRun()
		run.Start, run.Seed = start.Add(time.Duration(hour)*time.Hour), uint64(i)
		w, err := Create(parent, run)
		if err != nil {
			t.Fatal(err)
		}
		// List must not read this.
		if err := os.WriteFile(filepath.Join(w.Dir(), journalFile), []byte("damaged\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_ = w.Close() // fails: the journal is damaged
	}
	mustWrite(t, filepath.Join(parent, "notes.txt"), "a file")
	mustWrite(t, filepath.Join(parent, "other", "file"), "not a run")
	mustWrite(t, filepath.Join(parent, "newer", runFile), `{"schema":99}`)
	runs, err := List(parent)
	if err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("error is %v", err)
	}
	var got []uint64
	for _, run := range runs {
		got = append(got, run.Seed)
	}
	if fmt.Sprint(got) != "[0 2 1]" {
		t.Errorf("order is %v", got)
	}
	if _, err := List(filepath.Join(parent, "nowhere")); err == nil {
		t.Error("a directory that does not exist has runs")
	}
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Whatever results.jsonl holds, it opens or fails, and what opens was stored:
// each result encodes and is read back the same.
func FuzzOpen(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "schema-1", journalFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(golden[:len(golden)/2])
	f.Add([]byte("{\"seq\":1,\"outcome\":\"PASS\"}\n{"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, journal []byte) {
		all, warnings, err := readJournal(bytes.NewReader(journal), journalFile)
		if err != nil {
			return
		}
		if lines := bytes.Count(journal, []byte("\n")); len(all) != lines {
			t.Fatalf("%d results of %d lines", len(all), lines)
		}
		if cut := len(journal) > 0 && journal[len(journal)-1] != '\n'; cut != (len(warnings) == 1) {
			t.Fatalf("warnings %q", warnings)
		}
		var again bytes.Buffer
		e := json.NewEncoder(&again)
		for _, r := range all {
			if err := e.Encode(r); err != nil {
				t.Fatal(err)
			}
		}
		back, _, err := readJournal(&again, journalFile)
		if err != nil || len(back) != len(all) {
			t.Fatalf("%d of %d results are read back: %v", len(back), len(all), err)
		}
		if err := WriteBench(&bytes.Buffer{}, &Run{Results: all}); err != nil {
			t.Fatal(err)
		}
	})
}
