package power

import (
	"encoding/binary"
	"math"
)

const (
	// ppk2Run is how many frames with counters that follow each other are step. Noise has such a run once in 64^4.
	ppk2Run = 5
	// ppk2LongRun settles it when the bytes can be cut into frames in more than one way.
	ppk2LongRun = 32
	// ppk2Window holds the longest run.
	ppk2Window = (ppk2LongRun + 1) * ppk2Frame
)

// ppk2Search finds where frames begin in a stream of bytes: where the counters follow each other. There are four ways to
// cut it, and each is followed at the same time. The zero value has seen nothing.
type ppk2Search struct {
	last [ppk2Frame]byte // the counter of the newest frame of each cut
	run  [ppk2Frame]int  // frames up to it that follow each other
}

// see looks at the bytes p, of which the last is new, after some that were dropped since the decoder was in step. It
// returns where in p the run begins that is step.
func (s *ppk2Search) see(p []byte, dropped int, c *ppk2Conversion) (start int, ok bool) {
	if len(p) < ppk2Frame {
		return 0, false
	}
	frame := p[len(p)-ppk2Frame:]
	cut := (dropped + len(p)) % ppk2Frame
	counter := ppk2Counter(frame)
	switch {
	case !(math.Abs(c.amps(binary.LittleEndian.Uint32(frame))) <= ppk2Wild):
		s.run[cut] = 0
	case s.run[cut] > 0 && counter == (s.last[cut]+1)%ppk2Counts:
		s.run[cut]++
	default:
		s.run[cut] = 1
	}
	s.last[cut] = counter
	if s.run[cut] < ppk2Run {
		return 0, false
	}
	for other, run := range s.run {
		// A steady rise of the current, or a counter on the digital channels, can look like a run as well. It ends; where
		// it does not, frames are taken to begin where they did.
		if other != cut && run >= ppk2Run-1 && (s.run[cut] < ppk2LongRun || other == 0) {
			return 0, false
		}
	}
	return len(p) - s.run[cut]*ppk2Frame, true
}
