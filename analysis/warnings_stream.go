package analysis

import (
	"fmt"
	"math"
	"strings"

	"st67bench/results"
)

const (
	warnFairness = 0.9  // Jain's index; of two links one has half of what the other has
	warnOwnCount = 0.01 // the module's own figure against the receiver's
	warnNetwork  = 0.9  // of what the network carries
	warnDecay    = 0.03 // an hour: the smallest difference of goodput that matters
	warnLeak     = 1.0  // B with each event: heap is given out in more than that
	longestRun   = 720  // h, the longest duration: heap that lasts for more is no matter
)

// warnUnfair tells of links that did not carry the same.
func warnUnfair(s *Summary, _ []results.Result) []Warning {
	low, _ := extremes(s.Cases, "fairness")
	if low == nil || low.Metrics["fairness"].Median >= warnFairness {
		return nil
	}
	return collected(s, "fairness", func(c Case) bool { v, ok := c.median("fairness"); return ok && v < warnFairness },
		fmt.Sprintf("the links did not carry the same, Jain's index is %.2f at worst: one link was starved; measure with links: 1 to see what one can carry", low.Metrics["fairness"].Median))
}

// warnDatagrams tells of datagrams that did not arrive, or not as they were sent.
func warnDatagrams(s *Summary, _ []results.Result) []Warning {
	var out []Warning
	if _, high := extremes(s.Cases, "datagram_loss"); high != nil && s.Primary() != "rtt_p50" {
		out = collected(s, "udp-loss", func(c Case) bool { v, _ := c.median("datagram_loss"); return v > 0 },
			fmt.Sprintf("datagrams were lost, at worst %s of them (%s): UDP does not send them again; offer less (rate) until none is lost to find what goes",
				high.lost(), high.Key))
	}
	return append(out, collected(s, "boundaries", func(c Case) bool { v, _ := c.median("boundaries_lost"); return v > 0 },
		"datagrams came joined or cut: an application cannot tell where one ends; let the payload say its length, or read with a size (read) that one datagram fills")...)
}

// lost is the share of datagrams that a case lost, with its exact interval where they were lost by themselves.
func (c Case) lost() string {
	text := share(c.Metrics["datagram_loss"].Median)
	if n := c.Counts["datagram_loss"]; n.Interval != nil {
		text += fmt.Sprintf(" [%s, %s]", share(n.Interval.Lo), share(n.Interval.Hi))
	}
	return text
}

// warnOwnFigure tells of a module that counts otherwise than the receiver.
func warnOwnFigure(s *Summary, _ []results.Result) []Warning {
	var out []Warning
	for _, c := range s.Cases {
		own, ok := c.median("module_goodput")
		goodput, counted := c.median("goodput")
		if !ok || !counted || goodput <= 0 || math.Abs(own/goodput-1) <= warnOwnCount {
			continue
		}
		out = append(out, Warning{Code: "module-figure", Cases: []string{c.Key}, Text: fmt.Sprintf("%s: the module says %s, %s against the %s that arrived: the receiver's figure counts",
			c.Key, results.FormatQuantity(own, "bit/s"), signed(own/goodput-1, ""), results.FormatQuantity(goodput, "bit/s"))})
	}
	return out
}

// warnLeaking tells of heap that does not come back, and how long it lasts.
func warnLeaking(s *Summary, _ []results.Result) []Warning {
	var out []Warning
	for _, c := range s.Cases {
		heap, known := c.median("heap")
		if !known {
			heap, known = number(s.Conditions["heap"])
		}
		for _, trend := range []struct {
			metric, per, many string
			least             float64 // B: less is no leak
		}{{"heap_slope", "with each " + s.Event, s.Event + "s", warnLeak}, {"heap_hourly", "an hour", "hours", heap / longestRun}} {
			slope, ok := c.Metrics[trend.metric]
			if !ok || slope.Median > -max(trend.least, warnLeak) || !oneSided(slope) {
				continue
			}
			text := fmt.Sprintf("%s: the module's free heap shrinks by %s %s", c.Key, results.FormatQuantity(-slope.Median, "B"), trend.per)
			if known {
				text += fmt.Sprintf(": after %.0f %s its %s are used up", heap/-slope.Median, trend.many, results.FormatQuantity(heap, "B"))
			}
			out = append(out, Warning{Code: "leak", Cases: []string{c.Key}, Text: text + "; repeat it for longer to be sure"})
		}
	}
	return out
}

// warnDecaying tells of goodput that fades by its slope, where no repeat found a
// fall by itself.
func warnDecaying(s *Summary, _ []results.Result) []Warning {
	low, _ := extremes(s.Cases, "goodput_slope")
	if low == nil {
		return nil
	}
	return collected(s, "decay", func(c Case) bool {
		slope, ok := c.Metrics["goodput_slope"]
		_, fell := c.Metrics["decay"]
		return ok && !fell && fades(slope)
	}, fmt.Sprintf("goodput fades, at worst by %s an hour: look at heap, temperature and RSSI over the same time", share(-low.Metrics["goodput_slope"].Median)))
}

// fades says whether a slope of goodput is a loss that matters and more than chance,
// which takes an interval: within one repeat the workload's own test tells (decay).
func fades(slope Stat) bool {
	return slope.Median <= -warnDecay && slope.Interval != nil && oneSided(slope)
}

// oneSided says whether all of a statistic is on one side of zero: its interval,
// or every repeat where there is none.
func oneSided(st Stat) bool {
	low, high := st.Min, st.Max
	if st.Interval != nil {
		low, high = st.Interval.Lo, st.Interval.Hi
	}
	return low > 0 || high < 0
}

// warnNetworkLimit tells of goodput that the network between harness and peer
// limits, not the module.
func warnNetworkLimit(s *Summary, _ []results.Result) []Warning {
	if s.Network == nil {
		return nil
	}
	carries := max(s.Network.Up, s.Network.Down)
	return collected(s, "network", func(c Case) bool {
		goodput, ok := c.median("goodput")
		return ok && carries > 0 && goodput >= warnNetwork*carries
	}, fmt.Sprintf("goodput is %s or more of what the network between harness and peer carries: the network may be the limit, not the module; put the peer nearer", share(warnNetwork)))
}

// mostNotes is how many notes of one kind are told; the results have all.
const mostNotes = 3

// warnSaid repeats what a workload said of its repeats: conditions whose name ends in
// _note, each text once. That of the network stands beside the table.
func warnSaid(_ *Summary, all []results.Result) []Warning {
	names := map[string]bool{}
	for _, r := range all {
		for name := range r.Conditions {
			if strings.HasSuffix(name, "_note") && name != "network_ceiling_note" {
				names[name] = true
			}
		}
	}
	var out []Warning
	for _, name := range sortedKeys(names) {
		notes := grouped(all, func(r results.Result) string { return r.Conditions[name] })
		for i, n := range notes {
			text := list(n.cases) + ": " + n.text
			if i == mostNotes-1 && len(notes) > mostNotes {
				text += fmt.Sprintf(" (and %d more such notes, %s in results.jsonl)", len(notes)-mostNotes, name)
			}
			if i < mostNotes {
				out = append(out, Warning{Code: strings.TrimSuffix(name, "_note"), Text: text, Cases: n.cases})
			}
		}
	}
	return out
}
