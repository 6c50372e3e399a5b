package main

import (
	"math"
	"strconv"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

const spiScenario = `
name: spi
title: What does a CIPSEND take over SPI?
workload: {kind: cipsend, sends: 200}
sweep: {length: [64, 512, 1460, 2920, 4096, 6144]}
repeats: {min: 2, max: 2}
warmup: 1
`

// spiClocks is how long n payload bytes and their header take at 20 MHz: the
// module moves whole words, and a byte is 8 clocks of 50 ns.
func spiClocks(n int) time.Duration { return time.Duration(8+(n+3)/4*4) * 400 * time.Nanosecond }

// spiExchange is the closed form of one CIPSEND of n bytes over SPI at 20 MHz,
// from the module's transaction. RDY stays high for 70 µs at least, and the
// module's clocks cannot be fewer than a header's.
//
//   - A frame of n bytes to the module is one transfer, during which RDY falls:
//     max(70 µs, clocks(n)).
//   - For a frame of n bytes from the module the host has nothing to send, so it
//     clocks a bare header, waits for RDY to fall, and clocks the rest:
//     max(70 µs, clocks(0)) + clocks(n) - clocks(0).
//   - Everything else takes no time here, but for the command latency. In the spi
//     build nothing waits for the radio.
//
// The ceiling's line time is the clocks alone.
func spiExchange(n int) (line, total time.Duration) {
	const high = 70 * time.Microsecond
	digits := strconv.Itoa(n)
	for _, out := range []int{len("AT+CIPSEND=0," + digits + "\r\n"), n} {
		line += spiClocks(out)
		total += max(high, spiClocks(out))
	}
	for _, in := range []int{len("\r\nOK\r\n\r\n>"), len("Recv " + digits + " bytes\r\n"), len("\r\nSEND OK\r\n")} {
		line += spiClocks(in)
		total += high + spiClocks(in) - spiClocks(0)
	}
	return line, total + virtualLatency
}

// The same exchange over the emulated SPI link gives what the framing and the
// module's timing say, to 1e-6.
func TestSPIMeetsClosedForm(t *testing.T) {
	t.Parallel()
	s, err := scenarios.Parse("spi.yaml", []byte(spiScenario))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, func(c *emulator.Config) {
		c.Link, c.Speed, c.RadioRate = emulator.LinkSPI, 20_000_000, math.Inf(1)
	})
	if err != nil {
		t.Fatal(err)
	}
	if run.Identity["link"] != "spi" || run.Identity["speed"] != "20000000" {
		t.Errorf("identity %v", run.Identity)
	}
	if floor, err := strconv.ParseFloat(run.Conditions["floor_p50"], 64); err != nil || floor > 1e-9 {
		t.Errorf("in virtual time the harness's floor is %q", run.Conditions["floor_p50"])
	}
	// docs/spi.md counts the clocks of a send of 1460 bytes by hand: 12512.
	if line, _ := spiExchange(1460); line != 12512*50*time.Nanosecond {
		t.Errorf("the line time of 1460 bytes is %v, want 625.6 µs", line)
	}
	if len(run.Results) != 12 {
		t.Errorf("%d results, want 12", len(run.Results))
	}
	for _, r := range run.Results {
		checkSPI(t, r)
	}
}

func checkSPI(t *testing.T, r results.Result) {
	t.Helper()
	n, err := strconv.Atoi(r.Factors["length"])
	if err != nil || r.Outcome != results.Pass {
		t.Errorf("%s repeat %d: %s %s %v", r.Case, r.Repeat, r.Outcome, r.Err, err)
		return
	}
	line, total := spiExchange(n)
	bits := 8 * float64(n)
	near(t, r, "goodput", bits/total.Seconds())
	near(t, r, "ceiling", bits/line.Seconds())
	near(t, r, "efficiency", line.Seconds()/total.Seconds())
	near(t, r, "send_latency_p50", total.Seconds())
	near(t, r, "stage_payload", spiClocks(n).Seconds())
	near(t, r, "stage_host", 0)
	for _, name := range []string{"loss", "duplicate", "corrupt", "reordered", "foreign"} {
		near(t, r, name, 0)
	}
}
