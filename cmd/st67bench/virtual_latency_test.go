package main

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator/core"
)

// lineTime is that of n bytes at 10 bit times each.
func lineTime(n int) time.Duration { return time.Duration(n) * 10 * time.Second / virtualBaud }

// checkRoundtrip: AT goes over the line, takes effect, and OK comes back: L(4) + latency + L(6), of which the line's is the bound.
func checkRoundtrip(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	line := lineTime(len("AT\r\n") + len("\r\nOK\r\n"))
	near(t, r, "bound", line.Seconds())
	near(t, r, "service_p50", (line + virtualLatency).Seconds())
	near(t, r, "stage_command", (line + virtualLatency).Seconds()) // the answer comes in one piece
	near(t, r, "stage_final", 0)
	if w.Schedule == "closed" {
		near(t, r, "rtt_p50", (line + virtualLatency).Seconds())
	}
}

// checkPing: the echo goes up and down the radio, A + R each, and the module cuts the sum to whole ms. The host sees the command,
// its latency, the echo and the line with the time; OK comes meanwhile.
func checkPing(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	trip := 2 * (airTime(w.Length) + virtualTrip)
	near(t, r, "rtt_p50", trip.Truncate(time.Millisecond).Seconds())
	near(t, r, "datagrams_lost", 0)
	near(t, r, "datagrams", float64(w.Sends))
	command := fmt.Sprintf(`AT+PING="127.0.0.1",%d,1,1000`+"\r\n", w.Length)
	answer := fmt.Sprintf("+PING:%dms\r\n", trip.Milliseconds())
	near(t, r, "service_p50", (lineTime(len(command)+len(answer)) + virtualLatency + trip).Seconds())
	near(t, r, "stage_command", (lineTime(len(command)+len("\r\nOK\r\n")) + virtualLatency).Seconds())
}

// requestTimes are those of a request of n bytes and its reply of m over TCP in active mode.
type requestTimes struct{ command, prompt, payload, radio, wait, data time.Duration }

// requestForm is the closed form: the command and its latency, the prompt, which comes with OK, the payload on the line and
// in the air, the peer at once, and the way back. The emulated line hands over its bytes in pieces of 256, so that
// the last byte of the reply comes with its piece, or with the CRLF that ends the data.
func requestForm(n, m int) requestTimes {
	command := len("AT+CIPSEND=0," + strconv.Itoa(n) + "\r\n")
	head := len("+IPD:0," + strconv.Itoa(m) + ",")
	return requestTimes{
		command: lineTime(command+len("\r\nOK\r\n\r\n>")) + virtualLatency,
		payload: lineTime(n),
		radio:   airTime(n) + virtualTrip,
		wait:    airTime(m) + virtualTrip + lineTime(min((m+255)/256*256, m+len("\r\n"))-m),
		data:    lineTime(head + m),
	}
}

func (e requestTimes) up() time.Duration { return e.command + e.prompt + e.payload + e.radio }

func (e requestTimes) down() time.Duration { return e.wait + e.data }

// checkRequest holds requests against the closed form, and those of a module that sleeps against the bounds of its wake-ups.
func checkRequest(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	for _, name := range []string{"loss", "duplicate", "corrupt", "reordered", "foreign"} {
		near(t, r, name, 0)
	}
	m := w.Reply
	if m == 0 {
		m = w.Length
	}
	e := requestForm(w.Length, m)
	line := lineTime(len("AT+CIPSEND=0,"+strconv.Itoa(w.Length)+"\r\n")+len("\r\nOK\r\n\r\n>")+w.Length) + e.data
	near(t, r, "bound", (line + w.Delay).Seconds())
	switch {
	case w.Load == "down":
		checkUnderDownload(t, r, e)
		return
	case w.Power == "standby":
		checkAsleep(t, r, w, e)
		return
	}
	for name, d := range map[string]time.Duration{
		"service_p50": e.up() + w.Delay + e.down(), "delay_up_p50": e.up(), "delay_down_p50": e.down(), "stage_command": e.command,
		"stage_prompt": 0, "stage_payload": e.payload, "stage_radio": e.radio, "stage_peer": w.Delay, "stage_wait": e.wait,
		"stage_data": e.data, "stage_host": 0,
	} {
		near(t, r, name, d.Seconds())
	}
	block := time.Duration(0)
	if w.Load == "up" {
		_, block = exchangeTime(1460, "final", "")
	}
	switch {
	case w.Schedule == "closed":
		near(t, r, "rtt_p50", r.Metrics["service_p50"])
	case w.Load != "": // in the median it waits for no more than the load's one block
		between(t, r, "rtt_p50", r.Metrics["service_p50"], r.Metrics["service_p50"]+block.Seconds())
	}
}

// checkUnderDownload: the line is never free, so that the load has all of it but what the requests take, and each of
// a request's messages waits for what is before it.
func checkUnderDownload(t *testing.T, r results.Result, e requestTimes) {
	t.Helper()
	full := 8 * 4608 / lineTime(len("+IPD:1,4608,")+4608+len("\r\n")).Seconds()
	between(t, r, "goodput", 0.95*full, full)
	if least := (e.up() + e.down()).Seconds(); r.Metrics["service_p50"] < least {
		t.Errorf("%s: service of %v s under load, %v s without", r.Case, r.Metrics["service_p50"], least)
	}
}

// startTime is the emulated module's start from sleep.
const startTime = 4 * time.Millisecond

// interval is the time between two wakes of a sleeping module: between service periods, or DTIM beacons of an access point
// with beacons every 102.4 ms and a DTIM of 1.
func interval(w scenarios.Workload) time.Duration {
	var exponent, duration, mantissa int
	if n, _ := fmt.Sscanf(w.TWT, "%d:%d:%d", &exponent, &duration, &mantissa); n == 3 {
		return time.Duration(mantissa) << exponent * time.Microsecond
	}
	return time.Duration(max(w.DTIM, 1)) * 100 * 1024 * time.Microsecond
}

// checkAsleep: the request wakes the module, and the answer waits for a wake-up: between nothing and a whole interval, and
// with beacons what one takes and the start after it.
func checkAsleep(t *testing.T, r results.Result, w scenarios.Workload, e requestTimes) {
	t.Helper()
	near(t, r, "delay_up_p50", (startTime + e.up()).Seconds())
	near(t, r, "stage_peer", w.Delay.Seconds())
	var currents = core.Currents{}.WithDefaults()
	start := currents.BeaconTime() + startTime
	between(t, r, "delay_down_p50", e.down().Seconds(), (interval(w) + start + e.down()).Seconds())
}
