package analysis

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"st67bench/results"
)

// lines are the links with a serial line between host and module; memory and tcp are those of an emulated module, or of a
// serial server.
var lines = []string{"uart", "rfc2217", "memory", "tcp"}

// warnOverrun names over-run as the cause where payload is missing after it went over a serial line without flow control,
// and the module never said that it had it: in passthrough, which acknowledges nothing, and in a CIPSENDL that stayed short.
// TCP loses nothing, so that what the host wrote and the peer never had was lost before the module's stack: at the
// module's receiver, which no counter of this host sees. A UDP datagram may have been lost on the air as well.
func warnOverrun(s *Summary, run *results.Run) []Warning {
	w := workloadOf(run)
	if w.Kind != "passthrough" && w.Kind != "cipsendl" || !slices.Contains(lines, s.Identity["link"]) {
		return nil
	}
	flows := map[string]*missing{}
	for _, r := range run.Results {
		lost, measured := r.Metrics["loss"]
		flow := r.Conditions["link_flow"]
		if flow == "" {
			flow = s.Identity["flow"]
		}
		if !measured || flow == "" || level(r, "protocol", w.Protocol) == "udp" {
			continue
		}
		if flows[flow] == nil {
			flows[flow] = &missing{}
		}
		if w.Kind == "cipsendl" && r.Conditions["short_note"] == "" {
			lost = 0 // the module had all of it
		}
		flows[flow].add(r, lost)
	}
	none := flows["none"]
	if none == nil || none.bytes == 0 {
		return nil
	}
	return []Warning{{Code: "over-run", Cases: none.cases, Text: none.text(flows["rtscts"])}}
}

// missing is what did not arrive with one kind of flow control.
type missing struct {
	bytes   float64
	cases   []string
	counted uint64 // over-runs by this host's UART
	counts  bool   // it has such a counter
}

func (m *missing) add(r results.Result, lost float64) {
	for name, n := range r.Counters {
		if strings.Contains(name, "overrun") {
			m.counts = true
			m.counted += n
		}
	}
	m.bytes += lost
	if lost > 0 && !slices.Contains(m.cases, r.Case) {
		m.cases = append(m.cases, r.Case)
	}
}

// text says what is known of the cause. with is what was missing with flow control; nil when that was not measured.
func (m *missing) text(with *missing) string {
	text := fmt.Sprintf("%s: %.0f B are missing, sent without flow control: over-run of the module's receiver, because the host wrote all of them to the line", list(m.cases), m.bytes)
	switch {
	case m.counted > 0:
		text += fmt.Sprintf("; this host's own UART counted %d over-runs too, of what the module said", m.counted)
	case m.counts:
		text += " and its own UART counted no over-run"
	default:
		text += "; its own end of this line has no counter of over-runs"
	}
	switch {
	case with == nil:
		return text + "; sweep link.flow: [none, rtscts] to tell it from a line that loses bytes"
	case with.bytes == 0:
		return text + "; with rtscts none is missing: use flow=rtscts"
	default:
		return text + fmt.Sprintf("; with rtscts %.0f B are missing as well: RTS and CTS are not wired, or not used by the module", with.bytes)
	}
}

// level is a factor's level in a result, or what holds for all.
func level(r results.Result, factor, all string) string {
	if v, ok := r.Factors[factor]; ok {
		return v
	}
	return all
}

// workloadOf is the workload as the run stored it; empty when it did not.
func workloadOf(run *results.Run) (w struct{ Kind, Protocol string }) {
	var parsed struct {
		Workload struct{ Kind, Protocol string }
	}
	text, err := json.Marshal(run.Scenario.Parsed) // a struct when measured, plain data when read back
	if err == nil && json.Unmarshal(text, &parsed) == nil {
		w = parsed.Workload
	}
	return w
}
