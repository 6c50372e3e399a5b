package power

import (
	"fmt"
	"time"

	"st67bench/results/trace"
)

const (
	// shieldRate is the only rate that we ask for: whether a lower one averages or leaves samples out is not documented.
	shieldRate = 100_000
	// shieldPiece bounds the samples of one block.
	shieldPiece = 4096
	// shieldProof is how many pairs in a row have to be samples, each within a factor of 256 of the one before, until the
	// stream counts as in step again. Out of step, the exponent is made of the mantissa's noise: one pair in four cannot be.
	shieldProof = 64
	// shieldDoubt is how many samples before one that cannot be are left out as well, but for those before a time stamp: they
	// may have been out of step already. It is 10 ms, longer than a wake, in which the mantissa's noise is small.
	shieldDoubt = 1000
	// shieldNoise is how many bytes without a sample are taken before the stream is given up.
	shieldNoise = 1 << 20
	// shieldText is the longest text that an instrument sends between samples.
	shieldText = 256
)

// shieldStream takes the binary stream of a PowerShield apart. It is fed with bytes in any pieces; what it emits depends on the
// bytes alone. Two bytes are a sample: the current in A is m/16^e, e in the upper four bits, m in the lower twelve. e = 15 does
// not occur: a pair that begins with F0 is metadata, F0 and its kind, then as many bytes as the kind has, then FF FF.
type shieldStream struct {
	profile *shieldProfile
	since   time.Time
	emit    func(trace.Block) error
	said    func(string) // is told each text and, as "power down", that of the output

	block  trace.Block // that is being filled
	at     time.Time   // of the bytes that are being fed
	fed    []fed       // how far the block had come with each feed
	rest   []byte      // of an item that is not complete
	stamps shieldStamps
	over   int64 // until this index, current out of range is no news
	// opening is whether the answer to start is still to come; listening whether another answer may come between samples.
	opening, listening bool
	stopped            time.Time // when the last samples had come before the acquisition was stopped for a while
	ended              bool      // the instrument said that its acquisition is over
	why                string    // what it said before that may be the reason
	err                error     // of emit, or that the stream makes no sense

	searching bool
	lost      int       // bytes since the stream was in step
	noise     int       // those of them that came, and cannot be
	held      []float32 // samples since then that may be in step
	exponent  int       // of the last one
	trusted   int64     // index up to which samples are beyond doubt
}

// fed says that the samples before an index had come at an instant.
type fed struct {
	end int64
	at  time.Time
}

func newShieldStream(profile *shieldProfile, since time.Time, emit func(trace.Block) error, said func(string)) *shieldStream {
	return &shieldStream{
		profile: profile, since: since, emit: emit, said: said, opening: true,
		block: trace.Block{Amps: make([]float32, 0, shieldPiece+shieldProof+1)},
		rest:  make([]byte, 0, shieldText), held: make([]float32, 0, shieldProof),
	}
}

// feed takes what was read at an instant, and emits the samples of all that is complete.
func (s *shieldStream) feed(p []byte, at time.Time) error {
	s.at = at
	for len(s.rest) > 0 && len(p) > 0 {
		s.rest = append(s.rest, p[0])
		p = p[1:]
		n := s.items(s.rest)
		s.rest = s.rest[:copy(s.rest, s.rest[n:])]
	}
	s.rest = append(s.rest, p[s.items(p):]...)
	if n := len(s.fed); n == 0 || s.fed[n-1].end < s.block.End() {
		s.fed = append(s.fed, fed{s.block.End(), at})
	}
	s.flush()
	return s.err
}

// again says that the acquisition was stopped, and will be started again.
func (s *shieldStream) again() {
	s.hand(s.block.End())
	s.opening, s.ended, s.searching, s.stopped = true, false, false, s.at
	s.rest, s.held, s.lost, s.noise = s.rest[:0], s.held[:0], 0, 0
}

// drop tells that n bytes that came were not read in time.
func (s *shieldStream) drop(n int) {
	s.searching = true
	s.lost += n + len(s.rest) + 2*len(s.held)
	s.rest, s.held = s.rest[:0], s.held[:0]
}

// items takes all that is complete and returns how many bytes that is.
func (s *shieldStream) items(p []byte) int {
	i := 0
	for s.err == nil && !s.ended {
		if !s.searching && !s.opening && !s.listening {
			i += s.samples(p[i:])
		}
		if len(s.block.Amps) >= shieldPiece {
			s.hand(s.block.End() - shieldDoubt)
		}
		n := s.special(p[i:])
		if n == 0 {
			return i
		}
		if i += n; s.noise > shieldNoise {
			s.err = fmt.Errorf("no samples in %d bytes; the last ones are % X", s.noise, p[max(0, i-16):i])
		}
	}
	return len(p)
}

// shieldScale is 16^-e.
var shieldScale = func() (scale [16]float32) {
	scale[0] = 1
	for e := 1; e < len(scale); e++ {
		scale[e] = scale[e-1] / 16
	}
	return scale
}()

// samples is the path of nearly all bytes: pairs that are samples within the range, as many as there are and have room.
func (s *shieldStream) samples(p []byte) int {
	i, limit, amps := 0, s.profile.maxAmps, s.block.Amps
	for ; i+1 < len(p) && len(amps) < shieldPiece; i += 2 {
		a := float32(uint16(p[i]&0xF)<<8|uint16(p[i+1])) * shieldScale[p[i]>>4]
		if p[i] >= 0xF0 || a > limit {
			break
		}
		amps = append(amps, a)
	}
	s.block.Amps = amps
	return i
}

// special takes one item of whatever kind; 0 when it is not complete.
func (s *shieldStream) special(p []byte) int {
	if s.opening {
		return s.text(p)
	}
	if len(p) < 2 {
		return 0
	}
	if s.listening && len(p) < 4 {
		return 0
	}
	if s.listening && isAnswer(p) {
		return s.text(p)
	}
	switch {
	case p[0] == '\r' && p[1] == '\n': // as a sample it would be 3338 A
		return s.text(p)
	case p[0] == 0xF0:
		return s.metadata(p)
	case p[0] > 0xF0:
		return s.slip(p, 0)
	}
	exponent := int(p[0] >> 4)
	amps := float32(uint16(p[0]&0xF)<<8|uint16(p[1])) * shieldScale[exponent]
	steady := len(s.held) == 0 || exponent-s.exponent <= 1 && s.exponent-exponent <= 1
	switch {
	case amps > s.profile.mostAmps || s.searching && !steady:
		return s.slip(p, amps)
	case s.searching:
		s.exponent = exponent
		if s.held = append(s.held, amps); len(s.held) == shieldProof {
			s.inStep()
		}
	default:
		s.sample(amps)
	}
	return 2
}

// sample takes a sample that is not on the quick path.
func (s *shieldStream) sample(amps float32) {
	index := s.block.End()
	if amps > s.profile.maxAmps && index >= s.over {
		s.event(trace.OverRange, float64(amps), "")
	}
	if amps > s.profile.maxAmps {
		s.over = index + shieldRate/100
	}
	s.block.Amps = append(s.block.Amps, amps)
}

// slip leaves a byte out, since the stream is out of step here: in step, these bytes cannot be.
func (s *shieldStream) slip(p []byte, amps float32) int {
	if !s.searching {
		s.doubt()
		s.event(trace.Implausible, float64(amps), fmt.Sprintf("bytes % X", p[:2]))
	}
	s.lost += 2*len(s.held) + 1
	s.noise += 2*len(s.held) + 1
	s.held = s.held[:0]
	return 1
}

// doubt begins a search, and takes back the last samples.
func (s *shieldStream) doubt() {
	s.searching = true
	n := min(shieldDoubt, len(s.block.Amps), int(s.block.End()-s.trusted))
	s.block.Amps = s.block.Amps[:len(s.block.Amps)-n]
	for i := range s.block.Events {
		s.block.Events[i].Index = min(s.block.Events[i].Index, s.block.End())
	}
	for i := range s.fed {
		s.fed[i].end = min(s.fed[i].end, s.block.End())
	}
	s.lost += 2 * n
}

// inStep ends a search: what was held are samples, what was left out is a gap.
func (s *shieldStream) inStep() {
	s.searching = false
	s.gap(int64(max(1, s.lost/2)), "out of step: as many samples as bytes had to be left out, or more")
	s.lost, s.noise, s.trusted = 0, 0, s.block.End()
	s.block.Amps = append(s.block.Amps, s.held...)
	s.held = s.held[:0]
}
