package wifi

import (
	"fmt"
	"time"

	"st67bench/transport/emulator/core"
)

var (
	connectingText   = []byte("+CW:CONNECTING\r\n")
	connectedText    = []byte("+CW:CONNECTED\r\n")
	addressText      = []byte("+CW:GOTIP\r\n")
	disconnectedText = []byte("+CW:DISCONNECTED\r\n")
)

func errorText(reason int) []byte { return fmt.Appendf(nil, "+CW:ERROR,%d\r\n", reason) }

// joined answers with the access point, or with OK alone when there is none.
func (f *Family) joined(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state == noAddress || f.state == up {
		c.Line(`+CWJAP:"%s","%s",%d,%d,0`, f.now.network.ssid, f.air.BSSID, f.air.Channel, f.air.RSSI)
	}
	return nil
}

// setJoin takes ssid, password, BSSID and the WEP switch; an omitted name or
// password is the last one. The manual's further parameters are taken and have
// no effect.
func (f *Family) setJoin(c *core.Call) error {
	f.mu.Lock()
	to := f.now.network
	f.mu.Unlock()
	to.ssid = c.Args.TextOr(0, to.ssid, 32)
	to.password = c.Args.TextOr(1, to.password, 64)
	to.bssid = c.Args.TextOr(2, "", 17)
	c.Args.IntOr(3, 0, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	return f.joinTo(c, to)
}

func (f *Family) rejoin(c *core.Call) error {
	f.mu.Lock()
	to := f.now.network
	f.mu.Unlock()
	return f.joinTo(c, to)
}

func (f *Family) joinTo(c *core.Call, to network) error {
	f.mu.Lock()
	on := f.now.mode&station != 0
	f.mu.Unlock()
	switch {
	case !on:
		return core.NotAllowed
	case to.ssid == "":
		return core.NotConfigured
	}
	f.disconnect(c)
	f.mu.Lock()
	f.now.network = to
	f.save()
	f.mu.Unlock()
	f.join(c)
	return nil
}

// join starts an association with the network that is set.
func (f *Family) join(c *core.Call) {
	f.stopJoin()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = connecting
	c.Say(connectingText)
	at, cancel := c.At(), f.cancel
	f.busy.Go(func() { f.associate(at, cancel) })
}

// associate is the join's own goroutine; at is when it began.
func (f *Family) associate(at time.Time, cancel chan struct{}) {
	at = at.Add(f.air.Join)
	if !f.m.Clock.Near(at, cancel) {
		return
	}
	wanted, ok := f.associated(at, cancel)
	if !ok || !wanted {
		return
	}
	at = at.Add(f.air.DHCP)
	if f.m.Clock.Near(at, cancel) {
		f.enter(up, at, cancel, addressText)
	}
}

// associated ends the association, well or badly; address says whether DHCP
// follows.
func (f *Family) associated(at time.Time, cancel chan struct{}) (address, ok bool) {
	f.mu.Lock()
	reason := f.refusal(f.now.network)
	dhcp := f.dhcp&station != 0
	static := f.static.ip.IsValid() && !dhcp
	f.mu.Unlock()
	switch {
	case reason != 0:
		return false, f.enter(disconnected, at, cancel, errorText(reason))
	case static:
		return false, f.enter(up, at, cancel, connectedText, addressText)
	default:
		return dhcp, f.enter(noAddress, at, cancel, connectedText)
	}
}

// enter changes the state and says so, unless the join was ended meanwhile.
func (f *Family) enter(state int, at time.Time, cancel chan struct{}, say ...[]byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cancel != cancel {
		return false
	}
	f.state = state
	f.m.Event(at, say...)
	return true
}

// refusal is why the access point does not let the station in, 0 when it does.
func (f *Family) refusal(to network) int {
	switch {
	case to.ssid != f.air.SSID, to.bssid != "" && to.bssid != f.air.BSSID:
		return noBSSID
	case to.password == f.air.Password:
		return 0
	case to.password == "" || f.air.Password == "":
		return securityMismatch
	default:
		return handshakeTimeout
	}
}

// leave is AT+CWQAP: the events come before OK.
func (f *Family) leave(c *core.Call) error {
	f.disconnect(c)
	return nil
}

func (f *Family) setLeave(c *core.Call) error {
	forget := c.Args.Int(0, 0, 1) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.disconnect(c)
	if forget {
		f.mu.Lock()
		f.now.network, f.flash.network = network{}, network{}
		f.mu.Unlock()
	}
	return nil
}

// disconnect ends a join or an association at the user's wish.
func (f *Family) disconnect(c *core.Call) {
	f.stopJoin()
	f.mu.Lock()
	before := f.state
	if before != idle {
		f.state = disconnected
	}
	f.mu.Unlock()
	if before == noAddress || before == up {
		f.down(c.At())
		c.Say(disconnectedText, errorText(byUser))
	}
}
