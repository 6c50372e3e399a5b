package history

import (
	"fmt"
	"math"
	"slices"

	"st67bench/analysis/stats"
)

// drifts is the F above which sessions are taken relative to their reference: there the difference to it scatters less
// than the value itself, because var(session) > var(boot)/boots exactly when F > 2.
const drifts = 2

// Drift is how the reference moved between sessions.
type Drift struct {
	Sessions int     `json:"sessions"` // that have a reference
	F        float64 `json:"f"`        // mean square between sessions over that within them; absent when nothing moved
	Removed  bool    `json:"removed"`  // the points are relative to the reference
}

// drift compares the sessions' references with each other; nil when there are not two of them. What is within comes from
// the candidates where no session has two boots of the reference, and where every boot is a single one from what references
// and candidates do not share. Without any of these there is no F.
func (s *Series) drift() *Drift {
	candidate, reference := s.boots()
	if len(reference) < 2 {
		return nil
	}
	d := &Drift{Sessions: len(reference)}
	within, ok := pooled(reference)
	if !ok {
		within, ok = pooled(candidate)
	}
	if !ok {
		within, ok = s.unshared()
	}
	if !ok {
		return d
	}
	means, boots := make([]float64, len(reference)), 0
	for i, ref := range reference {
		means[i] = stats.Mean(ref)
		boots += len(ref)
	}
	grand, between := 0.0, 0.0
	for i, ref := range reference {
		grand += (means[i] - means[0]) * float64(len(ref)) / float64(boots)
	}
	for i, ref := range reference {
		e := means[i] - means[0] - grand
		between += float64(len(ref)) * e * e
	}
	between /= float64(len(reference) - 1)
	// F > 2, written so that boots that are all alike do not divide by zero
	d.Removed = between > drifts*within && between > 0
	if within > 0 {
		d.F = between / within
	}
	return d
}

// boots are those of each session, as levels. A reference that stands beside two releases of one session is there once.
func (s *Series) boots() (candidate, reference [][]float64) {
	seen := map[string]bool{}
	for _, r := range s.Releases {
		for _, one := range r.Sessions {
			if c := s.levels(one.Candidate); len(c) > 0 {
				candidate = append(candidate, c)
			}
			f := s.levels(one.Reference)
			key := fmt.Sprint(one.Name, f)
			if len(f) > 0 && (one.Name == "" || !seen[key]) {
				seen[key] = true
				reference = append(reference, f)
			}
		}
	}
	return candidate, reference
}

// unshared is the variance of a boot from single ones: a candidate less its reference has not the session in it, and from one
// session to the next that differs by four boots' luck. A median is not moved by the releases at which the firmware changed.
// False below three such differences.
func (s *Series) unshared() (variance float64, ok bool) {
	var steps []float64
	var last *float64
	session := ""
	for _, r := range s.Releases {
		for _, one := range r.Sessions {
			c, f := s.levels(one.Candidate), s.levels(one.Reference)
			if len(c) != 1 || len(f) != 1 || last != nil && one.Name != "" && one.Name == session {
				continue
			}
			now := c[0] - f[0]
			if last != nil {
				steps = append(steps, math.Abs(now-*last))
			}
			last, session = &now, one.Name
		}
	}
	if len(steps) < 3 {
		return 0, false
	}
	slices.Sort(steps)
	sd := stats.Quantile(steps, 0.5) / quartile / 2
	return sd * sd, true
}

// quartile is the median of the absolute value of a normal variable of variance 1.
const quartile = 0.6744897501960817

// pooled is the variance within groups; false without a group of two.
func pooled(groups [][]float64) (variance float64, ok bool) {
	squares, degrees := 0.0, 0
	for _, g := range groups {
		if len(g) > 1 {
			sd := stats.Deviation(g)
			squares += sd * sd * float64(len(g)-1)
			degrees += len(g) - 1
		}
	}
	if degrees == 0 {
		return 0, false
	}
	return squares / float64(degrees), true
}
