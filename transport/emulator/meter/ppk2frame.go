package meter

import (
	"encoding/binary"
	"math"
)

// Fields of a frame, a little-endian word.
const (
	adcBits       = 14
	maxADC        = 1<<adcBits - 1
	rangeShift    = adcBits
	counterShift  = 18
	counterMask   = 1<<6 - 1
	logicShift    = 24
	spikedSamples = 3
)

// ppk2Switch are the currents, in A, from which on the next range is taken. They are nominal: the firmware's are not
// published.
var ppk2Switch = [4]float64{50e-6, 500e-6, 5e-3, 60e-3}

// voltsPerStep is that of the converter in the formula of the frames: a = 4 adc, x = (a - O) 1.8/163840 / R,
// I = x (GS x + GI) + S VDD + I0, without the user's gain, which is a correction by the host.
const voltsPerStep = 1.8 / 163840

func (p *ppk2) samples(amps []float32, digital []byte) {
	p.frames = p.frames[:0]
	for i, a := range amps {
		r, adc := p.convert(a)
		p.frames = binary.LittleEndian.AppendUint32(p.frames,
			adc|uint32(r)<<rangeShift|p.count()<<counterShift|uint32(digital[i])<<logicShift)
	}
	out := p.frames
	if p.m.cut {
		p.m.cut = false
		p.m.say(out[1:4])
		out = out[4:]
	}
	// What does not fit is lost, whole frames of it.
	p.m.say(out[:min(len(out), p.m.out.room()/4*4)])
}

func (p *ppk2) lost(n int) { p.counter += uint32(n) }

// count is the counter of the next frame.
func (p *ppk2) count() uint32 {
	c := p.counter
	p.counter++
	if p.odd {
		p.odd = false
		c += 5
	}
	return c & counterMask
}

// convert is what the converter gives for a current, and in which range.
func (p *ppk2) convert(a float32) (r int, adc uint32) {
	r = p.rangeOf(float64(a))
	if r != p.ranged {
		p.ranged, p.since = r, 0
	}
	if a != p.last || r != p.lastRange || p.lastADC == 0 {
		p.last, p.lastRange, p.lastADC = a, r, p.cal.invert(float64(a), r, float64(p.vdd)/1000)
	}
	v := p.lastADC
	if p.since < spikedSamples {
		p.since++
		if s := p.m.conf.Model.Spike; s != 0 {
			v = p.cal.invert(float64(a)*(1+s), r, float64(p.vdd)/1000)
		}
	}
	return r, uint32(min(max(math.Round(v+p.m.jitter()), 0), maxADC))
}

// rangeOf is the range of a current.
func (p *ppk2) rangeOf(a float64) int {
	if p.locked >= 0 {
		return p.locked
	}
	r := 0
	for r < len(ppk2Switch) && a >= ppk2Switch[r] {
		r++
	}
	if p.storm > 0 {
		if p.storm--; p.storm%2 == 1 {
			r = min(r+1, 4)
		}
	}
	return r
}

// invert is the converter's reading, in its steps and before it is rounded, for a current in A in range r at volts.
func (c *calibration) invert(amps float64, r int, volts float64) float64 {
	y := amps - c.s[r]*volts - c.i[r]
	x := y / c.gi[r]
	if gs := c.gs[r]; gs != 0 {
		d := c.gi[r]*c.gi[r] + 4*gs*y
		x = (math.Sqrt(max(d, 0)) - c.gi[r]) / (2 * gs)
	}
	return (x*c.r[r]/voltsPerStep + c.o[r]) / 4
}
