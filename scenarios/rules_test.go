package scenarios

import (
	"fmt"
	"strings"
	"testing"
)

// parseWorkload reads a scenario with this workload on line 3, from column 11 on.
func parseWorkload(workload string) (*Scenario, error) {
	return Parse("a.yaml", []byte("name: a\ntitle: A\nworkload: "+workload+"\n"))
}

// Of each kind, each quantity takes what its range ends with and nothing beyond, and each word nothing but its choices; a
// mistake is told where it stands, with the range. What a kind does not take is told with what it does.
func TestRangesOfEveryKind(t *testing.T) {
	for _, k := range kinds {
		for _, f := range fields {
			f = k.field(f)
			head := "{kind: " + k.name + ", " + f.name + ": "
			at := fmt.Sprintf("a.yaml:3:%d: ", len("workload: "+head)+1)
			switch {
			case !k.has(f.name):
				_, err := parseWorkload(head + "1}")
				want := fmt.Sprintf("a.yaml:3:%d: %s is no field of %s; allowed here: duration", len("workload: {kind: "+k.name+", ")+1, f.name, k.name)
				if err == nil || !strings.HasPrefix(err.Error(), want[:strings.LastIndex(want, " ")]) {
					t.Errorf("%s: %v, want %s", head, err, want)
				}
			case f.choices != nil:
				if _, err := parseWorkload(head + "wrongly}"); err == nil || !strings.HasPrefix(err.Error(), at) {
					t.Errorf("%swrongly}: %v", head, err)
				}
			default:
				outsideRange(t, f, head, at)
			}
		}
	}
}

// outsideRange holds a quantity against the ends of its range. Whether a value within it makes sense beside the others is
// not asked here.
func outsideRange(t *testing.T, f field, head, at string) {
	t.Helper()
	unit := ""
	if f.span.unit == "s" {
		unit = "s"
	}
	step := 1.0
	if f.span.min < 1 && f.span.unit == "s" {
		step = f.span.min / 2
	}
	for _, v := range []float64{f.span.min - step, f.span.max + max(step, 1)} {
		text := head + plain(v) + unit + "}"
		if _, err := parseWorkload(text); err == nil || !strings.HasPrefix(err.Error(), at) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, v := range []float64{f.span.min, f.span.max} {
		text := head + plain(v) + unit + "}"
		if _, err := parseWorkload(text); err != nil && strings.Contains(err.Error(), "outside") && strings.HasPrefix(err.Error(), at) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Combinations that mean nothing, each told at the field that a person would change: where the ~ is, which is not in the
// file.
func TestSenselessCombinations(t *testing.T) {
	for workload, want := range map[string]string{
		// What travels, and how.
		"{kind: cipsend, protocol: tls, remote: ~each}":              "a remote end with each send needs protocol udp",
		"{kind: cipsendl, protocol: tls, remote: ~each}":             "a remote end with each send needs protocol udp",
		"{kind: cipsendex, protocol: tcp, remote: ~each}":            "a remote end with each send needs protocol udp",
		"{kind: cipsend, protocol: udp, length: ~1471}":              "a UDP datagram of this firmware has at most 1470 B",
		"{kind: request-response, protocol: udp, length: ~1471}":     "a UDP datagram",
		"{kind: soak, protocol: udp, length: ~2920}":                 "a UDP datagram",
		"{kind: ~soak, protocol: udp}":                               "a UDP datagram", // by its own length
		"{kind: recover, protocol: udp, length: ~1500}":              "a UDP datagram",
		"{kind: connect, protocol: udp, role: ~server}":              "the module's server is TCP or TLS",
		"{kind: soak, protocol: udp, length: 1000, role: ~softap}":   "the module's server is TCP or TLS",
		"{kind: passthrough, links: ~2}":                             "passthrough has one link",
		"{kind: passthrough, role: ~server}":                         "passthrough needs CIPMUX=0",
		"{kind: iperf, protocol: ~tls}":                              "AT+IPERF is TCP or UDP",
		"{kind: iperf, direction: tx, rate: ~1Mbit/s}":               "the module sends as fast as it can",
		"{kind: cipsendl, length: 1000, cancel: ~1000}":              "a cancel after 1000 B never comes",
		"{kind: cipsendl, length: 1000, report: ~1001}":              "a report every 1001 B never comes: the length is 1000 B",
		"{kind: receive, mode: passive, read: ~4000, buffer: 3000}":  "a read of 4000 B is over the receive buffer of 3000 B",
		"{kind: receive, mode: passive, read: ~4609}":                "a read of 4609 B is over the module's own receive buffer",
		"{kind: receive, mode: active, buffer: ~3000}":               "the receive buffer is of mode passive",
		"{kind: bidirectional, mode: active, buffer: ~3000}":         "the receive buffer is of mode passive",
		"{kind: request-response, mode: passive, read: ~4609}":       "a read of 4609 B",
		"{kind: receive, mode: active, poll: ~timer, every: 10ms}":   "only mode passive polls",
		"{kind: ~receive, mode: passive, poll: timer}":               "a timer and an open loop need the time",
		"{kind: receive, mode: passive, every: ~10ms}":               "nothing goes by time here",
		"{kind: ping, every: ~10ms}":                                 "nothing goes by time here",
		"{kind: ~ping, schedule: fixed}":                             "a timer and an open loop need the time",
		"{kind: at-roundtrip, schedule: poisson, every: ~1s}":        "a repeat of 1s has room for 1 events at one in 1s; a median needs 6",
		"{kind: mqtt, schedule: fixed, every: ~200ms, duration: 1s}": "a repeat of 1s has room for 5 events at one in 200ms",
		"{kind: soak, length: 1000, total: ~19999}":                  "19999 B are fewer than 20 sends of 1000 B",
		"{kind: soak, sends: ~19}":                                   "19 is outside 20..10000000; a rate over fewer than 20 sends says little",
		"{kind: connect, sends: ~19}":                                "19 is outside 20..10000000",
		// What the module does meanwhile.
		"{kind: join, power: ~standby}":                                 "a join begins with a reset, which ends power save",
		"{kind: join, ble: ~scanning}":                                  "a join begins with a reset, which ends what Bluetooth does",
		"{kind: scan, dtim: ~3}":                                        "SLWKDTIM has an effect with pwr: standby only",
		"{kind: cipsend, twt: ~'10:1:100'}":                             "a target wake time needs pwr: standby",
		"{kind: ble-notify, ble: ~scanning}":                            "ble-notify is the BLE traffic itself",
		"{kind: recover, outage: ap, power: standby, twt: ~'10:8:512'}": "a target wake time ends with its association",
		"{kind: ping, power: standby, twt: ~'32:1:1'}":                  "unknown twt \"32:1:1\"; allowed here: off, or exponent:duration:mantissa of AT+TWT_PARAM",
		"{kind: ping, power: standby, twt: ~'10:256:512'}":              "a wake duration of 256 is outside 1..255",
		"{kind: ping, power: standby, twt: ~'10:0:512'}":                "a wake duration of 0 is outside 1..255",
		"{kind: ping, power: standby, twt: ~'10:8:65536'}":              "a mantissa of 65536 is outside 1..65535",
		"{kind: ping, power: standby, twt: ~'10:8:2'}":                  "a service period of 2.048ms does not fit into a wake interval of 2.048ms",
	} {
		_, err := parseWorkload(strings.Replace(workload, "~", "", 1))
		want = fmt.Sprintf("a.yaml:3:%d: %s", len("workload: ")+strings.Index(workload, "~")+1, want)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\n%v, want %s", workload, err, want)
		}
	}
}

// What makes sense is let through.
func TestSensibleCombinations(t *testing.T) {
	for _, workload := range []string{
		"{kind: cipsend, protocol: udp, remote: each, length: 1470}",
		"{kind: receive, mode: passive, read: 9216, buffer: 9216}",
		"{kind: receive, mode: passive, poll: timer, every: 10ms}",
		"{kind: ping, power: standby, twt: '13:128:1000', dtim: 10}",
		"{kind: ping, schedule: fixed, every: 100ms, sends: 10}",
		"{kind: recover, outage: ap, protocol: tls, ip: 6}",
		"{kind: join, end: byte, sends: 5}",
		"{kind: connect, role: softap, protocol: tls, sends: 20}",
		"{kind: soak, total: 20kB, length: 1000}",
		"{kind: scan, power: standby, ble: advertising}",
	} {
		if _, err := parseWorkload(workload); err != nil {
			t.Errorf("%s\n%v", workload, err)
		}
	}
}

// An end that the file gives replaces the one that the kind has.
func TestEndOfItsOwn(t *testing.T) {
	for workload, want := range map[string]Workload{
		"{kind: join}":                {Sends: 1},
		"{kind: join, duration: 60s}": {Duration: 60e9},
		"{kind: soak}":                {Duration: 3600e9},
		"{kind: soak, total: 1GB}":    {Total: 1e9},
		"{kind: cipsend}":             {Duration: 1e9},
		"{kind: cipsend, sends: 100}": {Sends: 100},
	} {
		s, err := parseWorkload(workload)
		if err != nil {
			t.Fatal(err)
		}
		if w := s.Workload; w.Duration != want.Duration || w.Sends != want.Sends || w.Total != want.Total {
			t.Errorf("%s ends after %v, %d B, %d", workload, w.Duration, w.Total, w.Sends)
		}
	}
}

// The access point's hook is needed when every case takes it away; else those that do are skipped by themselves.
func TestOutageNeedsItsHook(t *testing.T) {
	for text, want := range map[string]bool{
		"workload: {kind: recover, outage: ap}":                  true,
		"workload: {kind: recover}":                              false,
		"workload: {kind: recover}\nsweep: {outage: [peer, ap]}": false,
		"workload: {kind: recover}\nsweep: {outage: [ap]}":       true,
	} {
		s, err := Parse("a.yaml", []byte("name: a\ntitle: A\n"+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(s.Needs, " "), "hook:ap"); got != want {
			t.Errorf("%s needs %v", text, s.Needs)
		}
	}
}
