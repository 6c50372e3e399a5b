package energy

import (
	"math"
	"math/rand/v2"
	"time"

	"st67bench/results/trace"
)

// instrument is a model of one that measures the synthetic module.
type instrument struct {
	header  trace.Header
	tau     float64 // s, of the decoupling capacitors with the shunt
	noise   float64 // A, standard deviation of one sample
	ranges  bool    // those of a PPK2, each with its step
	filter  bool    // the PPK2's spike filter, with the plain samples beside
	drops   []Span  // in the instrument's time; their samples are counted and lost
	link    hostLink
	signals []signal
}

// signal is a digital input, high in spans of the host's time.
type signal struct {
	name string
	high []Span
}

// ppk2 is a PPK2 on a supply with 3 x 10 µF, behind a busy USB.
func ppk2(ppm float64) instrument {
	return instrument{
		header: trace.Header{Instrument: "ppk2", Kind: trace.Point, Rate: 100_000, Volts: 3.3, VoltsFrom: "set", MinAmps: 0.2e-6, MaxAmps: 1},
		tau:    30e-6, noise: 0.3e-6, ranges: true, filter: true, link: usb(ppm),
	}
}

// meter is one whose samples are means, such as that of a source-measure unit.
func meter(rate, ppm float64) instrument {
	return instrument{
		header: trace.Header{Instrument: "scpi", Kind: trace.Average, Rate: rate, Volts: 3.3, VoltsFrom: "set", MinAmps: 10e-9, MaxAmps: 3},
		tau:    30e-6, noise: 0.3e-6, link: usb(ppm),
	}
}

// steps and ends of a PPK2's ranges, in A.
var (
	ppk2Steps = [...]float64{0.0426e-6, 0.432e-6, 4.33e-6, 46.8e-6, 1022e-6}
	ppk2Ends  = [...]float64{50e-6, 500e-6, 5e-3, 60e-3, math.Inf(1)}
)

// measure samples the segments from an instant of the host's clock on, in blocks of 10 ms.
func (m instrument) measure(rng *rand.Rand, segments []segment, seconds float64) *trace.Memory {
	rate := m.header.Rate
	n := int64(seconds * rate)
	for _, s := range m.signals {
		m.header.Digital = append(m.header.Digital, s.name)
	}
	r := &trace.Memory{Meta: trace.Side{Schema: 1, Header: m.header}}
	end := 1.0 // of a sample's period
	if m.header.Kind == trace.Point {
		end = 0
	}
	rc := smear{segments: segments, tau: m.tau, t: m.link.at(end-1, rate)}
	rc.v = ampsAt(segments, rc.t)
	f := spikes{last: -1}
	piece := int64(max(rate/100, 1))
	for from := int64(0); from < n; from += piece {
		b := trace.Block{Index: from}
		for i := from; i < min(from+piece, n); i++ {
			amps, step := rc.sample(m.link.at(float64(i)+end, rate), m.header.Kind), 0
			amps += rng.NormFloat64() * m.noise
			if m.ranges {
				for amps > ppk2Ends[step] {
					step++
				}
				amps = math.Round(amps/ppk2Steps[step]) * ppk2Steps[step]
			}
			if m.filter {
				b.Plain = append(b.Plain, float32(amps))
				amps = f.pass(amps, step)
			}
			b.Amps = append(b.Amps, float32(amps))
			if m.signals != nil {
				b.Digital = append(b.Digital, m.levels(m.link.at(float64(i)+end, rate)))
			}
		}
		if !m.dropped(float64(from)/rate, float64(b.End())/rate) {
			r.Add(b)
		}
	}
	r.Meta.Samples = n
	r.Meta.Arrivals = m.link.arrivals(rng, 0, n, rate)
	return r
}

// levels are the digital inputs at an instant.
func (m instrument) levels(t float64) byte {
	var d byte
	for bit, s := range m.signals {
		for _, h := range s.high {
			if t >= h.From.Seconds() && t < h.To.Seconds() {
				d |= 1 << bit
			}
		}
	}
	return d
}

func (m instrument) dropped(from, to float64) bool {
	for _, d := range m.drops {
		if from < d.To.Seconds() && to > d.From.Seconds() {
			return true
		}
	}
	return false
}

// smear is what the shunt sees of a current behind a capacitor: its charge is the same, its edges are not.
type smear struct {
	segments []segment
	tau      float64
	t, v     float64 // where it is, and the current there
	next     int     // segment that begins after t

	step, decay float64 // of the last time: most are the same
}

// sample goes on to an instant, and returns the current there or the mean since the last one.
func (s *smear) sample(to float64, kind trace.Kind) float64 {
	begin, charge := s.t, 0.0
	for s.t < to {
		for s.next < len(s.segments) && s.segments[s.next].from <= s.t {
			s.next++
		}
		end := to
		if s.next < len(s.segments) {
			end = min(end, s.segments[s.next].from)
		}
		target, dt := s.segments[max(s.next-1, 0)].amps, end-s.t
		left := s.v - target
		if math.Abs(dt-s.step) > 1e-12 {
			s.step, s.decay = dt, math.Exp(-dt/s.tau)
		}
		left *= s.decay
		charge += target*dt + (s.v-target-left)*s.tau
		s.v, s.t = target+left, end
	}
	if kind == trace.Average {
		return charge / (to - begin)
	}
	return s.v
}

// spikes is the PPK2's filter, as Nordic's application applies it (pc-nrfconnect-ppk, serialDevice.ts).
type spikes struct {
	last, after, since int
	mean, mean4        float64
}

func (f *spikes) pass(amps float64, step int) float64 {
	if f.last < 0 {
		f.last, f.mean, f.mean4 = step, amps, amps
		return amps
	}
	mean, mean4 := f.mean, f.mean4
	f.mean, f.mean4 = 0.18*amps+0.82*f.mean, 0.06*amps+0.94*f.mean4
	if step != f.last {
		f.last, f.after, f.since = step, 3, 0
	}
	if f.after == 0 {
		return amps
	}
	f.after--
	f.since++
	if step == 4 {
		if f.since <= 2 {
			f.mean, f.mean4 = mean, mean4
		}
		return f.mean4
	}
	return f.mean
}

// hostLink is the way of samples from an instrument to the host: they wait for the end of a batch, then for the bus,
// and then until the host's scheduler lets the reader run.
type hostLink struct {
	offset float64 // s on the host's clock at the instrument's first sample
	ppm    float64 // how much longer the instrument's second is than the host's
	batch  float64 // s
	bus    float64 // s, at least
	noise  float64 // s, mean of the scheduler's delay
	stall  float64 // share of the batches that wait another 20 ms
}

// usb is a full-speed device behind a busy host, with the batches of 30 ms in which Nordic's application reads a PPK2.
func usb(ppm float64) hostLink {
	return hostLink{offset: 0.0523456, ppm: ppm, batch: 0.030, bus: 0.0003, noise: 0.0004, stall: 0.05}
}

// at is the host's time of an index in the session.
func (l hostLink) at(index, rate float64) float64 { return l.offset + index/rate*(1+l.ppm*1e-6) }

// arrivals are those of the samples from first to before first+n; their indices count from first.
func (l hostLink) arrivals(rng *rand.Rand, first, n int64, rate float64) []trace.Arrival {
	var list []trace.Arrival
	step := l.batch * rate
	for i := step * (0.5 + rng.Float64()); int64(i) <= n; i += step {
		t := l.at(float64(first)+float64(int64(i)), rate) + l.bus + rng.ExpFloat64()*l.noise
		if rng.Float64() < l.stall {
			t += 0.020 * rng.Float64()
		}
		list = append(list, trace.Arrival{Index: int64(i), T: time.Duration(t * 1e9)})
	}
	return list
}

// clockError is how far a fitted clock is off, in s, at the worst of a trace's first, middle and last sample.
func (l hostLink) clockError(c trace.Clock, first, n int64, rate float64) float64 {
	worst := 0.0
	for _, i := range []int64{0, n / 2, n - 1} {
		worst = max(worst, math.Abs(c.Time(float64(i)).Seconds()-l.at(float64(first+i), rate)))
	}
	return worst
}
