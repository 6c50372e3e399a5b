package export

import (
	"cmp"
	"fmt"
	"slices"

	"st67bench/analysis"
	"st67bench/results"
)

// Boots is a row for each boot of the runs, the oldest run first, with a column for each metric of each case: what
// `st67bench history --csv` reads, whose run is the boot: RUN/BOOT. A value is Metric.Combine of the boot's repeats; losses are
// fractions of what was sent.
//
// The column of a metric is CASE/METRIC, "length=2920/goodput", and METRIC alone where no run has more than one case.
// A boot in which nothing was measured has no row. The only error is runs of several scenarios: equal cases of theirs are not
// the same measurement.
func Boots(runs ...*results.Run) (Table, error) {
	for _, run := range runs[1:] {
		if a, b := runs[0].Scenario.Name, run.Scenario.Name; a != b {
			return Table{}, fmt.Errorf("runs of several scenarios, %s and %s: a history is that of one; export them apart", a, b)
		}
	}
	runs = slices.Clone(runs)
	for i, run := range runs {
		runs[i] = analysis.WithFractions(run)
	}
	slices.SortStableFunc(runs, func(a, b *results.Run) int { return a.Start.Compare(b.Start) })
	t := Table{columns: []column{{"release", text}, {"session", text}, {"role", text}, {"firmware", text}, {"run", text},
		{"unit", text}, {"rig", text}, {"tool", text}}}
	values := valueColumns(runs)
	for _, v := range values {
		t.columns = append(t.columns, column{v.name, number})
	}
	t.rows = func(emit func([]cell) error) error {
		for _, run := range runs {
			for _, boot := range bootsOf(run) {
				row := []cell{textCell(run.ReleaseName()), textCell(run.Session), textCell(role(run)), textCell(run.Identity["firmware"]),
					textCell(fmt.Sprintf("%s/%d", run.ID, boot[0].Boot)), textCell(run.Conditions["unit"]), textCell(cmp.Or(run.Conditions["rig"], run.Rig.Name)), textCell(run.Tool)}
				for _, v := range values {
					row = append(row, v.of(boot))
				}
				if err := emit(row); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return t, nil
}

// valueColumn is a metric of a case.
type valueColumn struct {
	name, key string
	metric    results.Metric
}

// valueColumns are those that any of the runs has, cases in the order of the runs and their sweeps.
func valueColumns(runs []*results.Run) []valueColumn {
	var keys []string
	found := map[string]map[string]bool{} // by case: metrics
	for _, run := range runs {
		for _, c := range run.Cases {
			if !slices.Contains(keys, c.Key) {
				keys = append(keys, c.Key)
			}
		}
		for _, r := range run.Results {
			if !slices.Contains(keys, r.Case) {
				keys = append(keys, r.Case)
			}
			for name := range r.Metrics {
				if found[r.Case] == nil {
					found[r.Case] = map[string]bool{}
				}
				found[r.Case][name] = true
			}
		}
	}
	var all []valueColumn
	for _, key := range keys {
		for _, name := range metricNames(found[key]) {
			m, ok := results.LookupMetric(name)
			if !ok {
				continue // how its values combine is not known
			}
			v := valueColumn{name: name, key: key, metric: m}
			if len(keys) > 1 {
				v.name = key + "/" + name
			}
			all = append(all, v)
		}
	}
	return all
}

// bootsOf are the measured results of a run, boot by boot.
func bootsOf(run *results.Run) [][]results.Result {
	groups := map[int][]results.Result{}
	var order []int
	for _, r := range run.Results {
		if len(r.Metrics) == 0 {
			continue
		}
		if groups[r.Boot] == nil {
			order = append(order, r.Boot)
		}
		groups[r.Boot] = append(groups[r.Boot], r)
	}
	slices.Sort(order)
	all := make([][]results.Result, len(order))
	for i, boot := range order {
		all[i] = groups[boot]
	}
	return all
}

// of is the value of a boot; absent where it has none.
func (v valueColumn) of(boot []results.Result) cell {
	var values []float64
	for _, r := range boot {
		if x, ok := r.Metrics[v.metric.Name]; ok && r.Case == v.key {
			values = append(values, x)
		}
	}
	if len(values) == 0 {
		return cell{}
	}
	return numberCell(v.metric.Combine(values))
}
