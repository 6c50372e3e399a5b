package export

import (
	"cmp"
	"maps"
	"slices"

	"st67bench/results"
)

// Results is a row for each metric of each result of the runs, in their order: run, result, metric. A result without metrics
// has one row, without a metric, that says how it ended. The units are those of the metric table.
//
// A factor has the column factor_NAME; of a run that does not vary it, it is absent.
func Results(runs ...*results.Run) Table {
	c := newCommon(runs)
	return Table{
		columns: slices.Concat(c.columns, []column{{"outcome", text}, {"reason", text}, {"metric", text}, {"value", number}, {"unit", text}}),
		rows: func(emit func([]cell) error) error {
			for _, run := range runs {
				of := c.run(run)
				for _, r := range run.Results {
					head := append(c.result(of, r), textCell(string(r.Outcome)), textCell(r.Err))
					if err := metricRows(head, r, emit); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

func metricRows(head []cell, r results.Result, emit func([]cell) error) error {
	if len(r.Metrics) == 0 {
		return emit(append(head, cell{}, cell{}, cell{}))
	}
	for _, name := range metricNames(r.Metrics) {
		m, _ := results.LookupMetric(name)
		if err := emit(append(head, textCell(name), numberCell(r.Metrics[name]), textCell(m.Unit))); err != nil {
			return err
		}
	}
	return nil
}

// Samples is a row for each raw sample of the runs, in the order in which they were taken. t is in ns since the run's start.
// A series that is no row of the metric table is a time in s, or what the workload's documentation says, and has no unit.
func Samples(runs ...*results.Run) Table {
	c := newCommon(runs)
	return Table{
		columns: slices.Concat(c.columns, []column{{"series", text}, {"t", integer}, {"value", number}, {"unit", text}}),
		rows: func(emit func([]cell) error) error {
			for _, run := range runs {
				of := c.run(run)
				for _, r := range run.Results {
					if err := sampleRows(run, r.Seq, c.result(of, r), emit); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

func sampleRows(run *results.Run, seq int, head []cell, emit func([]cell) error) error {
	row := append(head, cell{}, cell{}, cell{}, cell{})
	own := row[len(head):]
	series := ""
	return run.ReadSamples(seq, func(all []results.Sample) error {
		for _, s := range all {
			if s.Series != series {
				m, _ := results.LookupMetric(s.Series)
				series, own[0], own[3] = s.Series, textCell(s.Series), textCell(m.Unit)
			}
			own[1], own[2] = integerCell(int(s.T)), numberCell(s.V)
			if err := emit(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// common are the columns that say which result of which run a row is about.
type common struct {
	columns []column
	factors []string
}

func newCommon(runs []*results.Run) common {
	c := common{columns: []column{
		{"run", text}, {"start", instant}, {"scenario", text}, {"release", text}, {"firmware", text}, {"session", text}, {"role", text},
		{"variant", text}, {"emulated", boolean}, {"seq", integer}, {"boot", integer}, {"block", integer}, {"repeat", integer}, {"case", text},
	}}
	for _, run := range runs {
		for _, name := range factorNames(run) {
			if !slices.Contains(c.factors, name) {
				c.factors = append(c.factors, name)
				c.columns = append(c.columns, column{"factor_" + name, text})
			}
		}
	}
	return c
}

// factorNames are those of a run in sweep order, then those that only its results have.
func factorNames(run *results.Run) []string {
	seen := map[string]bool{}
	for _, r := range run.Results {
		for name := range r.Factors {
			seen[name] = true
		}
	}
	for _, name := range run.Factors {
		delete(seen, name)
	}
	return append(slices.Clone(run.Factors), slices.Sorted(maps.Keys(seen))...)
}

// run are the cells of the columns that are the same for a whole run.
func (c common) run(run *results.Run) []cell {
	return []cell{
		textCell(run.ID), instantCell(run.Start), textCell(run.Scenario.Name), textCell(run.ReleaseName()), textCell(run.Identity["firmware"]),
		textCell(run.Session), textCell(role(run)), textCell(run.Variant), booleanCell(run.Emulated),
	}
}

// result are those of all common columns, in a slice of its own with room for those that follow.
func (c common) result(run []cell, r results.Result) []cell {
	const follow = 5
	head := append(make([]cell, 0, len(c.columns)+follow), run...)
	head = append(head, integerCell(r.Seq), integerCell(r.Boot), integerCell(r.Block), integerCell(r.Repeat), textCell(r.Case))
	for _, name := range c.factors {
		head = append(head, textCell(r.Factors[name]))
	}
	return head
}

func role(run *results.Run) string { return cmp.Or(run.Role, results.RoleCandidate) }

// metricNames are those of the metric table in its order, then those that it does not have, as of a later version.
func metricNames[V any](metrics map[string]V) []string {
	var names []string
	for _, m := range results.Metrics() {
		if _, ok := metrics[m.Name]; ok {
			names = append(names, m.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		if _, ok := results.LookupMetric(name); !ok {
			names = append(names, name)
		}
	}
	return names
}
