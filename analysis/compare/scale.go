package compare

import (
	"math"
	"slices"

	"st67bench/analysis"
	"st67bench/analysis/stats"
	"st67bench/results"
)

// lossMetrics are those whose difference is absolute, in percentage points.
var lossMetrics = []string{"loss", "datagram_loss"}

// scale is the scale on which values of a metric are compared.
type scale struct {
	better float64 // +1 or -1: the sign that makes more of it better
	first  float64 // of logarithms: they are relative to it, so that equal values are exactly 0; else 0
	unit   float64 // of differences: what a change is a fraction of; 0 when there is nothing
}

// scaleFor is the scale for a metric with these values: logarithms for ratios, as long as all values are positive.
func scaleFor(m results.Metric, base, new []analysis.Observation) scale {
	s := scale{better: +1, unit: 1}
	if m.Better < 0 {
		s.better = -1
	}
	positive := func(o analysis.Observation) bool { return o.Value > 0 }
	all := slices.Concat(base, new)
	switch {
	case m.Ratio() && !slices.ContainsFunc(all, func(o analysis.Observation) bool { return !positive(o) }):
		s.first = base[0].Value
	case !slices.Contains(lossMetrics, m.Name):
		s.unit = math.Abs(stats.Mean(raw(base)))
	}
	return s
}

func raw(all []analysis.Observation) []float64 {
	v := make([]float64, len(all))
	for i, o := range all {
		v[i] = o.Value
	}
	return v
}

// of are the values on the scale.
func (s scale) of(all []analysis.Observation) []float64 {
	v := raw(all)
	if s.first != 0 {
		for i := range v {
			v[i] = math.Log(v[i] / s.first)
		}
	}
	return v
}

// back is a mean on the scale in the metric's unit.
func (s scale) back(mean float64) float64 {
	if s.first != 0 {
		return s.first * math.Exp(mean)
	}
	return mean
}

// margin is the smallest worsening that matters on the scale.
func (s scale) margin(fraction float64) float64 {
	if s.first != 0 {
		return -math.Log1p(-fraction)
	}
	return fraction * s.unit
}

// change is a difference on the scale as a fraction, nil where there is no base to relate it to.
func (s scale) change(d float64) *float64 {
	switch {
	case s.first != 0:
		d = math.Expm1(d)
	case s.unit != 0:
		d /= s.unit
	case d != 0:
		return nil
	}
	return &d
}

// span is an interval of a difference on the scale as fractions.
func (s scale) span(i *stats.Interval) *Range {
	if i == nil {
		return nil
	}
	lo, hi := s.change(i.Lo), s.change(i.Hi)
	if lo == nil || hi == nil {
		return nil
	}
	return &Range{*lo, *hi}
}

// oriented turns an interval so that more is better.
func (s scale) oriented(i *stats.Interval) *stats.Interval {
	if i == nil || s.better > 0 {
		return i
	}
	return &stats.Interval{Lo: -i.Hi, Hi: -i.Lo, Confidence: i.Confidence}
}
