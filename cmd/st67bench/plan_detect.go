package main

import (
	"fmt"
	"slices"
	"strings"

	"st67bench/analysis"
	"st67bench/results"
	"st67bench/scenarios"
)

// tried bounds how many earlier runs are read in search of one that says how far values spread.
const tried = 10

// look takes the newest run below dir that shares a case with the plan, is like, and says how far values spread; else the newest,
// for what a repeat takes.
func (p *planner) look(dir string, like func(*results.Run) bool) {
	runs, _ := results.List(dir) // what cannot be read says nothing
	var newest *analysis.Outlook
	n := 0
	for _, r := range runs {
		if n == tried {
			break
		}
		if !like(r) || !slices.ContainsFunc(p.cases, func(c scenarios.Case) bool { return hasCase(r, c.Hash) }) {
			continue
		}
		n++
		run, err := results.Open(r.Dir)
		if err != nil {
			continue
		}
		o, ok := analysis.NewOutlook(run)
		if !ok {
			continue
		}
		if newest == nil {
			newest = o
		}
		if p.outlook = o; slices.ContainsFunc(p.detects(), func(d detectable) bool { return d.Run != "" }) {
			return
		}
	}
	p.outlook = newest
}

func hasCase(r *results.Run, hash string) bool {
	return slices.ContainsFunc(r.Cases, func(c results.CaseInfo) bool { return c.Hash == hash })
}

// detectable is the smallest change of a metric that a plan is expected to find.
type detectable struct {
	Metric string  `json:"metric"`
	Least  float64 `json:"least"` // over the cases, as fractions
	Most   float64 `json:"most"`
	N      int     `json:"n"`             // values a side
	Of     string  `json:"of"`            // "boots", or "repeats" of one boot
	Run    string  `json:"run,omitempty"` // whose spread was taken; empty: that at which n values just meet until
}

// detects says what the plan is expected to find, for the metrics of until, or without it for what an earlier run was about.
func (p *planner) detects() []detectable {
	r := p.scenario.Repeats
	d := detectable{N: r.Min, Of: "repeats"}
	if p.overBoots() {
		d.N, d.Of = p.fewest(), "boots"
	}
	if d.N < 2 {
		return nil
	}
	var all []detectable
	for _, name := range p.watched() {
		d.Metric = name
		if one, ok := p.detect(d); ok {
			all = append(all, one)
		}
	}
	return all
}

// overBoots says that the independent values of the run are those of boots, not the repeats within one.
func (p *planner) overBoots() bool { return p.scenario.Repeats.Boots >= analysis.FirstLook }

// watched are the metrics of until, or without it what the earlier run was about.
func (p *planner) watched() []string {
	primary := ""
	if p.outlook != nil && len(p.scenario.Repeats.Until) == 0 {
		primary = p.outlook.Primary()
	}
	var names []string
	for _, m := range results.Metrics() {
		if _, asked := p.scenario.Repeats.Until[m.Name]; (asked || m.Name == primary) && m.Ratio() {
			names = append(names, m.Name)
		}
	}
	return names
}

// detect takes the spread from the earlier run, else from what until asks for.
func (p *planner) detect(d detectable) (detectable, bool) {
	var found []float64
	for _, c := range p.cases {
		if p.outlook == nil {
			break
		}
		if cv, ok := p.outlook.Spread(c.Hash, d.Metric, p.overBoots()); ok {
			found = append(found, analysis.Detectable(cv, d.N))
		}
	}
	if len(found) > 0 {
		d.Least, d.Most, d.Run = slices.Min(found), slices.Max(found), p.outlook.Run
		return d, true
	}
	target, ok := p.scenario.Repeats.Until[d.Metric]
	d.Least = analysis.Detectable(analysis.SpreadAt(target, d.N), d.N)
	d.Most = d.Least
	return d, ok
}

// String is "0.8..2.4 % of goodput at n=6 within this association (spread as in RUN)".
func (d detectable) String() string {
	m, _ := results.LookupMetric(d.Metric)
	least, most := results.FormatQuantity(d.Least, ""), results.FormatQuantity(d.Most, "")
	text := most
	if least != most {
		text = strings.TrimSuffix(least, " %") + ".." + most
	}
	text += fmt.Sprintf(" of %s at n=%d", m.Title, d.N)
	if d.Of == "repeats" {
		text += " within one association"
	}
	if d.Run == "" {
		return text + " (assumed from until)"
	}
	return text + " (spread as in " + d.Run + ")"
}
