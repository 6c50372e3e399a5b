package wifi

import (
	"time"

	"st67bench/transport/emulator/core"
)

// missedBeacons is how many beacons have to be missed until the station gives
// its access point up: an assumption.
const missedBeacons = 20

// leave is AT+CWQAP. With the quirk quit-first the events come before OK.
func (f *Family) leave(c *core.Call) error {
	if f.set.Mode&station == 0 {
		return wrongMode
	}
	if !f.m.Quirks.Has(core.QuitFirst) {
		c.OK()
		f.quit(c)
		return core.Silent
	}
	f.quit(c)
	return nil
}

// setLeave with 1 forgets the network, whatever AT+SYSSTORE says.
func (f *Family) setLeave(c *core.Call) error {
	forget := c.Args.IntOr(0, 0, 0, 1) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}
	err := f.leave(c)
	if forget && err != wrongMode {
		f.mu.Lock()
		f.target = network{}
		f.mu.Unlock()
		f.m.Flash.Delete(keyNetwork)
	}
	return err
}

// quit ends a join or an association at the user's wish.
func (f *Family) quit(c *core.Call) {
	f.mu.Lock()
	f.end(&f.missing)
	if f.associated() {
		f.mu.Unlock()
		f.lose(c.At(), byUser, false)
		return
	}
	f.end(&f.session)
	if f.state != idle {
		f.state = disconnected
	}
	f.mu.Unlock()
}

// Deauth makes the station lose its association now, for a reason of +CW:ERROR
// (manual 3.1.5.5). Without an association it has no effect.
func (f *Family) Deauth(reason int) { f.lose(f.m.Clock.Now(), reason, true) }

// lose ends the association at the instant at. With again AT+CWRECONNCFG applies.
func (f *Family) lose(at time.Time, reason int, again bool) {
	f.mu.Lock()
	if !f.associated() || f.closed {
		f.mu.Unlock()
		return
	}
	f.end(&f.session)
	f.state = disconnected
	f.m.Radio.Leave(at)
	f.mu.Unlock()
	f.down(at)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.say(at, disconnectedText, reasonText(reason))
	if to := f.target; again && f.set.Retry.Interval > 0 && f.state == disconnected {
		f.state = connecting
		f.start(&f.session, func(t *task) { f.retry(at, t, to) })
	}
}

// retry is AT+CWRECONNCFG: it joins again and again, beginning one interval after
// at.
func (f *Family) retry(at time.Time, t *task, to network) {
	for n := int64(1); ; n++ {
		interval, ok := f.patience(t, n)
		if at = at.Add(interval); !ok || !f.m.Clock.Near(at, t.stop) || !f.tryAgain(at, t) {
			return
		}
		end, reason, ok := f.attempt(at, t, to, false, false)
		if !ok || reason == 0 {
			return
		}
		at = end
	}
}

// patience is how long the n-th attempt waits; false when there is none.
func (f *Family) patience(t *task, n int64) (time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.set.Retry
	if f.session != t {
		return 0, false
	}
	if r.Interval == 0 || r.Count > 0 && n > r.Count {
		f.state = disconnected
		return 0, false
	}
	f.state = connecting
	return time.Duration(r.Interval) * time.Second, true
}

// tryAgain announces an attempt, unless AT+CWRECONNCFG has been switched off.
func (f *Family) tryAgain(at time.Time, t *task) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session != t {
		return false
	}
	if f.set.Retry.Interval == 0 {
		f.state = disconnected
		return false
	}
	f.say(at, connectingText)
	return true
}

// joinedTo is the BSSID of the access point that the station has joined, empty
// when there is none.
func (f *Family) joinedTo() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.associated() {
		return f.point.BSSID
	}
	return ""
}

// changed looks at the air again: a signal that has changed is told to the radio,
// an access point that is gone will be missed.
func (f *Family) changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.associated() || f.closed {
		return
	}
	at := f.m.Clock.Now()
	switch point, here := f.air.point(f.point.BSSID); {
	case !here && f.missing == nil:
		f.start(&f.missing, func(t *task) { f.miss(at, t) })
	case here:
		f.end(&f.missing)
		if point.RSSI != f.point.RSSI {
			f.point.RSSI = point.RSSI
			f.m.Radio.Hear(point.RSSI)
		}
	}
}

// miss waits for beacons that do not come.
func (f *Family) miss(at time.Time, t *task) {
	f.mu.Lock()
	at = at.Add(missedBeacons * time.Duration(f.point.Beacon) * TU)
	f.mu.Unlock()
	if !f.m.Clock.Near(at, t.stop) {
		return
	}
	f.mu.Lock()
	gone := f.missing == t
	if gone {
		f.missing = nil
	}
	f.mu.Unlock()
	if gone {
		f.lose(at, beaconLoss, true)
	}
}
