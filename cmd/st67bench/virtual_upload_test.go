package main

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// What the emulated module's payload takes on the air, and until it is there.
const (
	virtualByte    = 10 * time.Second / virtualBaud
	virtualArrival = time.Millisecond // the radio's latency, one way
)

func airTime(n int) time.Duration {
	return time.Duration(math.Round(float64(8*n) / virtualRadio * 1e9))
}

// exchangeTime is the closed form of one CIPSEND of n bytes, from the line rate
// at 10 bit times a byte, the lengths of the messages as the firmware writes
// them, the command latency, and the radio's time for the payload, for which the
// uart build's send waits.
func exchangeTime(n int, wait, remote string) (line, total time.Duration) {
	digits := strconv.Itoa(n)
	command := "AT+CIPSEND=0," + digits + "\r\n"
	if remote == "each" {
		command += `,"127.0.0.1",49152` // the network in memory gives ports of five digits
	}
	bytes := len(command) + len("\r\nOK\r\n\r\n>") + n + len("Recv "+digits+" bytes\r\n")
	if wait != "recv" {
		bytes += len("\r\nSEND OK\r\n")
	}
	line = time.Duration(bytes) * virtualByte
	return line, line + virtualLatency + airTime(n)
}

// checkCipsend holds an upload by CIPSEND against its closed form, to a millionth. At an offered load below what the line
// carries, goodput is that load.
func checkCipsend(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	nothingLost(t, r)
	if w.Protocol == "tls" {
		return // its records take air time too
	}
	line, total := exchangeTime(w.Length, w.Wait, w.Remote)
	bits := 8 * float64(w.Length)
	most := bits / total.Seconds()
	near(t, r, "ceiling", bits/line.Seconds())
	near(t, r, "stage_payload", float64(w.Length)*10/virtualBaud)
	near(t, r, "stage_host", 0)
	if w.Protocol == "udp" {
		near(t, r, "datagrams", r.Metrics["sends"])
		near(t, r, "datagrams_lost", 0)
	}
	if w.Rate > 0 {
		checkOffered(t, r, w, most, total)
		return
	}
	near(t, r, "goodput", most)
	near(t, r, "efficiency", line.Seconds()/total.Seconds())
	near(t, r, "send_latency_p50", total.Seconds())
	if w.Links > 1 {
		within(t, r, "fairness", 1, 0.02) // a repeat may end in the middle of a round
	}
	if w.Wait != "recv" { // else SEND OK comes in meanwhile
		checkStages(t, r, w, total)
	}
}

// checkStages: the wait for Recv lasts until the radio has sent the payload, and then for the line Recv n bytes. The payload is at
// the peer when the air has carried it and the radio's latency has passed. The delay up is that from the write of the command to the
// arrival.
func checkStages(t *testing.T, r results.Result, w scenarios.Workload, total time.Duration) {
	t.Helper()
	recv := time.Duration(len("Recv  bytes\r\n")+len(strconv.Itoa(w.Length))) * virtualByte
	final := time.Duration(len("\r\nSEND OK\r\n")) * virtualByte
	near(t, r, "stage_radio", (airTime(w.Length) + virtualArrival).Seconds())
	near(t, r, "stage_recv", (airTime(w.Length) + recv).Seconds())
	near(t, r, "stage_final", final.Seconds())
	near(t, r, "delay_up_p50", (total - final - recv + virtualArrival).Seconds())
}

// checkOffered: sends are due at fixed times. As long as an exchange is shorter than the time between two, none is late, latency is
// that of an exchange, jitter none and goodput the load. Above that goodput is what the line carries, all sends but the
// first are late, as soon as they lag by more than a millisecond, and the k-th one of n by k times what lacks.
func checkOffered(t *testing.T, r results.Result, w scenarios.Workload, most float64, total time.Duration) {
	t.Helper()
	near(t, r, "offered", w.Rate)
	every := 8 * float64(w.Length) / w.Rate
	lack := total.Seconds() - every
	if lack <= 0 {
		within(t, r, "goodput", w.Rate, 1e-6)
		near(t, r, "send_latency_p50", total.Seconds())
		near(t, r, "late", 0)
		within(t, r, "jitter", 0, 0)
		return
	}
	sends := r.Metrics["sends"]
	near(t, r, "goodput", most)
	near(t, r, "late", sends-1-math.Floor(1e-3/lack))
	within(t, r, "send_latency_p50", total.Seconds()+(sends-1)/2*lack, 1e-3)
}

// longSends is the closed form of k CIPSENDL of n bytes, in blocks of the transmit size, over a line that is slower than
// the radio: the time of one, and the time from the arrival of the first bytes, whole blocks, to that of the last byte. The module says after
// each block how far it is, if there is a multiple of the report size to tell: all of these lines but that after the last block go
// out while the payload comes in.
func longSends(n, k, transmit, report, first int) (each, between time.Duration) {
	reported, last := 0, 0
	for sent := 0; sent < n; {
		sent = min(sent+transmit, n)
		last = 0
		if sent-reported >= report {
			reported = sent / report * report
			last = len("+CIPSENDL:,\r\n") + len(strconv.Itoa(reported)) + len(strconv.Itoa(sent))
		}
	}
	bytes := len("AT+CIPSENDL=0,"+strconv.Itoa(n)+"\r\n") + len("\r\nOK\r\n\r\n>") + n + last + len("\r\nSEND OK\r\n")
	each = time.Duration(bytes)*virtualByte + virtualLatency
	tail := (n-1)%transmit + 1
	piece := min(n, transmit) // that with which the first bytes are whole
	if first == n {
		piece = tail
	}
	between = time.Duration(k-1)*each + time.Duration(n-first)*virtualByte + airTime(tail) - airTime(piece)
	return each, between
}

// sizes are what CIPSENDL works with: what the case gives, or the firmware's own.
func sizes(w scenarios.Workload) (transmit, report int) {
	transmit, report = 2920, 1024
	if w.Transmit > 0 {
		transmit = w.Transmit
	}
	if w.Report > 0 {
		report = w.Report
	}
	return transmit, report
}

// checkCipsendl holds an upload by CIPSENDL against its closed form, to a thousandth.
func checkCipsendl(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	nothingLost(t, r)
	if w.Cancel > 0 {
		checkCancel(t, r, w)
		return
	}
	transmit, report := sizes(w)
	k := int(r.Metrics["sends"])
	first := firstRead(w, transmit)
	each, between := longSends(w.Length, k, transmit, report, first)
	near(t, r, "goodput", 8*float64(k*w.Length-first)/between.Seconds())
	line := time.Duration(len("AT+CIPSENDL=0,"+strconv.Itoa(w.Length)+"\r\n\r\nOK\r\n\r\n>\r\nSEND OK\r\n")+w.Length) * virtualByte
	near(t, r, "ceiling", 8*float64(w.Length)/line.Seconds())
	near(t, r, "stage_payload", float64(w.Length)*10/virtualBaud)
	near(t, r, "module_sent", float64(k*w.Length))
	sum := 0.0
	for _, name := range []string{"stage_command", "stage_prompt", "stage_host", "stage_payload", "stage_final"} {
		sum += r.Metrics[name]
	}
	if math.Abs(sum/each.Seconds()-1) > 1e-6 {
		t.Errorf("%s repeat %d: the stages add up to %v, the closed form gives %v", r.Case, r.Repeat, sum, each)
	}
}

// firstRead is how many bytes have arrived when the first block of the stream is whole: the module's blocks that it takes.
func firstRead(w scenarios.Workload, transmit int) int {
	block := 2920
	for w.Length%block != 0 {
		block--
	}
	return min((block+transmit-1)/transmit*transmit, w.Length)
}

// checkCancel: the module takes +++ for the escape 20 ms after it, and then says SEND CANCELLED. What was given before is sent, and
// the last report told its highest multiple of the report size.
func checkCancel(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	latency := time.Duration(len("+++")+len("\r\nSEND CANCELLED\r\n"))*virtualByte + 20*time.Millisecond
	near(t, r, "cancel_latency", latency.Seconds())
	transmit, report := sizes(w)
	told, cancel := 0, int(w.Cancel)
	for sent := 0; sent < cancel; {
		sent = min(sent+transmit, cancel)
		if sent-told >= report {
			told = sent / report * report
		}
	}
	near(t, r, "module_sent", r.Metrics["sends"]*float64(told))
	if r.Conditions["after_cancel"] != "usable" {
		t.Errorf("%s: after the cancel %q", r.Case, r.Conditions)
	}
}

// checkCipsendex holds an upload by CIPSENDEX against its closed form, to a millionth. The payload of the repeat is a function of the
// seed, and with it the number of its backslashes, each of which is escaped; a payload with any ends in \0.
func checkCipsendex(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	nothingLost(t, r)
	k := int(r.Metrics["sends"])
	s := peer.Stream{Seed: 67 + uint64(r.Seq), Block: w.Length}
	if w.Payload != "stream" {
		s.Pattern = w.Payload
	}
	p := make([]byte, w.Length)
	var line, between, payload time.Duration
	for i := range k {
		s.ID = uint32(i % w.Links) // in turn
		s.Fill(p, int64(i/w.Links*w.Length))
		n := w.Length
		if slashes := bytes.Count(p, []byte{'\\'}); slashes > 0 {
			n += slashes + len(`\0`)
		}
		command := len("AT+CIPSENDEX=0," + strconv.Itoa(n) + "\r\n\r\nOK\r\n\r\n>")
		answer := len("Recv " + strconv.Itoa(w.Length) + " bytes\r\n\r\nSEND OK\r\n")
		one := time.Duration(command+n+answer) * virtualByte
		line += one
		payload += time.Duration(n) * virtualByte
		switch i { // from the first arrival to the last one
		case 0:
			between -= time.Duration(command+n) * virtualByte
		case k - 1:
			between += time.Duration(command+n) * virtualByte
		}
		if i < k-1 {
			between += one + virtualLatency + airTime(w.Length)
		}
	}
	near(t, r, "goodput", 8*float64((k-1)*w.Length)/between.Seconds())
	near(t, r, "stage_payload", payload.Seconds()/float64(k))
	within(t, r, "ceiling", 8*float64(k*w.Length)/line.Seconds(), 1e-3) // a digit of the length in the command is a mean
}

// checkPassthrough: the line is the limit. From the arrival of the module's first block of 2920 bytes on every other one comes
// when the line has carried it. A repeat that is looked at between two of them has the same rate.
func checkPassthrough(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	nothingLost(t, r)
	near(t, r, "ceiling", 0.8*virtualBaud)
	if w.Protocol == "udp" { // a block is two datagrams, and the rate begins with the first of them
		between(t, r, "goodput", 0.8*virtualBaud, 0.8*virtualBaud*(1+1450/r.Metrics["sent"]))
	} else {
		within(t, r, "goodput", 0.8*virtualBaud, 1e-3)
	}
	near(t, r, "line_share", r.Metrics["efficiency"])
}

// Every kind of upload over several links, TLS, IPv6, each role, and at the limits of its fields meets the same closed form as with
// one link over TCP: segments, datagrams and records are the module's own, and a line that is slower than the radio hides
// what they add on the air, but for CIPSEND, which waits for it.
func TestUploadsMeetClosedForm(t *testing.T) {
	unraced(t)
	t.Parallel()
	for _, workload := range []string{
		"kind: cipsend, links: 5, length: 512", "kind: cipsend, role: softap, links: 3", "kind: cipsend, ip: 6, role: server",
		"kind: cipsend, protocol: udp, remote: each, length: 1470", "kind: cipsend, rate: 1Mbit/s, protocol: udp, length: 1000, links: 2",
		"kind: cipsendl, length: 292kB, protocol: tls", "kind: cipsendl, length: 100kB, links: 5, duration: 4s", "kind: cipsendl, length: 100kB, role: server, ip: 6",
		"kind: cipsendl, length: 100kB, transmit: 100, report: 100", "kind: cipsendl, length: 5000, total: 200kB", "kind: cipsendl, length: 100kB, cancel: 65kB, links: 2, sends: 6",
		"kind: cipsendex, links: 2, length: 700", "kind: cipsendex, length: 1, sends: 12288", "kind: cipsendex, length: 4096, ip: 6",
		"kind: passthrough, ip: 6", "kind: passthrough, protocol: tls", "kind: passthrough, protocol: udp, total: 292kB", "kind: passthrough, length: 1, total: 30kB",
	} {
		t.Run(workload, func(t *testing.T) {
			r, w, _ := uploadRun(t, workload, nil)
			passed(t, r)
			kindChecks[w.Kind](t, r, w)
		})
	}
}

// The radio's part of a send, from the payload's end on the line to its last byte at the peer: the air and the radio's latency. It goes
// on beside the wait for Recv, which is the air and the line of that message.
func TestRadioBesideRecv(t *testing.T) {
	for _, wait := range []string{"final", "recv"} {
		r, w, _ := uploadRun(t, "kind: cipsend, length: 1000, sends: 50, wait: "+wait, func(c *emulator.Config) { c.RadioLatency = 10 * time.Microsecond })
		passed(t, r)
		recv := time.Duration(len("Recv 1000 bytes\r\n")) * virtualByte
		near(t, r, "stage_radio", (airTime(w.Length) + 10*time.Microsecond).Seconds())
		near(t, r, "stage_recv", (airTime(w.Length) + recv).Seconds())
	}
}

// A firmware without the line Recv n bytes, as the manual has it: a send ends at SEND OK, the ceiling has no such line, and to
// wait for it is refused.
func TestUploadsWithoutRecv(t *testing.T) {
	t.Parallel()
	manual := func(c *emulator.Config) { c.Profile = "manual" }
	for _, kind := range []string{"cipsend", "cipsendex, payload: stream"} {
		r, w, _ := uploadRun(t, "kind: "+kind+", length: 700", manual)
		passed(t, r)
		nothingLost(t, r)
		if _, there := r.Metrics["stage_recv"]; there || r.Metrics["stage_radio"] == 0 {
			t.Errorf("%s: metrics %v", w.Kind, r.Metrics)
		}
	}
	r, _, _ := uploadRun(t, "kind: cipsend, length: 1000", manual)
	passed(t, r)
	bytes := len("AT+CIPSEND=0,1000\r\n\r\nOK\r\n\r\n>\r\nSEND OK\r\n") + 1000
	line := time.Duration(bytes) * virtualByte
	near(t, r, "ceiling", 8000/line.Seconds())
	near(t, r, "goodput", 8000/(line+virtualLatency+airTime(1000)).Seconds())
	near(t, r, "stage_final", (airTime(1000) + time.Duration(len("\r\nSEND OK\r\n"))*virtualByte).Seconds())

	r, _, _ = uploadRun(t, "kind: cipsend, wait: recv", manual)
	if r.Outcome != results.Refused || !strings.Contains(r.Err, "measure wait: final") {
		t.Errorf("%s %s", r.Outcome, r.Err)
	}
}

// What the firmware does not take is refused, and a repeat that is too short says what is enough.
func TestUploadsRefused(t *testing.T) {
	for workload, want := range map[string]struct {
		outcome results.Outcome
		says    string
	}{
		"kind: cipsendl, length: 1MB, report: 65536":          {results.Refused, "value out of range"},
		"kind: cipsendex, length: 6144":                       {results.Refused, "value out of range"},
		"kind: cipsendl, length: 12000, sends: 1":             {results.Error, "a repeat needs 48000 B"},
		"kind: passthrough, length: 100, total: 12000":        {results.Error, "sends: 123 would be enough"},
		"kind: cipsendl, length: 1MB, cancel: 1000, sends: 2": {results.Error, "too short"},
	} {
		r, _, _ := uploadRun(t, workload, nil)
		if r.Outcome != want.outcome || !strings.Contains(r.Err, want.says) {
			t.Errorf("%s: %s %q, want %s with %q", workload, r.Outcome, r.Err, want.outcome, want.says)
		}
	}
}
