package main

import (
	"strings"
	"testing"

	"st67bench/analysis/tune"
	"st67bench/results"
	"st67bench/scenarios"
)

func TestTuneUsage(t *testing.T) {
	one := write(t, "one.yaml", "name: one\ntitle: one case\nworkload: {kind: cipsend}\n")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"tune"}, "name the scenario to tune"},
		{[]string{"tune", "cipsend-tuning", "--goal", "max goodput where energy_per_bit <= 1uJ/bit"}, "energy_per_bit takes a current meter, and this rig has none"},
		{[]string{"tune", "cipsend-tuning", "--goal", "max godput"}, `--goal, column 5: unknown metric "godput"; did you mean "goodput"?`},
		{[]string{"tune", "cipsend-tuning", "--from", "last"}, "leave out cipsend-tuning"},
		{[]string{"tune", "--from", t.TempDir()}, "is no run directory"},
		{[]string{"tune", "cipsend-tuning", "--boots", "-1"}, "above 0"},
		{[]string{"tune", "nowhere"}, "nowhere"},
		{[]string{"tune", one}, "sweeps nothing"},
		{[]string{"tune", "cipsend-tuning", "--trace", "none"}, "--trace"},
	} {
		code, out, errOut := cli(t, c.args...)
		if code != exitUsage || out != "" || !strings.Contains(errOut, c.says) {
			t.Errorf("%v: exit %d, %q; want %q", c.args, code, errOut, c.says)
		}
	}
}

// What sets a level, for factors of every sort: AT lines in which several share, words for what only the host does, the scenario's
// own lines, hooks, and an access point whose DTIM a repeat has found to be 2.
func TestTuneTellsSettings(t *testing.T) {
	for _, c := range []struct{ scenario, at, host string }{
		{"workload: {kind: cipsendl}\nsweep: {transmit: [1460, 2920], report: [4096, 1024]}", "AT+CIPSENDLCFG=4096,1460", ""},
		{"workload: {kind: cipsend}\nsweep: {length: [2920, 64], wait: [recv, final], links: [3, 1]}", "",
			`give each AT+CIPSEND 2920 bytes|give the next send at "Recv n bytes", without waiting for SEND OK|open 3 connections and use them in turn`},
		{"workload: {kind: receive, mode: passive}\nsweep: {read: [512, 1460], buffer: [4096, 8192], poll: [length, ipd]}", "AT+CIPRECVBUF=<link>,4096",
			"ask for 512 bytes with each AT+CIPRECVDATA|ask AT+CIPRECVLEN? before each read"},
		{"workload: {kind: receive}\nsweep: {mode: [passive, active]}", "AT+CIPRECVMODE=1", ""},
		{"workload: {kind: request-response, pwr: standby}\nsweep: {dtim: [4, 2]}", "AT+PWR=2|AT+SLWKDTIM=2",
			"count AT+SLWKDTIM in DTIMs of the access point, which were of 2 beacons here; firmware before 2.0.97 takes 4"},
		{"workload: {kind: request-response, pwr: standby}\nsweep: {twt: [13:128:1000, off]}", "AT+PWR=2|AT+TWT_PARAM=1,1,13,128,1000", ""},
		{"workload: {kind: request-response}\nsweep: {pwr: [standby, normal]}", "AT+PWR=2", ""},
		{"workload: {kind: cipsend}\nsweep: {link.flow: [rtscts, none]}", "", "open the serial line with flow=rtscts"},
		{"workload: {kind: cipsend}\nneeds: [hook:attenuation]\nsweep: {attenuation: [20, 30]}", "", "set attenuation to 20, which a hook of the rig did here"},
		{"workload: {kind: cipsend}\nsweep: {nodelay: [1, 0]}\nsetup: [\"AT+CIPTCPOPT=0,-1,{nodelay},0,0\"]", "AT+CIPTCPOPT=0,-1,1,0,0", ""},
	} {
		s, err := scenarios.Parse("x.yaml", []byte("name: x\ntitle: x\n"+c.scenario+"\n"))
		if err != nil {
			t.Error(err)
			continue
		}
		first := s.Expand()[0].Key
		a := &tune.Answer{Winner: &tune.Choice{Case: first}}
		tellSettings(a, s, &results.Run{Results: []results.Result{{Case: first, Conditions: map[string]string{"ap_dtim": "2"}}}})
		if got := strings.Join(a.Winner.Commands, "|"); got != c.at {
			t.Errorf("%s: AT lines %q, want %q", c.scenario, got, c.at)
		}
		if got := strings.Join(a.Winner.Host, "|"); got != c.host {
			t.Errorf("%s: the host %q, want %q", c.scenario, got, c.host)
		}
	}
}

// Every level that a workload's field can have has words, or an AT line, and no word is left as a format.
func TestTuneWordsAreWhole(t *testing.T) {
	for name, words := range hostWords {
		if fixed := strings.Contains(name, "="); fixed == strings.Contains(words, "%s") {
			t.Errorf("%s: %q", name, words)
		}
	}
	for kind, words := range lengthOf {
		if strings.Count(words, "%s") != 1 {
			t.Errorf("%s: %q", kind, words)
		}
	}
}

// Exit codes: a case that errors kept from being measured leaves the answer about a part of the cases.
func TestTuneExit(t *testing.T) {
	for _, c := range []struct {
		verdict tune.Verdict
		outcome results.Outcome
		want    int
	}{
		{tune.Found, results.Pass, 0}, {tune.Undecided, results.Pass, exitUndecided}, {tune.None, results.Pass, exitFail},
		{tune.Found, results.Refused, 0}, {tune.Found, results.Error, exitError}, {tune.Undecided, results.Aborted, exitError},
	} {
		a := &tune.Answer{Verdict: c.verdict, Cases: []tune.Standing{{Case: "a", Place: tune.Unmeasured}}}
		if got := tuneExit(a, &results.Run{Results: []results.Result{{Case: "a", Outcome: c.outcome}}}); got != c.want {
			t.Errorf("%s with %s: exit %d, want %d", c.verdict, c.outcome, got, c.want)
		}
	}
}
