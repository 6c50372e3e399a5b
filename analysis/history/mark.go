package history

import (
	"fmt"
	"strings"
)

// mark notes at each point what changed beside the firmware since the point before. The reference's firmware counts where
// the points are relative to it.
func (s *Series) mark(points []Point, relative bool) {
	for i := range points {
		if i == 0 {
			continue
		}
		before, now := s.release(points[i-1].Release), s.release(points[i].Release)
		var all []string
		for _, c := range []struct{ what, before, now string }{
			{"unit", before.Unit, now.Unit}, {"rig", before.Rig, now.Rig}, {"tool", before.Tool, now.Tool},
			{"reference", before.reference(relative), now.reference(relative)},
		} {
			if c.before != c.now && c.before != "" && c.now != "" {
				all = append(all, fmt.Sprintf("%s %s -> %s", c.what, c.before, c.now))
			}
		}
		points[i].Mark = strings.Join(all, "; ")
	}
}

// reference is the firmware of the reference in the sessions of a release, when it matters.
func (r *Release) reference(relative bool) string {
	if !relative {
		return ""
	}
	var all []string
	for _, one := range r.Sessions {
		all = append(all, one.ReferenceFirmware)
	}
	return joined(all)
}
