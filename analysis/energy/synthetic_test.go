package energy

import (
	"math/rand/v2"
	"time"

	"st67bench/results/trace"
)

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
	return hostLink{offset: 12.345678, ppm: ppm, batch: 0.030, bus: 0.0003, noise: 0.0004, stall: 0.05}
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
		e := c.Time(float64(i)).Seconds() - l.at(float64(first+i), rate)
		if e < 0 {
			e = -e
		}
		worst = max(worst, e)
	}
	return worst
}
