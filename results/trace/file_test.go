package trace

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// victimEnv makes the test binary write a trace at this path until it is killed.
const victimEnv = "TRACE_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		fmt.Fprintln(os.Stderr, victim(path))
		os.Exit(1) // it never ends by itself
	}
	os.Exit(m.Run())
}

// victimAmps is what the victim writes, in whole µA so that nothing is rounded.
func victimAmps(index int64) float32 { return float32(index%1000) / micro }

// victim writes blocks of 10 ms, one of 64 without what is before it, as fast as it can, and says how many samples it has written.
func victim(path string) error {
	w, err := Create(path, Header{Instrument: "test", Kind: Point, Rate: 100000, Start: time.Now(), Digital: []string{"d"}})
	if err != nil {
		return err
	}
	amps, digital := make([]float32, 1000), make([]byte, 1000)
	for n := int64(0); ; n++ {
		index := n*1000 + n/64*50
		for i := range amps {
			amps[i] = victimAmps(index + int64(i))
			digital[i] = byte(index+int64(i)) & 1
		}
		if err := w.Write(Block{Index: index, Amps: amps, Digital: digital, Volts: amps}); err != nil {
			return err
		}
		fmt.Println(index + 1000)
	}
}

// A killed program leaves what it wrote but for the last half second: it opens, says that it was cut off, and each sample is right.
func TestKill(t *testing.T) {
	for _, blocks := range []int{1, 100, 777} {
		path := filepath.Join(t.TempDir(), "a.ppk2")
		said := killAt(t, path, blocks)
		f := openFile(t, path)
		side := f.Side()
		n := len(side.Events)
		if n == 0 || side.Events[n-1].Text != CutOff || side.Header.Rate != 100000 {
			t.Errorf("events %v, rate %v", side.Events, side.Header.Rate)
		}
		if least := said - 100000; side.Samples < least {
			t.Errorf("%d samples are left of %d", side.Samples, said)
		}
		checkVictim(t, f)
		if err := f.Verify(); err != nil {
			t.Error(err)
		}
	}
}

func checkVictim(t *testing.T, f *File) {
	t.Helper()
	next, lost := int64(0), int64(0)
	for b, err := range f.Blocks(0, math.MaxInt64) {
		if err != nil {
			t.Fatal(err)
		}
		lost += b.Index - next
		next = b.End()
		for i, a := range b.Amps {
			index := b.Index + int64(i)
			if !near(a, victimAmps(index)) || b.Volts[i] != victimAmps(index) || b.Digital[i] != byte(index)&1 {
				t.Fatalf("sample %d is %v A, %v V, %b; want %v", index, a, b.Volts[i], b.Digital[i], victimAmps(index))
			}
		}
	}
	listed := int64(0)
	for _, g := range f.Side().Gaps {
		listed += g.To - g.From
	}
	if want := f.Side().Samples - next + lost; listed != want { // the file may end in a gap
		t.Errorf("%d samples are lost, gaps say %d", want, listed)
	}
}

// killAt kills a victim that has said so many blocks, and returns its samples.
func killAt(t *testing.T, path string, blocks int) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	last := int64(0)
	for lines := bufio.NewScanner(out); lines.Scan(); blocks-- {
		if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
			last = n
		}
		if blocks == 1 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if blocks > 0 {
		t.Fatal("the victim ended before it was killed")
	}
	return last
}

// Whatever is left of a file, what it has is read, and nothing else.
func TestCutOff(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ppk2")
	amps := []float32{1, 2, 3, 4, 5}
	write(t, path, Header{Instrument: "test", Kind: Point, Rate: 10}, Block{Amps: amps})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(dir, "b.ppk2")
	h := Header{Instrument: "test", Kind: Point, Rate: 10}
	if err := (Side{Schema: schema, Header: h, Clock: Nominal(h)}).write(part); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if err := os.WriteFile(part, whole[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := Open(part)
		if int64(n) < samplesOffset {
			if err == nil {
				t.Fatalf("%d bytes opened", n)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		want := amps[:min((int64(n)-samplesOffset)/frameSize, 5)]
		if got := collect(t, f); !slices.Equal(got.Amps, want) {
			t.Fatalf("%d bytes: samples %v, want %v", n, got.Amps, want)
		}
		if !slices.ContainsFunc(f.Side().Events, func(e Event) bool { return e.Text == CutOff }) {
			t.Errorf("%d bytes: it does not say that it was cut off", n)
		}
		f.Close()
	}
	// While it runs the header has no size yet: what follows the samples is not there either.
	running := slices.Clone(whole[:samplesOffset+3*frameSize+2])
	clear(running[14:26])
	if err := os.WriteFile(part, running, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := collect(t, openFile(t, part)); !slices.Equal(got.Amps, amps[:3]) {
		t.Errorf("running: %v", got.Amps)
	}
	os.Remove(filepath.Join(dir, "b.json"))
	if _, err := Open(part); err == nil || !strings.Contains(err.Error(), "nothing tells its rate") {
		t.Errorf("without a side: %v", err)
	}
}

// entries makes an archive, of compressed entries.
func entries(t interface {
	Helper()
	Fatal(...any)
}, path string, all ...string) string {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i < len(all); i += 2 {
		e, err := w.Create(all[i])
		if err == nil {
			_, err = io.WriteString(e, all[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// nordic are samples as a Power Profiler writes them: 1 µA with D0 high, a lost one, 2.5 µA with D0 low and D7 both.
const nordic = "\x00\x00\x80\x3f\x55\x56" + "\x00\x00\xc0\x7f\x00\x00" + "\x00\x00\x20\x40\xd5\x55"

// A compressed .ppk2 of another program is read without a side.
func TestNordic(t *testing.T) {
	path := entries(t, filepath.Join(t.TempDir(), "n.ppk2"), "minimap.raw", "{}", "session.raw", nordic,
		"metadata.json", `{"metadata":{"samplesPerSecond":10000,"startSystemTime":1700000000123.4},"formatVersion":2}`)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s := f.Side()
	if s.Samples != 3 || !slices.Equal(s.Gaps, []Span{{1, 2}}) || s.Header.Rate != 10000 || s.Header.Kind != Average ||
		s.Header.Start.UnixMilli() != 1700000000123 || s.Clock.Period != 1e-4 || len(s.Events) != 0 {
		t.Errorf("side %+v", s)
	}
	got := collect(t, f)
	if err := nearAll(got.Amps, []float32{1e-6, notANumber, 2.5e-6}); err != nil {
		t.Error(err)
	}
	if !slices.Equal(got.Digital, []byte{1, 0, 0x80}) {
		t.Errorf("states %b", got.Digital)
	}
	temp := f.temp.Name()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(temp); err == nil {
		t.Error("the temporary file is left")
	}
}

// Archives that are none of ours, damaged, or made to do harm.
func TestRefusedArchives(t *testing.T) {
	const meta = `{"metadata":{"samplesPerSecond":%s},"formatVersion":%s}`
	good := fmt.Sprintf(meta, "100000", "2")
	for _, tt := range []struct {
		name    string
		entries []string
		says    string
	}{
		{"no samples", []string{"metadata.json", good}, "no entry session.raw"},
		{"no metadata", []string{"session.raw", nordic}, "no entry metadata.json"},
		{"version", []string{"session.raw", nordic, "metadata.json", fmt.Sprintf(meta, "100000", "3")}, "formatVersion 3; 2 is known"},
		{"zero", []string{"session.raw", nordic, "metadata.json", fmt.Sprintf(meta, "0", "2")}, "a rate of 0"},
		{"negative", []string{"session.raw", nordic, "metadata.json", fmt.Sprintf(meta, "-5", "2")}, "a rate of -5"},
		{"text", []string{"session.raw", nordic, "metadata.json", "rate=5"}, "metadata.json"},
		{"long", []string{"session.raw", nordic, "metadata.json", strings.Repeat(" ", mostText+1)}, "more than 1048576 bytes"},
	} {
		_, err := Open(entries(t, filepath.Join(t.TempDir(), "n.ppk2"), tt.entries...))
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
}

// A bomb is refused before anything is unpacked: the sizes in its directory are enough.
func TestBomb(t *testing.T) {
	path := entries(t, filepath.Join(t.TempDir(), "n.ppk2"), "session.raw", nordic, "metadata.json", `{"metadata":{"samplesPerSecond":10},"formatVersion":2}`)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, []byte("PK\x01\x02")) // of session.raw: its size is at 24
	for size, says := range map[uint32]string{1 << 31: "would unpack to", 100: "session.raw"} {
		bomb := slices.Clone(whole)
		binary.LittleEndian.PutUint32(bomb[at+24:], size)
		if err := os.WriteFile(path, bomb, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	bomb := slices.Clone(whole)
	binary.LittleEndian.PutUint32(bomb[at+20:], 1<<30) // compressed
	if err := os.WriteFile(path, bomb, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("an entry longer than its file was taken")
	}
}

// A side that does not belong to the samples, or to a trace.
func TestRefusedSides(t *testing.T) {
	for side, says := range map[string]string{
		`{"schema":1,"samples":5,"header":{"rate":10,"kind":"point"},"clock":{"period":1},"files":{}}`:  "tells of 5",
		`{"schema":1,"samples":4,"header":{"rate":-10,"kind":"point"},"clock":{"period":1},"files":{}}`: "a rate of -10",
		`{"schema":1,"samples":4,"header":{"rate":10,"kind":"line"},"clock":{"period":1},"files":{}}`:   `"line"`,
		`{"schema":1,"samples":4,"header":{"rate":10,"kind":"point"},"clock":{"period":0},"files":{}}`:  "a period of 0",
		`{"schema":2}`: "schema 2",
		`[]`:           "a.json",
		`{"schema":1,"samples":4,"header":{"rate":10,"kind":"point"},"clock":{"period":1},"files":{"volts.f32":""}}`: "a.volts.f32",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.ppk2")
		write(t, path, Header{Kind: Point, Rate: 10}, Block{Amps: make([]float32, 4)})
		if err := os.WriteFile(filepath.Join(dir, "a.json"), []byte(side), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", side, err)
		}
	}
}

// Whatever the bytes are, there is a trace or an error.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "seed.ppk2")
	write(f, path, Header{Kind: Point, Rate: 10}, Block{Amps: make([]float32, 4)})
	ours, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	side, err := os.ReadFile(filepath.Join(dir, "seed.json"))
	if err != nil {
		f.Fatal(err)
	}
	theirs, err := os.ReadFile(entries(f, filepath.Join(dir, "n.ppk2"), "session.raw", nordic, "metadata.json", `{"metadata":{"samplesPerSecond":10},"formatVersion":2}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ours, side)
	f.Add(ours[:samplesOffset+8], side)
	f.Add(theirs, []byte(nil))
	f.Fuzz(func(t *testing.T, samples, side []byte) {
		path := filepath.Join(t.TempDir(), "a.ppk2")
		if err := os.WriteFile(path, samples, 0o644); err != nil {
			t.Fatal(err)
		}
		if len(side) > 0 {
			if err := os.WriteFile(beside(path, sideSuffix), side, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		file, err := Open(path)
		if err != nil {
			return
		}
		defer file.Close()
		_ = file.Verify()
		n := int64(0)
		for b, err := range file.Blocks(0, math.MaxInt64) {
			if err != nil {
				break
			}
			if b.Index < n || len(b.Amps) == 0 {
				t.Fatalf("a block at %d with %d samples after %d", b.Index, len(b.Amps), n)
			}
			n = b.End()
		}
		if s := file.Side(); n > s.Samples {
			t.Fatalf("%d samples of %d", n, s.Samples)
		}
	})
}
