package compare

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"st67bench/analysis/stats"
	"st67bench/results"
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

// settle is the interleaved run that would settle the comparison, of the first scenario that has not passed: there is nothing to settle where it passed, or failed under
// equal conditions, and nothing better to do where all of it was interleaved.
func (c *Comparison) settle(base, new Side) *Settle {
	interleaved := !slices.ContainsFunc(c.Comparisons, func(r Row) bool { return !r.Paired && !isLoss(r.Metric) })
	settled := c.Verdict == Pass || c.Verdict == Dominates
	if c.Base.Release == c.New.Release || len(c.Comparisons) == 0 || interleaved || settled || len(c.Explanations) == 0 && c.Verdict != Undecided {
		return nil
	}
	scenario := c.Comparisons[0].Scenario
	if i := slices.IndexFunc(c.Comparisons, func(r Row) bool { return !r.passes() }); i >= 0 {
		scenario = c.Comparisons[i].Scenario
	}
	old, boots := perBoot(byScenario(base)[scenario])
	now, other := perBoot(byScenario(new)[scenario])
	each := max(enoughBoots, min(boots, other))
	for _, r := range c.Comparisons {
		if c.Verdict == Undecided && r.Scenario == scenario {
			each = max(each, r.Needed)
		}
	}
	return &Settle{Scenario: scenario, A: c.Base.Release, B: c.New.Release, Boots: 2 * each, Seconds: float64(each) * (old + now)}
}

// perBoot is how long a boot with all its repeats took, in s, and how many there were.
func perBoot(runs []*results.Run) (seconds float64, boots int) {
	var took time.Duration
	for _, run := range runs {
		var end time.Duration
		for _, r := range run.Results {
			for _, m := range r.Marks {
				end = max(end, m.T)
			}
		}
		took += end
		boots += len(bootsOf(run.Results))
	}
	return took.Seconds() / float64(max(boots, 1)), boots
}
