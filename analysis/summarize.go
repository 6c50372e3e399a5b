package analysis

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// Summarize makes the summary of a run from its results. The only error is a
// run without cases: there is nothing to say about it.
func Summarize(run *results.Run) (*Summary, error) {
	if len(run.Cases) == 0 {
		return nil, errors.New("run " + run.ID + " has no cases: its run.json was written before the scenario was expanded; measure again")
	}
	about := run.About()
	s := &Summary{
		Run:        run.ID,
		Start:      run.Start,
		Scenario:   run.Scenario.Name,
		Title:      run.Scenario.Title,
		Rig:        run.Rig.Name,
		Session:    run.Session,
		Release:    run.Release,
		Tool:       run.Tool,
		Emulated:   run.Emulated,
		Identity:   run.Identity,
		Conditions: run.Conditions,
		Ranges:     ranges(run.Results),
		Factors:    run.Factors,
		Boots:      boots(run.Results),
		Floor:      floor(run.Conditions),
		Integrity:  integrity(run.Results),
		Network:    network(run),
		Workload:   about.Kind,
		Needs:      about.Needs,
	}
	byCase := make(map[string][]results.Result, len(run.Cases))
	for _, r := range run.Results {
		byCase[r.Case] = append(byCase[r.Case], r)
	}
	costs, stopped := costsOf(run), newStopper(run)
	for _, info := range run.Cases {
		c := summarizeCase(info, byCase[info.Key], costs)
		c.Stop = stopped.of(info.Key, byCase[info.Key])
		s.Cases = append(s.Cases, c)
	}
	s.Event = eventOf(s.Workload, s.Cases)
	for i := range s.Cases {
		s.Cases[i].withhold(carried(byCase[s.Cases[i].Key]), s.Event)
		s.Cases[i].Excess = excess(s.Cases[i], s.Event)
	}
	s.Scope = scope(s.Boots)
	s.Verdict = verdict(s)
	s.Findings = findings(s, run)
	s.Warnings = warnings(s, run)
	return s, nil
}

func boots(all []results.Result) int {
	seen := map[int]bool{}
	for _, r := range all {
		seen[r.Boot] = true
	}
	return len(seen)
}

func scope(boots int) string {
	switch {
	case boots == 0:
		return "nothing measured"
	case boots == 1:
		return "within this association only (1 boot)"
	case boots < leastBoots:
		return fmt.Sprintf("within these associations only (%d boots)", boots)
	}
	return fmt.Sprintf("over %d boots (95 %% t intervals of their mean)", boots)
}

func summarizeCase(info results.CaseInfo, repeats []results.Result, costs costs) Case {
	c := Case{Key: info.Key, Factors: info.Factors, Outcomes: map[results.Outcome]int{}}
	values := map[string][][]float64{}
	bootIndex := map[int]int{}
	for _, r := range repeats {
		c.Outcomes[r.Outcome]++
		if c.Reason == "" {
			c.Reason = r.Err
		}
		if len(r.Metrics) == 0 {
			continue
		}
		c.Measured++
		if _, ok := bootIndex[r.Boot]; !ok {
			bootIndex[r.Boot] = len(bootIndex)
		}
		collect(values, withDerived(r.Metrics), bootIndex[r.Boot])
	}
	c.Outcome = outcome(c.Outcomes)
	if len(repeats) == 0 {
		c.Reason = "the run ended before this case"
	}
	if len(values) == 0 {
		return c
	}
	c.Metrics = make(map[string]Stat, len(values))
	for name, byBoot := range values {
		byBoot = slices.DeleteFunc(byBoot, func(v []float64) bool { return len(v) == 0 })
		m, _ := results.LookupMetric(name)
		st := describe(m, byBoot)
		if m.Better != 0 && m.Margin > 0 {
			st.Varies = varies(m, byBoot, costs)
		}
		c.Metrics[name] = st
	}
	c.Stages = stages(repeats)
	c.Counts = counts(repeats)
	return c
}

// carried counts the repeats that have each metric.
func carried(repeats []results.Result) map[string]int {
	n := map[string]int{}
	for _, r := range repeats {
		for name := range r.Metrics {
			n[name]++
		}
	}
	return n
}

// collect appends the metrics of a repeat to values[name][boot].
func collect(values map[string][][]float64, metrics map[string]float64, boot int) {
	for name, v := range metrics {
		for len(values[name]) <= boot {
			values[name] = append(values[name], nil)
		}
		values[name][boot] = append(values[name][boot], v)
	}
}

// withDerived adds what reports show and a repeat stores only the parts of.
func withDerived(metrics map[string]float64) map[string]float64 {
	lost, counted := metrics["datagrams_lost"]
	all := metrics["datagrams"] + lost
	if !counted || all <= 0 {
		return metrics
	}
	metrics = maps.Clone(metrics)
	metrics["datagram_loss"] = lost / all
	return metrics
}

// outcome is that of a case: the worst that its measured repeats had, or why
// none was measured.
func outcome(n map[results.Outcome]int) results.Outcome {
	for _, o := range []results.Outcome{results.Fail, results.Pass, results.Error, results.Refused, results.Skipped} {
		if n[o] > 0 {
			return o
		}
	}
	return results.Aborted
}

// excess is the median time of an exchange beyond its closed form: that of a round
// trip beyond its bound, or of what moves n bytes, which is 8 n / goodput, beyond
// 8 n / ceiling. n is the length of a send or of a read, and known only when it
// was swept; nil without it.
func excess(c Case, event string) *float64 {
	if rtt, ok := c.median("rtt_p50"); ok {
		bound, ok := c.median("bound")
		if !ok {
			return nil
		}
		e := rtt - bound
		return &e
	}
	n, err := strconv.ParseFloat(c.Factors[sizeOf(event)], 64)
	goodput, ok := c.median("goodput")
	ceiling, bounded := c.median("ceiling")
	if err != nil || !ok || !bounded || goodput <= 0 || ceiling <= 0 {
		return nil
	}
	e := 8*n/goodput - 8*n/ceiling
	return &e
}

// sizeOf is the factor that says how many bytes one event moves; empty when none does.
func sizeOf(event string) string {
	switch event {
	case "read":
		return "read"
	case "send":
		return "length"
	}
	return ""
}

func floor(conditions map[string]string) *Floor {
	p50, ok := number(conditions["floor_p50"])
	if !ok {
		return nil
	}
	p99, _ := number(conditions["floor_p99"])
	return &Floor{P50: p50, P99: p99}
}

func integrity(all []results.Result) *Integrity {
	var t Integrity
	seen := false
	for _, r := range all {
		received, counted := r.Metrics["received"]
		if _, checked := r.Metrics["corrupt"]; !counted || !checked {
			continue // iperf counts bytes and looks at none
		}
		seen = true
		t.Checked += received
		t.Lost += r.Metrics["loss"]
		t.Duplicate += r.Metrics["duplicate"]
		t.Reordered += r.Metrics["reordered"]
		t.Corrupt += r.Metrics["corrupt"]
		t.Foreign += r.Metrics["foreign"]
	}
	if !seen {
		return nil
	}
	if n := int(t.Checked); t.Clean() && n > 0 {
		t.AtMost = stats.ClopperPearson(0, n).Hi
	}
	return &t
}

// Clean says that every byte arrived once, in order and unchanged.
func (t Integrity) Clean() bool {
	return t.Lost+t.Duplicate+t.Reordered+t.Corrupt+t.Foreign == 0
}

// String says in words what the peer found.
func (t Integrity) String() string {
	checked := results.FormatQuantity(t.Checked, "B") + " checked at the receiver"
	if t.Clean() {
		if t.AtMost > 0 {
			checked += ": at most 1 in " + results.FormatQuantity(1/t.AtMost, "B")
		}
		return "no byte lost, doubled or changed (" + checked + ")"
	}
	var found []string
	for _, f := range []struct {
		n    float64
		what string
	}{{t.Lost, "lost"}, {t.Duplicate, "doubled"}, {t.Reordered, "out of order"}, {t.Corrupt, "changed"}, {t.Foreign, "not of the stream"}} {
		if f.n > 0 {
			found = append(found, results.FormatQuantity(f.n, "B")+" "+f.what)
		}
	}
	return strings.Join(found, ", ") + " (" + checked + ")"
}

// ranges is how the numeric conditions moved over the repeats; name and
// name_after are the same quantity before and after a case.
func ranges(all []results.Result) map[string]Range {
	found := map[string]Range{}
	for _, r := range all {
		for name, text := range r.Conditions {
			v, ok := number(text)
			if !ok {
				continue
			}
			name = strings.TrimSuffix(name, "_after")
			have, ok := found[name]
			if !ok {
				have = Range{v, v}
			}
			found[name] = Range{min(have.Min, v), max(have.Max, v)}
		}
	}
	return found
}

// number reads the finite number that a condition begins with: "-48 dBm".
func number(condition string) (float64, bool) {
	text, _, _ := strings.Cut(condition, " ")
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// network is what was found of the way to a remote peer.
func network(run *results.Run) *Network {
	n := Network{Note: conditionOf(run, "network_ceiling_note")}
	n.Up, _ = number(conditionOf(run, "network_ceiling_up"))
	n.Down, _ = number(conditionOf(run, "network_ceiling_down"))
	if n == (Network{}) {
		return nil
	}
	return &n
}

// conditionOf is a condition of the run, or of the first repeat that has it.
func conditionOf(run *results.Run, name string) string {
	if text := run.Conditions[name]; text != "" {
		return text
	}
	for _, r := range run.Results {
		if text := r.Conditions[name]; text != "" {
			return text
		}
	}
	return ""
}
