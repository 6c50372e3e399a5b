package wifi

import (
	"fmt"
	"time"

	"st67bench/transport/emulator/core"
)

// Reasons of +CW:ERROR (manual 3.1.5.5).
const (
	authFailed       = 2 // a wrong password of WPA3
	algorithmRefused = 3 // a wrong key of WEP
	assocFailed      = 5 // no protocol in common
	deauthenticated  = 7 // by the access point, of a station that had joined
	handshakeTimeout = 8 // "likely due to PSK issues": a wrong password
	noAnswer         = 11
	noBSSID          = 12 // nothing found by the scan
	beaconLoss       = 16
	securityMismatch = 17
	wepKeyLength     = 18
	byUser           = 19
)

// Longest values of AT+CWJAP's texts, in bytes, and its default time-out in s.
const (
	maxSSID        = 32
	maxPassword    = 64
	defaultTimeout = 15
)

var (
	connectingText   = []byte("+CW:CONNECTING\r\n")
	connectedText    = []byte("+CW:CONNECTED\r\n")
	addressText      = []byte("+CW:GOTIP\r\n")
	disconnectedText = []byte("+CW:DISCONNECTED\r\n")
)

func reasonText(reason int) []byte { return fmt.Appendf(nil, "+CW:ERROR,%d\r\n", reason) }

// queryJoin answers with the access point, or with OK alone when there is none.
func (f *Family) queryJoin(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.associated() {
		p := &f.point
		c.Line(`+CWJAP:"%s","%s",%d,%d,%d`, f.target.SSID, p.BSSID, p.Channel, p.RSSI, number(f.target.WEP))
	}
	return nil
}

// setJoin takes ssid, password, BSSID, WEP and, in the order of the manual's
// example, reconnection interval, listen interval, scan mode, time-out and
// protected management frames. An omitted name or password is the last one.
func (f *Family) setJoin(c *core.Call) error {
	f.mu.Lock()
	last := f.target
	f.mu.Unlock()
	to := network{
		SSID: c.Args.TextOr(0, last.SSID, maxSSID), Password: c.Args.TextOr(1, last.Password, maxPassword),
		WEP: c.Args.IntOr(3, 0, 0, 1) == 1, Timeout: c.Args.IntOr(7, defaultTimeout, 3, 600), PMF: c.Args.IntOr(8, 0, 0, 3),
	}
	interval := c.Args.IntOr(4, f.set.Retry.Interval, 0, 7200)
	c.Args.IntOr(5, 3, 1, 100)
	c.Args.IntOr(6, 1, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Has(2) {
		m, err := macAt(c, 2)
		if err != nil {
			return err
		}
		to.BSSID = m.String()
	}
	if err := f.joinable(to); err != nil {
		return err
	}
	if c.Args.Has(4) {
		change(f, keyRetry, &f.set.Retry, retry{interval, f.set.Retry.Count})
	}
	return f.joinTo(c, to)
}

// rejoin is AT+CWJAP without parameters: the last network again.
func (f *Family) rejoin(c *core.Call) error {
	f.mu.Lock()
	to := f.target
	f.mu.Unlock()
	if err := f.joinable(to); err != nil {
		return err
	}
	return f.joinTo(c, to)
}

// joinable says why no join can begin.
func (f *Family) joinable(to network) error {
	switch {
	case f.set.Mode&station == 0:
		return wrongMode
	case f.set.Off, f.watching():
		return core.NotAllowed
	case to.SSID == "":
		return core.NotConfigured
	}
	return nil
}

// joinTo leaves what the station has joined and begins to join another. With the
// quirk join-waits it waits for the outcome, as in one form of the manual.
func (f *Family) joinTo(c *core.Call, to network) error {
	f.quit(c)
	if f.m.Quirks.Has(core.JoinWaits) {
		return f.joinAndWait(c, to)
	}
	f.begin(c.At(), to, f.m.Store)
	return nil
}

// outcome is how a join ended.
type outcome struct {
	at     time.Time
	reason int // 0: well
	ok     bool
}

// joinAndWait answers with +CW:CONNECTED, +CW:GOTIP and OK, or with +CWJAP:<error
// code> and ERROR (manual 3.1.5.2).
func (f *Family) joinAndWait(c *core.Call, to network) error {
	done := make(chan outcome, 1)
	store, at := f.m.Store, c.At()
	f.mu.Lock()
	f.state, f.target = connecting, to
	begun := f.start(&f.session, func(t *task) {
		end, reason, ok := f.attempt(at, t, to, store, true)
		done <- outcome{end, reason, ok}
	})
	f.mu.Unlock()
	if !begun {
		return core.Silent
	}
	end := <-done
	switch {
	case !c.Wait(end.at):
		return core.Silent
	case end.ok && end.reason == 0:
		return nil
	}
	c.Line("+CWJAP:%d", errorCode(end.reason))
	return core.Failed
}

// errorCode is the error code (manual 3.1.5.5) that goes with a reason.
func errorCode(reason int) int {
	switch reason {
	case noAnswer:
		return 1
	case handshakeTimeout, authFailed, algorithmRefused:
		return 2
	case noBSSID:
		return 3
	case assocFailed, securityMismatch, wepKeyLength:
		return 4
	default:
		return 5
	}
}

// joinAgain joins the network that flash has, if there is one, as after a change
// of mode or at power-up; AT+CWRECONNCFG applies.
func (f *Family) joinAgain(at time.Time) {
	var to network
	if !f.m.Flash.Recall(keyNetwork, &to) || f.joinable(to) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state, f.target = connecting, to
	f.say(at, connectingText)
	f.start(&f.session, func(t *task) {
		if at, reason, ok := f.attempt(at, t, to, false, false); ok && reason != 0 {
			f.retry(at, t, to)
		}
	})
}

// begin joins a network, once.
func (f *Family) begin(at time.Time, to network, store bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state, f.target = connecting, to
	f.say(at, connectingText)
	f.start(&f.session, func(t *task) { f.attempt(at, t, to, store, false) })
}

// attempt tries once to join, beginning at the instant at, and returns when that
// ended and why it failed; ok is false when the task was ended. With store the
// network goes to flash when it was joined. quiet leaves +CW:ERROR out.
func (f *Family) attempt(at time.Time, t *task, to network, store, quiet bool) (end time.Time, reason int, ok bool) {
	f.mu.Lock()
	point, reason := f.choose(to)
	mask := f.set.StaProto
	f.mu.Unlock()
	took := point.Join
	if limit := time.Duration(to.Timeout) * time.Second; took > limit && limit > 0 {
		took, reason = limit, noAnswer
	}
	at = at.Add(took)
	if !f.m.Clock.Near(at, t.stop) {
		return at, reason, false
	}
	if reason == 0 {
		if now, here := f.air.point(point.BSSID); here {
			point.RSSI = now.RSSI
		} else {
			reason = noBSSID
		}
	}
	if reason != 0 {
		return at, reason, f.failed(at, t, reason, quiet)
	}
	wait, ok := f.joined(at, t, point, newest(mask&protocolBits(point.Protocol)))
	if !ok {
		return at, 0, false
	}
	if store {
		f.m.Flash.Keep(keyNetwork, to)
	}
	if !wait {
		return at, 0, true
	}
	at = at.Add(point.DHCP)
	return at, 0, f.m.Clock.Near(at, t.stop) && f.addressed(at, t)
}

// failed ends an attempt badly.
func (f *Family) failed(at time.Time, t *task, reason int, quiet bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session != t {
		return false
	}
	f.state = disconnected
	if !quiet {
		f.say(at, reasonText(reason))
	}
	return true
}

// joined ends the association well; wait says whether DHCP follows.
func (f *Family) joined(at time.Time, t *task, point AccessPoint, protocol string) (wait, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session != t {
		return false, false
	}
	f.state, f.point, f.protocol = noAddress, point, protocol
	f.associate(at)
	dhcp := f.set.DHCP&station != 0
	if !dhcp && f.set.Station.IP.IsValid() {
		f.state = up
		f.say(at, connectedText, addressText)
		return false, true
	}
	f.say(at, connectedText)
	return dhcp && !point.NoDHCP, true
}

// associate tells the radio. The caller holds mu.
func (f *Family) associate(at time.Time) {
	p := &f.point
	f.m.Radio.Associate(at, core.Association{
		RSSI: p.RSSI, Protocol: f.protocol, Beacon: time.Duration(p.Beacon) * TU, DTIM: p.DTIM, TWT: p.TWT,
	})
}

// addressed gives the station its address.
func (f *Family) addressed(at time.Time, t *task) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session != t {
		return false
	}
	f.gotAddress(at)
	return true
}

// gotAddress makes the station one with an address, if it is one without. The
// caller holds mu.
func (f *Family) gotAddress(at time.Time) {
	if f.state == noAddress {
		f.state = up
		f.say(at, addressText)
	}
}
