package compare

import (
	"fmt"
	"slices"

	"st67bench/results"
)

// scenarioPair is one scenario of both sides.
type scenarioPair struct {
	name      string
	base, new *sided
	options   Options
	margins   map[string]float64 // of the scenario
	lacks     []Lack
}

// mismatches are the cases of one key that do not do the same, the first of each reason.
func (s *scenarioPair) mismatches() (reasons []string) {
	a, b := s.base.runs[0], s.new.runs[0]
	seen := map[string]int{}
	var order []string
	for _, key := range s.base.order {
		other, ok := s.new.cases[key]
		if !ok {
			continue
		}
		if why := sameCase(a, b, s.base.cases[key], other); why != "" {
			if seen[why]++; seen[why] == 1 {
				order = append(order, why)
			}
		}
	}
	for _, why := range order {
		reasons = append(reasons, fmt.Sprintf("scenario %s does not do the same at %d of %d cases: %s; measure both with one scenario file",
			s.name, seen[why], len(s.base.order), why))
	}
	return reasons
}

// rows compares case by case in sweep order.
func (s *scenarioPair) rows() (rows []Row) {
	for _, key := range s.base.order {
		if _, ok := s.new.cases[key]; !ok {
			s.lack(key, "", "new", notInSweep)
			continue
		}
		rows = append(rows, s.caseRows(key)...)
	}
	for _, key := range s.new.order {
		if _, ok := s.base.cases[key]; !ok {
			s.lack(key, "", "base", notInSweep)
		}
	}
	return rows
}

func (s *scenarioPair) lack(key, metric, side, why string) {
	s.lacks = append(s.lacks, Lack{Scenario: s.name, Case: key, Metric: metric, Side: side, Why: why})
}

// caseRows compares the gated metrics of one case. What one side has no figure of is a lack: of the whole case, or of the metric.
func (s *scenarioPair) caseRows(key string) (rows []Row) {
	var without []Lack
	has := map[string]bool{}
	for _, m := range gatedBy(s) {
		if s.superseded(key, m) {
			continue
		}
		row, a, b := s.compare(key, m)
		has["base"], has["new"] = has["base"] || a, has["new"] || b
		switch {
		case a && b:
			row.Scenario, row.Case = s.name, key
			rows = append(rows, row)
		case a:
			without = append(without, Lack{Metric: m.Name, Side: "new", Why: "no value"})
		case b:
			without = append(without, Lack{Metric: m.Name, Side: "base", Why: "no value"})
		}
	}
	switch {
	case !has["base"] && !has["new"]:
		s.lack(key, "", "both", s.new.unmeasured(key))
	case !has["base"]:
		s.lack(key, "", "base", s.base.unmeasured(key))
	case !has["new"]:
		s.lack(key, "", "new", s.new.unmeasured(key))
	}
	if has["base"] && has["new"] {
		for _, l := range without {
			s.lack(key, l.Metric, l.Side, l.Why)
		}
	}
	return rows
}

// compare judges one metric of a case; a and b say which side has values of it.
func (s *scenarioPair) compare(key string, m results.Metric) (row Row, a, b bool) {
	limit := marginOf(m, s.name, s.margins, s.options)
	if isLoss(m.Name) {
		base, a := tallyOf(m.Name, s.base.results(key))
		new, b := tallyOf(m.Name, s.new.results(key))
		if a && b {
			row = lossRow(m, limit.value, base, new)
		}
		row.MarginFrom = limit.from
		return row, a, b
	}
	base, new := s.base.observe(key, m), s.new.observe(key, m)
	if len(base) > 0 && len(new) > 0 {
		limit = limit.raised(m, slices.Concat(s.base.runs, s.new.runs), m.Combine(raw(base)))
		row = Judge(m, limit.value, base, new)
	}
	row.MarginFrom = limit.from
	return row, len(base) > 0, len(new) > 0
}

// gatedBy are the metrics with a direction and a margin, in the order of the table.
func gatedBy(s *scenarioPair) []results.Metric {
	return slices.DeleteFunc(results.Metrics(), func(m results.Metric) bool { return marginOf(m, s.name, s.margins, s.options).value == 0 })
}

// perWork are the energies that a module is compared by where it did some work.
var perWork = []string{"energy_per_bit", "energy_per_event"}

// supersede are the metrics beside which others say nothing of their own: a module that does more in the same time draws more
// current, and bytes are lost with their datagrams.
var supersede = map[string][]string{
	"current": perWork, "charge": perWork, "energy": perWork, "power": perWork, "loss": {"datagrams_lost"},
}

// superseded says whether both sides have a metric in place of m, unless somebody gave m a margin.
func (s *scenarioPair) superseded(key string, m results.Metric) bool {
	if marginOf(m, s.name, s.margins, s.options).from != FromTable {
		return false
	}
	return slices.ContainsFunc(supersede[m.Name], func(name string) bool {
		return s.base.has(key, name) && s.new.has(key, name)
	})
}
