package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"st67bench/results"
)

// sentence is the verdict in words, without the verdict itself: what decided it comes first.
func (c *Comparison) sentence() string {
	var parts []string
	if c.Exchange != nil {
		parts = append(parts, listChanges(c.Exchange.Gains)+" for "+listChanges(c.Exchange.Costs))
	}
	parts = append(parts, c.named(Regressed, "regressed")...)
	parts = append(parts, c.named(Improved, "improved")...)
	parts = append(parts, c.undecided())
	for _, l := range c.NotCompared {
		if l.open() {
			parts = append(parts, fmt.Sprintf("no figures at %s (%s)", l.Case, l.Why))
		}
	}
	parts = append(parts, c.noWorse(), c.unmeasured())
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return fmt.Sprintf("%s against %s: %s", c.New.Name, c.Base.Name, strings.Join(parts, "; "))
}

// unmeasured says how many repeats were not measured.
func (c *Comparison) unmeasured() string {
	if !c.anyErrors() {
		return ""
	}
	return fmt.Sprintf("not measured: %d of %d repeats of %s, %d of %d of %s",
		c.Base.Errors, c.Base.Repeats, c.Base.Name, c.New.Errors, c.New.Repeats, c.New.Name)
}

// listChanges is "+6.0 % goodput and -5.0 % round trip p50": one metric of each kind, of energies that per bit.
func listChanges(all []Change) string {
	var kinds, words []string
	for _, ch := range all {
		kind := kindOf(ch.Metric)
		perBit := func(other Change) bool { return other.Metric == "energy_per_bit" }
		if slices.Contains(kinds, kind) || kind == "energy" && ch.Metric != "energy_per_bit" && slices.ContainsFunc(all, perBit) {
			continue
		}
		kinds = append(kinds, kind)
		words = append(words, FormatChange(ch.Metric, ch.Change)+" "+Title(ch.Metric))
	}
	return list(words)
}

// kindOf is what a metric is of: "speed", "time", "energy", or itself.
func kindOf(metric string) string {
	m, _ := results.LookupMetric(metric)
	switch {
	case m.Unit == "bit/s" || m.Unit == "1/s":
		return "speed"
	case m.Unit == "s":
		return "time"
	case m.Metered():
		return "energy"
	}
	return metric
}

// leastShown is the smallest change that is not all zeros with the most digits.
const leastShown = 0.5e-5

// FormatChange is a change with its sign for people: in percent, of losses in percentage points.
func FormatChange(metric string, change float64) string {
	unit := "%"
	if isLoss(metric) {
		unit = "pp"
	}
	if math.Abs(change) < leastShown {
		return "0.0 " + unit
	}
	return fmt.Sprintf("%+.*f %s", digits(change), 100*change, unit)
}

// digits behind the point of a percentage: small ones have more.
func digits(change float64) int {
	if change > -0.001 && change < 0.001 && change != 0 {
		return 3
	}
	return 1
}

// Title is what a gated metric is called for people.
func Title(metric string) string {
	if metric == "loss" {
		return "loss"
	}
	m, _ := results.LookupMetric(metric)
	return m.Title
}

// named tells where a verdict counts.
func (c *Comparison) named(v Verdict, word string) (parts []string) {
	for _, g := range c.groups(func(r Row) bool { return r.Verdict == v && r.Counts() }) {
		parts = append(parts, g.metrics+" "+word+g.where)
	}
	return parts
}

// group are the metrics of which something holds at as many cases.
type group struct{ metrics, where string }

// groups puts the metrics together of which it holds at as many cases, in the order of the table.
func (c *Comparison) groups(is func(Row) bool) (all []group) {
	words := map[string][]string{}
	var order []string
	for _, m := range c.metrics() {
		n := c.count(m, is)
		if n == 0 {
			continue
		}
		where := c.share(n, m)
		if words[where] == nil {
			order = append(order, where)
		}
		words[where] = append(words[where], Title(m))
	}
	for _, where := range order {
		all = append(all, group{list(words[where]), where})
	}
	return all
}

// noWorse lists the metrics that pass everywhere and are not improved.
func (c *Comparison) noWorse() string {
	var words []string
	for _, m := range c.metrics() {
		fail := c.count(m, func(r Row) bool { return !r.passes() || r.Verdict == Improved && r.Counts() })
		if fail == 0 {
			words = append(words, Title(m))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return list(words) + " no worse"
}

// undecided tells of which metrics there was no answer everywhere, and how many boots would give it.
func (c *Comparison) undecided() string {
	var words []string
	for _, g := range c.groups(Row.undecided) {
		words = append(words, g.metrics+" undecided"+g.where)
	}
	need := 0
	for _, r := range c.Comparisons {
		need = max(need, r.Needed)
	}
	if len(words) > 0 && need > 0 {
		words = append(words, fmt.Sprintf("about %d boots a side would decide it", need))
	}
	return strings.Join(words, "; ")
}

// undecided says whether the row keeps the joint verdict open.
func (r Row) undecided() bool {
	return r.Verdict == Inconclusive || r.Verdict == Regressed && !r.Counts()
}

// metrics of the rows, in the order of the table.
func (c *Comparison) metrics() (names []string) {
	for _, m := range results.Metrics() {
		if slices.ContainsFunc(c.Comparisons, func(r Row) bool { return r.Metric == m.Name }) {
			names = append(names, m.Name)
		}
	}
	return names
}

func (c *Comparison) count(metric string, is func(Row) bool) (n int) {
	for _, r := range c.Comparisons {
		if r.Metric == metric && is(r) {
			n++
		}
	}
	return n
}

// share is " at 3 of 10 cases"; nothing where all rows of the metric are meant.
func (c *Comparison) share(n int, metric string) string {
	all := c.count(metric, func(Row) bool { return true })
	switch {
	case all == 1:
		return ""
	case n == all:
		return fmt.Sprintf(" at all %d cases", all)
	}
	return fmt.Sprintf(" at %d of %d cases", n, all)
}

func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
