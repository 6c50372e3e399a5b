package main

import (
	"strconv"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
)

// checkNotify holds notifications against the line and the air: each takes its messages' time at 10 bit times a byte and the
// module's latency; sixteen at the most wait for a connection event, of which there is one every 30 ms. At either end of a
// repeat there is one event's worth more or less.
func checkNotify(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	const interval, waiting = 30e-3, 16
	digits := strconv.Itoa(w.Length)
	bytes := len("AT+BLEGATTSNTFY=0,0,"+digits+"\r\n") + len("\r\nOK\r\n\r\n>") + w.Length + len("Recv "+digits+" bytes\r\n") + len("\r\nSEND OK\r\n")
	line := time.Duration(bytes) * 10 * time.Second / virtualBaud
	near(t, r, "ceiling", 8*float64(w.Length)/line.Seconds())
	within(t, r, "rate", min(waiting/interval, 1/(line+virtualLatency).Seconds()), 2*interval/w.Duration.Seconds())
	for _, name := range []string{"loss", "duplicate", "corrupt", "reordered", "foreign"} {
		near(t, r, name, 0)
	}
}
