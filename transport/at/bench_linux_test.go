package at

import (
	"bytes"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"
)

// The benchmarks show what the engine costs beside the serial line itself: the
// same bytes with the same turn-arounds over the same PTY, once through a
// Session, once through a loop that has a reader goroutine too but parses
// nothing, in alternating blocks of one run. One iteration is one pair of blocks.
//
// ratio is the engine's figure over the loop's, as the median over the pairs:
// of rates for send, data phase and receive (1 is as fast as the loop), of
// medians for the round trip (1 is as quick).

// contender is one side of a pair.
type contender func(testing.TB, pty, Sink) talker

// block runs one side once and returns its cost; lower is better.
type block func(t talker) float64

// pair runs both sides, which one first alternates, and returns the cost of each.
func pair(b testing.TB, p pty, sink Sink, do block, odd bool, sides [2]contender) (cost [2]float64) {
	order := []int{0, 1}
	if odd {
		order = []int{1, 0}
	}
	for _, i := range order {
		t := sides[i](b, p, sink)
		cost[i] = do(t)
		t.close()
	}
	return cost
}

// elapsed is the block whose cost is its time in s.
func elapsed(do func(t talker)) block {
	return func(t talker) float64 {
		start := time.Now()
		do(t)
		return time.Since(start).Seconds()
	}
}

// rates benchmarks a transfer of size bytes per block and reports the ratio of rates.
func rates(b *testing.B, size int, sink Sink, do func(t talker)) {
	p := openPTY(b)
	startModule(b, p)
	var ratios, costs []float64
	for b.Loop() {
		c := pair(b, p, sink, elapsed(do), len(ratios)%2 == 1, [2]contender{newEngine, newLoop})
		ratios = append(ratios, c[1]/c[0])
		costs = append(costs, c[0])
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(float64(size)/median(costs)/1e6, "MB/s")
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// acknowledged is how many bytes come back after a payload of n.
func acknowledged(n int) int {
	return len("Recv  bytes\r\n\r\nSEND OK\r\n") + len(strconv.Itoa(n))
}

func BenchmarkSend(b *testing.B) {
	const sends, n = 25, 6144
	line, payload := []byte("AT+CIPSEND=0,6144"), bytes.Repeat([]byte{'x'}, n)
	rates(b, sends*n, nil, func(t talker) {
		for range sends {
			t.send(line, payload, acknowledged(n))
		}
	})
}

func BenchmarkDataPhase(b *testing.B) {
	const n = 1 << 20
	line, payload := []byte("AT+CIPSEND=0,"+strconv.Itoa(n)), bytes.Repeat([]byte{'x'}, n)
	rates(b, n, nil, func(t talker) { t.send(line, payload, acknowledged(n)) })
}

func BenchmarkReceiveActive(b *testing.B) {
	const chunks, n = 125, 4608
	var got int
	sink := func(p []byte, _ time.Time) { got += len(p) }
	back := chunks*(len("+IPD:0,4608,\r\n")+n) + len("\r\nOK\r\n")
	rates(b, chunks*n, sink, func(t talker) { t.command([]byte("AT+IPD=125,4608"), back) })
}

func BenchmarkReceivePassive(b *testing.B) {
	const reads, n = 50, 4608
	line, back := []byte("AT+CIPRECVDATA=0,4608"), len("+CIPRECVDATA:4608,\r\n\r\nOK\r\n")+n
	rates(b, reads*n, nil, func(t talker) {
		for range reads {
			t.command(line, back)
		}
	})
}

// tripsP50 is the block whose cost is the median round trip of AT in s.
func tripsP50(t talker) float64 {
	trips := make([]float64, 200)
	for i := range trips {
		start := time.Now()
		t.command([]byte("AT"), len("\r\nOK\r\n"))
		trips[i] = time.Since(start).Seconds()
	}
	return median(trips)
}

func BenchmarkRoundTrip(b *testing.B) {
	p := openPTY(b)
	startModule(b, p)
	var ratios, singles, costs []float64
	for b.Loop() {
		odd := len(ratios)%2 == 1
		c := pair(b, p, nil, tripsP50, odd, [2]contender{newEngine, newLoop})
		ratios = append(ratios, c[0]/c[1])
		costs = append(costs, c[0])
		c = pair(b, p, nil, tripsP50, odd, [2]contender{newEngine, newSingle})
		singles = append(singles, c[0]/c[1])
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(singles), "ratio-single")
	b.ReportMetric(median(costs)*1e6, "µs-p50")
}

// BenchmarkMemory sends 10 000 times in each iteration and reports the heap in
// use after them over that after the first 100 (1 is no growth), and the
// allocations per send, of the engine and of the peer in this process together.
func BenchmarkMemory(b *testing.B) {
	p := openPTY(b)
	startModule(b, p)
	line, payload := []byte("AT+CIPSEND=0,64"), bytes.Repeat([]byte{'x'}, 64)
	var ratio, allocs float64
	for b.Loop() {
		e := newEngine(b, p, nil)
		send := func(n int) runtime.MemStats {
			for range n {
				e.send(line, payload, 0)
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m
		}
		before := send(100)
		after := send(9900)
		ratio = float64(after.HeapInuse) / float64(before.HeapInuse)
		allocs = float64(after.Mallocs-before.Mallocs) / 9900
		e.close()
	}
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(allocs, "allocs/send")
}
