package analysis

import (
	"fmt"
	"math"
	"slices"
	"time"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// leastVaries is how many boots say how boots differ.
const leastVaries = 3

// Varies says what makes the values of a metric differ, by the variance components of boots (each an association) and of repeats
// within one; see stats.Components. Deviations are fractions of the mean: of logarithms, for what is compared by ratios.
type Varies struct {
	Boots   float64 `json:"boots"`      // deviation from boot to boot, beyond what repeats explain
	Repeats float64 `json:"repeats"`    // deviation from repeat to repeat within a boot
	Share   float64 `json:"boot_share"` // of the variance of a repeat that is from boot to boot, 0..1
	// Best is how many repeats of each boot narrow an interval over boots most for the time, by what a boot and a repeat cost in
	// this run; see stats.BestRepeats. 0 when the run does not say what they cost.
	Best int `json:"best_repeats,omitempty"`
}

// varies is nil unless there are three boots, and repeats within one, that differ.
func varies(m results.Metric, groups [][]float64, costs costs) *Varies {
	if len(groups) < leastVaries {
		return nil
	}
	parts, mean := onScale(m, groups)
	between, within, ok := stats.Components(parts)
	if !ok || between+within == 0 || mean == 0 {
		return nil
	}
	v := &Varies{Share: between / (between + within)}
	v.Boots, _ = relative(math.Sqrt(between), mean)
	v.Repeats, _ = relative(math.Sqrt(within), mean)
	if costs.boot > 0 && costs.round > 0 {
		v.Best = stats.BestRepeats(between, within, costs.boot.Seconds(), costs.round.Seconds())
	}
	return v
}

// onScale are the values of groups, of which none is empty, on the scale on which they vary, and what deviations there are a fraction
// of: logarithms and 1 for what is compared by ratios, else the values and their mean.
func onScale(m results.Metric, groups [][]float64) (parts [][]float64, mean float64) {
	all := slices.Concat(groups...)
	x, mean := logarithms(m, all), 1.0
	if x == nil {
		x, mean = all, m.Combine(all)
	}
	parts = make([][]float64, len(groups))
	for i, g := range groups {
		parts[i], x = x[:len(g)], x[len(g):]
	}
	return parts, mean
}

// costs are what a boot and a round of repeats, one of each case, took of the run's time; 0 where it does not say.
type costs struct{ boot, round time.Duration }

// costsOf reads them from the marks of the results. The time of a boot is that between the last repeat of one and the first of the
// next; between those of one side of an A/B run lie boots of the other, and it says nothing.
func costsOf(run *results.Run) costs {
	if run.Variant != "" {
		return costs{}
	}
	var within, between time.Duration
	rounds, boots := 0.0, 0
	var last *results.Result
	var ended time.Duration
	cases := map[string]bool{}
	for i := range run.Results {
		r := &run.Results[i]
		if len(r.Marks) == 0 {
			continue
		}
		begun := r.Marks[0].T
		cases[r.Case] = true
		switch {
		case last == nil:
		case last.Boot == r.Boot:
			within += begun - last.Marks[0].T
			rounds++
		default:
			between += begun - ended
			boots++
		}
		last, ended = r, r.Marks[len(r.Marks)-1].T
	}
	if rounds == 0 || boots == 0 || within <= 0 || between <= 0 {
		return costs{}
	}
	return costs{
		boot:  between / time.Duration(boots),
		round: time.Duration(float64(within) / rounds * float64(len(cases))),
	}
}

// findVariation says what to repeat, of what the run is about: in the case that varies most.
func findVariation(s *Summary) string {
	m, _ := results.LookupMetric(s.Primary())
	var worst *Case
	size := func(c *Case) float64 { v := c.Metrics[m.Name].Varies; return math.Hypot(v.Boots, v.Repeats) }
	for i := range s.Cases {
		c := &s.Cases[i]
		if c.Metrics[m.Name].Varies != nil && (worst == nil || size(c) > size(worst)) {
			worst = c
		}
	}
	if worst == nil {
		return ""
	}
	st := worst.Metrics[m.Name]
	return s.at(*worst) + nameOf(m) + " " + st.Varies.say(float64(worst.Measured)/float64(max(s.Boots, 1)))
}

// say is it in words, for a run with so many repeats of each boot.
func (v Varies) say(repeats float64) string {
	text := fmt.Sprintf("varies by %s from boot to boot and by %s from repeat to repeat within one, %s and %s of the variance: ",
		share(v.Boots), share(v.Repeats), share(v.Share), share(1-v.Share))
	// Of the variance of a boot's mean, the repeats' part is what more of them could take off.
	switch part := v.Repeats * v.Repeats / repeats; {
	case part < v.Boots*v.Boots/4:
		text += "more boots narrow it, more repeats do not"
	case part > v.Boots*v.Boots*4:
		text += "more repeats narrow it as well as more boots"
	default:
		text += "more boots narrow it, more repeats somewhat"
	}
	switch {
	case v.Best == 1:
		text += "; by what a boot costs, 1 repeat of each is best"
	case v.Best > 1:
		text += fmt.Sprintf("; by what a boot costs, %d repeats of each are best", v.Best)
	}
	return text
}
