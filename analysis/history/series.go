package history

import (
	"math"
	"slices"

	"st67bench/results"
)

// Series is one metric of one case over the releases of a firmware.
type Series struct {
	Name     string         // key of the course, unique within a history: "goodput", "length=2920/goodput"
	Scenario string         // empty for numbers that came from elsewhere
	Case     string         // likewise
	Metric   results.Metric // Margin is the least change that counts, a fraction; it is positive
	Ratio    bool           // differences are those of logarithms, and values that are not positive count as missing
	Releases []Release      // in their order
	Emulated bool           // the figures are the emulator's, not a module's
}

// Release is what was measured of one release.
type Release struct {
	Name     string
	Sessions []Session
	// What merely was so, of the candidate; several values are sorted and joined by commas, empty is not known.
	Firmware, Unit, Rig, Tool string
}

// Session is one sitting of the rig. A value is that of one boot, in the metric's unit.
type Session struct {
	Name              string
	Candidate         []float64
	Reference         []float64 // the frozen firmware, measured in this session; empty when it was not
	ReferenceFirmware string    // empty when it is not known
}

// level is a value on the scale on which differences are taken: its logarithm where the metric is compared by ratio.
func (s *Series) level(v float64) float64 {
	if s.Ratio {
		return math.Log(v)
	}
	return v
}

// change is a difference of levels as people say it: a fraction of the old level where the metric is compared by ratio.
func (s *Series) change(d float64) float64 {
	if s.Ratio {
		return min(math.Expm1(d), math.MaxFloat64) // the far end of an interval may be beyond it, and JSON has no infinity
	}
	return d
}

// worse says that a change in this direction is for the worse.
func (s *Series) worse(d float64) bool { return d*float64(s.Metric.Better) < 0 }

// levels are the values that can be compared; those of a ratio have to be positive.
func (s *Series) levels(values []float64) []float64 {
	var all []float64
	for _, v := range values {
		if l := s.level(v); !math.IsNaN(l) && !math.IsInf(l, 0) {
			all = append(all, l)
		}
	}
	return all
}

// referenced says that a reference was measured in some session.
func (s Series) referenced() bool {
	return slices.ContainsFunc(s.Releases, func(r Release) bool {
		return slices.ContainsFunc(r.Sessions, func(one Session) bool { return len(one.Reference) > 0 })
	})
}
