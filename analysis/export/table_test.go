package export

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"st67bench/results"
)

func csvOf(t testing.TB, table Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := table.CSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readCSV gives the rows by the names of their columns.
func readCSV(t testing.TB, text []byte) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		if len(row) != len(all[0]) {
			t.Fatalf("columns are not unique: %q", all[0])
		}
		rows = append(rows, row)
	}
	return rows
}

// readParquet gives the rows as text, in the way of CSV.
func readParquet(t testing.TB, file []byte) (names []string, rows [][]string) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []kind
	for _, field := range f.Schema().Fields() {
		names = append(names, field.Name())
		k := map[parquet.Kind]kind{parquet.ByteArray: text, parquet.Double: number, parquet.Boolean: boolean, parquet.Int64: integer}[field.Type().Kind()]
		if strings.HasPrefix(field.Type().String(), "TIMESTAMP(isAdjustedToUTC=true,unit=NANOS") {
			k = instant
		}
		kinds = append(kinds, k)
	}
	for _, group := range f.RowGroups() {
		r := group.Rows()
		buf := make([]parquet.Row, 10)
		for {
			n, err := r.ReadRows(buf)
			for _, row := range buf[:n] {
				line := make([]string, len(names))
				for _, v := range row {
					line[v.Column()] = kinds[v.Column()].format(v)
				}
				rows = append(rows, line)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return names, rows
}

func TestCSVGolden(t *testing.T) {
	run := syntheticRun(t)
	golden(t, "results.csv", csvOf(t, Results(run)))
	boots, err := Boots(run)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "history.csv", csvOf(t, boots))
}

// Every metric of every result comes back to the bit, with the result's own place and factors, and a result without metrics is there.
func TestResultsComeBack(t *testing.T) {
	run := syntheticRun(t)
	run.Results[0].Metrics["goodput"] = math.Nextafter(0.1, 1)
	run.Results[0].Metrics["loss"] = 1e300
	run.Results[0].Metrics["of_a_later_version"] = -0.25
	rows := readCSV(t, csvOf(t, Results(run)))
	for _, r := range run.Results {
		got := map[string]float64{}
		n := 0
		for _, row := range rows {
			if row["seq"] != strconv.Itoa(r.Seq) {
				continue
			}
			n++
			if row["case"] != r.Case || row["factor_length"] != r.Factors["length"] || row["outcome"] != string(r.Outcome) || row["reason"] != r.Err ||
				row["boot"] != strconv.Itoa(r.Boot) || row["run"] != run.ID || row["release"] != "R1" || row["role"] != "candidate" || row["emulated"] != "true" {
				t.Errorf("result %d has the row %v", r.Seq, row)
			}
			if at, err := time.Parse(time.RFC3339Nano, row["start"]); err != nil || !at.Equal(start) {
				t.Errorf("start is %q, %v", row["start"], err)
			}
			if row["metric"] == "" {
				continue
			}
			v, err := strconv.ParseFloat(row["value"], 64)
			m, _ := results.LookupMetric(row["metric"])
			if err != nil || row["unit"] != m.Unit {
				t.Errorf("row %v: %v", row, err)
			}
			got[row["metric"]] = v
		}
		if !maps.Equal(got, r.Metrics) || n != max(len(r.Metrics), 1) {
			t.Errorf("result %d: %d rows with %v, want %v", r.Seq, n, got, r.Metrics)
		}
	}
}

// Parquet has the same rows as CSV, in the same columns.
func TestParquetIsCSV(t *testing.T) {
	run, hostile := syntheticRun(t), hostileRun(t)
	for name, table := range map[string]Table{
		"results": Results(run, hostile), "samples": Samples(run, hostile), "empty": Results(), "no results": Results(&results.Run{ID: "x", Start: start}),
	} {
		var b bytes.Buffer
		if err := table.Parquet(&b); err != nil {
			t.Fatal(err)
		}
		names, rows := readParquet(t, b.Bytes())
		var again bytes.Buffer
		w := csv.NewWriter(&again)
		if err := w.WriteAll(slices.Concat([][]string{names}, rows)); err != nil {
			t.Fatal(err)
		}
		if got, want := again.String(), string(csvOf(t, table)); got != want {
			t.Errorf("%s: Parquet has\n%.2000s\nCSV\n%.2000s", name, got, want)
		}
	}
}

// Each raw sample has its row.
func TestSamplesComeBack(t *testing.T) {
	run := syntheticRun(t)
	rows := readCSV(t, csvOf(t, Samples(run)))
	i := 0
	for _, r := range run.Results {
		err := run.ReadSamples(r.Seq, func(all []results.Sample) error {
			for _, s := range all {
				row := rows[i]
				i++
				v, err := strconv.ParseFloat(row["value"], 64)
				if err != nil || v != s.V || row["t"] != strconv.FormatInt(int64(s.T), 10) || row["series"] != s.Series || row["seq"] != strconv.Itoa(r.Seq) {
					return fmt.Errorf("row %d is %v, want %v", i, row, s)
				}
				if want := map[bool]string{true: "", false: "s"}[s.Series == "delivery"]; row["unit"] != want { // which is no metric
					return fmt.Errorf("row %d has the unit %q, want %q", i, row["unit"], want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if i != len(rows) || i != 7*20*5 { // seven measured results with twenty sends of five samples
		t.Errorf("%d rows, %d samples", len(rows), i)
	}
}

// Text of anybody comes back from CSV as it was, apart from bytes that were no text when the run was stored.
func TestHostileCSV(t *testing.T) {
	run := hostileRun(t)
	for _, row := range readCSV(t, csvOf(t, Results(run))) {
		r := run.Results[0]
		if row["factor_"+hostile] != r.Factors[hostile] || row["case"] != r.Case || row["firmware"] != run.Identity["firmware"] || row["release"] != run.Release {
			t.Errorf("row is %q", row)
		}
	}
	boots, err := Boots(run)
	if err != nil {
		t.Fatal(err)
	}
	if rows := readCSV(t, csvOf(t, boots)); len(rows) != 1 || rows[0]["goodput"] != "1e+06" {
		t.Errorf("boots are %q", rows)
	}
}

// A row of the history is a boot: of ratios the geometric mean of its repeats, of counts the arithmetic.
func TestBoots(t *testing.T) {
	run := syntheticRun(t)
	older := *run
	older.ID, older.Release, older.Start, older.Role = "older", "R0", start.Add(-time.Hour), results.RoleReference
	boots, err := Boots(run, &older)
	if err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, csvOf(t, boots))
	if len(rows) != 4 || rows[0]["run"] != "older/1" || rows[1]["run"] != "older/2" || rows[0]["role"] != "reference" || rows[3]["release"] != "R1" || rows[3]["session"] != "S1" {
		t.Fatalf("rows are %v", rows)
	}
	// Results 1 and 3 are the first boot's of length 512, result 5 alone is the second's: 7 was not measured.
	for i, want := range []float64{math.Sqrt((1e6 + 1e4 + 0.1) * (1e6 + 3e4 + 0.1)), 1e6 + 5e4 + 0.1} {
		v, err := strconv.ParseFloat(rows[i]["length=512/goodput"], 64)
		if err != nil || math.Abs(v/want-1) > 1e-12 {
			t.Errorf("boot %d: goodput %v, want %v", i+1, v, want)
		}
	}
	other := *run
	other.Scenario.Name = "another"
	if _, err := Boots(run, &other); err == nil || !strings.Contains(err.Error(), "cipsend-size and another") {
		t.Errorf("two scenarios: %v", err)
	}
}

// A loss is the fraction of what was sent, so that repeats of any length stand in one history.
func TestBootsHaveFractionsOfLoss(t *testing.T) {
	all := syntheticResults()
	for i := range all {
		if all[i].Metrics != nil {
			all[i].Metrics["loss"], all[i].Metrics["sent"] = 5, 1000
		}
	}
	boots, err := Boots(write(t, newRun(), all, nil))
	if err != nil {
		t.Fatal(err)
	}
	if rows := readCSV(t, csvOf(t, boots)); rows[0]["length=512/loss"] != "0.005" {
		t.Errorf("5 of 1000 bytes are %q", rows[0]["length=512/loss"])
	}
}

// A boot without a value of a metric has an empty cell, not 0.
func TestBootsLeaveOut(t *testing.T) {
	all := syntheticResults()
	delete(all[4].Metrics, "goodput")
	boots, err := Boots(write(t, newRun(), all, nil))
	if err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, csvOf(t, boots))
	if v, ok := rows[1]["length=512/goodput"]; len(rows) != 2 || !ok || v != "" {
		t.Errorf("rows are %v", rows)
	}
}

// failing is a writer on a full disk.
type failing struct{ left int }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// What cannot be written is an error in every format.
func TestFullDisk(t *testing.T) {
	run := syntheticRun(t)
	for name, export := range map[string]func(io.Writer) error{
		"csv": Results(run).CSV, "parquet": Results(run).Parquet,
		"bench":    func(w io.Writer) error { return Bench(w, run, run) },
		"junit":    func(w io.Writer) error { return JUnit(w, run) },
		"perfetto": func(w io.Writer) error { _, err := Perfetto(w, run); return err },
	} {
		for _, left := range []int{0, 100} {
			if err := export(&failing{left}); !errors.Is(err, errFull) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// manySamples is a run of one result with n raw samples.
func manySamples(t testing.TB, n int) *results.Run {
	t.Helper()
	return write(t, newRun(), []results.Result{measured(1, 1, 1, 0, map[string]float64{"goodput": 1})}, func(w *results.Writer, r *results.Result) {
		samples, err := w.Samples(1)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			samples.Add(results.Sample{Series: "rtt", T: time.Duration(i), V: float64(i) * 1e-6})
		}
		if r.Samples, err = samples.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// The memory of a table is that of a row group in the codec's own form, and not that of its rows.
func TestTablesStream(t *testing.T) {
	run := manySamples(t, rowGroup*3/2)
	var before, m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak, written := uint64(0), 0
	look := func(p []byte) {
		if written += len(p); written < 200_000 {
			return
		}
		written = 0
		runtime.GC()
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	if err := Samples(run).Parquet(watcher(look)); err != nil {
		t.Fatal(err)
	}
	const most = 24 << 20 // all rows at once are 19 columns * 24 B * 98 304 = 45 MB
	if peak == 0 || int64(peak)-int64(before.HeapAlloc) > most {
		t.Errorf("the heap grew from %d to %d bytes", before.HeapAlloc, peak)
	}
	t.Logf("the heap grew by %d kB at most", (int64(peak)-int64(before.HeapAlloc))>>10)
}

type watcher func(p []byte)

func (w watcher) Write(p []byte) (int, error) { w(p); return len(p), nil }

// Samples as CSV and Parquet against what reads them and writes their two numbers with fmt.
func BenchmarkSamples(b *testing.B) {
	const n = 100_000
	run := manySamples(b, n)
	naive := func(w io.Writer) error {
		return run.ReadSamples(1, func(all []results.Sample) error {
			for _, s := range all {
				if _, err := fmt.Fprintf(w, "%d,%v\n", int64(s.T), s.V); err != nil {
					return err
				}
			}
			return nil
		})
	}
	begin := time.Now()
	if err := naive(io.Discard); err != nil {
		b.Fatal(err)
	}
	floor := time.Since(begin)
	for name, export := range map[string]func(io.Writer) error{"csv": Samples(run).CSV, "parquet": Samples(run).Parquet} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := export(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			each := b.Elapsed() / time.Duration(b.N)
			b.ReportMetric(float64(each.Nanoseconds())/n, "ns/row")
			b.ReportMetric(each.Seconds()/floor.Seconds(), "x-naive")
		})
	}
}
