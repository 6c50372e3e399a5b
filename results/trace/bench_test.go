package trace

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// benchSamples is 20 s at 100 kS/s, 12 MB of samples.
const benchSamples = 2000000

func benchBlock(n int) Block {
	b := Block{Amps: make([]float32, n), Digital: make([]byte, n)}
	for i := range b.Amps {
		b.Amps[i] = float32(1e-4 * (1 + math.Sin(float64(i))))
		b.Digital[i] = byte(i >> 5)
	}
	return b
}

// BenchmarkWrite gives blocks of 10 ms to a writer. floor is what writing the same bytes costs.
func BenchmarkWrite(b *testing.B) {
	block := benchBlock(1000)
	w, err := Create(filepath.Join(b.TempDir(), "a.ppk2"), Header{Kind: Point, Rate: 100000, Start: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		block.Time = w.side.Header.Start.Add(time.Duration(block.Index) * 10 * time.Microsecond)
		if err := w.Write(block); err != nil {
			b.Fatal(err)
		}
		block.Index += 1000
	}
	b.StopTimer()
	took := b.Elapsed().Seconds()
	b.ReportMetric(float64(block.Index)/took/100000, "x-real-time")
	b.ReportMetric(took/floorOfWriting(b, block.Index*frameSize), "x-floor")
}

func floorOfWriting(b *testing.B, bytes int64) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	part := make([]byte, bufferSize)
	begin := time.Now()
	for n := int64(0); n < bytes; n += bufferSize {
		if _, err := f.Write(part); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin).Seconds()
}

// BenchmarkRead adds up all samples of a trace. floor is what reading the same bytes costs.
func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a.ppk2")
	w, err := Create(path, Header{Kind: Point, Rate: 100000, Digital: make([]string, 8)})
	if err != nil {
		b.Fatal(err)
	}
	for block := benchBlock(10000); block.Index < benchSamples; block.Index += 10000 {
		if err := w.Write(block); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := w.Close(Nominal(w.side.Header), 0); err != nil {
		b.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.ReportAllocs()
	b.ResetTimer()
	sum := 0.0
	for b.Loop() {
		for block, err := range f.Blocks(0, benchSamples) {
			if err != nil {
				b.Fatal(err)
			}
			part := 0.0
			for _, a := range block.Amps {
				part += float64(a)
			}
			sum += part
		}
	}
	took := b.Elapsed().Seconds() / float64(b.N)
	b.StopTimer()
	b.ReportMetric(benchSamples/took/100000, "x-real-time")
	b.ReportMetric(took/floorOfReading(b, f), "x-floor")
	if sum == 0 {
		b.Fatal("nothing was read")
	}
}

func floorOfReading(b *testing.B, f *File) float64 {
	part := make([]byte, blockSize*frameSize)
	begin := time.Now()
	for range 10 {
		for r := io.NewSectionReader(f.samples, 0, f.samples.Size()); ; {
			if _, err := io.ReadFull(r, part); err != nil {
				break
			}
		}
	}
	return time.Since(begin).Seconds() / 10
}

// BenchmarkImportCSV reads what a Power Profiler exports.
func BenchmarkImportCSV(b *testing.B) {
	text := []byte("Timestamp(ms),Current(uA),D0-D7\n")
	const rows = 200000
	for i := range rows {
		text = fmt.Appendf(text, "%g,%.3f,0101%04b\n", float64(i)/100, 100+50*math.Sin(float64(i)), i&15)
	}
	path := filepath.Join(b.TempDir(), "a.csv")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		src, err := open(path, Options{Format: CSV, Progress: func(float64) {}})
		if err == nil {
			err = src.each(func(Block) error { return nil })
		}
		if err != nil {
			b.Fatal(err)
		}
		src.Close()
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds()/100000, "x-real-time")
}

// A block costs no allocation, neither written nor read. The first ones size the buffers.
func TestNoAllocations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ppk2")
	w, err := Create(path, Header{Kind: Point, Rate: 100000, Start: time.Now(), Digital: []string{"d"}})
	if err != nil {
		t.Fatal(err)
	}
	block := benchBlock(1000)
	block.Volts, block.Plain = block.Amps, block.Amps
	write := func() {
		block.Time = w.side.Header.Start.Add(time.Duration(block.Index) * 10 * time.Microsecond)
		if err := w.Write(block); err != nil {
			t.Fatal(err)
		}
		block.Index += 1000
	}
	for range 100 {
		write()
	}
	// 200 blocks are 2 s, so that 20 arrivals are kept: their list may grow a few times.
	if n := testing.AllocsPerRun(200, write); n >= 1 {
		t.Errorf("%v allocations a written block", n)
	}
	if _, err := w.Close(Nominal(w.side.Header), 0); err != nil {
		t.Fatal(err)
	}
	f := openFile(t, path)
	read := func(n int64) float64 {
		return testing.AllocsPerRun(3, func() {
			for _, err := range f.Blocks(0, n) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	// The pool of buffers may have let one go, as it does at random under the race detector; that is a few in all, and not one a block.
	if few, many := read(blockSize), read(30*blockSize); many > few+10 {
		t.Errorf("%v allocations for one block, %v for thirty", few, many)
	}
}
