package trace

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// write makes a trace of blocks.
func write(t interface {
	Helper()
	Fatal(...any)
}, path string, h Header, blocks ...Block) Side {
	t.Helper()
	w, err := Create(path, h)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	side, err := w.Close(Nominal(h), 0)
	if err != nil {
		t.Fatal(err)
	}
	return side
}

func openFile(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// collect reads all blocks into one, with NaN for what is lost.
func collect(t interface {
	Helper()
	Fatal(...any)
}, r Reader) Block {
	t.Helper()
	n := r.Side().Samples
	all := Block{Amps: slices.Repeat([]float32{notANumber}, int(n))}
	for b, err := range r.Blocks(0, n) {
		if err != nil {
			t.Fatal(err)
		}
		copy(all.Amps[b.Index:], b.Amps)
		grow(&all.Volts, b.Volts, b.Index, n, notANumber)
		grow(&all.Plain, b.Plain, b.Index, n, notANumber)
		grow(&all.Digital, b.Digital, b.Index, n, 0)
	}
	return all
}

func grow[T any](all *[]T, part []T, at, n int64, none T) {
	if part == nil {
		return
	}
	if *all == nil {
		*all = slices.Repeat([]T{none}, int(n))
	}
	copy((*all)[at:], part)
}

// near is that a is b after a way through µA: two roundings of half a unit in the last place of 24 bits.
func near(a, b float32) bool {
	if !isNumber(a) || !isNumber(b) {
		return isNumber(a) == isNumber(b)
	}
	return math.Abs(float64(a)-float64(b)) <= math.Abs(float64(b))/(1<<22)
}

func nearAll(a, b []float32) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d samples, want %d", len(a), len(b))
	}
	for i := range a {
		if !near(a[i], b[i]) {
			return fmt.Errorf("sample %d is %v, want %v", i, a[i], b[i])
		}
	}
	return nil
}

// trc is a trace by chance: blocks with and without gaps, and what is in which sample.
type trc struct {
	header Header
	blocks []Block
	amps   []float32 // all samples, NaN for a lost one
	state  []byte
	volts  []float32
}

func drawTrace(t *rapid.T) trc {
	var x trc
	x.header = Header{Instrument: "test", Kind: Point, Rate: rapid.SampledFrom([]float64{10, 1000, 9765.625, 100000}).Draw(t, "rate")}
	digital := rapid.Bool().Draw(t, "digital")
	volts := rapid.Bool().Draw(t, "volts")
	if digital {
		x.header.Digital = []string{"chip_en", "", "rdy"}
	}
	amp := rapid.Float32Range(-1, 1)
	for range rapid.IntRange(1, 4).Draw(t, "blocks") {
		gap := rapid.SampledFrom([]int{0, 0, 1, 63, 64, 5000}).Draw(t, "gap")
		n := rapid.SampledFrom([]int{1, 2, 50, 100, 100, 100, 100, 9000}).Draw(t, "n")
		x.amps = append(x.amps, slices.Repeat([]float32{notANumber}, gap)...)
		x.state = append(x.state, make([]byte, gap)...)
		x.volts = append(x.volts, slices.Repeat([]float32{notANumber}, gap)...)
		b := Block{Index: int64(len(x.amps))}
		first := amp.Draw(t, "amps")
		for i := range n {
			a := first * float32(i%97+1)
			if i == n/2 && rapid.Bool().Draw(t, "nan") {
				a = notANumber
			}
			b.Amps = append(b.Amps, a)
			if digital {
				b.Digital = append(b.Digital, byte(i*7))
			}
			if volts {
				b.Volts = append(b.Volts, 3.3+float32(i)/1000)
			}
		}
		x.amps = append(x.amps, b.Amps...)
		if digital {
			x.state = append(x.state, b.Digital...)
		}
		x.volts = append(x.volts, b.Volts...)
		x.blocks = append(x.blocks, b)
	}
	return x
}

// What was written is read: samples, gaps, channels, voltages, and each gap in the side.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		x := drawTrace(t)
		path := filepath.Join(dir, fmt.Sprintf("%d.ppk2", n))
		side := write(t, path, x.header, x.blocks...)
		if side.Samples != int64(len(x.amps)) {
			t.Fatalf("%d samples, want %d", side.Samples, len(x.amps))
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := f.Verify(); err != nil {
			t.Fatal(err)
		}
		got := collect(t, f)
		if err := nearAll(got.Amps, x.amps); err != nil {
			t.Fatal(err)
		}
		checkGaps(t, f.Side().Gaps, x.amps)
		if x.blocks[0].Volts != nil {
			for i, a := range x.amps {
				if isNumber(a) && got.Volts[i] != x.volts[i] {
					t.Fatalf("volts %d: %v, want %v", i, got.Volts[i], x.volts[i])
				}
			}
		}
		if x.blocks[0].Digital != nil {
			for i, a := range x.amps {
				if isNumber(a) && got.Digital[i] != x.state[i] {
					t.Fatalf("state %d: %b, want %b", i, got.Digital[i], x.state[i])
				}
			}
		}
	})
}

// checkGaps holds gaps against samples.
func checkGaps(t *rapid.T, gaps []Span, amps []float32) {
	var want []Span
	for i, a := range amps {
		switch {
		case isNumber(a):
		case len(want) > 0 && want[len(want)-1].To == int64(i):
			want[len(want)-1].To++
		default:
			want = append(want, Span{int64(i), int64(i) + 1})
		}
	}
	if !slices.Equal(gaps, want) {
		t.Fatalf("gaps %v, want %v", gaps, want)
	}
}

// The samples' bytes are those of the format: µA as float32, little-endian, then two bits a channel, big-endian.
func TestSessionRaw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ppk2")
	h := Header{Instrument: "test", Kind: Point, Rate: 100000, Start: time.Unix(1700000000, 0), Digital: make([]string, 8)}
	write(t, path, h, Block{Amps: []float32{1e-6, 0.5}, Digital: []byte{0, 0xff}}, Block{Index: 3, Amps: []float32{-2e-6}, Digital: []byte{0b10000001}})
	want := []byte{
		0x00, 0x00, 0x80, 0x3f, 0b01010101, 0b01010101, // 1 µA is 0x3f800000; all low
		0x00, 0x24, 0xf4, 0x48, 0b10101010, 0b10101010, // 500000 is 2^18 * 1.9073486328125 is 0x48f42400; all high
		0x00, 0x00, 0xc0, 0x7f, 0, 0, // not a number; not known
		0x00, 0x00, 0x00, 0xc0, 0b10010101, 0b01010110, // -2; D7 and D0 high
	}
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := read(t, r, samplesName); !bytes.Equal(got, want) {
		t.Errorf("session.raw is\n% x, want\n% x", got, want)
	}
	var names []string
	for _, e := range r.File {
		names = append(names, e.Name)
	}
	if !slices.Equal(names, []string{"session.raw", "metadata.json", "minimap.raw"}) {
		t.Errorf("entries %v", names)
	}
	if got := string(read(t, r, "metadata.json")); got != `{"metadata":{"samplesPerSecond":100000,"startSystemTime":1700000000000},"formatVersion":2}` {
		t.Errorf("metadata %s", got)
	}
	var m struct {
		Data struct {
			Length   int
			Min, Max []struct{ X, Y float64 }
		}
		MaxNumberOfElements, NumberOfTimesToFold, LastElementFoldCount int
	}
	if err := json.Unmarshal(read(t, r, "minimap.raw"), &m); err != nil {
		t.Fatal(err)
	}
	// One range a sample: at 0, 10, 20 and 30 µs; 1 µA is 1000 nA; nothing in the third; -2 µA is raised to 200 nA.
	if m.Data.Length != 4 || m.Data.Min[0].Y != 1000 || m.Data.Max[1].X != 10 || m.Data.Max[1].Y != 5e8 || m.Data.Min[2].Y <= m.Data.Max[2].Y || m.Data.Min[3].Y != 200 ||
		m.MaxNumberOfElements != 10000 || m.NumberOfTimesToFold != 1 {
		t.Errorf("minimap %+v", m)
	}
}

func read(t *testing.T, r *zip.ReadCloser, name string) []byte {
	t.Helper()
	f, err := r.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The local header says how long the samples are and has no flag that says it will be told later: programs that read an archive
// front to back find the end of what is not compressed in no other way. Its bytes by APPNOTE.TXT 4.3.7.
func TestLocalHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ppk2")
	write(t, path, Header{Instrument: "test", Kind: Point, Rate: 10}, Block{Amps: []float32{0}})
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := append([]byte("PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x21\x00"),
		"\xa3\xa1\xc2\xb1"+ // CRC-32 of six bytes 0, by python3 -c 'import zlib; print(hex(zlib.crc32(bytes(6))))'
			"\x06\x00\x00\x00\x06\x00\x00\x00\x0b\x00\x14\x00session.raw"+
			"\x20\xa2\x10\x00\x28\xa0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	if !bytes.HasPrefix(got, want) {
		t.Errorf("the file begins with\n% x, want\n% x", got[:len(want)], want)
	}
}

// Other programs take it for a whole archive.
func TestOtherUnzip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ppk2")
	write(t, path, Header{Instrument: "test", Kind: Point, Rate: 10}, Block{Amps: make([]float32, 70000)})
	listed(t, "unzip", "-t", path)
	listed(t, "python3", "-m", "zipfile", "-t", path)
}

// listed lets another program read an archive.
func listed(t *testing.T, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Log(name, "is not here")
		return
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil || !strings.Contains(string(out), samplesName) && !strings.Contains(string(out), "Done") {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

// An archive with more than 4 GiB of samples, made with a hole in the file instead of samples.
func TestZip64(t *testing.T) {
	const size = 5 << 30 / 6 * 6
	path := filepath.Join(t.TempDir(), "a.ppk2")
	e := entry{name: samplesName, size: size, room: true} // its checksum is wrong, and not asked for
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		at   int64
		data []byte
	}{{0, e.local()}, {samplesOffset + size - 6, []byte{0, 0, 0x80, 0x3f, 0, 0}}, {samplesOffset + size, tail(e, []byte("{}"), []byte("[]"))}} {
		if _, err := f.WriteAt(part.data, part.at); err != nil {
			t.Skip("no room for a hole:", err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := string(read(t, r, minimapName)); got != "[]" || r.File[0].UncompressedSize64 != size {
		t.Errorf("minimap %q, %d bytes of samples", got, r.File[0].UncompressedSize64)
	}
	h := Header{Kind: Point, Rate: 100000}
	side := Side{Schema: schema, Header: h, Clock: Nominal(h), Samples: size / 6, Files: map[string]string{}}
	if err := side.write(path); err != nil {
		t.Fatal(err)
	}
	file := openFile(t, path)
	for b, err := range file.Blocks(size/6-1, size/6) {
		if err != nil || b.Amps[0] != 1e-6 {
			t.Errorf("the last sample is %v, %v", b.Amps, err)
		}
	}
	listed(t, "unzip", "-l", path)
	listed(t, "python3", "-m", "zipfile", "-l", path)
	// Without the directory its end is known from the local header.
	if err := os.Truncate(path, samplesOffset+size); err != nil {
		t.Fatal(err)
	}
	f, err = os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	part := &File{file: f, path: path}
	if err := part.openPart(samplesOffset+size+1000, true, nil); err != nil || part.samples.Size() != size {
		t.Errorf("%d bytes of samples: %v", part.samples.Size(), err)
	}
}

// What a writer refuses.
func TestWriterRefuses(t *testing.T) {
	h := Header{Instrument: "test", Kind: Point, Rate: 100}
	amps := make([]float32, 4)
	for _, tt := range []struct {
		name   string
		blocks []Block
		says   string
	}{
		{"overlap", []Block{{Amps: amps}, {Index: 3, Amps: amps}}, "begins before 4"},
		{"gap", []Block{{Amps: amps}, {Index: 1e9, Amps: amps}}, "a gap of 999999996 samples"},
		{"volts", []Block{{Amps: amps, Volts: amps[:2]}}, "2 voltages"},
		{"channels", []Block{{Amps: amps}, {Index: 4, Amps: amps, Digital: make([]byte, 4)}}, "other channels"},
	} {
		w, err := Create(filepath.Join(t.TempDir(), "a.ppk2"), h)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range tt.blocks {
			err = w.Write(b)
		}
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
		if _, err := w.Close(Nominal(h), 0); err == nil {
			t.Errorf("%s: Close forgot the error", tt.name)
		}
	}
	for _, bad := range []Header{{Kind: Point}, {Kind: Point, Rate: -1}, {Kind: Point, Rate: math.Inf(1)}, {Rate: 1}, {Kind: Point, Rate: 1, Digital: make([]string, 9)}} {
		if _, err := Create(filepath.Join(t.TempDir(), "a.ppk2"), bad); err == nil {
			t.Errorf("header %+v was taken", bad)
		}
	}
}

// A trace is never written over another one, or joined with what is left of one.
func TestCreateExisting(t *testing.T) {
	for _, name := range []string{"a.ppk2", "a.json", "a.volts.f32", "a.plain.f32"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Create(filepath.Join(dir, "a.ppk2"), Header{Kind: Point, Rate: 1}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s: %d files afterwards", name, len(left))
		}
	}
}

// Side files stay small: arrivals are thinned, events and gaps are bounded, and what was left out is said.
func TestBounds(t *testing.T) {
	h := Header{Instrument: "test", Kind: Point, Rate: 1000, Start: time.Now()}
	w, err := Create(filepath.Join(t.TempDir(), "a.ppk2"), h)
	if err != nil {
		t.Fatal(err)
	}
	const blocks = 60000 // of 10 samples every 20 ms: 20 minutes
	for i := range int64(blocks) {
		b := Block{Index: i * 20, Amps: make([]float32, 10), Events: []Event{{Index: i * 20, Kind: Gap, Value: 10}}}
		late := time.Duration(i%5) * time.Millisecond // each fifth is not late
		b.Time = h.Start.Add(time.Duration(b.End())*time.Millisecond + late)
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	side, err := w.Close(Nominal(h), 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(side.Arrivals); n > mostArrivals || n < mostArrivals/2 {
		t.Errorf("%d arrivals of 20 minutes", n)
	}
	for _, a := range side.Arrivals {
		if late := a.T - time.Duration(a.Index)*time.Millisecond; late != 0 {
			t.Fatalf("an arrival %v late was kept, each 100 ms had one that was not late", late)
		}
	}
	last := side.Events[len(side.Events)-1]
	if len(side.Events) != mostEvents || !slices.ContainsFunc(side.Events, func(e Event) bool { return e.Text == dropped && e.Value > blocks-mostEvents }) {
		t.Errorf("%d events, the last %+v", len(side.Events), last)
	}
	if len(side.Gaps) != mostGaps {
		t.Errorf("%d gaps", len(side.Gaps))
	}
}

// Marks and events are kept, with their words.
func TestSide(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ppk2")
	h := Header{Instrument: "v3pwr", Identity: map[string]string{"serial": "1"}, Kind: Average, Rate: 10, Volts: 3.3, VoltsFrom: "set"}
	w, err := Create(path, h)
	if err != nil {
		t.Fatal(err)
	}
	events := []Event{{Index: 3, Kind: OverRange, Value: 0.6}, {Index: 1, Kind: Warning, Text: "hot"}}
	if err := w.Write(Block{Amps: make([]float32, 5), Events: events}); err != nil {
		t.Fatal(err)
	}
	w.Mark(Mark{"start", 7 * time.Second})
	clock := Clock{Method: "arrival", Offset: 5 * time.Second, Period: 0.1, Residual: 0.001}
	if _, err := w.Close(clock, 42); err != nil {
		t.Fatal(err)
	}
	f := openFile(t, path)
	s := f.Side()
	if s.Clock != clock || s.First != 42 || s.Header.Volts != 3.3 || s.Header.Identity["serial"] != "1" || !slices.Equal(s.Marks, []Mark{{"start", 7 * time.Second}}) {
		t.Errorf("side %+v", s)
	}
	var seen []Event
	for b, err := range f.Blocks(0, 5) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, b.Events...)
	}
	if !slices.Equal(seen, []Event{events[1], events[0]}) {
		t.Errorf("events %v", seen)
	}
	for b := range f.Blocks(2, 5) {
		if b.Index != 2 || len(b.Events) != 1 {
			t.Errorf("from 2: %+v", b)
		}
	}
}

// A change in any file is found, and named.
func TestVerify(t *testing.T) {
	for name, at := range map[string]int64{"a.ppk2": samplesOffset + 8, "a.volts.f32": 4, "a.plain.f32": 4} {
		dir := t.TempDir()
		four := []float32{1, 2, 3, 4}
		write(t, filepath.Join(dir, "a.ppk2"), Header{Kind: Point, Rate: 1}, Block{Amps: four, Volts: four, Plain: four})
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte{1}, at); err != nil {
			t.Fatal(err)
		}
		f.Close()
		err = openFile(t, filepath.Join(dir, "a.ppk2")).Verify()
		if err == nil || !strings.Contains(err.Error(), name+" has changed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A trace may be moved and called anything.
func TestRenamed(t *testing.T) {
	dir := t.TempDir()
	four := []float32{1, 2, 3, 4}
	write(t, filepath.Join(dir, "a.ppk2"), Header{Kind: Point, Rate: 1}, Block{Amps: four, Volts: four})
	for _, end := range []string{".ppk2", ".json", ".volts.f32"} {
		if err := os.Rename(filepath.Join(dir, "a"+end), filepath.Join(dir, "b c"+end)); err != nil {
			t.Fatal(err)
		}
	}
	f := openFile(t, filepath.Join(dir, "b c.ppk2"))
	if err := f.Verify(); err != nil {
		t.Error(err)
	}
	if got := collect(t, f); !slices.Equal(got.Volts, four) {
		t.Errorf("volts %v", got.Volts)
	}
}
