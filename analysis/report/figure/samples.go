package figure

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"st67bench/analysis"
	"st67bench/analysis/report/chart"
	"st67bench/results"
)

const (
	mostPoints = 400     // of one curve: about one per pixel of a small screen
	mostCases  = 12      // whose samples are read
	mostCurves = 7       // in one chart: more cannot be told apart
	mostValues = 1 << 20 // kept of one series of one case
)

// readSamples is results.Run.ReadSamples.
type readSamples func(seq int, fn func([]results.Sample) error) error

// caseSamples are the samples of a case that the page draws.
type caseSamples struct {
	c      analysis.Case
	values map[string]*analysis.Trail // by series: of all repeats
	first  map[string]*analysis.Trail // by series: of the first repeat, from its beginning
	marks  []results.Mark             // of that
}

// begin is when the first repeat began: its mark, or else the first sample of a series of it.
func (c *caseSamples) begin(l *analysis.Trail) time.Duration {
	if i := slices.IndexFunc(c.marks, func(m results.Mark) bool { return m.Name == "start" }); i >= 0 && c.marks[i].T <= l.T[0] {
		return c.marks[i].T
	}
	return l.T[0]
}

// sampled are the samples of the cases of a run.
type sampled struct {
	cases   []caseSamples
	left    int    // cases whose samples were not read, because too many have some
	problem string // which samples could not be read: the rest of the report does not depend on them
}

// sampledOf reads the samples of up to mostCases cases, spread over the sweep.
func sampledOf(s *analysis.Summary, all []results.Result, read readSamples) sampled {
	has := withSamples(s.Cases, all)
	shown := chart.Spread(has, mostCases)
	out := sampled{left: len(has) - len(shown)}
	for _, c := range shown {
		one := caseSamples{c: c, values: map[string]*analysis.Trail{}, first: map[string]*analysis.Trail{}}
		for _, r := range all {
			if r.Case != c.Key || r.Samples == "" || len(r.Metrics) == 0 {
				continue
			}
			if err := one.read(r, read); err != nil {
				out.problem = fmt.Sprintf("Not all samples could be read: %v", err)
			}
		}
		out.cases = append(out.cases, one)
	}
	return out
}

// read takes the samples of one repeat.
func (c *caseSamples) read(r results.Result, read readSamples) error {
	repeat := map[string]*analysis.Trail{}
	err := read(r.Seq, func(batch []results.Sample) error {
		for _, sample := range batch {
			if isDistribution(sample.Series) {
				trailOf(c.values, sample.Series).Add(sample.T, sample.V)
			}
			if isCourse(sample.Series) {
				trailOf(repeat, sample.Series).Add(sample.T, sample.V)
			}
		}
		return nil
	})
	if len(c.first) == 0 && len(repeat) > 0 {
		maps.Copy(c.first, repeat)
		c.marks = r.Marks
	}
	return err
}

func trailOf(m map[string]*analysis.Trail, series string) *analysis.Trail {
	if m[series] == nil {
		m[series] = &analysis.Trail{Most: mostValues}
	}
	return m[series]
}

// withSamples are the cases of which a result has samples.
func withSamples(cases []analysis.Case, all []results.Result) []analysis.Case {
	has := map[string]bool{}
	for _, r := range all {
		if r.Samples != "" && len(r.Metrics) > 0 {
			has[r.Case] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(cases), func(c analysis.Case) bool { return !has[c.Key] })
}
