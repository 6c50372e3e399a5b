package history

import (
	"fmt"
	"math"
	"strings"

	"st67bench/analysis/compare"
	"st67bench/analysis/stats"
)

// outlying is the level of the tip test.
const outlying = 0.01

// Newest says whether the newest release is as good as what went before.
type Newest struct {
	Release      string          `json:"release"`
	Verdict      compare.Verdict `json:"verdict"`
	Against      string          `json:"against,omitempty"` // the release that the gate compared it with; empty when single boots allow the tip test alone
	Change       *float64        `json:"change,omitempty"`  // from there
	Interval     *compare.Range  `json:"interval,omitempty"`
	P            *float64        `json:"p,omitempty"`      // of what decided
	PHolm        *float64        `json:"p_holm,omitempty"` // over all series
	Margin       float64         `json:"margin"`
	Tip          *Tip            `json:"tip,omitempty"` // absent below three releases in the last stable segment
	Acknowledged string          `json:"acknowledged,omitempty"`
	Note         string          `json:"note,omitempty"`
}

// Tip is the tip test: the newest release among those of the last stable segment.
type Tip struct {
	Change   float64       `json:"change"`   // from the segment's level
	Interval compare.Range `json:"interval"` // of the change, 95 %: that of a further release of the segment
	P        float64       `json:"p"`
	N        int           `json:"n"`        // releases in the segment, without the newest
	Outlying bool          `json:"outlying"` // p is at most 0.01 and the change larger than the margin

	contrast contrast // as levels
}

// tip tests the last of the points of a segment against the others.
func (s *Series) tip(segment []float64) *Tip {
	n := len(segment) - 1
	if n < 3 {
		return nil
	}
	before, newest := segment[:n], segment[n]
	c := contrast{
		estimate: newest - stats.Mean(before),
		se:       stats.Deviation(before) * math.Sqrt(1+1/float64(n)),
		degrees:  float64(n - 1),
	}
	t := &Tip{Change: s.change(c.estimate), Interval: s.span(c.interval(stats.Confidence)), P: c.p(), N: n, contrast: c}
	t.Outlying = t.P <= outlying && math.Abs(t.Change) > s.Metric.Margin
	return t
}

// equivalent is the confidence of the interval that has to lie within the margins: two one-sided tests of 5 % each.
const equivalent = 0.90

// gate compares the last point with an earlier one, relative to their references where drift is removed. Its interval is at
// least as wide as the releases of the last stable segment scatter: boots of one sitting do not know how sittings differ.
func (s *Series) gate(base, newest Point, both spreads, stable []float64) (c contrast, ok bool) {
	c, ok = both.contrast(less(newest.terms, base.terms))
	if n := len(stable); n > 3 {
		scatter := contrast{estimate: newest.level - base.level, se: math.Sqrt2 * stats.Deviation(stable), degrees: float64(n - 1)}
		if !ok || scatter.se > c.se {
			return scatter, true
		}
	}
	return c, ok
}

// judge is the word about the newest point, which is the last of all. base is the index of the point that it is held against.
func (s *Series) judge(points []Point, h shape, base int) Newest {
	last := len(points) - 1
	w := Newest{Release: points[last].Release, Margin: s.Metric.Margin, Verdict: compare.Inconclusive}
	parts := segments(h.flat, h.cuts)
	segment := parts[len(parts)-1]
	w.Tip = s.tip(segment)
	if base < 0 {
		w.Note = "the first release that was measured: there is nothing to hold it against"
		return w
	}
	c, ok := s.gate(points[base], points[last], s.spreads(), segment[:len(segment)-1])
	switch {
	case ok:
		w.Against = points[base].Release
	case w.Tip != nil:
		c = w.Tip.contrast
		w.Note = fmt.Sprintf("against the level of the %d releases before it: single boots do not tell one release from another", w.Tip.N)
	default:
		w.Note = "single boots say nothing of chance: measure more of them, or three releases more"
		return w
	}
	change, interval, p := s.change(c.estimate), s.span(c.interval(stats.Confidence)), c.p()
	w.Change, w.Interval, w.P, w.Verdict = &change, &interval, &p, s.verdict(c)
	if w.Verdict != compare.Regressed && w.Tip != nil && w.Tip.Outlying && s.worse(w.Tip.contrast.estimate) {
		w.Verdict, w.P = compare.Regressed, &w.Tip.P
		w.Note = fmt.Sprintf("%s from the level of the %d releases before it: outside what they let expect", percent(w.Tip.Change, s.Ratio), w.Tip.N)
	}
	if with := beside(points[base+1:]); with != "" && (w.Verdict == compare.Regressed || w.Verdict == compare.Improved) {
		w.Note = strings.TrimPrefix(w.Note+"; whether that is the firmware's doing nobody can tell: with it changed "+with, "; ")
	}
	return w
}

// beside is what changed beside the firmware up to the last of the points.
func beside(points []Point) string {
	var all []string
	for _, p := range points {
		if p.Mark != "" {
			all = append(all, p.Mark)
		}
	}
	return strings.Join(all, "; ")
}

// verdict holds the intervals of a difference against the margin: the table of compare.
func (s *Series) verdict(c contrast) compare.Verdict {
	margin := s.Metric.Margin
	if s.Ratio {
		margin = -math.Log1p(-margin)
	}
	c.estimate *= float64(s.Metric.Better) // higher is better
	all, inner := c.interval(stats.Confidence), c.interval(equivalent)
	switch within := inner.Lo > -margin && inner.Hi < margin; {
	case all.Hi < 0 && c.estimate < -margin:
		return compare.Regressed
	case all.Lo > 0 && c.estimate > margin:
		return compare.Improved
	case within && (all.Lo > 0 || all.Hi < 0):
		return compare.Negligible
	case within:
		return compare.Equivalent
	case inner.Lo > -margin:
		return compare.NonInferior
	}
	return compare.Inconclusive
}
