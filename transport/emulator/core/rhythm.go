package core

import "time"

// Facts of the low-power firmware.
const (
	// What a TWT service period costs beside itself (ST's wiki on TWT): start of
	// software and radio before it, a guard for the drift of the clock, and what
	// is left open after it.
	twtStart = 12 * time.Millisecond
	twtGuard = 2 * time.Millisecond
	twtRest  = 2250 * time.Microsecond

	// timeout is how long the station listens for a beacon that does not come.
	timeout = 4 * time.Millisecond

	// farWakes bounds the search for a beacon that is received.
	farWakes = 1 << 20
)

// misses is what the low-power firmware does after so many beacons missed in a
// row: the next beacon that it listens for at the latest, how much earlier the
// window opens, and how long it stays open in all when no beacon comes. The
// numbers are those of the public firmware for DTIM 10; that they hold for the
// others is an assumption.
var misses = [...]struct {
	next        int64
	early, open time.Duration
}{
	{1 << 40, 0, timeout},
	{8, 2 * time.Millisecond, 4 * time.Millisecond},
	{6, 2 * time.Millisecond, 4 * time.Millisecond},
	{6, 15 * time.Millisecond, 40 * time.Millisecond},
	{3, 15 * time.Millisecond, 40 * time.Millisecond},
	{3, 50 * time.Millisecond, 110 * time.Millisecond},
}

// rhythm is wakes that come again and again: at the instants origin, origin +
// period, ... the station listens from early before to late after, and its
// software starts lead before that. Times are in ns from the timeline's start.
//
// wake is the one at which seek has left off. With beacons it counts beacons,
// not periods: a beacon that is missed changes the order of what follows.
type rhythm struct {
	origin, period    int64
	lead, early, late int64
	beacons           *beacons // nil: none is missed

	wake  int64
	level int // beacons missed in a row before this one
}

// beacons says which of an access point's beacons are missed.
type beacons struct {
	interval int64   // ns
	every    int64   // beacons from one wake to the next
	loss     float64 // probability
	seed     uint64
	outage   func(at int64) bool // nil: there are none
}

// missed says whether the k-th beacon, at the instant at, is missed. It depends on
// nothing else, so that a look back finds what a look ahead has found.
func (b *beacons) missed(k, at int64) bool {
	if b.outage != nil && b.outage(at) {
		return true
	}
	return float64(mix(b.seed+uint64(k)*0x9e3779b97f4a7c15)>>11)/(1<<53) < b.loss
}

// mix scrambles x (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// centre is the instant of the present wake.
func (r *rhythm) centre() int64 {
	if r.beacons != nil {
		return r.origin + r.wake*r.beacons.interval
	}
	return r.origin + r.wake*r.period
}

// window is when the present wake listens.
func (r *rhythm) window() (on, off int64) {
	c := r.centre()
	on, off = c-r.early-int64(misses[r.level].early), c+r.late
	if r.missed() {
		off = max(off, on+r.early+int64(misses[r.level].open))
	}
	return on, off
}

func (r *rhythm) missed() bool {
	return r.beacons != nil && r.beacons.missed(r.wake, r.centre())
}

// advance goes on to the next wake.
func (r *rhythm) advance() {
	b := r.beacons
	switch {
	case b == nil:
		r.wake++
	case r.missed():
		r.level = min(r.level+1, len(misses)-1)
		r.wake += min(b.every, misses[r.level].next)
	default:
		r.level = 0
		r.wake = (r.wake/b.every + 1) * b.every
	}
}

// seek goes on to the first wake that is not over at t.
func (r *rhythm) seek(t int64) {
	if r.beacons == nil {
		r.wake = 0
		if past := t - r.origin - r.late; past >= 0 {
			r.wake = past/r.period + 1
		}
		return
	}
	for {
		if _, off := r.window(); off > t {
			return
		}
		r.advance()
	}
}

// at is what the station does at t, and until when; t never goes back.
func (r *rhythm) at(t int64) (s State, until int64) {
	r.seek(t)
	on, off := r.window()
	switch {
	case t < on-r.lead:
		return StateSleep, on - r.lead
	case t < on:
		return StateWake, on
	default:
		return StateBeacon, off
	}
}

// listens is when what waits at the access point from t on comes to the station:
// after the next beacon that it receives, or in a service period.
func (r *rhythm) listens(t int64, twt bool) int64 {
	r.seek(t)
	if twt {
		return max(t, r.centre())
	}
	for range farWakes {
		if r.centre() >= t && !r.missed() {
			break
		}
		r.advance()
	}
	return r.centre() + r.late
}

// spent is how long the station has listened and started from the origin to t, in
// closed form: no beacon is missed, and no wake reaches into the next.
func (r *rhythm) spent(t int64) (listening, starting int64) {
	return r.share(t+r.early, r.early+r.late), r.share(t+r.early+r.lead, r.lead)
}

// share is how much of the time from the origin to t falls into the first length of
// each period.
func (r *rhythm) share(t, length int64) int64 {
	t -= r.origin
	if t <= 0 {
		return 0
	}
	return t/r.period*length + min(t%r.period, length)
}

// continuous says that a wake reaches into the next.
func (r *rhythm) continuous() bool { return r.lead+r.early+r.late >= r.period }
