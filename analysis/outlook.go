package analysis

import (
	"math"
	"slices"
	"time"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// What is detectable is found with this power by a two-sided test at this level.
const (
	detectPower = 0.8
	detectAlpha = 0.05
)

// Outlook is what a run that was made lets one expect of another with the same cases.
type Outlook struct {
	Run    string        // its ID
	Boot   time.Duration // of a boot, beside its repeats: reset, association and the first warm-up
	Repeat time.Duration // of a repeat, with what lies between it and the next

	run *results.Run
}

// NewOutlook is the outlook of a run; false when it has no repeat whose time is known.
func NewOutlook(run *results.Run) (*Outlook, bool) {
	o := &Outlook{Run: run.ID, run: run}
	var between, within, last time.Duration
	boots, repeats := 0, 0
	for _, boot := range byBoot(run.Results) {
		begin, end, n := span(boot)
		if n == 0 {
			continue
		}
		boots, repeats = boots+1, repeats+n
		between += begin - last
		within += end - begin
		last = end
	}
	if repeats == 0 {
		return nil, false
	}
	o.Boot, o.Repeat = between/time.Duration(boots), within/time.Duration(repeats)
	return o, true
}

// span is from the first to the last mark of some results, and how many of them have marks.
func span(all []results.Result) (from, to time.Duration, n int) {
	for _, r := range all {
		if len(r.Marks) == 0 {
			continue
		}
		if n == 0 {
			from = r.Marks[0].T
		}
		n++
		for _, m := range r.Marks {
			from, to = min(from, m.T), max(to, m.T)
		}
	}
	return from, to, n
}

// Primary is the metric that the run was about; empty when it has none.
func (o *Outlook) Primary() string {
	s, err := Summarize(o.run)
	if err != nil {
		return ""
	}
	return s.Primary()
}

// Spread is how much a metric varied in the case with this hash, as a coefficient of variation: from boot to boot, or within the
// boots from repeat to repeat. false when fewer than five values say it.
func (o *Outlook) Spread(hash, metric string, ofBoots bool) (cv float64, ok bool) {
	i := slices.IndexFunc(o.run.Cases, func(c results.CaseInfo) bool { return c.Hash == hash })
	m, known := results.LookupMetric(metric)
	if i < 0 || !known {
		return 0, false
	}
	var groups [][]float64
	for _, boot := range byBoot(o.run.Results) {
		var values []float64
		for _, r := range boot {
			if v, has := r.Metrics[metric]; has && r.Case == o.run.Cases[i].Key {
				values = append(values, v)
			}
		}
		if len(values) > 0 {
			groups = append(groups, values)
		}
	}
	if ofBoots {
		var boots []float64
		for _, g := range groups {
			boots = append(boots, m.Combine(g))
		}
		groups = [][]float64{boots}
	}
	return pooled(m, groups)
}

// pooled is the spread that groups have in common.
func pooled(m results.Metric, groups [][]float64) (cv float64, ok bool) {
	var sum, df float64
	for _, g := range groups {
		v := variationOf(m, g)
		sum += float64(len(g)-1) * v.deviation * v.deviation
		df += float64(len(g) - 1)
	}
	return math.Sqrt(sum / df), df >= FirstLook-1
}

// SpreadAt is the coefficient of variation at which n values are just as tight as target says, for what is compared by ratios. n is
// at least 2.
func SpreadAt(target float64, n int) float64 {
	return math.Asinh(target) * math.Sqrt(float64(n)) / quantilesOf(n).t
}

// Detectable is the smallest change, as a fraction, that n values a side find in 80 of 100 comparisons, at the 5 % level of a two-sided
// t test, when they vary by cv.
func Detectable(cv float64, n int) float64 {
	return cv * stats.DetectableEffect(n, detectAlpha, detectPower)
}
