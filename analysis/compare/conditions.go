package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"st67bench/analysis"
	"st67bench/analysis/stats"
)

// condition is one that can explain a difference.
type condition struct {
	name  string // key of Conditions; the same with "_after" is read too
	apart float64
	ratio float64 // 0: the means differ by more than apart; else by more than this factor too
}

// conditionTable are those that can, in the order in which they are named. One without a distance is text.
var conditionTable = []condition{
	{name: "rssi", apart: 3}, // dB
	{name: "channel"}, {name: "bssid"}, {name: "neighbours", apart: 3},
	{name: "temperature", apart: 5}, // °C
	{name: "vbat", apart: 0.1},      // V
	{name: "unit"}, {name: "rig"}, {name: "tool"}, {name: "ap_dtim"}, {name: "beacon"},
	{name: "latency_timer"}, {name: "low_latency"}, {name: "cpu_governor"}, {name: "cpu_idle"}, {name: "host_os"}, {name: "host_cpus"},
	{name: "driver"}, {name: "rate"}, {name: "clock"}, {name: "meter"},
	{name: "floor_p50", apart: 10e-6, ratio: 1.5},                                                                // s
	{name: "network_ceiling_up", apart: 1e6, ratio: 1.2}, {name: "network_ceiling_down", apart: 1e6, ratio: 1.2}, // bit/s
}

// explanations are the conditions that differ so much that they could explain a difference.
func explanations(base, new Side) []Explanation {
	out := []Explanation{}
	for _, c := range conditionTable {
		a, b := c.of(base), c.of(new)
		if len(a) == 0 || len(b) == 0 {
			continue
		}
		if e, ok := c.differs(a, b); ok {
			out = append(out, e)
		}
	}
	return out
}

// of are the values of the condition in the order in which they were seen.
func (c condition) of(s Side) (all []string) {
	for _, run := range s.Runs {
		if v := run.Conditions[c.name]; v != "" {
			all = append(all, v)
		}
		for _, r := range run.Results {
			for _, name := range []string{c.name, c.name + "_after"} {
				if v := r.Conditions[name]; v != "" {
					all = append(all, v)
				}
			}
		}
	}
	return all
}

func (c condition) differs(a, b []string) (Explanation, bool) {
	x, okX := numbers(a)
	y, okY := numbers(b)
	if c.apart == 0 || !okX || !okY {
		before, after := distinct(a), distinct(b)
		return Explanation{c.name, before, after}, before != after
	}
	p, q := stats.Mean(x), stats.Mean(y)
	far := math.Abs(p-q) > c.apart
	if c.ratio > 0 {
		far = far && math.Max(p, q) > c.ratio*math.Min(p, q)
	}
	return Explanation{c.name, short(p), short(q)}, far
}

func numbers(all []string) (v []float64, ok bool) {
	for _, text := range all {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, false
		}
		v = append(v, x)
	}
	return v, true
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// distinct are the different values, sorted.
func distinct(all []string) string {
	all = slices.Clone(all)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// String is the condition on both sides: "RSSI -48 dBm then, -55 dBm now".
func (e Explanation) String() string {
	before, now := analysis.ConditionText(e.Condition, e.Base), analysis.ConditionText(e.Condition, e.New)
	return fmt.Sprintf("%s %s then, %s now", e.Title(), before, now)
}

// Title is the condition's name for people.
func (e Explanation) Title() string { return conditionTitle(e.Condition) }

// Else introduces the explanations: nothing is to be explained where nothing is worse or better.
func (c *Comparison) Else() string {
	if c.Verdict == Pass {
		return "what else differed: "
	}
	return "could also explain it: "
}

// conditionTitle is a condition's name for people.
func conditionTitle(name string) string {
	switch name {
	case "rssi", "bssid":
		return strings.ToUpper(name)
	case "vbat":
		return "VBAT"
	case "cpu_governor":
		return "CPU governor"
	case "floor_p50":
		return "harness floor"
	}
	return strings.ReplaceAll(name, "_", " ")
}
