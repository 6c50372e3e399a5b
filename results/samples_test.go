package results

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// sampleAt is sample i of a made-up series, all of whose fields depend on i.
func sampleAt(i int) Sample {
	series := "send_latency"
	if i%5 == 0 {
		series = "stage_recv"
	}
	return Sample{Series: series, T: time.Duration(i) * 1_234_567, V: float64(i%997) * 1e-6}
}

func writeSamples(tb testing.TB, w *Writer, seq, n int) string {
	tb.Helper()
	s, err := w.Samples(seq)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		s.Add(sampleAt(i))
	}
	name, err := s.Close()
	if err != nil {
		tb.Fatal(err)
	}
	return name
}

// More rows than one row group, and a remainder that fills no batch.
func TestSamplesReadBack(t *testing.T) {
	const n = rowGroup + batch + 7
	w := create(t)
	r := result(17)
	r.Samples = writeSamples(t, w, 17, n)
	if r.Samples != "samples/000017.parquet" {
		t.Errorf("name is %q", r.Samples)
	}
	if err := w.Append(r); err != nil {
		t.Fatal(err)
	}
	run := reopen(t, w)
	i := 0
	err := run.ReadSamples(17, func(got []Sample) error {
		for _, s := range got {
			if want := sampleAt(i); s != want {
				t.Fatalf("sample %d is %+v, want %+v", i, s, want)
			}
			i++
		}
		return nil
	})
	if err != nil || i != n {
		t.Errorf("read %d of %d samples: %v", i, n, err)
	}
}

// The column names and types are part of the format: a reader that knows
// nothing of this package finds them.
func TestSamplesSchema(t *testing.T) {
	w := create(t)
	name := writeSamples(t, w, 1, 10)
	f, err := os.Open(filepath.Join(w.Dir(), name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	const want = `message Sample {
	required binary series (STRING);
	required int64 t (INT(64,true));
	required double value;
}`
	if got := file.Schema().String(); got != want {
		t.Errorf("schema is\n%s\nwant\n%s", got, want)
	}
}

func TestSamplesRefuseWhatIsNoNumber(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(-1)} {
		w := create(t)
		s, err := w.Samples(1)
		if err != nil {
			t.Fatal(err)
		}
		s.Add(sampleAt(1))
		s.Add(Sample{Series: "rtt", V: v})
		s.Add(sampleAt(2))
		if name, err := s.Close(); name != "" || err == nil || !strings.Contains(err.Error(), `"rtt"`) {
			t.Errorf("Close = %q, %v; want an error that names the series", name, err)
		}
		wantFiles(t, w)
	}
}

func TestNoSamplesNoFile(t *testing.T) {
	w := create(t)
	s, err := w.Samples(1)
	if err != nil {
		t.Fatal(err)
	}
	if name, err := s.Close(); name != "" || err != nil {
		t.Errorf("Close = %q, %v", name, err)
	}
	wantFiles(t, w)
}

func wantFiles(t *testing.T, w *Writer, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(w.Dir(), samplesDir))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("samples/ holds %q, want %q", got, want)
	}
}

func TestReadSamplesErrors(t *testing.T) {
	w := create(t)
	r := result(1)
	r.Samples = writeSamples(t, w, 1, 5000)
	if err := w.Append(r); err != nil {
		t.Fatal(err)
	}
	run := reopen(t, w)
	stop := errors.New("enough")
	if err := run.ReadSamples(1, func([]Sample) error { return stop }); err != stop {
		t.Errorf("the error of fn comes back as %v", err)
	}
	nothing := func([]Sample) error { return nil }
	if err := run.ReadSamples(2, nothing); err == nil {
		t.Error("a result that does not exist has samples")
	}
	secret := filepath.Join(filepath.Dir(w.Dir()), "outside.parquet")
	if err := os.WriteFile(secret, []byte("not for this reader"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../outside.parquet", secret, "samples/000099.parquet"} {
		run.Results[0].Samples = name
		if err := run.ReadSamples(1, nothing); err == nil || strings.Contains(err.Error(), "damaged") {
			t.Errorf("samples at %s: %v", name, err)
		}
	}
}

// Bytes all over a samples file are damaged in turn: reading ends, with or
// without an error, and does not panic.
func TestReadDamagedSamples(t *testing.T) {
	w := create(t)
	r := result(1)
	r.Samples = writeSamples(t, w, 1, 100)
	if err := w.Append(r); err != nil {
		t.Fatal(err)
	}
	run := reopen(t, w)
	path := filepath.Join(w.Dir(), r.Samples)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tried, failed := 0, 0
	for i := 0; i < len(good); i += 7 {
		tried++
		bad := append([]byte(nil), good...)
		bad[i] ^= 0xff
		for _, content := range [][]byte{bad, good[:i]} {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			if run.ReadSamples(1, func([]Sample) error { return nil }) != nil {
				failed++
			}
		}
	}
	if failed < tried { // every cut, at least
		t.Errorf("%d of %d damaged files were found out", failed, 2*tried)
	}
}

// In steady state a sample costs no allocation: what a full batch costs is
// shared by its rows.
func TestAddDoesNotAllocate(t *testing.T) {
	w := create(t)
	s, err := w.Samples(1)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	add := func() { s.Add(sampleAt(i)); i++ }
	for range 2 * rowGroup {
		add()
	}
	if n := testing.AllocsPerRun(2*rowGroup, add); n != 0 {
		t.Errorf("%v allocations per sample", n)
	}
	if _, err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// The heap after many row groups is that after a few.
func TestSampleMemoryIsBounded(t *testing.T) {
	w := create(t)
	s, err := w.Samples(1)
	if err != nil {
		t.Fatal(err)
	}
	heap := func(groups int) uint64 {
		for i := range groups * rowGroup {
			s.Add(sampleAt(i))
		}
		runtime.GC()
		runtime.GC() // pools keep their buffers for one collection more
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	few, many := heap(2), heap(20)
	if many > few+1<<20 {
		t.Errorf("heap is %d B after 2 row groups and %d B after 22", few, many)
	}
	if _, err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkSampleAdd(b *testing.B) {
	w := create(b)
	s, err := w.Samples(1)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Add(sampleAt(i))
	}
	if _, err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkReadSamples(b *testing.B) {
	w := create(b)
	r := result(1)
	const n = 4 * rowGroup
	r.Samples = writeSamples(b, w, 1, n)
	if err := w.Append(r); err != nil {
		b.Fatal(err)
	}
	run := reopen(b, w)
	b.ReportAllocs()
	for b.Loop() {
		if err := run.ReadSamples(1, func([]Sample) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/sample")
}
