package core

import "time"

// uplink is when the module can send, at the instant at or later: one that sleeps
// starts up first. The caller holds mu, as for the others here.
func (r *Radio) uplink(at time.Time) time.Time {
	if !r.sleeps() {
		return at
	}
	t := r.offset(at)
	ready, awake := r.Timeline.wakeful(t)
	if !awake {
		ready = t + int64(r.Wake)
		r.Timeline.rouse(window{t, ready, ready})
	}
	return r.Timeline.instant(ready)
}

// downlink is when the access point can send to the module: to one that sleeps
// after the next beacon that it wakes for, or in its next service period. It
// starts up when the beacon has told it to.
func (r *Radio) downlink(at time.Time) (begin time.Time, queued bool) {
	if !r.sleeps() || !r.joined {
		return at, false
	}
	t := r.offset(at)
	if ready, awake := r.Timeline.wakeful(t); awake {
		return r.Timeline.instant(ready), false
	}
	r.followDrift(at)
	listen, twt := r.listens(t)
	ready := listen
	if !twt {
		ready += int64(r.Wake)
	}
	r.Timeline.rouse(window{listen, ready, ready})
	return r.Timeline.instant(ready), true
}

// listens is when the station next listens for what waits for it.
func (r *Radio) listens(t int64) (listen int64, twt bool) {
	if len(r.now.rhythms) == 0 {
		return t, true // it always does
	}
	for _, f := range r.flows {
		twt = twt || f.live
	}
	listen = forever
	for i := range r.now.rhythms {
		listen = min(listen, r.now.rhythms[i].listens(t, twt))
	}
	return listen, twt
}

// followDrift makes the rhythms anew when the fault `drift` has changed the clock.
func (r *Radio) followDrift(at time.Time) {
	if r.drift != r.clockError() {
		r.rebase(at)
	}
}

// carried writes down a transmission (way 0) or reception (way 1), after which the
// module stays awake a little.
func (r *Radio) carried(way int, begin, end time.Time) {
	if r.Timeline == nil {
		return
	}
	a, b := r.offset(begin), r.offset(end)
	r.Timeline.carried(way, a, b)
	if r.sleeps() {
		r.Timeline.stay(a, b+int64(tail))
	}
}

// serve is a command that has come at the instant at; it returns when the module
// takes it. The pin that the SPI link begins with has woken the module before.
func (r *Radio) serve(at time.Time, woken bool) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.offset(at)
	if r.sleeps() {
		r.followDrift(at)
		ready, awake := r.Timeline.wakeful(t)
		if !awake {
			from := t
			if ready = t + int64(r.Wake); woken {
				from, ready = t-int64(r.Wake), t
			}
			r.Timeline.rouse(window{from, ready, ready + int64(tail)})
		}
		t = ready
	}
	r.Timeline.hold(t)
	return r.Timeline.instant(t)
}

// rest is the end of that command.
func (r *Radio) rest(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sleeps() {
		r.Timeline.release(r.offset(at.Add(tail)))
	}
	r.Timeline.hold(-1)
}
