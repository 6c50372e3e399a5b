package power

import (
	"testing"
	"time"

	"st67bench/results/trace"
)

// BenchmarkPPK2Decode decodes a second of samples an operation; x-realtime is how much faster than they come that is, and
// ratio how many times it takes as long as copying the same bytes; both by the fastest pass.
func BenchmarkPPK2Decode(b *testing.B) {
	c, _ := parsePPK2Metadata(ppk2Real).conversion(3.3)
	var bytes []byte
	for i := range 64 * 1563 { // a multiple of 64 samples, so that each second follows the one before
		r := 1
		if i%10_240 < 200 {
			r = 3
		}
		bytes = append(bytes, frame(2000+i%7, r, i, 0)...)
	}
	samples := 0
	d := newPPK2Decoder(c, time.Now(), func(b trace.Block) error {
		samples += len(b.Amps)
		return nil
	})
	now := time.Now()
	feed := func() {
		const read = 4096 // what a terminal gives at once
		for p := bytes; len(p) > 0; p = p[min(read, len(p)):] {
			if err := d.take(chunk{data: p[:min(read, len(p))], time: now}); err != nil {
				b.Fatal(err)
			}
		}
	}
	allocs := testing.AllocsPerRun(3, feed)
	b.SetBytes(int64(len(bytes)))
	to := make([]byte, len(bytes))
	best, floor := time.Hour, time.Hour // other processes take time away from the rest
	samples = 0
	passes := 0
	for b.Loop() {
		best = min(best, timed(feed))
		floor = min(floor, timed(func() { copy(to, bytes) }))
		passes++
	}
	b.ReportMetric(float64(samples/passes)/ppk2Rate/best.Seconds(), "x-realtime")
	b.ReportMetric(best.Seconds()/floor.Seconds(), "ratio")
	b.ReportMetric(allocs/float64(len(bytes)/ppk2Frame/ppk2Block), "allocs/block")
}

func timed(f func()) time.Duration {
	begin := time.Now()
	f()
	return time.Since(begin)
}

// The same bytes without allocations, whatever the machine does meanwhile.
func TestPPK2DecodeDoesNotAllocate(t *testing.T) {
	d := newPPK2Decoder(nominal33(), time.Now(), func(trace.Block) error { return nil })
	b := constant(0, 64*100)
	now := time.Now()
	d.feed(b, now)
	if n := testing.AllocsPerRun(10, func() { d.feed(b[:len(b)/2], now); d.feed(b[len(b)/2:], now) }); n > 0 {
		t.Errorf("%v allocations in 6400 samples", n)
	}
}
