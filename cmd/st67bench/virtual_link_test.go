package main

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"st67bench/analysis"
	"st67bench/bench/peer"
	"st67bench/bench/st67"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// scenarioChecks are the shipped scenarios whose cases differ in more than their workload; each runs and holds its own.
var scenarioChecks = map[string]func(*testing.T, *scenarios.Scenario){
	"line-speed":   checkLineSpeed,
	"spi-frame":    checkFrame,
	"signal":       checkSignal,
	"flow-control": checkFlowControl,
	"dinfo":        checkDinfo,
	"dns":          checkDNS,
	"reconnect":    checkReconnect,

	"dtim-sweep":         checkDTIMSweep,
	"twt-sweep":          checkTWTSweep,
	"energy-per-bit":     checkEnergyPerBit,
	"wakeup":             checkWakeup,
	"join-energy":        checkJoinEnergy,
	"latency-vs-current": checkLatencyCurrent,

	"latency-vs-current-modes": checkLatencyModes,
	"latency-vs-current-twt":   checkLatencyPeriods,
}

// lossless are the results of a run, all of which passed and lost nothing.
func lossless(t *testing.T, run *results.Run, err error) []results.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run.Results {
		if r.Outcome != results.Pass {
			t.Fatalf("%s: %s %s", r.Case, r.Outcome, r.Err)
		}
		near(t, r, "loss", 0)
	}
	return run.Results
}

// sendOf is the length of a repeat's sends, which its scenario gives or sweeps.
func sendOf(s *scenarios.Scenario, r results.Result) int {
	if n, err := strconv.Atoi(r.Factors["length"]); err == nil {
		return n
	}
	return s.Workload.Length
}

// checkLineSpeed: each case meets the closed form of its own line rate, and of no other.
func checkLineSpeed(t *testing.T, s *scenarios.Scenario) {
	run, _, err := virtualRun(t, s, nil)
	for _, r := range lossless(t, run, err) {
		fraction, err := strconv.ParseFloat(r.Factors["link.speed"], 64)
		if err != nil {
			t.Fatal(err)
		}
		n := sendOf(s, r)
		line, total := exchangeTime(n, "", "connected")
		slower := time.Duration(math.Round(float64(line) / fraction))
		near(t, r, "goodput", 8*float64(n)/(total+slower-line).Seconds())
		near(t, r, "ceiling", 8*float64(n)/slower.Seconds())
	}
}

// checkFrame: without the need on the rig the cases are skipped; over SPI a payload of n bytes goes in ⌈n/(max-8)⌉
// transfers of up to max-8 payload bytes, beside one each for the command, for OK and prompt, for Recv and for SEND OK.
// The fewer they are the more goodput there is.
func checkFrame(t *testing.T, s *scenarios.Scenario) {
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range run.Results {
		if r.Outcome != results.Skipped || !strings.Contains(r.Err, "spi") {
			t.Errorf("without SPI %s is %s: %s", r.Case, r.Outcome, r.Err)
		}
	}
	run, _, err = virtualRunOn(t, "emulated?link=spi&speed=20MHz", s, func(c *emulator.Config) {
		emulatedAs(t, s)(c)
		c.Link, c.Build = emulator.LinkSPI, emulator.BuildSPI
	})
	goodput := map[string]float64{}
	for _, r := range lossless(t, run, err) {
		if r.Conditions["link_max"] != r.Factors["link.frame"] {
			t.Errorf("%s: conditions %v", r.Case, r.Conditions)
		}
		frame, err := strconv.ParseFloat(r.Factors["link.frame"], 64)
		if err != nil {
			t.Fatal(err)
		}
		want := r.Metrics["sends"] * (4 + math.Ceil(float64(sendOf(s, r))/(frame-8)))
		const around = 40 // connecting and closing
		if got := float64(r.Counters["transactions"]); got < want || got > want+around {
			t.Errorf("%s: %v transactions, want %v", r.Case, got, want)
		}
		goodput[r.Factors["link.frame"]] = r.Metrics["goodput"]
	}
	if goodput["6152"] <= goodput["4096"] || goodput["4096"] <= goodput["512"] {
		t.Errorf("goodput by frame is %v: it has to rise", goodput)
	}
	if _, claimed := run.Identity["max"]; claimed {
		t.Errorf("the run claims a frame for all cases: %v", run.Identity)
	}
}

// checkSignal: the radio carries what the signal allows, 0.6 of the rate of 802.11ax with one stream in 20 MHz: at -48 and
// -68 dBm more than the 20 Mbit/s that the module can do, at -88 dBm, which is below the sensitivity of the lowest rate,
// that one of 8.6 Mbit/s.
func checkSignal(t *testing.T, s *scenarios.Scenario) {
	run, _, err := virtualRun(t, s, func(c *emulator.Config) { c.RadioRate = 0 })
	radio := map[string]float64{"0": 20e6, "20": 20e6, "40": 0.6 * 8.6e6}
	rssi := map[string]string{"0": "-48", "20": "-68", "40": "-88"}
	for _, r := range lossless(t, run, err) {
		dB, n := r.Factors["attenuation"], sendOf(s, r)
		line, _ := exchangeTime(n, "", "connected")
		air := time.Duration(math.Round(8e9 * float64(n) / radio[dB]))
		near(t, r, "goodput", 8*float64(n)/(line+virtualLatency+air).Seconds())
		if r.Conditions["hook_attenuation"] != dB || r.Conditions["rssi"] != rssi[dB] {
			t.Errorf("%s: conditions %v", r.Case, r.Conditions)
		}
	}
	if run.Conditions["hook_attenuation_end"] != "put back to 0" {
		t.Errorf("at the end: %v", run.Conditions)
	}
}

// emulatedAs gives the keys of a scenario, as the module of virtualRun.
func emulatedAs(t *testing.T, s *scenarios.Scenario) func(*emulator.Config) {
	t.Helper()
	keys, err := emulator.Parse(url.Values(s.Emulated))
	if err != nil {
		t.Fatal(err)
	}
	return func(c *emulator.Config) { c.Build, c.RadioRate, c.Faults = keys.Build, keys.RadioRate, keys.Faults }
}

// checkFlowControl: without flow control exactly the bytes are missing that ran over, with it none is; the report says so.
// How many run over follows from the rates: see overrunOf.
func checkFlowControl(t *testing.T, s *scenarios.Scenario) {
	run, injected, err := virtualRun(t, s, emulatedAs(t, s))
	if err != nil {
		t.Fatal(err)
	}
	lost := 0.0
	for _, r := range run.Results {
		if r.Outcome != results.Pass {
			t.Fatalf("%s: %s %s", r.Case, r.Outcome, r.Err)
		}
		if r.Factors["link.flow"] == "rtscts" {
			near(t, r, "loss", 0)
			continue
		}
		given := r.Metrics["received"] + r.Metrics["loss"]
		within(t, r, "loss", overrunOf(given), 0.05)
		lost += r.Metrics["loss"]
	}
	if lost == 0 || lost != float64(injected["overrun"]) {
		t.Errorf("%v bytes are missing, %d ran over", lost, injected["overrun"])
	}
	sum, err := analysis.Summarize(run)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("link.flow=none: %.0f B are missing, sent without flow control: over-run of the module's receiver", lost)
	for _, w := range sum.Warnings {
		if w.Code == "over-run" && strings.Contains(w.Text, want) && strings.Contains(w.Text, "with rtscts none is missing") {
			return
		}
	}
	t.Errorf("no warning says %q: %+v", want, sum.Warnings)
}

// The module of the flow-control scenario.
const (
	slowRadio = 1e6       // bit/s
	stackSize = 48 * 1460 // bytes that its TCP stack holds (lwIP: 48 segments)
	receiver  = 2048      // bytes that its UART holds
)

// overrunOf is how many of n bytes that come without a pause run over: the line carries them in n/200000 s, of which the
// radio takes away its rate, and stack and receiver are full at the end. It is right to a few blocks of 2920 bytes.
func overrunOf(n float64) float64 {
	carried := n / (virtualBaud / 10) * slowRadio / 8
	return n - carried - stackSize - receiver
}

// Over-run in passthrough, without the workload: what the peer misses is what the module counts, near the closed form,
// and nothing with flow control.
func TestOverrunAtTheModule(t *testing.T) {
	const total, block = 1_000_000, 1000
	for _, flow := range []string{emulator.FlowNone, emulator.FlowRTSCTS} {
		t.Run(flow, func(t *testing.T) {
			bubbleSession(t, "emulated?link=memory&build=uart&radio=1Mbit/s&fault=overrun:2048&flow="+flow, func(t *testing.T, s *session) {
				if err := s.openPeer(t.Context(), s.rig, st67.Station{}); err != nil {
					t.Fatal(err)
				}
				stream := peer.Stream{ID: 1, Seed: 67, Block: block}
				sink, err := s.peer.Sink(t.Context(), stream, peer.Options{Protocol: "tcp"})
				if err != nil {
					t.Fatal(err)
				}
				defer sink.Close()
				if err := s.module.ConnectSingle(t.Context(), "tcp", sink.Addr()); err != nil {
					t.Fatal(err)
				}
				through, err := s.module.Passthrough(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				p := make([]byte, block)
				for sent := int64(0); sent < total; sent += block {
					stream.Fill(p, sent)
					if _, err := through.Write(p); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(10 * time.Second) // line and radio are empty
				got := sink.Report()
				lost, counted := total-got.Good, int64(s.emulator.Injected()["overrun"])
				if got.Corrupt != 0 || got.Duplicate != 0 || lost != counted {
					t.Errorf("%d bytes are missing, the module counts %d: %+v", lost, counted, got)
				}
				want := 0.0
				if flow == emulator.FlowNone {
					want = overrunOf(total)
				}
				if math.Abs(float64(lost)-want) > 3*2920 {
					t.Errorf("%d bytes are missing, the closed form says %.0f", lost, want)
				}
				if err := through.Quit(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
