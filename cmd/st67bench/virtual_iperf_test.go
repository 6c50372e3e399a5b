package main

import (
	"math"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
)

// virtualTrip is the emulated radio's latency, which the closed-form tests leave at its default.
const virtualTrip = time.Millisecond

// checkIperf holds a test of AT+IPERF against the radio, which is all that limits it: R bit/s of payload one after the
// other, and L from the radio to the peer or back.
//
// Up over TCP the peer's clock begins with the 60 bytes of the header. Their acknowledgement has to come back before the
// first segment goes: 2 L. Then the segments, b bits in all, follow each other: goodput = b/(b/R + 2 L). The module counts
// the same segments from when they were queued, to the end of its time.
//
// Up over UDP nothing is waited for: what comes after the first datagram comes at R.
//
// Down over TCP the peer's clock begins with its first write and ends when the module, which has all, ends the connection.
// The connection reaches the module after L, and the last byte of b bits takes b/R + L: throughput = b/(b/R + 2 L).
func checkIperf(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	const digits = 0.006 // the module prints three digits, of which the last is rounded
	seconds, trip := w.Duration.Seconds(), 2*virtualTrip.Seconds()
	switch w.Direction + " " + w.Protocol {
	case "tx tcp":
		bits := 8 * (r.Metrics["received"] - 60)
		near(t, r, "goodput", bits/(bits/virtualRadio+trip))
		within(t, r, "module_goodput", bits/seconds, digits)
	case "tx udp":
		near(t, r, "goodput", virtualRadio)
		within(t, r, "module_goodput", 8*r.Metrics["received"]/seconds, digits)
		near(t, r, "datagrams", r.Metrics["received"]/1470)
		near(t, r, "datagrams_lost", 0)
	case "rx tcp":
		bits := 8 * r.Metrics["sent"]
		near(t, r, "throughput", bits/(bits/virtualRadio+trip))
		within(t, r, "goodput", r.Metrics["throughput"], digits)
	case "rx udp":
		checkShower(t, r, w, digits)
	}
}

// checkShower is checkIperf of datagrams to the module. The peer sends n of them, b bits each, at multiples of b over the
// rate, and then the one that ends the test, which the module counts in place of the first. Below R the module's clock goes
// from the end of the first one's air time to that of the ending one, which follows the last at once.
//
// Above R the radio carries R for the peer's time T, and then what the socket before it holds (208 KiB in memory, and the
// module's window of 24). The first datagram that ends the test finds the socket full; the second, 250 ms later, empty.
func checkShower(t *testing.T, r results.Result, w scenarios.Workload, digits float64) {
	t.Helper()
	const bits = 8 * 1470
	n := math.Ceil(w.Rate * w.Duration.Seconds() / bits)
	near(t, r, "sent", n*1470)
	near(t, r, "offered", n*bits/w.Duration.Seconds())
	if w.Rate < virtualRadio {
		span := (n-1)*bits/w.Rate + bits/virtualRadio
		within(t, r, "goodput", n*bits/span, digits)
		near(t, r, "datagrams", n)
		near(t, r, "datagrams_lost", 0)
		return
	}
	carried, waiting := virtualRadio*w.Duration.Seconds()/bits, 208<<10/1470+24.0
	between(t, r, "datagrams", carried, carried+waiting)
	near(t, r, "datagrams_lost", n-r.Metrics["datagrams"])
	within(t, r, "goodput", r.Metrics["datagrams"]*bits/(w.Duration.Seconds()+0.25), digits)
}
