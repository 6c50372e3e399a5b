package main

import (
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/analysis/report/page"
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
	return virtualRunOn(t, "emulated?link=memory", s, change) // the link itself is change's
}

// virtualRunOn is virtualRun on a rig of its own.
func virtualRunOn(t *testing.T, url string, s *scenarios.Scenario, change func(*emulator.Config)) (run *results.Run, injected map[string]uint64, runErr error) {
	t.Helper()
	return virtualPlan(t, url, s, nil, change)
}

// virtualPlan is virtualRunOn with a plan of its own; nil for that of run.
func virtualPlan(t *testing.T, url string, s *scenarios.Scenario, plan planning, change func(*emulator.Config)) (run *results.Run, injected map[string]uint64, runErr error) {
	t.Helper()
	rig, err := loadRig(url)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	var dir string
	synctest.Test(t, func(t *testing.T) {
		link, net := virtualLink(t, rig, change)
		broker := serveMQTT(t, net)
		defer broker.close()
		link.broker = broker.addr
		a := &app{in: strings.NewReader(""), out: io.Discard, errOut: io.Discard}
		r := &measurement{
			app: a, flags: runFlags{out: out, quiet: true, seed: 67}, scenario: s, rig: rig, cases: s.Expand(), plan: plan,
		}
		run := r.newRun()
		w, err := results.Create(out, run)
		if err != nil {
			t.Fatal(err)
		}
		dir = w.Dir()
		r.trace.out, r.trace.start = []io.Writer{w.Log()}, run.Start
		runErr = r.on(t.Context(), link, w, run)
		injected = link.emulator.Injected()
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

// virtualLink starts an emulated module in a network of its own, and opens its link.
func virtualLink(t *testing.T, rig *scenarios.Rig, change func(*emulator.Config)) (*opened, *memnet.Network) {
	t.Helper()
	net, log := memnet.New(), &logPort{}
	cfg := emulator.Config{
		Link: emulator.LinkMemory, Baud: virtualBaud, CommandLatency: virtualLatency, RadioRate: virtualRadio,
		Dial: net.Dial, Listen: net.Listen, ListenPacket: net.ListenPacket, Log: log,
		Ether: emulator.NewEther(),
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
	link.emulator, link.config, link.log = m, cfg, log
	link.network = peer.Network{Listen: net.Listen, ListenPacket: net.ListenPacket, Dial: net.Dial}
	return link, net
}

func TestShippedScenariosMeetClosedForm(t *testing.T) {
	unraced(t)
	t.Parallel()
	for _, name := range scenarios.Library() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := scenarios.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			s.Repeats.Min, s.Repeats.Max, s.Warmup = 2, 2, 0 // the closed form holds for each, the first too
			if check := scenarioChecks[name]; check != nil {
				check(t, s)
				return
			}
			run, _, err := virtualRun(t, s, nil)
			if err != nil {
				t.Fatal(err)
			}
			checkClosedForm(t, s, run)
			hasReport(t, run)
		})
	}
}

// hasReport wants a run told in words, and drawn on a page where the build has what draws.
func hasReport(t *testing.T, run *results.Run) {
	t.Helper()
	args := []string{"report", "--markdown", filepath.Join(t.TempDir(), "report.md"), run.Dir}
	if page.HaveECharts() {
		args = append(args, "--html", filepath.Join(t.TempDir(), "report.html"))
	}
	if code, text, errText := cli(t, args...); code != 0 || text == "" {
		t.Errorf("report: exit %d\n%s%s", code, text, errText)
	}
}

// kindChecks hold a repeat of a kind against its closed form.
var kindChecks = map[string]func(*testing.T, results.Result, scenarios.Workload){
	"at-roundtrip":     checkRoundtrip,
	"ping":             checkPing,
	"request-response": checkRequest,
	"iperf":            checkIperf,
	"ble-notify":       checkNotify,
	"mqtt":             checkMQTT,
	"receive":          checkReceive,
	"bidirectional":    checkBidirectional,
	"cipsend":          checkCipsend,
	"cipsendl":         checkCipsendl,
	"cipsendex":        checkCipsendex,
	"passthrough":      checkPassthrough,
	"connect":          checkConnect,
	"join":             checkJoin,
	"recover":          checkRecover,
	"scan":             checkScan,
	"soak":             checkSoak,
	"idle":             checkIdle,
}

// nothingLost says that the payload arrived as it was sent.
func nothingLost(t *testing.T, r results.Result) {
	t.Helper()
	for _, name := range []string{"loss", "duplicate", "corrupt", "reordered", "foreign"} {
		near(t, r, name, 0)
	}
}

func checkClosedForm(t *testing.T, s *scenarios.Scenario, run *results.Run) {
	t.Helper()
	cases := map[string]scenarios.Case{}
	for _, c := range s.Expand() {
		cases[c.Key] = c
	}
	if rig, err := loadRig(""); err == nil && len(rig.Lacks(s.Needs)) > 0 && s.Workload.Kind != "mqtt" { // that has a broker here
		checkSkipped(t, run, len(cases))
		return
	}
	passed := 0
	for _, r := range run.Results {
		c := cases[r.Case]
		if c.Workload.Length > 6144 && c.Workload.Kind == "cipsend" { // this firmware stops there
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
		}
	}
	if passed < len(cases) {
		t.Errorf("only %d repeats were measured in %d cases", passed, len(cases))
	}
}

// checkSkipped wants each case to be skipped once, for a need that the default rig lacks.
func checkSkipped(t *testing.T, run *results.Run, cases int) {
	t.Helper()
	for _, r := range run.Results {
		if r.Outcome != results.Skipped || !strings.Contains(r.Err, "the rig has no ") {
			t.Errorf("%s: %s %s", r.Case, r.Outcome, r.Err)
		}
	}
	if len(run.Results) != cases {
		t.Errorf("%d results of %d cases", len(run.Results), cases)
	}
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
