package core

import (
	"slices"
	"time"
)

// PowerMode is what the module may do while nothing is to be done.
type PowerMode uint8

// The power modes: PowerOff is CHIP_EN low, the others are those of AT+PWR.
const (
	PowerOff PowerMode = iota
	PowerNormal
	PowerHibernate
	PowerStandby
	powerNone // no supply
)

const (
	// tail is how long a module that may sleep stays awake after what it was
	// awake for. The firmware's published timeline has a window of 10 to 15 ms.
	tail = 10 * time.Millisecond

	// Bounds of an association, so that its beacons have a rhythm.
	leastBeacon = 10 * time.Millisecond
	mostBeacon  = 70 * time.Second
	mostDTIM    = 256
)

// Sources of the 32 kHz clock (manual 7.1.10): the RC oscillator drifts, the
// crystals do not.
const ClockRC = 1

// Association is what the radio has to know of the access point that the station
// has joined.
type Association struct {
	RSSI     int           // dBm
	Protocol string        // "b", "g", "n" or "ax"
	Beacon   time.Duration // beacon interval
	DTIM     int           // beacons from one DTIM to the next, from 1 on
	TWT      bool          // the access point is a TWT responder
}

// saving is what the radio knows of saving power. It is of Radio.mu.
type saving struct {
	mode     PowerMode
	joined   bool
	ap       Association
	beacons  int64 // the instant of an access point's beacon
	factor   int   // AT+SLWKDTIM; 0 is as 1
	absolute bool  // factor is the DTIM itself
	source   int   // of the 32 kHz clock
	flows    [MaxFlows]agreement

	now   stretch // what the timeline has; its rhythms are our own
	drift float64 // by which they were made

	// What the access point holds for the module is sent from first to till.
	first, till time.Time
}

// Associate tells that the station has joined at the instant at.
func (r *Radio) Associate(at time.Time, a Association) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.Beacon = min(max(a.Beacon, leastBeacon), mostBeacon)
	a.DTIM = min(max(a.DTIM, 1), mostDTIM)
	r.joined, r.ap, r.beacons = true, a, r.offset(at)
	r.flows = [MaxFlows]agreement{}
	r.rebase(at)
}

// Leave tells that the station has lost its access point at the instant at.
func (r *Radio) Leave(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.joined, r.flows = false, [MaxFlows]agreement{}
	r.rebase(at)
}

// Association is the present one; false when there is none.
func (r *Radio) Association() (Association, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ap, r.joined
}

// SetDTIM makes the station wake for each n-th DTIM of the access point, or with
// absolute for each n-th beacon; 0 is each DTIM.
func (r *Radio) SetDTIM(at time.Time, n int, absolute bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.factor, r.absolute = n, absolute
	r.rebase(at)
}

// Interval is how many beacons pass from one wake to the next, 0 without an
// access point.
func (r *Radio) Interval() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.joined {
		return 0
	}
	return r.every()
}

// every is that; the caller holds mu.
func (r *Radio) every() int {
	if r.absolute && r.factor > 0 {
		return r.factor
	}
	return r.ap.DTIM * max(r.factor, 1)
}

// SetClock tells where the 32 kHz clock comes from; it lasts over resets.
func (r *Radio) SetClock(at time.Time, source int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.source = source
	r.rebase(at)
}

// setMode changes the power mode.
func (r *Radio) setMode(at time.Time, m PowerMode) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mode = m
	r.rebase(at)
	if m == PowerStandby {
		t := r.offset(at)
		r.Timeline.rouse(window{t, t, t + int64(tail)})
	}
}

// boot is a reset at the instant at; the settings of power saving are gone.
func (r *Radio) boot(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saving = saving{mode: PowerNormal, source: r.source}
	r.free = [2]time.Time{}
	r.Timeline.hold(-1)
	r.rebase(at)
}

// off is CHIP_EN going low at the instant at.
func (r *Radio) off(at time.Time) { r.end(at, PowerOff) }

// unsupplied is the supply going away at the instant at.
func (r *Radio) unsupplied(at time.Time) { r.end(at, powerNone) }

// end is a mode in which nothing is left of what the radio did.
func (r *Radio) end(at time.Time, m PowerMode) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saving = saving{mode: m, source: r.source}
	r.Timeline.hold(-1)
	r.rebase(at)
}

// offset is the instant at on the timeline.
func (r *Radio) offset(at time.Time) int64 { return r.Timeline.offset(at) }

// sleeps says whether the module may sleep.
func (r *Radio) sleeps() bool { return r.mode == PowerStandby }

// rebase begins a stretch of the timeline at the instant at.
func (r *Radio) rebase(at time.Time) {
	r.drift = r.clockError()
	r.now = r.stretch(r.offset(at))
	s := r.now
	s.rhythms = slices.Clone(s.rhythms)
	r.Timeline.change(s)
}

// clockError is by how much the 32 kHz clock is fast, as a fraction.
func (r *Radio) clockError() float64 {
	if r.source > ClockRC {
		return 0
	}
	d := r.Drift
	if r.faults != nil {
		d += r.faults.Drift()
	}
	return d
}

// stretch is what follows from the settings.
func (r *Radio) stretch(from int64) stretch {
	s := stretch{from: from, state: StateIdle, transmit: r.Timeline.currents.transmit(r.ap.Protocol)}
	switch {
	case r.mode == PowerOff:
		s.state = StateShutdown
	case r.mode == powerNone:
		s.state = StateUnsupplied
	case r.mode == PowerHibernate:
		s.state = StateHibernate
	case r.mode == PowerStandby && r.joined:
		s.state = StateSleep
		s.rhythms = r.rhythms()
		if slices.ContainsFunc(s.rhythms, func(r rhythm) bool { return r.continuous() }) {
			s.state, s.rhythms = StateBeacon, nil
		}
	case r.mode == PowerStandby:
		s.state = StateStandby
	}
	return s
}

// rhythms are those of the TWT agreements; without one, that of the beacons.
func (r *Radio) rhythms() []rhythm {
	var list []rhythm
	for _, f := range r.flows {
		if f.live {
			list = append(list, f.rhythm(f.since, r.drift))
		}
	}
	if list == nil {
		list = []rhythm{r.beaconRhythm()}
	}
	return list
}

// beaconRhythm wakes for every so many beacons. The station opens its window as
// much earlier as its clock may be late, and is right again with each beacon.
func (r *Radio) beaconRhythm() rhythm {
	every := int64(r.every())
	b := rhythm{origin: r.beacons, period: every * int64(r.ap.Beacon), late: int64(r.Timeline.currents.BeaconTime())}
	b.early = int64(max(r.drift, -r.drift) * float64(b.period))
	if r.BeaconLoss > 0 || len(r.Outages) > 0 {
		b.beacons = &beacons{interval: int64(r.ap.Beacon), every: every, loss: r.BeaconLoss, seed: r.seed}
		if len(r.Outages) > 0 {
			b.beacons.outage = func(t int64) bool {
				at := r.Timeline.instant(t)
				begin, _ := r.outage(at)
				return !begin.IsZero() && !begin.After(at)
			}
		}
	}
	return b
}
