package core

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// frameSize is how many payload bytes one radio frame carries: one TCP segment
// of the module's stack (MSS 1460).
const frameSize = 1460

// maxRetries bounds how often one frame is sent again.
const maxRetries = 64

// Outage is a time without radio: it begins After the module was switched on,
// lasts For, and comes back every Every (never when 0).
type Outage struct{ After, For, Every time.Duration }

// Radio is the emulated air between module and AP. Each direction carries one
// thing after the other at Rate; Latency is added to each, without holding up
// the next. A frame of up to 1460 payload bytes is lost with probability Loss
// and then sent again, which takes its air time again: the link layer repairs
// losses, so that TCP payload is late and never missing.
type Radio struct {
	Rate    float64 // bit/s of payload in each direction; +Inf takes no time
	Latency time.Duration
	Loss    float64 // 0 to 0.9
	Outages []Outage

	mu    sync.Mutex
	rng   *rand.Rand
	start time.Time
	free  [2]time.Time // when each direction is next free
}

// AirTime is how long n payload bytes take at the radio's rate without loss,
// rounded to the nanosecond.
func (r *Radio) AirTime(n int) time.Duration {
	return time.Duration(math.Round(float64(n) * 8e9 / r.Rate))
}

// Up sends n bytes from the module at the instant at, or when the radio is
// free, and returns when the radio has taken them. They reach the network
// Latency later.
func (r *Radio) Up(at time.Time, n int) time.Time { return r.send(0, at, n) }

// Down is Up for the other direction.
func (r *Radio) Down(at time.Time, n int) time.Time { return r.send(1, at, n) }

// Lost says whether a frame that is not repaired was lost.
func (r *Radio) Lost() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Loss > 0 && r.rng.Float64() < r.Loss
}

// begin sets the instant that outages count from, and the seed.
func (r *Radio) begin(at time.Time, seed uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.start = at
	r.rng = rand.New(rand.NewPCG(seed, 0x7261646966))
}

func (r *Radio) send(way int, at time.Time, n int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at.Before(r.free[way]) {
		at = r.free[way]
	}
	r.free[way] = r.carry(at, r.AirTime(n+r.again(n)))
	return r.free[way]
}

// again draws how many of n bytes have to be sent again.
func (r *Radio) again(n int) int {
	total := 0
	for ; r.Loss > 0 && n > 0; n -= frameSize {
		for try := 0; try < maxRetries && r.rng.Float64() < r.Loss; try++ {
			total += min(n, frameSize)
		}
	}
	return total
}

// carry returns when d of air time has passed since at, outages left out.
func (r *Radio) carry(at time.Time, d time.Duration) time.Time {
	for {
		begin, end := r.outage(at)
		if begin.IsZero() || at.Add(d).Before(begin) {
			return at.Add(d)
		}
		if at.Before(begin) {
			d -= begin.Sub(at)
		}
		at = end
	}
}

// outage returns the first outage that ends after at; zero times when there is none.
func (r *Radio) outage(at time.Time) (begin, end time.Time) {
	for _, o := range r.Outages {
		b := r.start.Add(o.After)
		if since := at.Sub(b) - o.For; o.Every > 0 && since >= 0 {
			b = b.Add((since/o.Every + 1) * o.Every)
		}
		e := b.Add(o.For)
		if e.After(at) && (begin.IsZero() || b.Before(begin)) {
			begin, end = b, e
		}
	}
	return begin, end
}

// Association is what the radio has to know of the access point that the station
// has joined.
type Association struct {
	RSSI     int           // dBm
	Protocol string        // "b", "g", "n" or "ax"
	Beacon   time.Duration // beacon interval
	DTIM     int           // beacons from one DTIM to the next, from 1 on
	TWT      bool          // the access point is a TWT responder
}

// Associate tells that the station has joined at the instant at.
func (r *Radio) Associate(at time.Time, a Association) {}

// Leave tells that the station has lost its access point at the instant at.
func (r *Radio) Leave(at time.Time) {}
