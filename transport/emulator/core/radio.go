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
// thing after the other; Latency is added to each, without holding up the next. A
// frame of up to 1460 payload bytes is lost with probability Loss and then sent
// again, which takes its air time again: the link layer repairs losses, so that TCP
// payload is late and never missing.
//
// It also knows when the module sleeps. What is sent then has to wait until the
// module has started up, and what comes in is held by the access point: until the
// next beacon that the station wakes for and receives, or the next TWT service
// period. How long that is stays as it was found when the access point began to
// hold it, also when the module wakes before for another reason.
type Radio struct {
	Rate    float64 // bit/s of payload in each direction; +Inf takes no time
	Fixed   bool    // Rate holds for every protocol and signal
	Latency time.Duration
	Loss    float64 // 0 to 0.9
	Outages []Outage

	Wake       time.Duration // from sleep to a running application
	Drift      float64       // by which fraction the RC clock is fast
	BeaconLoss float64       // 0 to 0.9

	// Timeline takes what the module does; nil makes one at the switching on.
	Timeline *Timeline

	mu     sync.Mutex
	rng    *rand.Rand
	seed   uint64
	faults *Faults
	start  time.Time
	free   [2]time.Time // when each direction is next free
	still  [2]time.Time // an interruption: from, to
	saving
}

// AirTime is how long n payload bytes take at the radio's rate without loss,
// rounded to the nanosecond.
func (r *Radio) AirTime(n int) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return airTime(n, r.rate())
}

func airTime(n int, rate float64) time.Duration {
	return time.Duration(math.Round(float64(n) * 8e9 / rate))
}

// Up sends n bytes from the module at the instant at, or when the radio is
// free, and returns when the radio has taken them. They reach the network
// Latency later.
func (r *Radio) Up(at time.Time, n int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	begin := r.uplink(latest(at, r.free[0]))
	r.free[0] = r.send(begin, n)
	r.carried(0, begin, r.free[0])
	return r.free[0]
}

// Down is Up for the other direction.
func (r *Radio) Down(at time.Time, n int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	begin, held := r.downlink(latest(at, r.free[1]))
	if held && begin.After(r.till) {
		r.first, r.till = begin, begin
	}
	if !begin.Before(r.first) {
		begin = latest(begin, r.till)
	}
	end := r.send(begin, n)
	if held {
		r.till = end
	} else {
		r.free[1] = end
	}
	r.carried(1, begin, end)
	return end
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Lost says whether a frame that is not repaired was lost.
func (r *Radio) Lost() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Loss > 0 && r.rng.Float64() < r.Loss
}

// Tune changes rate, Fixed and loss from now on.
func (r *Radio) Tune(rate float64, fixed bool, loss float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Rate, r.Fixed, r.Loss = rate, fixed, loss
}

// Interrupt stops the radio for d from the instant at on, in place of an interruption before: what is sent then waits.
func (r *Radio) Interrupt(at time.Time, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.still = [2]time.Time{at, at.Add(d)}
}

// Interrupted is how long an interruption goes on after the instant at.
func (r *Radio) Interrupted(at time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.still[1].Sub(at), 0)
}

// begin switches the module on at the instant at, from which outages count, and
// sets the seed.
func (r *Radio) begin(at time.Time, seed uint64) {
	r.mu.Lock()
	if r.Timeline == nil {
		r.Timeline = NewTimeline(at, Currents{})
	}
	r.start, r.seed = at, seed
	r.rng = rand.New(rand.NewPCG(seed, 0x7261646966))
	r.mu.Unlock()
	r.boot(at)
}

// send is when n bytes have been carried that begin at the instant at.
func (r *Radio) send(at time.Time, n int) time.Time {
	rate := r.rate()
	if r.faults != nil {
		rate *= r.faults.RadioFactor(at)
	}
	return r.carry(at, airTime(n+r.again(n), rate))
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
	if r.still[1].After(at) {
		begin, end = r.still[0], r.still[1]
	}
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
