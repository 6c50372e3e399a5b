package scenarios

import (
	"fmt"
	"slices"
	"time"
)

// rule is one combination of fields that means nothing. It names the field that
// a person would change, and why; an empty field when the workload keeps it.
type rule func(w Workload) (field, why string)

// firmwareBuffer is the receive buffer of a link that nothing was changed on, in
// bytes (module's firmware; the manual has 2920 in 4.1.6).
const firmwareBuffer = 4608

// maxDatagram is the longest UDP payload that the firmware sends as one datagram, in bytes.
const maxDatagram = 1470

// rules are in the order in which their mistakes are told.
var rules = []rule{
	func(w Workload) (string, string) {
		if w.Remote == "each" && w.Protocol != "udp" {
			return "remote", "a remote end with each send needs protocol udp (manual 4.1.12)"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Protocol == "udp" && w.Length > maxDatagram && w.Kind != "cipsendl" && w.Kind != "passthrough" {
			return "length", fmt.Sprintf("a UDP datagram of this firmware has at most %d B", maxDatagram)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Protocol == "udp" && w.Role != "" && w.Role != "client" {
			return "role", "the module's server is TCP or TLS (manual 4.1.18); a UDP link is a client"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "passthrough" && w.Links > 1 {
			return "links", "passthrough has one link (manual 4.1.12); with more, measure cipsend"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "passthrough" && w.Role != "client" {
			return "role", "passthrough needs CIPMUX=0, and a server CIPMUX=1 (manual 4.1.18.4)"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Role == "softap" && w.IP == "6" {
			return "ip", "the module's own access point has no global IPv6 address (manual 4.1.2.1)"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if (w.Kind == "passthrough" || w.Kind == "cipsendl") && w.Payload == "plus" && w.Length == len("+++") {
			return "length", "+++ alone in a write ends this mode (manual 4.1.12.2, 4.1.13.1): the payload would be taken for the escape; any other length is safe"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "iperf" && w.Protocol == "tls" {
			return "protocol", "AT+IPERF is TCP or UDP (manual 4.1.37)"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "iperf" && w.Direction == "tx" && w.Rate > 0 {
			return "rate", "the module sends as fast as it can: AT+IPERF takes no rate; rate belongs to direction rx"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "iperf" && w.Direction == "rx" && w.Protocol == "tcp" && w.Rate > 0 {
			return "rate", "over TCP the peer sends as fast as the module takes it; a rate is for protocol udp"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "iperf" && w.Direction == "rx" && w.Protocol == "udp" && w.Rate == 0 {
			return "rate", "datagrams have no flow control, so the peer needs a rate: rate: 10Mbit/s"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "iperf" && w.Tool == "iperf" && w.Protocol == "udp" && w.Direction == "tx" {
			return "tool", "the server of iperf 2.1 crashes on the module's datagrams, or prints without end; tool: native counts them"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "iperf" && w.Sends > 0 {
			return "sends", "AT+IPERF ends after a time (manual 4.1.37): duration"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "iperf" && w.Duration%time.Second != 0 {
			return "duration", "AT+IPERF takes whole seconds (manual 4.1.37.2)"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		const escape = int64(len("+++"))
		if w.Kind == "cipsendl" && w.Cancel > 0 && w.Cancel+escape >= int64(w.Length) {
			return "cancel", fmt.Sprintf("a cancel after %d B never comes: +++ would fill up the length of %d B", w.Cancel, w.Length)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Mode == "passive" && w.Buffer > 0 && w.Read > w.Buffer {
			return "read", fmt.Sprintf("a read of %d B is over the receive buffer of %d B; the module refuses it", w.Read, w.Buffer)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Mode == "passive" && w.Buffer == 0 && w.Read > firmwareBuffer {
			return "read", fmt.Sprintf("a read of %d B is over the module's own receive buffer of %d B; set buffer as well", w.Read, firmwareBuffer)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Mode == "active" && (w.Poll == "length" || w.Poll == "timer") {
			return "poll", "only mode passive polls; in active mode the module gives data unasked"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if (w.Poll == "timer" || w.Schedule == "fixed" || w.Schedule == "poisson") && w.Every == 0 {
			return "every", "a timer and an open loop need the time between two events: every: 10ms"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Load == "up" && w.Schedule == "closed" {
			return "load", "the upload goes between the events, and a closed loop has no time between them; schedule: fixed or poisson, and every"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.downloads() && w.Protocol == "udp" && w.Rate == 0 {
			return "rate", "nothing holds a UDP source off: give what it offers, as in rate: 1Mbit/s"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Load == "down" && w.Mode == "passive" {
			return "load", "the mode is that of all links, and the load comes down unasked: mode: active"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Protocol == "udp" && w.Reply > maxDatagram {
			return "reply", fmt.Sprintf("a UDP datagram of this size would come in fragments; at most %d B", maxDatagram)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.downloads() && w.Payload != "stream" {
			return "payload", "the peer sends the checked stream; patterns go up only"
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "ble-notify" && w.BLE != "off" {
			return "ble", "ble-notify is the BLE traffic itself"
		}
		return "", ""
	},
}

// downloads says whether the peer sends, as much as goes or at a rate.
func (w Workload) downloads() bool { return w.Kind == "receive" || w.Kind == "bidirectional" }

// contradictions holds every case against the rules and tells each mistake once,
// at the field that it names.
func (p *parser) contradictions(given []entry) {
	if len(p.mistakes) > 0 {
		return // they would follow from those
	}
	var told []string
	cases := p.s.Expand()
	for _, r := range slices.Concat(idleRules, idlePower) {
		works := func(c Case) bool {
			field, _ := r(c.Workload)
			return field == ""
		}
		field, why := r(cases[0].Workload)
		if _, swept := p.factors[field]; !swept && !slices.ContainsFunc(given, func(e entry) bool { return e.name == field }) {
			continue // it has its default
		}
		if !slices.ContainsFunc(cases, works) {
			p.failField(given, field, why)
		}
	}
	for _, c := range cases {
		for _, r := range slices.Concat(rules, powerRules, senseRules) {
			field, why := r(c.Workload)
			if field == "" || slices.Contains(told, why) {
				continue
			}
			told = append(told, why)
			p.failField(given, field, why)
		}
	}
}

// failField reports a mistake where the file gives the field, else at the workload's kind.
func (p *parser) failField(given []entry, field, why string) {
	if n, ok := p.factors[field]; ok {
		p.fail(n, "%s", why)
		return
	}
	for _, name := range []string{field, "kind"} {
		if i := slices.IndexFunc(given, func(e entry) bool { return e.name == name }); i >= 0 {
			p.fail(given[i].value, "%s", why)
			return
		}
	}
}

// imply adds the needs that follow from the workload and its sweep. Some cases' need, such as of a Bluetooth
// partner, is no need of all: the rig skips those cases by itself.
func (p *parser) imply() {
	needs := slices.Clone(lookupKind(p.s.Workload.Kind).needs)
	cases := p.s.Expand()
	every := func(is func(w Workload) bool) bool {
		return !slices.ContainsFunc(cases, func(c Case) bool { return !is(c.Workload) })
	}
	if every(func(w Workload) bool { return w.BLE == "connected" }) {
		needs = append(needs, "ble-peer")
	}
	if every(func(w Workload) bool { return w.Tool == "iperf" }) {
		needs = append(needs, "iperf")
	}
	if every(func(w Workload) bool { return w.Outage == "ap" }) {
		needs = append(needs, "hook:ap")
	}
	if every(func(w Workload) bool { _, on := w.Agreement(); return on }) {
		needs = append(needs, "twt-ap")
	}
	if every(func(w Workload) bool { return w.Connected == "mqtt" }) {
		needs = append(needs, "mqtt")
	}
	for _, n := range needs {
		if !slices.Contains(p.s.Needs, n) {
			p.s.Needs = append(p.s.Needs, n)
		}
	}
}
