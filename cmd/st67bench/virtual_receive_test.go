package main

import (
	"strconv"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
)

// chunk is the most that the firmware's recv() gives at a time, and its default receive buffer.
const chunk = 4608

// wireTime is how long n bytes take on the line of these tests.
func wireTime(n int) time.Duration { return time.Duration(n) * 10 * time.Second / virtualBaud }

// readTime is one CIPRECVDATA that asks for n bytes and gets got.
func readTime(n, got int) time.Duration {
	return wireTime(len("AT+CIPRECVDATA=0,"+strconv.Itoa(n)+"\r\n")+len("+CIPRECVDATA:"+strconv.Itoa(got)+",")+got+len("\r\n\r\nOK\r\n")) +
		virtualLatency
}

// notice is the passive +IPD of a chunk.
var notice = wireTime(len("+IPD:0,4608\r\n"))

// lineRate is what the line carries of +IPD with n bytes each, in bit/s.
func lineRate(n int) float64 {
	return 8 * float64(n) / wireTime(len("+IPD:0,,")+len(strconv.Itoa(n))+n+len("\r\n")).Seconds()
}

// checkReceive holds a download against the closed form.
func checkReceive(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	switch {
	case w.Protocol == "udp":
		checkDatagrams(t, r, w)
		return
	case w.Protocol == "tls": // chunks are as long as its records
	case w.Mode == "active":
		within(t, r, "goodput", lineRate(chunk), 1e-3)
	case w.Poll == "timer": // a read of each link a round, whose length divides a chunk
		within(t, r, "goodput", 8*float64(w.Read*w.Links)/w.Every.Seconds(), 1e-3)
		within(t, r, "efficiency", 1, 1e-3)
	case w.Links > 1:
		// Each link's buffer is a chunk, but where the network task waits for room in one of them, another one's stays empty
		// until that is read: no more than full reads, no less than half of them.
		between(t, r, "goodput", fullReads(w)/2, fullReads(w))
	default:
		checkPassive(t, r, w)
	}
	nothingLost(t, r)
	if w.Links > 1 {
		between(t, r, "fairness", leastFair(r.Metrics["received"], float64(w.Links)), 1)
	}
}

// leastFair is Jain's index of links that share in turn, of which the first has a start of what the module's TCP window holds
// (24 segments), and a chunk that it was given and one that is cut off.
func leastFair(total, links float64) float64 {
	const ahead = 24*1460 + 2*chunk
	each := (total - ahead) / links
	return total * total / (links * ((links-1)*each*each + (each+ahead)*(each+ahead)))
}

// fullReads is the rate of reads that bring all that they ask for, in bit/s.
func fullReads(w scenarios.Workload) float64 {
	return 8 * float64(w.Read) / readTime(w.Read, w.Read).Seconds()
}

// checkPassive holds reads of one link against two closed forms. The receive buffer holds a chunk, which is read in full
// reads and a rest, or more, of which every read may be full. The notice of a chunk goes out while the next command comes
// in or not, so it costs between nothing and its time on the line. The second that is measured may begin and end within
// a chunk: one rest more or less. Where each round asks for the length first, the rest is asked for as such.
func checkPassive(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	most, whole := fullReads(w), notice
	for left := chunk; left > 0; left -= w.Read {
		ask := w.Read
		if w.Poll == "length" {
			ask = min(left, ask)
		}
		whole += readTime(ask, min(left, w.Read))
	}
	if w.Poll == "length" {
		whole += wireTime(len("AT+CIPRECVLEN?\r\n+CIPRECVLEN:4608,0,0,0,0,\r\n\r\nOK\r\n")) + virtualLatency
		most = 8 * chunk / (whole - notice).Seconds()
	}
	edge := readTime(w.Read, chunk%w.Read).Seconds() / w.Duration.Seconds()
	between(t, r, "goodput", 8*chunk/whole.Seconds()*(1-edge), most*(1+edge))
}

// checkDatagrams holds UDP against the offered rate below the knee, where nothing is lost and each datagram takes the same
// time, and against the line above it.
func checkDatagrams(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	for _, name := range []string{"duplicate", "corrupt", "reordered", "foreign", "datagrams_duplicate", "datagrams_reordered"} {
		near(t, r, name, 0)
	}
	lost := r.Metrics["datagrams_lost"]
	near(t, r, "sent", float64(w.Length)*(r.Metrics["datagrams"]+lost))
	near(t, r, "loss", float64(w.Length)*lost)
	line := lineRate(w.Length)
	if w.Mode == "passive" {
		line = fullReads(w)
	} else {
		near(t, r, "boundaries_lost", 0)
	}
	switch most := line * 0.9; {
	case w.Rate < most:
		near(t, r, "goodput", w.Rate)
		near(t, r, "datagrams_lost", 0)
		near(t, r, "boundaries_lost", 0)
		if v, ok := r.Metrics["jitter"]; !ok || v > 1e-8 { // each instant is rounded to the nanosecond
			t.Errorf("%s: jitter %v at a rate that the line carries", r.Case, v)
		}
	case w.Rate > 1.5*line:
		if lost == 0 {
			t.Errorf("%s: nothing is lost of %v on a line of %v", r.Case, w.Rate, line)
		}
		fallthrough
	default:
		between(t, r, "goodput", most, line)
	}
}

// checkBidirectional holds sends and receipts at once against their closed forms. In active mode a rate that the line carries
// comes as it was sent; each answer of a send (OK with the prompt, Recv, SEND OK) may wait for one +IPD. In passive mode the
// time is shared between sends and reads: the sum lies between the rates of the two, of which the read's is worst where
// each block costs a second read that brings nothing, or a chunk is read in three blocks and a rest.
func checkBidirectional(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	nothingLost(t, r)
	line, send := exchangeTime(w.Length, "final", "connected")
	bits := 8 * float64(w.Length)
	near(t, r, "goodput", r.Metrics["goodput_up"]+r.Metrics["goodput_down"])
	edge := 2 * send.Seconds() / w.Duration.Seconds() // a send or a read may be cut off at either end
	if w.Mode == "active" {
		answers := wireTime(len("\r\nOK\r\n\r\n>Recv 1460 bytes\r\n\r\nSEND OK\r\n"))
		near(t, r, "ceiling", bits/line.Seconds()+lineRate(chunk)*(1-answers.Seconds()/line.Seconds()))
		within(t, r, "goodput_down", w.Rate, 1e-3)
		given := wireTime(len("+IPD:1,1460,") + w.Length + len("\r\n"))
		between(t, r, "goodput_up", bits/(send+3*given).Seconds()*(1-edge), bits/send.Seconds())
		return
	}
	full := readTime(w.Read, w.Read)
	near(t, r, "ceiling", max(bits/line.Seconds(), 8*float64(w.Read)/(full-virtualLatency).Seconds()))
	worst := min(8*float64(w.Read)/(full+readTime(w.Read, 0)+notice).Seconds(),
		8*chunk/(3*full+readTime(w.Read, chunk-3*w.Read)+notice).Seconds())
	between(t, r, "goodput", min(bits/send.Seconds(), worst)*(1-edge), max(bits/send.Seconds(), fullReads(w))*(1+edge))
}
