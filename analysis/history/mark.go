package history

import (
	"fmt"
	"strings"
)

// mark notes at each point what changed beside the firmware since the point before; frozen says that the reference's firmware
// is part of that.
func (s *Series) mark(points []Point, frozen bool) {
	for i := 1; i < len(points); i++ {
		before, now := s.release(points[i-1].Release), s.release(points[i].Release)
		var all []string
		for _, c := range []struct{ what, before, now string }{
			{"unit", before.Unit, now.Unit}, {"rig", before.Rig, now.Rig}, {"tool", before.Tool, now.Tool},
			{"reference", before.reference(), now.reference()},
		} {
			if another(c.before, c.now) && (frozen || c.what != "reference") {
				all = append(all, fmt.Sprintf("%s %s -> %s", c.what, c.before, c.now))
			}
		}
		points[i].Mark = strings.Join(all, "; ")
	}
}

func another(before, now string) bool { return before != now && before != "" && now != "" }

// exchanged counts the releases at which the reference's firmware is another.
func (s *Series) exchanged(points []Point) (n int) {
	for i := 1; i < len(points); i++ {
		if another(s.release(points[i-1].Release).reference(), s.release(points[i].Release).reference()) {
			n++
		}
	}
	return n
}

// reference is the firmware of the reference in the sessions of a release.
func (r *Release) reference() string {
	var all []string
	for _, one := range r.Sessions {
		all = append(all, one.ReferenceFirmware)
	}
	return joined(all)
}
