package scenarios

import (
	"fmt"
	"slices"
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
		if w.Protocol == "udp" && w.Length > maxDatagram {
			return "length", fmt.Sprintf("a UDP datagram of this firmware has at most %d B", maxDatagram)
		}
		return "", ""
	},
	func(w Workload) (string, string) {
		if w.Kind == "receive" && w.Protocol == "udp" {
			return "protocol", "receive takes tcp and tls: this version has no measure of datagrams on the way down"
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
}

// contradictions holds every case against the rules and tells each mistake once,
// at the field that it names.
func (p *parser) contradictions(given []entry) {
	if len(p.mistakes) > 0 {
		return // they would follow from those
	}
	var told []string
	for _, c := range p.s.Expand() {
		for _, r := range rules {
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
