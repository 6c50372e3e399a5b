package energy

import (
	"math"

	"st67bench/results/trace"
)

// scan is what the checks keep of the samples.
type scan struct {
	low, high      float32 // between them, a sample needs no second look
	least, end, no float32 // end of the range below and above, and what cannot be; A
	nothing        float32 // A below which a module that has supply never is
	slump          int64   // samples that a collapse of the current lasts at least

	samples, bad, saturated, clipped int64
	charge, endCharge                float64 // A x samples
	max                              float32

	run, runs, longest, longestAt int64 // samples in a row that are next to nothing
	next                          int64

	volts, undervolted int64
	leastVolts         float32

	plain, differing int64
	added            float64 // A x samples, by the spike filter
}

func (s *scan) prepare(h trace.Header, q Question) {
	s.least = float32(h.MinAmps)
	s.end, s.no = float32(math.Inf(1)), 10 // A: nothing here draws as much
	if h.MaxAmps > 0 {
		s.end, s.no = float32(h.MaxAmps*atEnd), float32(h.MaxAmps*farOver)
	}
	if !q.Off && h.MinAmps <= leastOn(q) && !coarse(h) { // else it cannot tell so little from nothing
		s.nothing = float32(leastOn(q))
	}
	s.low, s.high = max(s.least, s.nothing), min(s.end, s.no)
	s.slump = max(int64(collapse.Seconds()*h.Rate), 2)
	s.max, s.leastVolts = float32(math.Inf(-1)), float32(math.Inf(1))
}

// add takes a block that follows all that were added before. Nearly all samples take the first branch.
func (s *scan) add(b trace.Block) {
	if b.Index != s.next {
		s.rise(s.next)
	}
	s.next = b.End()
	s.samples += int64(len(b.Amps))
	sum, most := 0.0, s.max
	for i, a := range b.Amps {
		if a > s.low && a < s.high {
			if s.run > 0 {
				s.rise(b.Index + int64(i))
			}
		} else if !s.odd(b.Index+int64(i), a) {
			continue
		}
		sum += float64(a)
		if a > most {
			most = a
		}
	}
	s.charge += sum
	s.max = most
	s.voltage(b.Volts)
	if b.Plain != nil {
		s.compare(b.Amps, b.Plain)
	}
}

// odd takes a sample that is out of the ordinary, and says whether it is a current at all.
func (s *scan) odd(index int64, a float32) bool {
	if !(a < s.no && a > -s.no) { // NaN too
		s.bad++
		return false
	}
	if a >= s.end {
		s.saturated++
		s.endCharge += float64(a)
	}
	if a == 0 || s.least > 0 && a < s.least { // what is below 0 was not clipped there
		s.clipped++
	}
	if a < s.nothing {
		s.run++
	} else {
		s.rise(index)
	}
	return true
}

// rise ends a run of samples that are next to nothing, before an index.
func (s *scan) rise(index int64) {
	if s.run >= s.slump {
		s.runs++
	}
	if s.run > s.longest {
		s.longest, s.longestAt = s.run, index-s.run
	}
	s.run = 0
}

func (s *scan) finish() { s.rise(s.next) }

func (s *scan) voltage(volts []float32) {
	s.volts += int64(len(volts))
	for _, v := range volts {
		if v < leastVolts {
			s.undervolted++
		}
		if v < s.leastVolts {
			s.leastVolts = v
		}
	}
}

// compare holds the samples against those without the spike filter; a difference that cannot be is implausible already.
func (s *scan) compare(amps, plain []float32) {
	s.plain += int64(len(plain))
	for i, p := range plain {
		d := amps[i] - p
		if d != 0 {
			s.differing++
		}
		if d < s.no && d > -s.no {
			s.added += float64(d)
		}
	}
}
