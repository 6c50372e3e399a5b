package power

import (
	"encoding/binary"
	"fmt"
	"math"

	"st67bench/results/trace"
)

const (
	// stampSlack is how far, in samples, the instrument's own time may be ahead of its samples before some are missing: 2 ms.
	// The time comes in whole ms, so that it is up to 1 ms off each way, without any loss.
	stampSlack = 2 * shieldRate / 1000
	// stampDrift is how much faster the instrument's ms may run than its samples, as a fraction, without any loss. What is lost
	// so slowly is seen against the wall clock.
	stampDrift = 100e-6
	// stampJump is the longest loss, in samples, that a stamp is believed: 10 minutes.
	stampJump = 600 * shieldRate
	// stampEvery is how many samples lie at least between two stamps that are passed on: 1 s.
	stampEvery = shieldRate
)

// shieldStamps holds the time stamps in the stream, one every 10 ms, against its samples.
type shieldStamps struct {
	seen   bool
	ahead  float64 // samples that the instrument's time is ahead of ours
	index  int64   // of the last stamp
	passed int64   // index from which on the next stamp is passed on
	full   bool    // the last one had its overflow bit set
	begin  int64   // index at which the instrument's time was 0
}

// stamp takes metadata F3: four bytes with ms since the start, whose first bit tells an overflow, and the filling of the
// instrument's buffer in percent. When its time is ahead, samples are missing; where among those since the stamp before is
// not known, so that they are left out at this one.
func (s *shieldStream) stamp(body []byte) {
	raw := binary.BigEndian.Uint32(body)
	ms := raw &^ (1 << 31)
	k := &s.stamps
	ahead := float64(ms)*(shieldRate/1000) - float64(s.block.End())
	off := ahead - k.ahead
	switch slow := stampDrift * float64(s.block.End()-k.index); {
	case !k.seen:
		k.seen, k.ahead, k.passed = true, ahead, s.block.End()
	case off > stampSlack && off < stampJump:
		s.gap(int64(math.Round(off)), fmt.Sprintf("the instrument's time at this stamp, %d ms, is that far ahead of its samples", ms))
	case math.Abs(off) > stampSlack:
		s.event(trace.Warning, 0, fmt.Sprintf("the instrument's clock jumped by %.0f ms", off*1000/shieldRate))
		k.ahead = ahead
	default:
		k.ahead += min(max(off, -slow), slow)
	}
	k.index = s.block.End()
	if full := raw != ms; full != k.full {
		if k.full = full; full {
			s.event(trace.Warning, 0, "the instrument sets the overflow bit of its time stamps")
		}
	}
	if k.index >= k.passed {
		s.event(trace.Stamp, float64(k.begin)/shieldRate+float64(ms)/1000, "")
		k.passed = k.index + stampEvery
	}
}
