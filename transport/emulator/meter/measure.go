package meter

import (
	"math"
	"time"
)

// piece is the most samples that are asked for at once.
const piece = 2048

// run is an acquisition.
type run struct {
	on    bool
	armed bool // it begins with the first rising edge of digital channel 0
	begin time.Time
	rate  float64 // nominal, samples/s
	n     int64   // samples taken
	limit int64   // of an acquisition that ends by itself; 0: none
}

// thinning loses 64 samples of each so many.
type thinning struct{ of, at int }

const thinBy = 64

// measure begins an acquisition at the instant at, or at the trigger.
func (m *Meter) measure(at time.Time, rate float64, limit int64, armed bool) {
	m.run = run{on: true, armed: armed, begin: at, rate: rate, limit: limit}
	m.smeared = math.NaN()
	m.runs++
}

// trueRate is the sample rate on the host's clock.
func (m *Meter) trueRate() float64 { return m.run.rate * (1 + m.conf.Model.PPM*1e-6) }

// instant is when sample n begins.
func (m *Meter) instant(n int64) time.Time {
	return m.run.begin.Add(time.Duration(math.Round(float64(n) / m.trueRate() * 1e9)))
}

// advance takes the samples that are due, and lets faults hit where they are to.
func (m *Meter) advance(now time.Time) {
	for m.run.on {
		due := int64(now.Sub(m.run.begin.Add(m.conf.Model.Lag)).Seconds() * m.trueRate())
		k := min(due-m.run.n, piece)
		if k <= 0 || m.run.armed && !m.triggered(int(k)) {
			return
		}
		if m.run.armed {
			m.run.armed = false
			continue
		}
		if m.run.limit > 0 {
			k = min(k, m.run.limit-m.run.n)
		}
		if k = m.strike(k); k == 0 {
			continue
		}
		if err := m.take(int(k)); err != nil {
			m.fail(err)
			return
		}
		if m.run.on && m.run.limit > 0 && m.run.n == m.run.limit {
			m.run.on = false
			m.instrument.done()
		}
	}
}

// strike lets the faults hit that are due, and is how many of the next k samples there are before another one.
func (m *Meter) strike(k int64) int64 {
	for _, f := range m.faults {
		switch d := f.until(m.taken, m.measured, m.run.rate); {
		case d == 0:
			f.pass()
			m.hit(f)
			return 0
		case d > 0:
			k = min(k, d)
		}
	}
	return k
}

// take takes up to k samples, all of them to be sent or all to be lost.
func (m *Meter) take(k int) error {
	losing := m.lose > 0
	switch t := &m.thin; {
	case losing:
		k = min(k, m.lose)
		m.lose -= k
	case t.of > 0:
		if losing = t.at < thinBy; losing {
			k = min(k, thinBy-t.at)
		} else {
			k = min(k, t.of-t.at)
		}
		t.at = (t.at + k) % t.of
	}
	amps, digital := m.amps[:k], m.digital[:k]
	if err := m.read(amps, digital); err != nil {
		return err
	}
	m.run.n += int64(k)
	m.taken += int64(k)
	m.measured += time.Duration(float64(k) / m.run.rate * 1e9)
	if losing {
		m.instrument.lost(k)
	} else {
		m.instrument.samples(amps, digital)
	}
	return nil
}

// read fills amps and digital with the next samples, through what lies before the instrument's converter.
func (m *Meter) read(amps []float32, digital []byte) error {
	from, rate := m.instant(m.run.n), m.trueRate()
	if err := m.conf.Source.Current(amps, from, rate); err != nil {
		return err
	}
	if m.conf.Digital != nil {
		if err := m.conf.Digital(digital, from, rate); err != nil {
			return err
		}
	} else {
		clear(digital)
	}
	if f := m.standing("warm-up"); f != nil && m.runs == 1 {
		for i := range amps {
			amps[i] *= float32(1 + f.value)
		}
	}
	if rc := m.conf.Model.RC.Seconds(); rc > 0 {
		m.smear(amps, 1-math.Exp(-1/(rate*rc)))
	}
	return nil
}

// smear is the low pass of the capacitors.
func (m *Meter) smear(amps []float32, alpha float64) {
	if math.IsNaN(m.smeared) {
		m.smeared = float64(amps[0])
	}
	for i, a := range amps {
		m.smeared += alpha * (float64(a) - m.smeared)
		amps[i] = float32(m.smeared)
	}
}

// triggered looks for the rising edge among the next k samples. Where there is one the acquisition begins there;
// else they are passed by.
func (m *Meter) triggered(k int) bool {
	if m.conf.Digital == nil {
		return false
	}
	levels := m.digital[:k]
	if err := m.conf.Digital(levels, m.instant(m.run.n), m.trueRate()); err != nil {
		m.fail(err)
		return false
	}
	for i := 1; i < k; i++ {
		if levels[i-1]&1 == 0 && levels[i]&1 != 0 {
			m.run.begin, m.run.n = m.instant(m.run.n+int64(i)), 0
			return true
		}
	}
	m.run.n += int64(k - 1)
	return false
}

// hit carries out a fault.
func (m *Meter) hit(f *fault) {
	switch f.name {
	case "gap":
		m.lose = int(f.value)
	case "compress":
		m.thin = thinning{of: max(thinBy+1, int(math.Round(thinBy/f.value)))}
	case "lost-byte":
		m.cut = true
	case "over-current":
		m.instrument.trip()
	case "supply-drop":
		m.conf.Source.Supply(false)
	case "stall":
		m.out.hold(time.Now().Add(time.Duration(f.value) * time.Millisecond))
	case "silent":
		m.muted = true
	case "unplug":
		m.fail(ErrUnplugged)
	default:
		m.instrument.hit(f)
	}
}

// jitter is the noise of one sample, in steps of its number.
func (m *Meter) jitter() float64 {
	if m.conf.Model.Noise == 0 {
		return 0
	}
	return m.noise.NormFloat64() * m.conf.Model.Noise
}
