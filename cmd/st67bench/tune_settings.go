package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"st67bench/analysis/tune"
	"st67bench/results"
	"st67bench/scenarios"
)

// The firmware's own sizes of CIPSENDL, in bytes (manual 4.1.14.3).
const (
	ownReport   = 1024
	ownTransmit = 2920
)

// recipe is how a case is had: AT lines, and what the host does where there is none.
type recipe struct {
	scenario *scenarios.Scenario
	c        scenarios.Case
	apDTIM   int // beacons, 0 where it is not known
	at, host []string
}

// tellSettings adds to an answer how each of its choices is had.
func tellSettings(answer *tune.Answer, s *scenarios.Scenario, run *results.Run) {
	cases := map[string]scenarios.Case{}
	for _, c := range s.Expand() {
		cases[c.Key] = c
	}
	tell := func(choice *tune.Choice) {
		x := recipe{scenario: s, c: cases[choice.Case], apDTIM: apDTIM(run, choice.Case), at: []string{}, host: []string{}}
		x.all()
		choice.Commands, choice.Host = x.at, x.host
	}
	if answer.Winner != nil {
		tell(answer.Winner)
	}
	for i := range answer.Alternatives {
		tell(&answer.Alternatives[i].Choice)
	}
}

// apDTIM is the access point's DTIM as a repeat of the case found it.
func apDTIM(run *results.Run, key string) int {
	for _, r := range run.Results {
		if n, err := strconv.Atoi(r.Conditions["ap_dtim"]); err == nil && r.Case == key {
			return n
		}
	}
	return 0
}

// all adds what each factor sets, after the scenario's own lines.
func (x *recipe) all() {
	x.at = append(x.at, x.c.Setup...)
	if len(x.c.Setup) > 0 && x.scenario.Rejoin {
		x.do("leave the network and join it again after these lines")
	}
	for _, f := range x.scenario.Sweep {
		x.factor(f.Name, x.c.Factors[f.Name])
	}
}

// set adds an AT line, once: several factors may share one.
func (x *recipe) set(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); !slices.Contains(x.at, line) {
		x.at = append(x.at, line)
	}
}

func (x *recipe) do(format string, args ...any) {
	x.host = append(x.host, fmt.Sprintf(format, args...))
}

// factor adds what one factor sets.
func (x *recipe) factor(name, level string) {
	w := x.c.Workload
	switch name {
	case "transmit", "report":
		x.set("AT+CIPSENDLCFG=%d,%d", cmp.Or(w.Report, ownReport), cmp.Or(w.Transmit, ownTransmit))
	case "mode":
		x.set("AT+CIPRECVMODE=%d", slices.Index([]string{"active", "passive"}, level))
	case "buffer":
		x.set("AT+CIPRECVBUF=<link>,%s", level)
	case "pwr", "power", "broadcast", "depth":
		x.power(w)
	case "dtim":
		x.power(w)
		x.dtim(w.DTIM)
	case "twt":
		x.power(w)
		x.twt(level)
	case "clock":
		if i := slices.Index([]string{"rc", "crystal", "external"}, level); i >= 0 {
			x.set("AT+SET_CLOCK=%d", i+1)
		}
	case "radio":
		if level == "off" {
			x.set("AT+CWMODE=0")
		}
	case "ipv6":
		x.set("AT+CIPV6=%d", slices.Index([]string{"off", "on"}, level))
	case "line":
		x.set("%s", level)
	default:
		x.hostDoes(name, level)
	}
}

// power is the module's power mode.
func (x *recipe) power(w scenarios.Workload) {
	switch {
	case w.Power == "hibernate":
		x.set("AT+PWR=1,%s", cmp.Or(w.Depth, "0"))
	case w.Power == "standby" && w.Broadcast == "on":
		x.set("AT+PWR=2,1")
	case w.Power == "standby":
		x.set("AT+PWR=2")
	default:
		x.set("AT+PWR=0")
	}
}

// dtim is the factor of SLWKDTIM for a wake every so many beacons.
func (x *recipe) dtim(beacons int) {
	switch {
	case beacons == 0:
	case x.apDTIM > 0 && beacons%x.apDTIM == 0:
		x.set("AT+SLWKDTIM=%d", beacons/x.apDTIM)
		x.do("count AT+SLWKDTIM in DTIMs of the access point, which were of %d beacons here; firmware before 2.0.97 takes %d", x.apDTIM, beacons)
	default:
		x.do("wake for every %d beacons: AT+SLWKDTIM with %d over the DTIM of the access point; firmware before 2.0.97 takes %d", beacons, beacons, beacons)
	}
}

// twt is the agreement; set-up types are counted from 0, as the manual does.
func (x *recipe) twt(level string) {
	parts := strings.Split(level, ":")
	if len(parts) < 3 {
		return
	}
	setup := 1
	if len(parts) == 4 {
		setup = slices.Index([]string{"request", "suggest", "demand"}, parts[3])
		x.do("firmware that counts set-up types from 1 takes %d in the place of %d in AT+TWT_PARAM", setup+1, setup)
	}
	x.set("AT+TWT_PARAM=%d,1,%s,%s,%s", setup, parts[0], parts[1], parts[2])
}

// hostDoes says in words what no AT line sets.
func (x *recipe) hostDoes(name, level string) {
	kind := x.c.Workload.Kind
	if words, known := lengthOf[kind]; known && name == "length" {
		x.do(words, level)
		return
	}
	if words, known := hostWords[name+"="+level]; known {
		x.do("%s", words)
		return
	}
	if words, known := hostWords[name]; known {
		x.do(words, level)
		return
	}
	switch {
	case x.c.Hooks[name] != "":
		x.do("set %s to %s, which a hook of the rig did here", name, level)
	case slices.ContainsFunc(x.scenario.Setup, func(line string) bool { return strings.Contains(line, "{"+name+"}") }):
	default:
		x.do("%s: %s", name, level)
	}
}

// lengthOf says by kind what a length is of.
var lengthOf = map[string]string{
	"cipsend": "give each AT+CIPSEND %s bytes", "cipsendl": "give each AT+CIPSENDL %s bytes", "cipsendex": "give each AT+CIPSENDEX %s bytes of payload",
	"bidirectional": "give each AT+CIPSEND %s bytes", "soak": "give each AT+CIPSEND %s bytes",
	"passthrough": "write %s bytes at a time in passthrough mode", "receive": "let the peer send %s bytes at a time",
	"request-response": "make requests of %s bytes", "mqtt": "make publications of %s bytes", "ble-notify": "make notifications of %s bytes",
}

// hostWords are the other factors that the host sets by what it does, by name or by name and level.
var hostWords = map[string]string{
	"links":            "open %s connections and use them in turn",
	"wait=final":       "give the next send after SEND OK",
	"wait=recv":        "give the next send at \"Recv n bytes\", without waiting for SEND OK",
	"read":             "ask for %s bytes with each AT+CIPRECVDATA",
	"poll=ipd":         "read when +IPD says that there is something",
	"poll=length":      "ask AT+CIPRECVLEN? before each read",
	"poll=timer":       "read by a timer",
	"every":            "leave %s from one event to the next",
	"rate":             "send %s bit/s",
	"protocol":         "open the connection (AT+CIPSTART) over %s",
	"role=client":      "let the module open the connection (AT+CIPSTART)",
	"role=server":      "let the module listen (AT+CIPSERVER) and the peer dial",
	"role=softap":      "let the module open its own access point (AT+CWSAP) and listen",
	"remote=connected": "give the remote end once, with AT+CIPSTART",
	"remote=each":      "give the remote end with each send",
	"qos":              "publish with QoS %s",
	"keepalive":        "keep the connection alive every %s (AT+CIPTCPOPT, or the keep-alive of MQTT)",
	"link.flow":        "open the serial line with flow=%s",
	"link.speed":       "run the link at %s of the rig's rate",
	"link.frame":       "keep transfers over SPI to %s bytes",
	"ble=off":          "keep Bluetooth off",
	"address=static":   "give the module its address by AT+CIPSTA",
	"address=dhcp":     "let the module ask for its address (DHCP)",
	"payload":          "send payload like %s",
	"schedule":         "begin events on a %s schedule",
	"reply":            "let the peer answer with %s bytes",
	"direction=tx":     "let the module send",
	"direction=rx":     "let the module receive",
	"connected=none":   "keep no connection open",
	"connected":        "keep a connection open: %s",
}
