package history

import (
	"math"

	"st67bench/analysis/compare"
	"st67bench/analysis/stats"
)

// Kind says what sort of change it is.
type Kind string

const (
	Step  Kind = "step"  // a new level
	Fixed Kind = "fixed" // a new level that takes back a step for the worse
	Creep Kind = "creep" // a slope
)

// The part of a step for the worse that has to be taken back for it to be fixed.
const (
	recovered = 0.8
	partly    = 0.6 // when chance explains what is missing
)

// Change is one change in a course. Fractions are of the level before where the metric is compared by ratio.
type Change struct {
	Release      string        `json:"release"`              // the first at the new level; of a creep the first of those that creep
	Firmware     string        `json:"firmware,omitempty"`   // of that release
	Bracket      [2]string     `json:"bracket"`              // the last measured release before the change, and Release; of a creep its first and last
	Size         float64       `json:"size"`                 // of a creep over all its releases
	Interval     compare.Range `json:"interval"`             // 95 %, Welch's between the two segments; of a creep Theil and Sen's
	P            float64       `json:"p"`                    // of the cut; of a creep Mann and Kendall's
	Q            *float64      `json:"q,omitempty"`          // of the first cut of the series among all series, Benjamini and Hochberg's
	Confidence   *float64      `json:"confidence,omitempty"` // that it is at this release and not at a neighbour; absent for a creep
	Kind         Kind          `json:"kind"`
	Worse        bool          `json:"worse"`
	Gone         bool          `json:"gone,omitempty"`         // of a step for the worse: a later change took it back
	Slope        *float64      `json:"slope,omitempty"`        // of a creep, a release
	FixedIn      string        `json:"fixed_in,omitempty"`     // the release of that change
	Acknowledged string        `json:"acknowledged,omitempty"` // why it is accepted
	Mark         string        `json:"mark,omitempty"`         // what changed with it beside the firmware, so that no release is named

	at int // the first point at the new level
}

// steps are the changes that the cuts of a shape make.
func (s *Series) steps(points []Point, h shape) []Change {
	var all []Change
	x := h.flat
	r := seeded(x)
	for i, c := range h.cuts {
		from, to := around(x, h.cuts, i)
		before, after := x[from:c.at], x[c.at:to]
		d := stats.Mean(after) - stats.Mean(before)
		sure := sure(before, after, r)
		one := Change{
			Release: points[c.at].Release, Bracket: [2]string{points[c.at-1].Release, points[c.at].Release}, Kind: Step,
			Size: s.change(d), Interval: s.span(welch(before, after)), P: c.p, Confidence: &sure, Worse: s.worse(d), Mark: points[c.at].Mark, at: c.at,
		}
		all = append(all, one)
	}
	s.fix(all, h)
	return all
}

// fix finds for each step for the worse the later change for the better that takes it back. Where something else changed
// with that, it is gone, but no release has fixed it.
func (s *Series) fix(all []Change, h shape) {
	parts := segments(h.flat, h.cuts)
	for i := range all {
		for j := i + 1; j < len(all) && all[i].Worse; j++ {
			if !all[j].Worse && restores(parts[i], parts[i+1], parts[j+1]) {
				all[i].Gone, all[j].Kind = true, Fixed
				if all[j].Mark == "" {
					all[i].FixedIn = all[j].Release
				}
				break
			}
		}
	}
}

// restores says that of the step between two segments as much is taken back in a later one as makes it fixed. When the
// estimate falls short of that, chance has to explain the rest, and most of the step be taken back.
func restores(before, during, after []float64) bool {
	step := stats.Mean(before) - stats.Mean(during)
	part := (stats.Mean(after) - stats.Mean(during)) / step
	if part >= recovered {
		return true
	}
	missing := welch(before, after) // of the level before
	best := 1 + max(missing.Lo/step, missing.Hi/step)
	return part >= partly && best >= recovered
}

// surely is the part of the margin that the near end of a creep's interval has to reach: a step that is too small to count
// has a slope too, one that adds up to half as much again as the step.
const surely = 2.0 / 3

// creep is the slope of a shape as a change; nil when it is none that counts.
func (s *Series) creep(points []Point, h shape) *Change {
	rest := h.rest(points)
	releases := make([]float64, len(rest))
	for i := range releases {
		releases[i] = float64(i)
	}
	slope, interval, ok := stats.TheilSen(releases, rest)
	p, tested := stats.MannKendall(rest)
	if !ok || !tested || interval == nil || p > alpha {
		return nil
	}
	n := float64(len(rest))
	total := stats.Interval{Lo: n * interval.Lo, Hi: n * interval.Hi}
	nearest := min(math.Abs(total.Lo), math.Abs(total.Hi))
	if math.Abs(s.change(n*slope)) <= s.Metric.Margin || total.Lo*total.Hi <= 0 || nearest < surely*s.margin() {
		return nil
	}
	each := s.change(slope)
	first, last := points[0].Release, points[len(points)-1].Release
	return &Change{
		Release: first, Bracket: [2]string{first, last}, Kind: Creep, Size: s.change(n * slope), Interval: s.span(total), P: p,
		Worse: s.worse(slope), Slope: &each,
	}
}

// span is an interval of differences as changes.
func (s *Series) span(d stats.Interval) compare.Range {
	return compare.Range{s.change(d.Lo), s.change(d.Hi)}
}

// welch is the interval of the difference of two segments, which have two points or more each.
func welch(before, after []float64) stats.Interval {
	i, _ := stats.WelchInterval(before, after, stats.Confidence)
	return i
}
