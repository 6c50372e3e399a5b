package results

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata of the present schema version")

// goldenRun writes a small run of the present schema version with fixed values
// and returns its directory.
func goldenRun(t *testing.T) string {
	t.Helper()
	const password = `correct "horse"`
	run := newRun()
	run.Secrets = []string{password}
	run.Rig = Document{
		Name: "bench-a", Text: "wifi: {ssid: lab, password: '" + password + "'}\n",
		Parsed: map[string]any{"wifi": map[string]any{"ssid": "lab", "password": password}},
	}
	run.Scenario.Title = "How does upload goodput depend on the CIPSEND length?"
	run.Scenario.Parsed = map[string]any{"name": "cipsend-size", "warmup": 1}
	for _, length := range []string{"2920", "8192"} {
		run.Cases = append(run.Cases, CaseInfo{Key: "length=" + length, Factors: map[string]string{"length": length}, Hash: "0f" + length})
	}
	w, err := Create(t.TempDir(), run)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range goldenResults() {
		if r.Seq == 1 {
			r.Samples = writeSamples(t, w, r.Seq, 40)
		}
		if err := errors.Join(w.Event(map[string]any{"event": "end", "case": r.Case}), w.Append(r)); err != nil {
			t.Fatal(err)
		}
	}
	run.Conditions = map[string]string{"rssi": "-48", "heap": "81232"}
	_, err = w.Log().Write([]byte("0.000000000 > AT\n"))
	if err := errors.Join(err, w.Update(run), w.Close()); err != nil {
		t.Fatal(err)
	}
	return w.Dir()
}

// goldenResults has two boots of two repeats of a case that is measured, and a case that is not.
func goldenResults() []Result {
	var all []Result
	for i, goodput := range []float64{7e6, 7e6, 5e6, 5e6} {
		r := result(i + 1)
		r.Boot, r.Repeat = 1+i/2, 1+i%2
		r.Metrics = map[string]float64{"goodput": goodput, "send_latency_p50": 0.0016, "efficiency": 0.83, "loss": 0, "sends": 281}
		r.Marks = []Mark{{"start", time.Duration(i) * time.Second}, {"stop", time.Duration(i)*time.Second + 999_999_999}}
		r.Conditions = map[string]string{"rssi": "-48", "rssi_after": "-49"}
		r.Counters = map[string]uint64{"overruns": 0}
		all = append(all, r)
	}
	all[3].Outcome, all[3].Err = Fail, "goodput 5.00 Mbit/s is below 6.00 Mbit/s"
	refused := result(5)
	refused.Boot, refused.Repeat, refused.Case, refused.Factors = 2, 1, "length=8192", map[string]string{"length": "8192"}
	refused.Outcome, refused.Metrics = Refused, nil
	refused.Err = `AT+CIPSEND=0,8192: ERR CODE:0x01070000; before it AT+CWJAP="lab","correct \"horse\""`
	return append(all, refused)
}

// tree is the content of every file below dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The same values make the same bytes: a change of the format shows as a
// difference to the committed run, and must follow the versioning rule.
func TestGoldenRun(t *testing.T) {
	golden := filepath.Join("testdata", fmt.Sprintf("schema-%d", Schema))
	got := tree(t, goldenRun(t))
	if *update {
		if err := os.RemoveAll(golden); err != nil {
			t.Fatal(err)
		}
		for path, text := range got {
			mustWrite(t, filepath.Join(golden, path), text)
		}
	}
	want := tree(t, golden)
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("files are %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	for path, text := range want {
		if got[path] != text {
			t.Errorf("%s is\n%s\nwant\n%s", path, got[path], text)
		}
	}
}

// The committed run of every schema version opens with what it holds.
func TestOpenEverySchema(t *testing.T) {
	for version := 1; version <= Schema; version++ {
		run, err := Open(filepath.Join("testdata", fmt.Sprintf("schema-%d", version)))
		if err != nil {
			t.Fatal(err)
		}
		if run.Schema != version || !run.Start.Equal(start) || run.ID != "2026-11-22T184000Z-cipsend-size" || !run.Emulated {
			t.Errorf("run is %+v", run)
		}
		if len(run.Results) != 5 || len(run.Cases) != 2 || len(run.Warnings) != 0 {
			t.Fatalf("%d results, %d cases, warnings %q", len(run.Results), len(run.Cases), run.Warnings)
		}
		r := run.Results[1]
		if r.Metrics["goodput"] != 7e6 || r.Marks[1].T != 1_999_999_999 || r.Conditions["rssi_after"] != "-49" || r.Boot != 1 || r.Repeat != 2 {
			t.Errorf("result 2 is %+v", r)
		}
		n := 0
		if err := run.ReadSamples(1, func(s []Sample) error { n += len(s); return nil }); err != nil || n != 40 {
			t.Errorf("%d samples, %v", n, err)
		}
	}
}
