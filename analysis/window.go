package analysis

import (
	"fmt"
	"math"
	"slices"

	"st67bench/analysis/stats"
	"st67bench/results"
)

const (
	mostWindows = 6       // repeats of a case that are looked at
	mostKept    = 1 << 16 // samples of a series of a repeat that are kept
	leastWorth  = 10      // effective values of a repeat whose interval is worth its name
	leastSeries = 10      // values that are a series

	mostDrift     = 3 // standard errors between the halves of a steady series
	mostExplained = 4 // of the bias: a beginning that is off makes the halves differ by twice what it makes the mean
)

// Window says whether a repeat is long enough for its own samples: how many independent values they are worth, which is fewer
// than they are where neighbours depend on each other, and whether its beginning is like the rest. It is a diagnosis, and no
// figure is made from it; figures are not cut. Values are medians over the repeats looked at, of two middle ones the larger.
type Window struct {
	Repeats   int      `json:"repeats"`              // looked at, spread over the run
	N         float64  `json:"n"`                    // samples of a repeat
	Tau       float64  `json:"tau"`                  // samples that one independent value is worth, see stats.Series
	Effective float64  `json:"effective"`            // independent values that a repeat is worth
	HalfWidth *float64 `json:"half_width,omitempty"` // of the 95 % interval of a repeat's mean, as a fraction; nil where it cannot carry one
	Duration  float64  `json:"duration"`             // s, from the first sample to the last
	Cut       float64  `json:"cut"`                  // s: how long the beginning is not like the rest, see stats.WarmUp
	Bias      float64  `json:"bias"`                 // by how much that moves the mean, as a fraction
	Drift     float64  `json:"drift"`                // by how much the second half is above the first, as a fraction
	// Unsettled is how many of the repeats have no steady part: the cut is more than a quarter of them, or the halves differ by more
	// than three of their standard errors and than the cut explains.
	Unsettled int `json:"unsettled,omitempty"`
	// Quantiles are intervals of the quantiles of one repeat, that in the middle, by its effective number and by their metric; those
	// that it cannot carry are absent.
	Quantiles map[string]*stats.Interval `json:"quantiles,omitempty"`

	spread float64 // deviation of a sample, as a fraction of the mean
}

// Watch looks into the samples of the run, which read gives as results.Run.ReadSamples does, and adds to its summary the Windows
// of each case, and warnings of those that are too short or have not settled. It reads at most six repeats of a case, and keeps
// at most 65 536 samples of each of their series. What cannot be read is a warning.
func (s *Summary) Watch(run *results.Run, read func(seq int, fn func([]results.Sample) error) error) {
	for i := range s.Cases {
		c := &s.Cases[i]
		found := map[string][]glance{}
		for _, r := range lookedAt(c.Key, run.Results) {
			views := map[string]*view{}
			if err := read(r.Seq, func(batch []results.Sample) error { return take(views, batch) }); err != nil {
				s.Warnings = append(s.Warnings, Warning{Code: "samples", Cases: []string{c.Key}, Text: fmt.Sprintf("%s: not all samples could be read: %v", c.Key, err)})
				continue
			}
			for series, v := range views {
				if v != nil && v.course.N() >= leastSeries && c.figured(series) {
					found[series] = append(found[series], v.look(series))
				}
			}
		}
		for series, glances := range found {
			if c.Windows == nil {
				c.Windows = map[string]Window{}
			}
			c.Windows[series] = windowOf(glances)
		}
	}
	s.Warnings = append(s.Warnings, warnWindows(s)...)
}

// lookedAt are the measured repeats of a case that have samples, at most mostWindows, spread evenly.
func lookedAt(key string, all []results.Result) []results.Result {
	var has []results.Result
	for _, r := range all {
		if r.Case == key && r.Samples != "" && len(r.Metrics) > 0 {
			has = append(has, r)
		}
	}
	if len(has) <= mostWindows {
		return has
	}
	out := make([]results.Result, mostWindows)
	for i := range out {
		out[i] = has[i*(len(has)-1)/(mostWindows-1)]
	}
	return out
}

// view is a series of one repeat as it is read.
type view struct {
	course stats.Course
	trail  Trail
}

// take adds a batch to the views by series. Of stages there is no figure that a window could be too short for.
func take(views map[string]*view, batch []results.Sample) error {
	var v *view
	for i, sample := range batch {
		if i == 0 || sample.Series != batch[i-1].Series {
			v = viewOf(views, sample.Series)
		}
		if v != nil {
			v.course.Add(sample.V)
			v.trail.Add(sample.T, sample.V)
		}
	}
	return nil
}

func viewOf(views map[string]*view, series string) *view {
	v, known := views[series]
	if !known {
		if isFigure(series) {
			v = &view{trail: Trail{Most: mostKept}}
		}
		views[series] = v
	}
	return v
}

// figured says whether the case has a figure of a series, or would have with more samples. A link's own records, such as how
// long a module took to wake for what was said before and after an idle repeat, are none.
func (c *Case) figured(series string) bool {
	names := []string{series}
	for _, r := range reported {
		names = append(names, series+r.suffix)
	}
	return slices.ContainsFunc(names, func(name string) bool {
		_, shown := c.Metrics[name]
		_, withheld := c.Withheld[name]
		return shown || withheld
	})
}

// isFigure says whether a series is what figures are made from: rates, and times of which there are quantiles.
func isFigure(series string) bool {
	m, known := results.LookupMetric(series)
	_, quantiles := results.LookupMetric(series + "_p50")
	return known && (m.Unit == "bit/s" || quantiles)
}

// glance is what one repeat shows.
type glance struct {
	stats.Series
	halfWidth float64 // as a fraction; NaN without an interval
	duration  float64 // s
	cut       float64 // s
	bias      float64 // as a fraction
	change    float64 // from the first half to the second, as a fraction
	unsettled bool
	quantiles map[string]*stats.Interval
}

func (v *view) look(series string) glance {
	g := glance{Series: v.course.Describe(), halfWidth: math.NaN()}
	if g.Interval != nil && g.Mean != 0 {
		g.halfWidth = (g.Interval.Hi - g.Interval.Lo) / 2 / math.Abs(g.Mean)
	}
	t := v.trail.T
	g.duration = (t[len(t)-1] - t[0]).Seconds()
	cut, rest, suspect := v.course.WarmUp()
	g.cut = (t[min(cut/v.trail.Every, len(t)-1)] - t[0]).Seconds()
	if rest != 0 {
		g.bias = g.Mean/rest - 1
	}
	if g.Halves[0] != 0 {
		g.change = g.Halves[1]/g.Halves[0] - 1
	}
	g.unsettled = suspect || math.Abs(g.Drift) > mostDrift && math.Abs(g.change) > mostExplained*math.Abs(g.bias)
	slices.Sort(v.trail.V)
	for _, r := range reported {
		if i := stats.QuantileInterval(v.trail.V, r.q, min(g.Effective, float64(len(v.trail.V)))); i != nil {
			if g.quantiles == nil {
				g.quantiles = map[string]*stats.Interval{}
			}
			g.quantiles[series+r.suffix] = i
		}
	}
	return g
}

// windowOf puts the repeats together; there is at least one.
func windowOf(all []glance) Window {
	median := func(of func(glance) float64) float64 {
		values := make([]float64, len(all))
		for i, g := range all {
			values[i] = of(g)
		}
		slices.Sort(values) // NaN comes first
		return values[len(values)/2]
	}
	w := Window{
		Repeats:   len(all),
		N:         median(func(g glance) float64 { return float64(g.N) }),
		Tau:       median(func(g glance) float64 { return g.Tau }),
		Effective: median(func(g glance) float64 { return g.Effective }),
		Duration:  median(func(g glance) float64 { return g.duration }),
		Cut:       median(func(g glance) float64 { return g.cut }),
		Bias:      median(func(g glance) float64 { return g.bias }),
		Drift:     median(func(g glance) float64 { return g.change }),
		Quantiles: all[len(all)/2].quantiles,
	}
	if h := median(func(g glance) float64 { return g.halfWidth }); !math.IsNaN(h) {
		w.HalfWidth = &h
	}
	w.spread, _ = relative(median(func(g glance) float64 { return g.Deviation }), median(func(g glance) float64 { return g.Mean }))
	for _, g := range all {
		if g.unsettled {
			w.Unsettled++
		}
	}
	return w
}
