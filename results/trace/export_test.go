package trace

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

// shown is a trace of seven samples at 10 Hz, two of them lost, on a clock that begins at 5 s.
func shown() *Memory {
	m := &Memory{Meta: Side{Header: Header{Instrument: "test", Kind: Point, Rate: 10, Digital: []string{"chip_en", "", `a,"b"`}, Start: time.Unix(1700000000, 0).UTC()}}}
	m.Add(Block{Amps: []float32{1e-3, 2e-3, 3e-3}, Volts: []float32{3.3, 3.2, notANumber}, Digital: []byte{1, 2, 5}})
	m.Add(Block{Index: 5, Amps: []float32{4e-3, 5e-3}, Volts: []float32{3, 3}, Digital: []byte{0, 7}, Events: []Event{{Index: 6, Kind: OverRange}}})
	m.Meta.Clock = Clock{Method: "test", Offset: 5 * time.Second, Period: 0.1}
	m.Meta.Marks = []Mark{{"start", 5100 * time.Millisecond}, {"end", 5550 * time.Millisecond}}
	m.Meta.Arrivals = []Arrival{{3, 6 * time.Second}, {7, 6 * time.Second}}
	return m
}

func TestWriteCSV(t *testing.T) {
	var b bytes.Buffer
	if err := (Cut{shown(), 1, 6, nil}).WriteCSV(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	const want = "time (s),current (A),voltage (V),D0 chip_en,D1,D2 a__b_\n" +
		"5.100000000,0.002,3.2,0,1,0\n5.200000000,0.003,,1,0,1\n5.500000000,0.004,3,0,0,0\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

// What is exported is imported as it was.
func TestCSVRoundTrip(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		x := drawTrace(t)
		if len(x.amps) < 2 || !isNumber(x.amps[0]) || !isNumber(x.amps[1]) {
			t.Skip("what is before the first sample is not in a table, and no two that follow each other make no rate")
		}
		m := &Memory{Meta: Side{Header: x.header, Clock: Nominal(x.header)}}
		for _, b := range x.blocks {
			m.Add(b)
		}
		path := filepath.Join(dir, "a.csv")
		var b bytes.Buffer
		if err := (Cut{m, 0, m.Meta.Samples, nil}).WriteCSV(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		src, err := open(path, Options{Format: CSV, Rate: x.header.Rate, Progress: func(float64) {}})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		back := &Memory{Meta: Side{Header: src.header()}}
		if err := src.each(func(b Block) error { back.Add(b); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := nearAll(collect(t, back).Amps, x.amps[:back.Meta.Samples]); err != nil {
			t.Fatal(err)
		}
		if countLost(x.amps[back.Meta.Samples:]) != len(x.amps)-int(back.Meta.Samples) {
			t.Fatalf("%d samples of %d came back", back.Meta.Samples, len(x.amps))
		}
	})
}

func countLost(amps []float32) (n int) {
	for _, a := range amps {
		if !isNumber(a) {
			n++
		}
	}
	return n
}

// A part of a trace is a trace, on the same clock.
func TestWritePPK2(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ppk2")
	if _, err := (Cut{shown(), 2, 7, nil}).WritePPK2(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	f := openFile(t, path)
	s := f.Side()
	if s.First != 2 || s.Clock.Offset != 5200*time.Millisecond || !slices.Equal(s.Marks, []Mark{{"end", 5550 * time.Millisecond}}) ||
		!slices.Equal(s.Gaps, []Span{{1, 3}}) || !slices.Equal(s.Arrivals, []Arrival{{1, 6 * time.Second}, {5, 6 * time.Second}}) ||
		len(s.Events) != 1 || s.Events[0].Index != 4 {
		t.Errorf("side %+v", s)
	}
	got := collect(t, f)
	if err := nearAll(got.Amps, []float32{3e-3, notANumber, notANumber, 4e-3, 5e-3}); err != nil {
		t.Error(err)
	}
	if !slices.Equal(got.Digital, []byte{5, 0, 0, 0, 7}) {
		t.Errorf("states %b", got.Digital)
	}
}

// The columns as another reader of Parquet sees them.
func TestWriteParquet(t *testing.T) {
	var b bytes.Buffer
	if err := (Cut{shown(), 1, 7, nil}).WriteParquet(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"rate": "10", "offset": "5.1", "period": "0.1", "start": "2023-11-14T22:13:20Z", "instrument": "test", "kind": "point"} {
		if got, _ := f.Lookup(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	want := [][]string{ // i, v, d, flags
		{"0.002", "3.2", "2", "0"}, {"0.003", "<null>", "5", "0"}, {"NaN", "<null>", "0", "1"}, {"NaN", "<null>", "0", "1"}, {"0.004", "3", "0", "0"}, {"0.005", "3", "7", "0"},
	}
	rows := make([]parquet.Row, 10)
	reader := parquet.NewReader(f)
	defer reader.Close()
	n, err := reader.ReadRows(rows)
	if n != len(want) {
		t.Fatalf("%d rows: %v", n, err)
	}
	for i, row := range rows[:n] {
		var got []string
		for _, v := range row {
			got = append(got, v.String())
		}
		if !slices.Equal(got, want[i]) {
			t.Errorf("row %d is %v, want %v", i, got, want[i])
		}
	}
}

// Row groups are a second long, so that a reader can take a part, and memory is bounded.
func TestParquetGroups(t *testing.T) {
	m := &Memory{Meta: Side{Header: Header{Kind: Point, Rate: 5000}}}
	for i := range int64(12) {
		m.Add(Block{Index: i * 1000, Amps: make([]float32, 990)})
	}
	m.Meta.Clock = Nominal(m.Meta.Header)
	var b bytes.Buffer
	if err := (Cut{m, 0, m.Meta.Samples, nil}).WriteParquet(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var groups []int64
	for _, g := range f.RowGroups() {
		groups = append(groups, g.NumRows())
	}
	if !slices.Equal(groups, []int64{5000, 5000, 1990}) {
		t.Errorf("groups of %v rows", groups)
	}
}

// What goes wrong while it is written is said.
func TestExportErrors(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	c := Cut{shown(), 0, 7, nil}
	for name, err := range map[string]error{
		"csv": c.WriteCSV(ctx, &bytes.Buffer{}), "parquet": c.WriteParquet(ctx, &bytes.Buffer{}),
		"ppk2": second(c.WritePPK2(ctx, filepath.Join(t.TempDir(), "a.ppk2"))),
	} {
		if !errors.Is(err, why) {
			t.Errorf("%s, interrupted: %v", name, err)
		}
	}
	for name, err := range map[string]error{"csv": c.WriteCSV(t.Context(), fullDisk{}), "parquet": c.WriteParquet(t.Context(), fullDisk{})} {
		if err == nil || !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("%s on a full disk: %v", name, err)
		}
	}
}

func second(_ Side, err error) error { return err }

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

// The overview never has more than its entries, and each of a range's samples is within it.
func TestMinimap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMinimap()
		var all []float32
		for range rapid.IntRange(1, 8).Draw(t, "blocks") {
			n := rapid.IntRange(1, 6000).Draw(t, "n")
			if rapid.Bool().Draw(t, "lost") {
				m.lost(int64(n))
				all = append(all, slices.Repeat([]float32{notANumber}, n)...)
				continue
			}
			amps := make([]float32, n)
			for i := range amps {
				amps[i] = float32(math.Mod(float64(len(all)+i)*0.37, 1))
			}
			m.add(amps)
			all = append(all, amps...)
		}
		fold := int(m.fold)
		if want := (len(all) + fold - 1) / fold; m.n != want || m.n > mapSize {
			t.Fatalf("%d ranges of %d for %d samples", m.n, fold, len(all))
		}
		for i := range m.n {
			low, high := float32(math.MaxFloat32), float32(-math.MaxFloat32)
			for _, a := range all[i*fold : min((i+1)*fold, len(all))] {
				if isNumber(a) {
					low, high = min(low, a*micro), max(high, a*micro)
				}
			}
			if m.low[i] != low || m.high[i] != high {
				t.Fatalf("range %d is %v to %v, want %v to %v", i, m.low[i], m.high[i], low, high)
			}
		}
	})
}
