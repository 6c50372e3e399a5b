package history

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/results"
)

// Selection says what of the runs is followed.
type Selection struct {
	Scenario string           // name; empty for all
	Metrics  []results.Metric // with direction and margin; empty for those that are gated: the table's that have both, and losses
}

// LossMargin is that of losses, a difference of fractions.
const LossMargin = 0.001

// same are the keys of Identity that have to be equal all along: kind of module, link, peer and meter. The rest is the firmware.
var same = []string{"module", "image", "link", "baud", "speed", "flow", "max", "peer", "meter"}

// FromRuns makes a series of each case and metric of each scenario. Releases are in the order of their first candidate
// run. A run of one boot gives one value. What cannot be compared with the newest run of its scenario is left out, and a
// warning says so.
func FromRuns(runs []*results.Run, o Selection) (all []Series, warnings []string) {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b *results.Run) int { return a.Start.Compare(b.Start) })
	byScenario := map[string][]*results.Run{}
	var order []string
	left := map[string]int{}
	for _, run := range runs {
		switch {
		case o.Scenario != "" && run.Scenario.Name != o.Scenario:
		case run.Subject != "" && run.Subject != "firmware":
			left["compare "+run.Subject]++
		case run.ReleaseName() == "" && run.Role != results.RoleReference:
			left["have neither release nor firmware"]++
		default:
			if byScenario[run.Scenario.Name] == nil {
				order = append(order, run.Scenario.Name)
			}
			byScenario[run.Scenario.Name] = append(byScenario[run.Scenario.Name], analysis.WithFractions(run))
		}
	}
	releases := releasesOf(byScenario, runs)
	for _, name := range order {
		g := group{runs: byScenario[name], releases: releases, left: left}
		all = append(all, g.series(o)...)
	}
	for _, why := range slices.Sorted(maps.Keys(left)) {
		warnings = append(warnings, fmt.Sprintf("%d left out: they %s", left[why], why))
	}
	name(all)
	return all, warnings
}

// releasesOf are the names of the candidates' releases in the order of their first run, of all scenarios.
func releasesOf(byScenario map[string][]*results.Run, runs []*results.Run) (names []string) {
	taken := map[string]bool{}
	for _, all := range byScenario {
		for _, run := range all {
			taken[run.ID] = true
		}
	}
	for _, run := range runs {
		if taken[run.ID] && run.Role != results.RoleReference && !slices.Contains(names, run.ReleaseName()) {
			names = append(names, run.ReleaseName())
		}
	}
	return names
}

// name makes the names unique: the metric, before it the case where there are several, and before that the scenario likewise.
func name(all []Series) {
	scenarios, cases := map[string]bool{}, map[string]bool{}
	for _, s := range all {
		scenarios[s.Scenario], cases[s.Scenario+"/"+s.Case] = true, true
	}
	for i, s := range all {
		parts := []string{s.Metric.Name}
		if len(cases) > 1 && s.Case != "" {
			parts = append([]string{s.Case}, parts...)
		}
		if len(scenarios) > 1 {
			parts = append([]string{s.Scenario}, parts...)
		}
		all[i].Name = strings.Join(parts, "/")
	}
}

// group is the runs of one scenario, in order.
type group struct {
	runs     []*results.Run
	releases []string
	left     map[string]int // runs that are left out, by the reason
}

// series makes those of the cases of the newest candidate run.
func (g *group) series(o Selection) (all []Series) {
	newest := g.newest()
	if newest == nil {
		return nil
	}
	g.runs = slices.DeleteFunc(g.runs, func(run *results.Run) bool {
		why := differs(run, newest)
		if why != "" {
			g.left[why]++
		}
		return why != ""
	})
	for _, run := range g.runs {
		if slices.ContainsFunc(newest.Cases, func(c results.CaseInfo) bool { return lists(run, c.Key) && !g.has(run, c) }) {
			g.left["have cases with other parameters than the newest run of "+newest.Scenario.Name]++
		}
	}
	metrics := o.Metrics
	if len(metrics) == 0 {
		metrics = gated(newest)
	}
	for _, c := range newest.Cases {
		for _, m := range metrics {
			s := Series{Scenario: newest.Scenario.Name, Case: c.Key, Metric: m, Ratio: !Loss(m.Name), Emulated: newest.Emulated}
			if g.fill(&s, c) {
				all = append(all, s)
			}
		}
	}
	return all
}

// Loss says that a metric is a loss, whose differences are those of fractions.
func Loss(metric string) bool { return metric == "loss" || metric == "datagram_loss" }

// gated are the rows of the metric table with a direction and a margin: that of the run's scenario before the table's.
func gated(run *results.Run) (all []results.Metric) {
	var parsed struct{ Margins map[string]float64 }
	if text, err := json.Marshal(run.Scenario.Parsed); err != nil || json.Unmarshal(text, &parsed) != nil {
		parsed.Margins = nil // a scenario that is not ours
	}
	for _, m := range results.Metrics() {
		if Loss(m.Name) {
			m.Margin = LossMargin
		}
		if v, ok := parsed.Margins[m.Name]; ok {
			m.Margin = v
		}
		if m.Better != 0 && m.Margin > 0 {
			all = append(all, m)
		}
	}
	return all
}

func (g *group) newest() *results.Run {
	for _, run := range slices.Backward(g.runs) {
		if run.Role != results.RoleReference {
			return run
		}
	}
	return nil
}

// differs says why a run cannot stand beside the newest one; empty when it can.
func differs(run, newest *results.Run) string {
	if run.Emulated != newest.Emulated {
		return "are of the emulated module, or of a real one, unlike the newest run of " + run.Scenario.Name
	}
	for _, key := range same {
		if run.Identity[key] != newest.Identity[key] {
			return fmt.Sprintf("have another %s than the newest run of %s", key, run.Scenario.Name)
		}
	}
	return ""
}

// fill puts the boots of a case into the series; false when no candidate has any.
func (g *group) fill(s *Series, c results.CaseInfo) (any bool) {
	sittings, firmware := map[string][]float64{}, map[string][]string{}
	for _, run := range g.runs {
		if run.Role == results.RoleReference && run.Session != "" && g.has(run, c) {
			sittings[run.Session] = append(sittings[run.Session], values(run, c.Key, s.Metric)...)
			firmware[run.Session] = append(firmware[run.Session], run.Identity["firmware"])
		}
	}
	for _, name := range g.releases {
		release := Release{Name: name}
		var of [4][]string
		for _, run := range g.runs {
			if run.Role == results.RoleReference || run.ReleaseName() != name || !g.has(run, c) {
				continue
			}
			boots := values(run, c.Key, s.Metric)
			any = any || len(boots) > 0
			for i, text := range []string{run.Identity["firmware"], run.Conditions["unit"], run.Conditions["rig"], run.Tool} {
				of[i] = append(of[i], text)
			}
			release.add(run.Session, boots, sittings[run.Session], joined(firmware[run.Session]))
		}
		release.Firmware, release.Unit, release.Rig, release.Tool = joined(of[0]), joined(of[1]), joined(of[2]), joined(of[3])
		s.Releases = append(s.Releases, release)
	}
	return any
}

func lists(run *results.Run, key string) bool {
	return slices.ContainsFunc(run.Cases, func(c results.CaseInfo) bool { return c.Key == key })
}

// has says that a run has the case as the newest run has it.
func (g *group) has(run *results.Run, c results.CaseInfo) bool {
	i := slices.IndexFunc(run.Cases, func(own results.CaseInfo) bool { return own.Key == c.Key })
	return i >= 0 && run.Cases[i].Hash == c.Hash
}

// add puts boots into their session. Runs without a session are one each.
func (r *Release) add(session string, boots, reference []float64, firmware string) {
	i := slices.IndexFunc(r.Sessions, func(s Session) bool { return s.Name == session && session != "" })
	if i >= 0 {
		r.Sessions[i].Candidate = append(r.Sessions[i].Candidate, boots...)
		return
	}
	r.Sessions = append(r.Sessions, Session{Name: session, Candidate: boots, Reference: reference, ReferenceFirmware: firmware})
}

// values are those of the boots of a run; the repeats of a boot share its luck and are one value.
func values(run *results.Run, key string, m results.Metric) (all []float64) {
	for _, o := range analysis.ObserveBoots(run, key, m) {
		all = append(all, o.Value)
	}
	return all
}
