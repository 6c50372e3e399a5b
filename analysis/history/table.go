package history

import (
	"math"
	"slices"
	"strings"

	"st67bench/analysis/stats"
	"st67bench/results"
)

// series makes the series of the rows that were read.
func (r *rows) series() []Series {
	all := make([]Series, len(r.columns))
	for i, c := range r.columns {
		all[i] = Series{
			Name: c.Name, Ratio: c.ratio(),
			Metric: results.Metric{Name: c.Name, Title: c.Name, Better: c.Better, Margin: c.Margin},
		}
	}
	sittings := map[string][]row{} // the reference's rows by the session that they name
	for _, one := range r.all {
		if one.role == results.RoleReference && one.session != "" {
			sittings[one.session] = append(sittings[one.session], one)
		}
	}
	for _, own := range grouped(r.all, func(one row) string { return one.release }) {
		if !slices.ContainsFunc(own, func(one row) bool { return one.role == results.RoleCandidate }) {
			continue // the reference's own name
		}
		release := newRelease(own)
		sessions := grouped(own, func(one row) string { return one.session })
		for i := range all {
			release.Sessions = nil
			for _, session := range sessions {
				release.Sessions = append(release.Sessions, newSession(session, sittings[session[0].session], i, all[i].mean()))
			}
			all[i].Releases = append(all[i].Releases, release)
		}
	}
	return all
}

// newRelease is what the rows of a release say of it.
func newRelease(own []row) Release {
	of := func(field func(row) string) string {
		var values []string
		for _, one := range own {
			if one.role == results.RoleCandidate {
				values = append(values, field(one))
			}
		}
		return joined(values)
	}
	return Release{
		Name:     own[0].release,
		Firmware: of(func(one row) string { return one.firmware }),
		Unit:     of(func(one row) string { return one.unit }),
		Rig:      of(func(one row) string { return one.rig }),
		Tool:     of(func(one row) string { return one.tool }),
	}
}

// newSession is what the rows of a session say in a column. Where none of them is the reference's, those stand in that
// another release has of this session.
func newSession(own, sitting []row, column int, mean func([]float64) float64) Session {
	candidate, reference := []row{}, []row{}
	for _, one := range own {
		if one.role == results.RoleCandidate {
			candidate = append(candidate, one)
		} else {
			reference = append(reference, one)
		}
	}
	if len(reference) == 0 {
		reference = sitting
	}
	var firmware []string
	for _, one := range reference {
		firmware = append(firmware, one.firmware)
	}
	return Session{
		Name: own[0].session, Candidate: boots(candidate, column, mean), Reference: boots(reference, column, mean), ReferenceFirmware: joined(firmware),
	}
}

// boots are the values of a column, one for each run: rows of one run are its repeats, and have their mean. A row that names
// no run is one by itself.
func boots(all []row, column int, mean func([]float64) float64) []float64 {
	var values []float64
	for _, run := range grouped(all, func(one row) string { return one.run }) {
		var repeats []float64
		for _, one := range run {
			if v := one.values[column]; !math.IsNaN(v) {
				repeats = append(repeats, v)
			}
		}
		switch {
		case run[0].run == "":
			values = append(values, repeats...)
		case len(repeats) > 0:
			values = append(values, mean(repeats))
		}
	}
	return values
}

// mean is that of the repeats of a boot.
func (s *Series) mean() func([]float64) float64 {
	if s.Ratio {
		return geometric
	}
	return stats.Mean
}

// geometric is the geometric mean of positive values, exactly that of equal ones.
func geometric(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v / values[0])
	}
	return values[0] * math.Exp(sum/float64(len(values)))
}

// grouped are the rows by a field, in the order of its first appearance.
func grouped(all []row, field func(row) string) (groups [][]row) {
	place := map[string]int{}
	for _, one := range all {
		key := field(one)
		i, known := place[key]
		if !known {
			i = len(groups)
			place[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], one)
	}
	return groups
}

// joined are the different values that are known, sorted.
func joined(values []string) string {
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	slices.Sort(values)
	return strings.Join(slices.Compact(values), ",")
}
