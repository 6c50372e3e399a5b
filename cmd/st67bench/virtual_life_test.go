package main

import (
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"st67bench/analysis"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// What the emulated module documents of itself, as defaults: the time from the end of AT+RST to `ready`, from CWJAP to
// CONNECTED, from there to GOTIP, one way by radio, and of a scan for each of its 13 channels.
const (
	virtualBoot  = 500 * time.Millisecond
	virtualJoin  = 200 * time.Millisecond
	virtualDHCP  = 100 * time.Millisecond
	virtualDwell = 220 * time.Millisecond
)

// textTime is that of the text at 10 bit times a byte.
func textTime(text string) time.Duration {
	return time.Duration(len(text)) * 10 * time.Second / virtualBaud
}

// commandTime is that of a command line and of all that comes back up to its final code: the answer and
// `\r\nOK\r\n`.
func commandTime(line, answer string) time.Duration {
	return textTime(line+"\r\n") + virtualLatency + textTime(answer+"\r\nOK\r\n")
}

// setUp is the dialog of this harness after `ready`: what it asks and sets, and what this module has after a start.
var setUp = [][2]string{
	{"AT", ""}, {"ATE0", ""},
	{"AT+SYSSTORE?", "+SYSSTORE:1\r\n"}, {"AT+SYSSTORE=0", ""},
	{"AT+SYSLOG?", "+SYSLOG:0\r\n"}, {"AT+SYSLOG=1", ""},
	{"AT+CWNETMODE?", "+CWNETMODE:1\r\n"},
	{"AT+CWAUTOCONN?", "+CWAUTOCONN:0"}, // without a line end of its own: quirk bare-query
	{"AT+CWEVT?", "+CWEVT:1\r\n"}, {"AT+CIPEVT?", "+CIPEVT:1\r\n"}, {"AT+SYSMSG?", "+SYSMSG:0\r\n"},
	{"AT+CIPMUX?", "+CIPMUX:0\r\n"}, {"AT+CIPMUX=1", ""},
	{"AT+CWMODE?", "+CWMODE:0\r\n"}, {"AT+CWMODE=1,0", ""},
	{"AT+CIPRECVMODE?", "+CIPRECVMODE:0\r\n"}, {"AT+CIPDINFO?", "+CIPDINFO:false"}, // quirk bare-dinfo
	{"AT+GMR", "AT version:1.0.0.1(Apr 30 2025 11:47:03)\r\ncomponent_version_macsw_1.6.38\r\nlib_version_phyrf_00f7ad715\r\n" +
		"component_version_btble_1.8.25\r\nlib_version_btblecontroller_1.6.89\r\ncomponent_version_sdk_2.0.106\r\n" +
		"compile time:Apr 30 2025 11:46:58\r\n"},
	{"AT+CIFSR", "+CIFSR:STAIP,\"0.0.0.0\"\r\n+CIFSR:STAMAC,\"02:67:57:61:10:01\"\r\n"},
}

const joinCommand = `AT+CWJAP="st67bench","emulated-air"`

// placeTime is what the harness asks after each join: which access point, which address.
func placeTime() time.Duration {
	return commandTime("AT+CWJAP?", "+CWJAP:\"st67bench\",\"02:67:00:00:00:01\",6,-48,0\r\n") +
		commandTime("AT+CIPSTA?", "+CIPSTA:ip:\"127.67.0.2\"\r\n+CIPSTA:gateway:\"127.0.0.1\"\r\n+CIPSTA:netmask:\"255.0.0.0\"\r\n")
}

// The network in memory gives ports of five digits.
const virtualPeer = `"127.0.0.1",49152`

// openTime is CIPSTART with its event; a connection takes a round trip by radio, and TLS 1.3 another one.
func openTime(protocol string) time.Duration {
	kind, trips := "TCP", 1
	switch protocol {
	case "tls":
		kind, trips = "SSL", 2
	case "udp":
		kind, trips = "UDP", 0
	}
	return commandTime(fmt.Sprintf(`AT+CIPSTART=0,"%s",%s`, kind, virtualPeer), "+CIP:0,CONNECTED\r\n") + time.Duration(trips)*2*virtualTrip
}

// arrivalTime is from the write of a CIPSEND of n bytes until they are at the peer: the dialog up to the prompt, the
// payload on the line, in the air, and on its way.
func arrivalTime(n int) time.Duration {
	prompt := textTime(fmt.Sprintf("AT+CIPSEND=0,%d\r\n", n)) + virtualLatency + textTime("\r\nOK\r\n\r\n>")
	payload := time.Duration(n) * 10 * time.Second / virtualBaud
	air := time.Duration(float64(8*n) / virtualRadio * 1e9)
	return prompt + payload + air + virtualTrip
}

// checkJoin: the boot begins when AT+RST takes effect, while its OK is on the line, and ends with the line `ready`; then the harness pauses for 100 ms and sets up; an
// event is seen when its last byte is.
func checkJoin(t *testing.T, r results.Result, w scenarios.Workload) {
	boot := textTime("AT+RST\r\n") + virtualLatency + virtualBoot + textTime("\r\nready\r\n")
	setup := 100 * time.Millisecond
	for _, c := range setUp {
		setup += commandTime(c[0], c[1])
	}
	associate := textTime(joinCommand+"\r\n") + virtualLatency + virtualJoin + textTime("+CW:CONNECTED\r\n")
	address := virtualDHCP + textTime("+CW:GOTIP\r\n") - textTime("+CW:CONNECTED\r\n")
	whole := boot + setup + associate + address
	if w.End == "byte" {
		first := placeTime() + openTime("tcp") + arrivalTime(1)
		near(t, r, "stage_first_byte", first.Seconds())
		whole += first
	}
	near(t, r, "stage_boot", boot.Seconds())
	near(t, r, "stage_setup", setup.Seconds())
	near(t, r, "stage_associate", associate.Seconds())
	near(t, r, "stage_address", address.Seconds())
	near(t, r, "duration", whole.Seconds())
	near(t, r, "sends", 1)
}

// checkConnect: nothing leaks, and the heap of the manual's example is free when no connection is open.
func checkConnect(t *testing.T, r results.Result, w scenarios.Workload) {
	open, shut := openTime(w.Protocol), commandTime("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n")
	near(t, r, "duration", open.Seconds())
	near(t, r, "duration_p50", open.Seconds())
	near(t, r, "stage_connect", open.Seconds())
	near(t, r, "stage_close", shut.Seconds())
	near(t, r, "rate", 1/(open+shut).Seconds())
	near(t, r, "heap", 148408)
	near(t, r, "heap_slope", 0)
	if w.Protocol == "tcp" {
		near(t, r, "bound", (open - virtualLatency - 2*virtualTrip).Seconds())
	}
}

// checkSoak: sends one after the other, between which the heap is read every hundredth of the repeat, but no more often than
// every second. An open connection holds its buffer of 4608 B and 512 B of control block.
func checkSoak(t *testing.T, r results.Result, w scenarios.Workload) {
	_, total := exchangeTime(w.Length, "final", "")
	reading := commandTime("AT+SYSRAM?", "+SYSRAM:143288,83020\r\n")
	busy := 1 - reading.Seconds()/max(w.Duration/100, time.Second).Seconds()
	within(t, r, "goodput", 8*float64(w.Length)/total.Seconds()*busy, 1e-4)
	near(t, r, "send_latency_p50", total.Seconds())
	near(t, r, "heap", 148408-4608-512)
	for _, name := range []string{"loss", "duplicate", "corrupt", "reordered", "foreign"} {
		near(t, r, name, 0)
	}
	if _, alarm := r.Metrics["decay"]; alarm {
		t.Errorf("%s: a decay of %v where there is none", r.Case, r.Metrics["decay"])
	}
	if w.Duration >= 5*time.Minute {
		near(t, r, "heap_hourly", 0)
		if got := r.Metrics["goodput_slope"]; got > 1e-3 || got < -1e-3 {
			t.Errorf("%s: goodput changes by %v an hour", r.Case, got)
		}
	}
}

// checkRecover: the peer's end is back at once, and the module says that it was gone when the end of the connection has
// come by radio. The payload that was in the air when it went away is the one send that is lost: a send takes longer than
// its way by radio. An access point is missed after 20 beacons of 102.4 ms, and then the connection's end is said first.
func checkRecover(t *testing.T, r results.Result, w scenarios.Workload) {
	again := openTime("tcp") + arrivalTime(w.Length)
	if w.Outage == "peer" {
		near(t, r, "notice", (virtualTrip + textTime("+CIP:0,DISCONNECTED\r\n")).Seconds())
		near(t, r, "duration", again.Seconds())
		near(t, r, "loss", float64(w.Length))
		return
	}
	near(t, r, "notice", (20*102400*time.Microsecond + textTime("+CIP:0,DISCONNECTED\r\n+CW:DISCONNECTED\r\n")).Seconds())
	associate := textTime(joinCommand+"\r\n") + virtualLatency + virtualJoin + textTime("+CW:CONNECTED\r\n")
	address := virtualDHCP + textTime("+CW:GOTIP\r\n") - textTime("+CW:CONNECTED\r\n")
	near(t, r, "stage_associate", associate.Seconds())
	near(t, r, "stage_address", address.Seconds())
	near(t, r, "stage_first_byte", (placeTime() + again).Seconds())
	near(t, r, "duration", (associate + address + placeTime() + again).Seconds())
	near(t, r, "loss", 0)
}

// checkScan: 13 channels, then a line for the one access point and the last line.
func checkScan(t *testing.T, r results.Result, _ scenarios.Workload) {
	found := "+CWLAP:(3,\"st67bench\",-48,\"02:67:00:00:00:01\",6,-1,-1,4,15,0)\r\n+CW:SCAN_DONE\r\n"
	near(t, r, "duration", (textTime("AT+CWLAP\r\n") + virtualLatency + 13*virtualDwell + textTime(found)).Seconds())
	near(t, r, "found", 1)
}

// A soak of a day on a radio of 3 kbit/s, whose rate from the twelfth hour on falls in a straight line that would reach
// zero after another 48 hours. A quarter of it is lost by the end: the air time of a send, which is all but 16 ms of it, grows
// to 4/3. The course of a day has more than 256 parts, and the last whole one may have its middle 1.5 of them before the end,
// so the loss is known to 1.5/256 of the 24 h by 48 h, and its beginning to one part. Of the raw samples there is one for
// each second or each send, whichever is longer, and one for each minute: below 2 MB. The trace has its own limit.
func TestSoakOfADay(t *testing.T) {
	unraced(t)
	run := soakRun(t, "24h", "decay:48h@12h")
	r := run.Results[0]
	if r.Outcome != results.Pass {
		t.Fatalf("%s %s", r.Outcome, r.Err)
	}
	air := 8 * 2920 / dayRadio
	_, total := exchangeTime(2920, "final", "")
	rest := total.Seconds() - 8*2920/virtualRadio
	fall := 1 - (air+rest)/(air*4/3+rest)
	if got := r.Metrics["decay"]; got > fall || got < fall-1.5/256*24/48 {
		t.Errorf("a loss of %v, the closed form gives %v", got, fall)
	}
	within(t, r, "decay_after", 12*3600, 24.0/256/12)
	near(t, r, "heap_hourly", 0)
	sum, err := analysis.Summarize(run)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(sum.Warnings, func(w analysis.Warning) bool {
		return w.Code == "decay" && strings.Contains(w.Text, "goodput decays: 25 %")
	}) {
		t.Errorf("no warning of the decay: %v", sum.Warnings)
	}
	sizes := map[string]int64{}
	err = filepath.WalkDir(run.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		sizes[filepath.Ext(path)] += info.Size()
		return err
	})
	if err != nil || sizes[".parquet"] == 0 || sizes[".parquet"] > 2<<20 || sizes[".jsonl"] > 17<<20 {
		t.Errorf("sizes of the run directory's files by kind: %v, %v", sizes, err)
	}
}

// A day without a fault is no decay.
func TestSoakWithoutDecay(t *testing.T) {
	unraced(t)
	r := soakRun(t, "24h").Results[0]
	if _, alarm := r.Metrics["decay"]; alarm || r.Outcome != results.Pass || math.Abs(r.Metrics["goodput_slope"]) > 1e-4 {
		t.Errorf("%s %s, a decay of %v after %v, a slope of %v", r.Outcome, r.Err, r.Metrics["decay"], r.Metrics["decay_after"], r.Metrics["goodput_slope"])
	}
}

// dayRadio, in bit/s, makes a day of a few sends.
const dayRadio = 3e3

func soakRun(t *testing.T, duration string, faults ...string) *results.Run {
	t.Helper()
	s, err := scenarios.Parse("soak.yaml", fmt.Appendf(nil, "name: soak\ntitle: Soak\nworkload: {kind: soak, duration: %s}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n", duration))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, func(c *emulator.Config) { c.RadioRate, c.Faults = dayRadio, faults })
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// A leak of 24 B with each connection is found to the byte.
func TestConnectFindsTheLeak(t *testing.T) {
	unraced(t)
	t.Parallel()
	s, err := scenarios.Load("connect-churn")
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, func(c *emulator.Config) { c.Faults = []string{"leak:24"} })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run.Results {
		near(t, r, "heap_slope", -24)
		if r.Outcome != results.Fail {
			t.Errorf("%s: %s, though the limit is -1 B", r.Case, r.Outcome)
		}
	}
}
