package power

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"st67bench/results/trace"
)

// Decoding beside the floor, a copy of the same bytes in the same run: "realtime" is how many streams of 100 kS/s one core
// decodes.
func BenchmarkShieldDecode(b *testing.B) {
	var in []byte
	for ms := range 100 { // 1 s, with a time stamp each 10 ms
		in = append(append(in, stampOf(uint32(10*ms))...), pairs(1000)...)
	}
	samples := 0
	s := newShieldStream(&v3pwr, time.Now(), func(block trace.Block) error { samples += len(block.Amps); return nil }, func(string) {})
	s.opening = false
	benchmarkDecode(b, in, func(p []byte) error {
		s.stamps = shieldStamps{} // the same second again
		return s.feed(p, time.Now())
	})
	if want := b.N * 100_000; samples < want-20_000 || samples > want {
		b.Fatalf("%d samples of %d", samples, want)
	}
}

func BenchmarkElogDecode(b *testing.B) {
	var in []byte
	for i := range 100_000 {
		in = binary.BigEndian.AppendUint32(in, math.Float32bits(float32(i)*1e-6))
		in = binary.BigEndian.AppendUint32(in, math.Float32bits(3.3))
	}
	e := elog{volts: true}
	samples := 0
	benchmarkDecode(b, in, func(p []byte) error {
		e.block.Amps, e.block.Volts = e.block.Amps[:0], e.block.Volts[:0]
		if _, err := e.take(p); err != nil {
			return err
		}
		return e.hand(time.Time{}, func(block trace.Block) error { samples += len(block.Amps); return nil })
	})
	if samples != b.N*100_000 {
		b.Fatalf("%d samples of %d", samples, b.N*100_000)
	}
}

// benchmarkDecode decodes one second of a stream again and again, in pieces of 16 KiB as the reader gives them.
func benchmarkDecode(b *testing.B, in []byte, decode func([]byte) error) {
	const piece = 16 << 10
	each := func(f func([]byte)) {
		for i := 0; i < len(in); i += piece {
			f(in[i:min(i+piece, len(in))])
		}
	}
	to := make([]byte, piece)
	begin := time.Now()
	const copies = 200
	for range copies {
		each(func(p []byte) { copy(to, p) })
	}
	floor := time.Since(begin).Seconds() / copies
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		each(func(p []byte) {
			if err := decode(p); err != nil {
				b.Fatal(err)
			}
		})
	}
	second := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(1/second, "realtime")
	b.ReportMetric(second/floor, "copies")
}

// A block costs no allocation.
func TestShieldDoesNotAllocate(t *testing.T) {
	in := append(stampOf(0), pairs(1000)...)
	s := newShieldStream(&v3pwr, time.Now(), func(trace.Block) error { return nil }, func(string) {})
	s.opening = false
	ms := uint32(0)
	if n := testing.AllocsPerRun(1000, func() {
		binary.BigEndian.PutUint32(in[2:], ms)
		ms += 10
		s.feed(in, time.Time{})
	}); n > 0 {
		t.Errorf("%v allocations for 1000 samples", n)
	}
}
