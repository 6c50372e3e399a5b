package analysis

import (
	"fmt"
	"slices"
	"strings"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// From where on a warning is given; fractions of a send, and dB.
const (
	warnCommand = 0.25 // the command line costs as much as the payload should
	warnHost    = 0.20 // the harness, not the module, is measured
	warnFloor   = 0.05 // the harness's own floor in a send
	warnRSSI    = 6.0  // a factor of four in received power
	warnCeiling = 1.01 // a closed form cannot be beaten; 1 % for the clock
)

// warnings applies every rule, in the order in which a reader should see them.
func warnings(s *Summary, run *results.Run) []Warning {
	rules := []func(*Summary, []results.Result) []Warning{
		warnCorrupt, warnUnmeasured, warnBeaten, warnCounters, warnFew, warnWide, warnMoved, warnServer, warnNote, warnSaid, warnFallen, warnSmall, warnOwn,
		warnFaster, warnOpen, warnUnanswered, warnClock, warnPing, warnDatagrams, warnUnfair, warnOwnFigure, warnLeaking, warnDecaying, warnNetworkLimit,
	}
	var out []Warning
	for _, text := range run.Warnings {
		out = append(out, Warning{Code: "file", Text: text})
	}
	for _, rule := range rules {
		out = append(out, rule(s, run.Results)...)
	}
	return append(out, warnOverrun(s, run)...)
}

func warnCorrupt(s *Summary, _ []results.Result) []Warning {
	if s.Integrity == nil || s.Integrity.Clean() {
		return nil
	}
	return []Warning{{Code: "integrity", Text: "payload did not arrive as sent: " + s.Integrity.String()}}
}

// warnUnmeasured tells of measured cases some of whose repeats failed or broke.
func warnUnmeasured(s *Summary, _ []results.Result) []Warning {
	var out []Warning
	for _, c := range s.Cases {
		n := c.Measured
		if n == 0 {
			continue
		}
		all := 0
		for _, count := range c.Outcomes {
			all += count
		}
		text := ""
		switch failed := c.Outcomes[results.Fail]; {
		case failed > 0:
			text = fmt.Sprintf("%s: %d of %d repeats outside a limit", c.Key, failed, n)
		case all > n:
			text = fmt.Sprintf("%s: %d of %d repeats not measured", c.Key, all-n, all)
		default:
			continue
		}
		if c.Reason != "" {
			text += ": " + c.Reason
		}
		out = append(out, Warning{Code: "repeats", Text: text, Cases: []string{c.Key}})
	}
	return out
}

func warnBeaten(s *Summary, _ []results.Result) []Warning {
	return collected(s, "ceiling", func(c Case) bool { return c.Metrics["efficiency"].Median > warnCeiling },
		"goodput above the ceiling: the line is not what the rig file says, or the clock is wrong")
}

// warnCounters tells of link counters that mean lost bytes.
func warnCounters(_ *Summary, all []results.Result) []Warning {
	totals, cases := map[string]uint64{}, map[string][]string{}
	for _, r := range all {
		for name, n := range r.Counters {
			if n == 0 || !meansLoss(name) {
				continue
			}
			totals[name] += n
			if !slices.Contains(cases[name], r.Case) {
				cases[name] = append(cases[name], r.Case)
			}
		}
	}
	var out []Warning
	for _, name := range sortedKeys(totals) {
		out = append(out, Warning{Code: "link", Cases: cases[name],
			Text: fmt.Sprintf("the link counted %d × %s at %s: bytes were lost before they reached the harness", totals[name], name, list(cases[name]))})
	}
	return out
}

func meansLoss(counter string) bool {
	return slices.ContainsFunc([]string{"overrun", "fram", "parity", "brk", "break", "error", "lost"},
		func(part string) bool { return strings.Contains(counter, part) })
}

// warnFew tells of cases with too few values for an interval, and of runs
// whose intervals leave out how associations differ.
func warnFew(s *Summary, _ []results.Result) []Warning {
	out := collected(s, "few", func(c Case) bool { return c.Measured > 0 && !bounded(c) },
		fmt.Sprintf("need >= %d repeats for a 95 %% interval", stats.Needs(0.5)))
	if s.Boots > 1 && s.Boots < leastBoots {
		out = append(out, Warning{Code: "boots", Text: fmt.Sprintf(
			"%d boots: intervals are over repeats and leave out how associations differ; need >= %d boots for an interval over boots", s.Boots, leastBoots)})
	}
	if s.Boots >= leastBoots {
		out = append(out, collected(s, "boots", func(c Case) bool { return c.Measured > 0 && !overBoots(c) },
			fmt.Sprintf("measured in fewer than %d boots: these intervals are over repeats, within these associations only", leastBoots))...)
	}
	return out
}

// overBoots says whether the values of any metric of the case are boots.
func overBoots(c Case) bool {
	for _, st := range c.Metrics {
		if st.Of == "boots" {
			return true
		}
	}
	return false
}

// bounded says whether any metric of the case has an interval.
func bounded(c Case) bool {
	for _, st := range c.Metrics {
		if st.Interval != nil {
			return true
		}
	}
	return false
}

func warnMoved(s *Summary, _ []results.Result) []Warning {
	r, ok := s.Ranges["rssi"]
	if slices.Contains(s.Factors, "attenuation") || slices.Contains(s.Factors, "rssi") {
		return nil // it was meant to
	}
	if !ok || r.Max-r.Min < warnRSSI {
		return nil
	}
	return []Warning{{Code: "rssi", Text: fmt.Sprintf("RSSI moved between %.0f and %.0f dBm during the run: the radio may explain differences between cases", r.Min, r.Max)}}
}

// warnServer tells of a serial server between the harness and the module. It
// passes the module's answers on late, and a short send is little but answers.
func warnServer(s *Summary, _ []results.Result) []Warning {
	link := s.Identity["link"]
	if link != "tcp" && link != "rfc2217" {
		return nil
	}
	return []Warning{{Code: "server", Text: "link " + link + ": a network serial server delays each answer (ser2net's chardelay: about 3 ms by default; docs/remote.md), " +
		"so latency, and goodput of short lengths, are the server's too"}}
}

// warnNote repeats what was said of the link when it was opened: a USB bridge, a
// clock that is off, a recording.
func warnNote(s *Summary, _ []results.Result) []Warning {
	note := s.Conditions["note"]
	if note == "" {
		return nil
	}
	return []Warning{{Code: "link-note", Text: note}}
}

// warnSmall tells of sends that are too small to be worth their command.
func warnSmall(s *Summary, _ []results.Result) []Warning {
	worst, n := -1, 0
	for i, c := range s.Cases {
		if c.stage("command") < warnCommand || s.Primary() != "goodput" { // a command alone is nothing else
			continue
		}
		n++
		if worst < 0 || c.stage("command") > s.Cases[worst].stage("command") {
			worst = i
		}
	}
	if worst < 0 {
		return nil
	}
	c := s.Cases[worst]
	text := fmt.Sprintf("%s: %s of the time goes to the command itself", c.Key, results.FormatQuantity(c.stage("command"), ""))
	if n > 1 {
		text += fmt.Sprintf(", and %s or more at %s", results.FormatQuantity(warnCommand, ""), otherCases(n-1))
	}
	return []Warning{{Code: "command", Text: text, Cases: []string{c.Key}}}
}

// warnOwn tells of cases in which the harness is a large part of what was measured.
func warnOwn(s *Summary, _ []results.Result) []Warning {
	out := collected(s, "host", func(c Case) bool { return c.stage("host") >= warnHost },
		"host time is "+results.FormatQuantity(warnHost, "")+" of a "+s.Event+" or more: the harness limits these, not the module")
	if s.Floor == nil {
		return out
	}
	return append(out, collected(s, "floor", func(c Case) bool {
		p50, ok := c.latency()
		return ok && s.Floor.P50 >= warnFloor*p50
	}, fmt.Sprintf("the harness's own floor of %s an exchange is %s of a %s or more; a difference smaller than the floor is none",
		results.FormatQuantity(s.Floor.P50, "s"), results.FormatQuantity(warnFloor, ""), s.Event))...)
}

// latency is the median time of one exchange with the module, without waiting for its turn.
func (c Case) latency() (float64, bool) {
	for _, metric := range []string{"send_latency_p50", "service_p50", "rtt_p50"} {
		if v, ok := c.median(metric); ok {
			return v, true
		}
	}
	return 0, false
}

// collected is one warning for all cases that hold, or none.
func collected(s *Summary, code string, hold func(Case) bool, text string) []Warning {
	var keys []string
	for _, c := range s.Cases {
		if hold(c) {
			keys = append(keys, c.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return []Warning{{Code: code, Text: list(keys) + ": " + text, Cases: keys}}
}

// list names up to three cases and counts the rest.
func list(keys []string) string {
	if len(keys) <= 3 {
		return strings.Join(keys, ", ")
	}
	return fmt.Sprintf("%s, %s and %d more", keys[0], keys[1], len(keys)-2)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func otherCases(n int) string {
	if n == 1 {
		return "1 other case"
	}
	return fmt.Sprintf("%d other cases", n)
}
