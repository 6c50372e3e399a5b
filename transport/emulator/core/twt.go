package core

import "time"

// MaxFlows is how many TWT agreements a station may have.
const MaxFlows = 8

// Flow is a TWT agreement, as AT+TWT_PARAM asks for it (manual 7.1.7). Only
// unannounced ones are supported.
type Flow struct {
	Exponent int // 0 to 31
	Duration int // in units of 256 µs, 0 to 255
	Mantissa int // 1 to 65535
}

// ServicePeriod is how long the access point serves the station each time.
func (f Flow) ServicePeriod() time.Duration {
	return time.Duration(f.Duration) * 256 * time.Microsecond
}

// Interval is from one service period to the next: mantissa x 2^exponent µs, up to
// 4.5 years.
func (f Flow) Interval() time.Duration {
	return time.Duration(f.Mantissa) << f.Exponent * time.Microsecond
}

// Awake is how long the module is awake for each: 16.25 ms longer (ST's wiki on
// TWT: 12 ms of starting up, 2 ms for the drift of the clock, 2.25 ms).
func (f Flow) Awake() time.Duration { return twtStart + twtGuard + f.ServicePeriod() + twtRest }

// rhythm is that of a flow that was agreed on at the instant since, by a clock that
// is fast by the fraction drift. Service periods begin one interval later.
func (f Flow) rhythm(since int64, drift float64) rhythm {
	period := slow(f.Interval(), drift)
	return rhythm{
		origin: since + period, period: period,
		lead: int64(twtStart), early: int64(twtGuard), late: int64(f.ServicePeriod() + twtRest),
	}
}

// slow is how long a time d by the module's clock really is.
func slow(d time.Duration, drift float64) int64 {
	if drift == 0 {
		return int64(d)
	}
	return int64(float64(d) / (1 + drift))
}

// agreement is a flow that has come up.
type agreement struct {
	Flow
	live  bool
	since int64
}

// StartTWT makes an agreement at the instant at; its first service period comes
// one interval later. ok is false when the station is not associated with a TWT
// responder, does not save power, or has all the agreements that it may have.
func (r *Radio) StartTWT(at time.Time, f Flow) (id int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.joined || !r.ap.TWT || r.mode != PowerStandby || f.Mantissa < 1 {
		return 0, false
	}
	for id := range r.flows {
		if !r.flows[id].live {
			r.flows[id] = agreement{f, true, r.offset(at)}
			r.rebase(at)
			return id, true
		}
	}
	return 0, false
}

// EndTWT ends an agreement; false when there is none of that number.
func (r *Radio) EndTWT(at time.Time, id int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id < 0 || id >= MaxFlows || !r.flows[id].live {
		return false
	}
	r.flows[id].live = false
	r.rebase(at)
	return true
}

// TWT is the agreement of that number, 0 to MaxFlows-1.
func (r *Radio) TWT(id int) (f Flow, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.flows[id].Flow, r.flows[id].live
}
