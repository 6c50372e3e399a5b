package wifi

import (
	"time"

	"st67bench/transport/emulator/core"
)

// Times of WPS by push button: the exchange of the password, an assumption, and
// how long the station looks for a button (Wi-Fi Simple Configuration, walk time).
const (
	exchangeTime = time.Second
	walkTime     = 120 * time.Second
)

// setWPS joins the access point whose button has been pressed, at least as secure
// as the second parameter says. 0 disconnects, as in the firmware.
func (f *Family) setWPS(c *core.Call) error {
	on, floor := c.Args.Int(0, 0, 1) == 1, Security(c.Args.IntOr(1, 0, 0, 4))
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch {
	case f.set.Mode&station == 0:
		return wrongMode
	case f.set.Off, f.watching():
		return core.NotAllowed
	}
	f.quit(c)
	if !on {
		return nil
	}
	at, store := c.At(), f.m.Store
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = connecting
	f.start(&f.session, func(t *task) { f.push(at, t, floor, store) })
	return nil
}

// push is the station's side of WPS.
func (f *Family) push(at time.Time, t *task, floor Security, store bool) {
	to, found := f.pressed(floor)
	if !found {
		if at = at.Add(walkTime); f.m.Clock.Near(at, t.stop) {
			f.failed(at, t, noBSSID, false)
		}
		return
	}
	at = at.Add(exchangeTime)
	if !f.m.Clock.Near(at, t.stop) {
		return
	}
	f.mu.Lock()
	mine := f.session == t
	if mine {
		f.target = to
		f.say(at, connectingText)
	}
	f.mu.Unlock()
	if mine {
		f.attempt(at, t, to, store, false)
	}
}

// pressed is the network of the access point that is heard best among those whose
// button has been pressed. WEP is not supported (manual 3.1.25.2).
func (f *Family) pressed(floor Security) (to network, found bool) {
	best := 0
	for _, ap := range f.air.now().AccessPoints {
		fits := ap.WPS && !ap.Off && ap.Security >= floor && ap.Security != WEP && ap.Security != Enterprise
		if fits && (!found || ap.RSSI > best) {
			to, best, found = network{SSID: ap.SSID, Password: ap.Password, BSSID: ap.BSSID, Timeout: defaultTimeout}, ap.RSSI, true
		}
	}
	return to, found
}
