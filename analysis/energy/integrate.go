package energy

import (
	"math"

	"st67bench/results/trace"
)

// Sums are what a part of a trace adds up to.
type Sums struct {
	Charge  float64 // C
	Energy  float64 // J; NaN when the voltage is not known
	Covered float64 // s that were measured
}

// integral adds up samples, in A, W and sample periods: point samples by trapezoids between neighbours, averages by
// rectangles. A gap ends a run of neighbours, so that nothing is added across it.
type integral struct {
	point  bool
	volts  float64 // of a block that has none; NaN when not known
	charge float64 // A x periods
	energy float64 // W x periods
	count  float64 // periods

	next        int64   // index after the last sample; 0 when there is none to go on from
	amps, watts float64 // the last sample
}

// add takes a block whose samples follow all that were added before.
func (s *integral) add(b trace.Block) {
	n := len(b.Amps)
	if n == 0 {
		return
	}
	s.link(b)
	charge := sum(b.Amps)
	first, firstWatts := s.sample(b, 0)
	s.amps, s.watts = s.sample(b, n-1)
	energy := charge * s.volts
	if b.Volts != nil {
		energy = dot(b.Amps, b.Volts)
	}
	s.next = b.End()
	s.count += float64(n)
	if s.point { // all but half of both ends: one period less than samples
		charge -= (first + s.amps) / 2
		energy -= (firstWatts + s.watts) / 2
		s.count--
	}
	s.charge += charge
	s.energy += energy
}

// link adds the trapezoid between the last sample and the first of a block, when they are neighbours.
func (s *integral) link(b trace.Block) { s.part(b, 1) }

// part adds the first fraction f of the period before a block's first sample, for point samples, or of that sample's own
// period, for averages, where link has nothing to add.
func (s *integral) part(b trace.Block, f float64) {
	amps, watts := s.sample(b, 0)
	switch {
	case !s.point && f < 1:
		s.charge += f * amps
		s.energy += f * watts
		s.count += f
	case s.point && s.next == b.Index && s.next != 0:
		s.charge += f*s.amps + f*f/2*(amps-s.amps)
		s.energy += f*s.watts + f*f/2*(watts-s.watts)
		s.count += f
	}
	s.next = 0
}

func (s *integral) sample(b trace.Block, i int) (amps, watts float64) {
	amps = float64(b.Amps[i])
	if b.Volts != nil {
		return amps, amps * float64(b.Volts[i])
	}
	return amps, amps * s.volts
}

// sum has four partial sums, since one addition does not wait for the others then.
func sum(a []float32) float64 {
	var s [4]float64
	for ; len(a) >= 4; a = a[4:] {
		s[0] += float64(a[0])
		s[1] += float64(a[1])
		s[2] += float64(a[2])
		s[3] += float64(a[3])
	}
	for _, v := range a {
		s[0] += float64(v)
	}
	return s[0] + s[1] + s[2] + s[3]
}

func dot(a, b []float32) float64 {
	var s [2]float64
	for ; len(a) >= 2 && len(b) >= 2; a, b = a[2:], b[2:] {
		s[0] += float64(a[0]) * float64(b[0])
		s[1] += float64(a[1]) * float64(b[1])
	}
	for i, v := range a {
		s[0] += float64(v) * float64(b[i])
	}
	return s[0] + s[1]
}

// compensated is a sum that keeps what rounding takes away (Neumaier, ZAMM 54, 1974).
type compensated struct{ sum, lost float64 }

func (c *compensated) add(v float64) {
	t := c.sum + v
	if math.Abs(c.sum) >= math.Abs(v) {
		c.lost += (c.sum - t) + v
	} else {
		c.lost += (v - t) + c.sum
	}
	c.sum = t
}

func (c *compensated) value() float64 { return c.sum + c.lost }
