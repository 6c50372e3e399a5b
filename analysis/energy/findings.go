package energy

import (
	"fmt"
	"slices"

	"st67bench/results"
)

// Findings say in sentences what the traces of a run come to: floor and charge per wake of a sweep over DTIM, power over the
// offered load, and how long a battery would last. A run without traces has none.
func Findings(run *results.Run) []string {
	var out []string
	for _, f := range WakeFits(run) {
		out = append(out, f.sentence())
	}
	out = append(out, agreements(run)...)
	for _, f := range LoadFits(run) {
		out = append(out, f.sentence())
	}
	if text := lasting(run); text != "" {
		out = append(out, text)
	}
	return out
}

// of names the group of a fit.
func of(group string) string {
	if group == "" {
		return ""
	}
	return "At " + group + ": "
}

func (f WakeFit) sentence() string {
	text := fmt.Sprintf("%s%s without wakes and %s per wake explain the current at every interval of %s (%s)",
		of(f.Group), results.FormatQuantity(f.Base, "A"), results.FormatQuantity(f.Slope, "C"), f.Over, f.Fit())
	switch {
	case f.Problem != nil:
		return text + "; but the " + f.Problem.Text + ": " + f.Problem.Do + "."
	case f.Direct > 0:
		return text + fmt.Sprintf("; the wakes themselves show %s.", results.FormatQuantity(f.Direct, "C"))
	}
	return text + "."
}

func (f LoadFit) sentence() string {
	return fmt.Sprintf("%sPower is %s plus %s of payload that goes through (%s).",
		of(f.Group), results.FormatQuantity(f.Base, "W"), results.FormatQuantity(f.Slope, "J/bit"), f.Fit())
}

// agreements say what became of the TWT agreements of a run, one for each case that has one.
func agreements(run *results.Run) []string {
	var out []string
	for _, c := range run.Cases {
		var service, every, awake []float64
		for _, r := range run.Results {
			if r.Case == c.Key && r.Metrics["service_period"] > 0 && r.Metrics["wake_interval"] > 0 {
				service, every, awake = append(service, r.Metrics["service_period"]), append(every, r.Metrics["wake_interval"]), append(awake, r.Metrics["wake_time"])
			}
		}
		if len(every) > 0 {
			out = append(out, fmt.Sprintf("At %s a service period of %.5g ms was agreed on, and comes every %.4g s; the module is awake for %s each time.",
				c.Key, 1e3*middle(service), middle(every), results.FormatQuantity(middle(awake), "s")))
		}
	}
	return out
}

// lasting is how long a battery lasts at the smallest and at the greatest mean current of a module that was left alone: the other
// workloads run for moments only.
func lasting(run *results.Run) string {
	low, high := extremes(run)
	if low.Case == "" || run.About().Kind != idleKind {
		return ""
	}
	cell := Cells()[1]
	best, ok := Battery(low.Metrics["current"], cell)
	worst, also := Battery(high.Metrics["current"], cell)
	if !ok || !also {
		return ""
	}
	text := fmt.Sprintf("%s (%s) would last %s at %s", cell.Name, best.Assumptions[0], best, low.Case)
	if high.Case != low.Case {
		text += fmt.Sprintf(", %s at %s", worst, high.Case)
	}
	return text + ", with nothing else on it."
}

// extremes are the measured results with the smallest and the greatest mean current.
func extremes(run *results.Run) (low, high results.Result) {
	for _, r := range run.Results {
		i, ok := r.Metrics["current"]
		if !ok || !slices.Contains([]results.Outcome{results.Pass, results.Fail}, r.Outcome) {
			continue
		}
		if low.Case == "" || i < low.Metrics["current"] {
			low = r
		}
		if high.Case == "" || i > high.Metrics["current"] {
			high = r
		}
	}
	return low, high
}
