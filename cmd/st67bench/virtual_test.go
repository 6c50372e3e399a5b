package main

import (
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// The emulated module of the closed-form tests: round figures that are not the profile's.
const (
	virtualBaud    = 2_000_000
	virtualLatency = 300 * time.Microsecond
	virtualRadio   = 16e6 // bit/s
)

// virtualRun measures a scenario in virtual time: emulated module, memory link
// and in-memory network, so that nothing depends on this machine's speed. injected is what the module
// counted of its faults.
func virtualRun(t *testing.T, s *scenarios.Scenario, change func(*emulator.Config)) (run *results.Run, injected map[string]uint64, runErr error) {
	t.Helper()
	rig, err := loadRig("emulated?link=memory") // the link itself is change's
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	var dir string
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New()
		cfg := emulator.Config{
			Link: emulator.LinkMemory, Baud: virtualBaud, CommandLatency: virtualLatency, RadioRate: virtualRadio,
			Dial: net.Dial, Listen: net.Listen, ListenPacket: net.ListenPacket,
		}
		if change != nil {
			change(&cfg)
		}
		m, err := emulator.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		link, err := linkEmulated(m, cfg, rig.Module)
		if err != nil {
			t.Fatal(err)
		}
		link.emulator = m
		link.network = peer.Network{Listen: net.Listen, ListenPacket: net.ListenPacket, Dial: net.Dial}
		a := &app{in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}
		r := &measurement{
			app: a, flags: runFlags{out: out, quiet: true, seed: 67}, scenario: s, rig: rig, cases: s.Expand(),
		}
		run := r.newRun()
		w, err := results.Create(out, run)
		if err != nil {
			t.Fatal(err)
		}
		dir = w.Dir()
		r.trace.out, r.trace.start = w.Log(), run.Start
		runErr = r.on(t.Context(), link, w, run)
		injected = m.Injected()
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	run, err = results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run, injected, runErr
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
	line = time.Duration(bytes) * 10 * time.Second / virtualBaud
	air := time.Duration(math.Round(float64(8*n) / virtualRadio * 1e9))
	return line, line + virtualLatency + air
}

func TestShippedScenariosMeetClosedForm(t *testing.T) {
	for _, name := range scenarios.Library() {
		t.Run(name, func(t *testing.T) {
			s, err := scenarios.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			run, _, err := virtualRun(t, s, nil)
			if err != nil {
				t.Fatal(err)
			}
			checkClosedForm(t, s, run)
		})
	}
}

// kindChecks hold a repeat of a kind against its closed form.
var kindChecks = map[string]func(*testing.T, results.Result, scenarios.Workload){
	"connect": checkConnect,
	"join":    checkJoin,
	"recover": checkRecover,
	"scan":    checkScan,
	"soak":    checkSoak,
}

func checkClosedForm(t *testing.T, s *scenarios.Scenario, run *results.Run) {
	t.Helper()
	cases := map[string]scenarios.Case{}
	for _, c := range s.Expand() {
		cases[c.Key] = c
	}
	passed := 0
	for _, r := range run.Results {
		c := cases[r.Case]
		if c.Workload.Length > 6144 { // this firmware stops there
			if r.Outcome != results.Refused {
				t.Errorf("%s: outcome %s, want REFUSED", r.Case, r.Outcome)
			}
			continue
		}
		if r.Outcome != results.Pass {
			t.Errorf("%s repeat %d: %s %s", r.Case, r.Repeat, r.Outcome, r.Err)
			continue
		}
		passed++
		if check := kindChecks[c.Workload.Kind]; check != nil {
			check(t, r, c.Workload)
			continue
		}
		for _, name := range []string{"loss", "duplicate", "corrupt", "reordered", "foreign"} {
			near(t, r, name, 0)
		}
		if c.Workload.Kind == "receive" {
			checkReceive(t, r, c.Workload)
			continue
		}
		if c.Workload.Protocol == "tls" {
			continue // its records take air time too
		}
		line, total := exchangeTime(c.Workload.Length, c.Workload.Wait, c.Workload.Remote)
		bits := 8 * float64(c.Workload.Length)
		near(t, r, "goodput", bits/total.Seconds())
		near(t, r, "ceiling", bits/line.Seconds())
		near(t, r, "efficiency", line.Seconds()/total.Seconds())
		near(t, r, "send_latency_p50", total.Seconds())
		near(t, r, "stage_payload", float64(c.Workload.Length)*10/virtualBaud)
		near(t, r, "stage_host", 0)
		if c.Workload.Links > 1 {
			within(t, r, "fairness", 1, 0.02) // a repeat may end in the middle of a round
		}
	}
	if passed < len(cases) {
		t.Errorf("only %d repeats were measured in %d cases", passed, len(cases))
	}
}

// checkReceive holds a download against the closed form, to a thousandth. In active mode every chunk of 4608 bytes
// costs its head and a CRLF. In passive mode each read costs its command, the module's latency and its answer. The
// receive buffer holds one chunk, which is read in full reads and a rest, or more, of which every read may be full; the
// notice of a chunk goes out while the next command comes in or not, so it costs between nothing and its time on the
// line; and the second that is measured may begin and end within a chunk: one rest more or less.
func checkReceive(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	const chunk = 4608
	byteTime := 10 * time.Second / virtualBaud
	switch {
	case w.Protocol == "tls": // chunks are as long as its records
	case w.Mode == "active":
		within(t, r, "goodput", 8*chunk/(time.Duration(len("+IPD:0,4608,")+chunk+len("\r\n"))*byteTime).Seconds(), 1e-3)
	default:
		notice := time.Duration(len("+IPD:0,4608\r\n")) * byteTime
		var whole time.Duration // of a chunk
		for left := chunk; left > 0; left -= w.Read {
			whole += readTime(w.Read, min(left, w.Read))
		}
		least := 8 * chunk / (whole + notice).Seconds()
		least *= 1 - readTime(w.Read, chunk%w.Read).Seconds()/w.Duration.Seconds()
		between(t, r, "goodput", least, 8*float64(w.Read)/readTime(w.Read, w.Read).Seconds())
	}
}

// readTime is one CIPRECVDATA that asks for n bytes and gets got.
func readTime(n, got int) time.Duration {
	bytes := len("AT+CIPRECVDATA=0,"+strconv.Itoa(n)+"\r\n") + len("+CIPRECVDATA:"+strconv.Itoa(got)+",") + got + len("\r\n\r\nOK\r\n")
	return time.Duration(bytes)*10*time.Second/virtualBaud + virtualLatency
}

// between holds a metric against two closed forms, to a thousandth.
func between(t *testing.T, r results.Result, metric string, least, most float64) {
	t.Helper()
	if got := r.Metrics[metric]; got < least*(1-1e-3) || got > most*(1+1e-3) {
		t.Errorf("%s repeat %d: %s is %v, the closed forms give %v to %v", r.Case, r.Repeat, metric, got, least, most)
	}
}

// within holds a metric against its closed form, to a fraction of it.
func within(t *testing.T, r results.Result, metric string, want, fraction float64) {
	t.Helper()
	got, measured := r.Metrics[metric]
	if !measured || math.Abs(got-want) > fraction*math.Abs(want) {
		t.Errorf("%s repeat %d: %s is %v, the closed form gives %v", r.Case, r.Repeat, metric, got, want)
	}
}

// near holds a metric against its closed form, to 1e-6.
func near(t *testing.T, r results.Result, metric string, want float64) {
	t.Helper()
	got, measured := r.Metrics[metric]
	if !measured || math.Abs(got-want) > 1e-6*math.Abs(want) {
		t.Errorf("%s repeat %d: %s is %v, the closed form gives %v", r.Case, r.Repeat, metric, got, want)
	}
}
