package main

import (
	"strconv"
	"testing"
	"time"

	"st67bench/scenarios"
)

// checkDinfo: with CIPDINFO=1 address and port of the sender stand in the head of each +IPD, which brings a chunk of 4608 bytes. At first it may bring
// single blocks, until 8 KiB of such lines wait for the line to the host; which of them were joined, the machine's scheduler decides.
func checkDinfo(t *testing.T, s *scenarios.Scenario) {
	run, _, err := virtualRun(t, s, nil)
	for _, r := range lossless(t, run, err) {
		head := len("+IPD:0,4608,")
		if r.Factors["dinfo"] == "1" {
			head += len(`"127.0.0.1",49152,`) // the network in memory gives ports of five digits
		}
		length, err := strconv.Atoi(r.Factors["length"])
		if err != nil {
			t.Fatal(err)
		}
		extra := head + len("\r\n")
		most := 8 * chunk / wireTime(chunk+extra).Seconds()
		singles := 8192 / (length + extra)
		between(t, r, "goodput", most*(1-wireTime(singles*extra).Seconds()/s.Workload.Duration.Seconds()), most)
	}
}

// checkDNS: the line goes over, takes effect, and its answer comes back before OK. The name of the scenario is in the emulated air's
// own table, so that no server is asked.
func checkDNS(t *testing.T, s *scenarios.Scenario) {
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{"AT": "", `AT+CIPDOMAIN="example.com"`: "+CIPDOMAIN:\"192.0.2.1\"\r\n"}
	for _, r := range run.Results {
		line := r.Factors["line"]
		answer, known := answers[line]
		if !known {
			t.Fatalf("a case of %q", line)
		}
		least := wireTime(len(line + "\r\n\r\nOK\r\n"))
		near(t, r, "bound", least.Seconds())
		near(t, r, "rtt_p50", (least + wireTime(len(answer)) + virtualLatency).Seconds())
	}
}

// checkReconnect: the access point is away for 4 s and missed after 20 beacons of 102.4 ms. From then on the module waits for the interval, tries for as
// long as a join takes, and again. The first try that begins after the return is the one that ends in +CW:CONNECTED.
func checkReconnect(t *testing.T, s *scenarios.Scenario) {
	run, _, err := virtualRun(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	const missed = 20 * 102400 * time.Microsecond
	for _, r := range run.Results {
		seconds, err := strconv.Atoi(r.Factors["interval"])
		if err != nil {
			t.Fatal(err)
		}
		interval := time.Duration(seconds) * time.Second
		begin := missed + interval
		for begin < s.Workload.Away {
			begin += virtualJoin + interval
		}
		associate := begin + virtualJoin + textTime("+CW:CONNECTED\r\n") - s.Workload.Away
		address := virtualDHCP + textTime("+CW:GOTIP\r\n") - textTime("+CW:CONNECTED\r\n")
		near(t, r, "stage_associate", associate.Seconds())
		near(t, r, "stage_address", address.Seconds())
		near(t, r, "duration", (associate + address + openTime("tcp") + arrivalTime(s.Workload.Length)).Seconds())
		near(t, r, "loss", 0)
	}
}
