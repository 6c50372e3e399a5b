package main

import (
	"fmt"
	"math"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// virtualRepeat is one repeat of a workload in virtual time, which has to pass.
func virtualRepeat(t *testing.T, text string, change func(*emulator.Config)) (r results.Result, run *results.Run) {
	t.Helper()
	s, err := scenarios.Parse("one.yaml", []byte("name: one\ntitle: t\n"+text+"\nrepeats: {min: 1, max: 1}\nwarmup: 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err = virtualRun(t, s, change)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Results) != 1 || run.Results[0].Outcome != results.Pass {
		t.Fatalf("%s: %+v", text, run.Results)
	}
	return run.Results[0], run
}

// The blocks of these tests are as long as a chunk, so that every chunk is, also the first ones, which come before the peer is held
// off. Without notices (AT+CIPEVT=0) nothing overlaps, so where reads divide a chunk each brings all that it asks for, and takes
// exactly the time of its command, the module's latency, and its answer.
func TestPassiveReadsAreExact(t *testing.T) {
	t.Parallel()
	for _, read := range []int{256, 1152, 2304, 4608} {
		r, _ := virtualRepeat(t, fmt.Sprintf(
			"workload: {kind: receive, mode: passive, length: 4608, read: %d, total: %d}\nsetup: [AT+CIPEVT=0]\ncleanup: [AT+CIPEVT=1]", read, 400*read), nil)
		near(t, r, "goodput", 8*float64(read)/readTime(read, read).Seconds())
		near(t, r, "ceiling", 8*float64(read)/(readTime(read, read)-virtualLatency).Seconds())
		near(t, r, "received", float64(400*read))
		near(t, r, "stage_host", 0)
		nothingLost(t, r)
	}
}

// A read that does not divide a chunk leaves a rest, which empties the buffer. Then the notice of the next chunk either comes
// before the answer, which it delays, or after it, and is waited for: it costs its time on the line in either case. So a
// chunk takes exactly its full reads, the rest and the notice. Only the first chunks, which come before the peer is
// held off, are of other lengths.
func TestPassiveRestsAreExact(t *testing.T) {
	unraced(t)
	t.Parallel()
	for _, read := range []int{1000, 1460, 2920} {
		const chunks = 2000
		r, _ := virtualRepeat(t, fmt.Sprintf("workload: {kind: receive, mode: passive, length: 4608, read: %d, total: %d}", read, chunks*chunk), nil)
		whole := notice
		for left := chunk; left > 0; left -= read {
			whole += readTime(read, min(left, read))
		}
		within(t, r, "goodput", 8*chunk/whole.Seconds(), 1e-3)
		between(t, r, "stage_wait", 0, notice.Seconds()/float64((chunk+read-1)/read)) // of the reads of a chunk one waits, or none
		nothingLost(t, r)
	}
}

// Rounds of one read on each link at fixed times: what a slow reader gets, whatever the line could carry, while the peer
// is held off and nothing is lost.
func TestSlowReaderHoldsTheSourceOff(t *testing.T) {
	t.Parallel()
	for _, links := range []int{1, 2} {
		const read, every, rounds = 1152, 25 * time.Millisecond, 2000
		r, _ := virtualRepeat(t, fmt.Sprintf("workload: {kind: receive, mode: passive, length: 4608, read: %d, poll: timer, every: 25ms, links: %d, total: %d}",
			read, links, links*rounds*read), nil)
		within(t, r, "goodput", 8*read*float64(links)/every.Seconds(), 1e-3)
		within(t, r, "efficiency", 1, 1e-3)
		nothingLost(t, r)
		// The buffers of memory, radio and module take some blocks at once; the rest waits for the reader.
		if blocked := r.Metrics["blocked"]; blocked < 0.6 || blocked > 1 {
			t.Errorf("the source was blocked for %v of the time", blocked)
		}
	}
}

// The one-way delay of a block is the air, one way of the radio, and its +IPD on the line; a rate that all of these carry
// makes no queue, and so no jitter.
func TestDelayDown(t *testing.T) {
	for _, protocol := range []string{"tcp", "udp"} {
		const n = 1000
		r, _ := virtualRepeat(t, "workload: {kind: receive, protocol: "+protocol+", length: 1000, rate: 400kbit/s, sends: 400}", nil)
		air := time.Duration(math.Round(8 * n / virtualRadio * 1e9))
		delay := air + time.Millisecond + wireTime(len("+IPD:0,1000,")+n+len("\r\n"))
		near(t, r, "delay_down_p50", delay.Seconds())
		near(t, r, "delay_down_p99", delay.Seconds())
		near(t, r, "goodput", 400e3)
		within(t, r, "offered", 400e3, 2.0/400) // the last block is not waited for, and its time on the way is counted
		nothingLost(t, r)
	}
}

// Two datagrams come between two rounds of reads and are read together, so that their delays differ by the interval T each time:
// J_n = J_(n-1) + (T - J_(n-1))/16 from J_1 = 0 gives J_n = T (1 - (15/16)^(n-1)) for n datagrams (RFC 3550, 6.4.1).
// None of them comes alone: no bound is left.
func TestJitterAndBoundsOfReads(t *testing.T) {
	const n, interval = 1000, 20 * time.Millisecond
	for _, datagrams := range []int{20, 60, 200} {
		r, _ := virtualRepeat(t, fmt.Sprintf("workload: {kind: receive, protocol: udp, mode: passive, length: %d, read: %d, rate: 400kbit/s, "+
			"poll: timer, every: 40ms, sends: %d}", n, 2*n, datagrams), nil)
		within(t, r, "jitter", interval.Seconds()*(1-math.Pow(15.0/16, float64(datagrams-1))), 1e-3)
		near(t, r, "datagrams", float64(datagrams))
		near(t, r, "boundaries_lost", float64(datagrams))
		near(t, r, "datagrams_lost", 0)
	}
}

// A read as long as a datagram keeps the bounds, one that is longer loses none where each datagram is read before the next
// comes, and one that is shorter cuts them all.
func TestBoundsOfDatagrams(t *testing.T) {
	for _, tt := range []struct {
		mode string
		lost float64
	}{{"active", 0}, {"passive, read: 1000", 0}, {"passive, read: 4000", 0}, {"passive, read: 400", 200}} {
		r, _ := virtualRepeat(t, "workload: {kind: receive, protocol: udp, mode: "+tt.mode+", length: 1000, rate: 400kbit/s, sends: 200}", nil)
		near(t, r, "datagrams", 200)
		near(t, r, "boundaries_lost", tt.lost)
		nothingLost(t, r)
	}
}

// A slow reader of datagrams: one each 100 ms, of one each 10 ms. The buffer of 4608 B holds 3 of 1250 B, one more is in the
// hand of the network task, and 32 wait in the stack's mailbox, which is cut to that whenever the task has handed one over. The
// 300 datagrams come from 0 to 2.99 s, and the rounds at 0.1 s to 2.9 s read 29 of them; then 3 + 1 + 32 are left.
func TestSlowReaderLosesDatagrams(t *testing.T) {
	r, _ := virtualRepeat(t, "workload: {kind: receive, protocol: udp, mode: passive, length: 1250, read: 1250, rate: 1Mbit/s, poll: timer, "+
		"every: 100ms, sends: 300}", nil)
	const came = 29 + 3 + 1 + 32
	near(t, r, "datagrams", came)
	near(t, r, "datagrams_lost", 300-came)
	near(t, r, "loss", 1250*(300-came))
	near(t, r, "received", 1250*came)
}

// What the length of a passive +IPD means is found out from the module, and no policy relies on it.
func TestMeaningOfIPD(t *testing.T) {
	unraced(t)
	t.Parallel()
	for profile, want := range map[string]string{"t01-2.0.106": "increment", "t01-2.0.75": "increment", "manual": "total"} {
		for _, poll := range []string{"ipd", "length", "timer, every: 10ms"} {
			for _, info := range []string{"0", "1"} {
				r, run := virtualRepeat(t, fmt.Sprintf("workload: {kind: receive, mode: passive, read: 1460, poll: %s, total: 300kB}\nsetup: [AT+CIPDINFO=%s]", poll, info),
					func(c *emulator.Config) { c.Profile = profile })
				nothingLost(t, r)
				near(t, r, "received", 300e3)
				if got := run.Identity["ipd"]; got != want {
					t.Errorf("%s: +IPD gives the %q, want %q", profile, got, want)
				}
			}
		}
	}
}

// With the addresses in +IPD nothing changes but its length on the line.
func TestActiveWithAddresses(t *testing.T) {
	for _, profile := range []string{"t01-2.0.106", "manual"} {
		for _, protocol := range []string{"tcp", "udp", "tls"} {
			r, _ := virtualRepeat(t, "workload: {kind: receive, protocol: "+protocol+", length: 1000, rate: 800kbit/s, sends: 200}\nsetup: [AT+CIPDINFO=1]",
				func(c *emulator.Config) { c.Profile = profile })
			nothingLost(t, r)
			near(t, r, "received", 200e3)
		}
	}
}

// In passive mode a timer that is always due makes a read follow each send. Without notices nothing overlaps, and each direction
// has its payload once in the time of both; but for the first reads, when the first blocks are on their way.
func TestBidirectionalIsExact(t *testing.T) {
	unraced(t)
	t.Parallel()
	for _, tt := range []struct{ length, read int }{{4608, 1152}, {4608, 2304}, {4608, 4608}} {
		r, _ := virtualRepeat(t, fmt.Sprintf("workload: {kind: bidirectional, mode: passive, length: %d, read: %d, poll: timer, every: 1ms, sends: 3000}\n"+
			"setup: [AT+CIPEVT=0]\ncleanup: [AT+CIPEVT=1]", tt.length, tt.read), nil)
		_, send := exchangeTime(tt.length, "final", "connected")
		both := (send + readTime(tt.read, tt.read)).Seconds()
		within(t, r, "goodput_up", 8*float64(tt.length)/both, 1e-3)
		within(t, r, "goodput_down", 8*float64(tt.read)/both, 1e-3)
		near(t, r, "stage_host", 0)
		nothingLost(t, r)
	}
}
