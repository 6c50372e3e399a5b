package history

import (
	"math"

	"st67bench/analysis/compare"
	"st67bench/analysis/stats"
)

// Point is a release in a course.
type Point struct {
	Release string `json:"release"`
	// Value is the mean over the boots in the metric's unit, the geometric one where the metric is compared by ratio, and what
	// it would have been in the mean session where drift was removed. Absent when the release was not measured.
	Value    *float64       `json:"value,omitempty"`
	Interval *compare.Range `json:"interval,omitempty"`  // over boots; absent below two
	Raw      *float64       `json:"raw,omitempty"`       // the mean over the boots as they were measured
	Baseline *float64       `json:"reference,omitempty"` // the mean over the reference's boots in the same sessions
	Boots    int            `json:"n"`
	Mark     string         `json:"mark,omitempty"` // what changed beside the firmware since the release before: "unit a1 -> b2"

	level float64 // of Value
	terms []term  // what the level is made of
}

// term is a part of a sum of means.
type term struct {
	session string
	values  []float64
	weight  float64
	spread  int // whose boots these are, for their common variance: candidate or reference
}

// Whose boots a term has.
const (
	candidate = iota
	reference
)

// points are the releases that were measured, and where they stand among all. A session without a reference gives nothing
// where drift is removed; lost counts those.
func (s *Series) points(removed bool) (all []Point, lost int) {
	both := s.spreads()
	base := 0.0
	if removed {
		base = s.meanReference()
	}
	for _, r := range s.Releases {
		p := Point{Release: r.Name}
		var raw, ref []float64
		for _, one := range r.Sessions {
			c, f := s.levels(one.Candidate), s.levels(one.Reference)
			switch {
			case len(c) == 0:
				continue
			case removed && len(f) == 0:
				lost++
				continue
			}
			raw, ref = append(raw, c...), append(ref, f...)
			p.terms = append(p.terms, term{one.Name, c, float64(len(c)), candidate})
			if removed {
				p.terms = append(p.terms, term{one.Name, f, -float64(len(c)), reference})
			}
		}
		p.Boots = len(raw)
		for i := range p.terms {
			p.terms[i].weight /= float64(p.Boots)
		}
		if p.Boots > 0 {
			c, ok := both.contrast(p.terms)
			p.level = c.estimate + base
			if ok {
				i := c.interval(stats.Confidence)
				p.Interval = &compare.Range{*s.unit(i.Lo + base), *s.unit(i.Hi + base)}
			}
			p.Value, p.Raw = s.unit(p.level), s.unit(stats.Mean(raw))
			if len(ref) > 0 {
				p.Baseline = s.unit(stats.Mean(ref))
			}
		}
		all = append(all, p)
	}
	return all, lost
}

// meanReference is the mean over the sessions of their reference.
func (s *Series) meanReference() float64 {
	_, all := s.boots()
	means := make([]float64, len(all))
	for i, f := range all {
		means[i] = stats.Mean(f)
	}
	return stats.Mean(means)
}

// unit takes a level back to the metric's unit.
func (s *Series) unit(level float64) *float64 {
	if s.Ratio {
		level = min(math.Exp(level), math.MaxFloat64) // as in change
	}
	return &level
}

// levels are those of the points.
func levels(points []Point) []float64 {
	x := make([]float64, len(points))
	for i, p := range points {
		x[i] = p.level
	}
	return x
}
