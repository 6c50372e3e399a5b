package ble

import (
	"time"

	"st67bench/transport/emulator/core"
)

// defaultTimeout is BLECONN's in seconds (firmware source).
const defaultTimeout = 5

// end is the connection in parameter i.
func (f *Family) end(c *core.Call, i int) (*end, error) {
	index := number(c, i, 0, connections-1)
	if err := c.Args.Err(); err != nil {
		return nil, err
	}
	if f.links[index] == nil {
		return nil, core.BadValue
	}
	return f.links[index], nil
}

// queryLinks names every connection; without one it says so with an empty line.
func (f *Family) queryLinks(c *core.Call) error {
	none := true
	for _, e := range f.links {
		if e != nil {
			f.line(c.At(), "+BLECONN:%s", e.tag())
			none = false
		}
	}
	if none {
		f.line(c.At(), "+BLECONN:")
	}
	return nil
}

// connect is AT+BLECONN=. It waits for the peer's advertising.
func (f *Family) connect(c *core.Call) error {
	var a *attempt
	err := f.do(func(c *core.Call) (err error) {
		a, err = f.attempt(c)
		return err
	})(c)
	if err != nil || a == nil {
		return err
	}
	_, on := f.await(c, time.Duration(a.timeout)*unitTimeout, func() bool { return a.done })
	if !on {
		return core.Silent
	}
	return f.do(func(c *core.Call) error {
		f.want = nil
		return f.connected(c, a)
	})(c)
}

// attempt begins to look for a peer; nil when there is a connection with it already.
func (f *Family) attempt(c *core.Call) (*attempt, error) {
	a := &attempt{index: number(c, 0, 0, connections-1)}
	to, err := addressArg(c, 1)
	a.to = to
	a.random = c.Args.IntOr(2, 0, 0, 1) == 1
	a.timeout = int(c.Args.IntOr(3, defaultTimeout, 3, 30)) * int(time.Second/unitTimeout)
	if err == nil {
		err = c.Args.Err()
	}
	switch {
	case err != nil:
		return nil, err
	case !f.has(client):
		return nil, core.NotConfigured
	case f.links[a.index] != nil:
		return nil, core.BadValue
	}
	for _, e := range f.links {
		if e != nil && e.peer == a.to {
			return nil, nil
		}
	}
	f.want = a
	f.air.listen(c.At())
	return a, nil
}

// connected says what became of an attempt.
func (f *Family) connected(c *core.Call, a *attempt) error {
	e := f.links[a.index]
	switch {
	case a.done && e != nil && f.manual():
		f.line(c.At(), `+BLECONN:%d,"%s"`, e.index, e.peer)
	case a.done && e != nil:
		f.line(c.At(), "+BLE:CONNECTED:%s", e.tag())
	case f.manual():
		f.line(c.At(), "+BLECONN:%d,-1", a.index)
		return core.TimedOut
	default:
		return core.TimedOut
	}
	return nil
}

// queryParameters needs a connection, as in the firmware.
func (f *Family) queryParameters(c *core.Call) error {
	err := error(core.BadValue)
	for _, e := range f.links {
		if e != nil {
			f.line(c.At(), "+BLECONNPARAM:%s", e.parameters())
			err = nil
		}
	}
	return err
}

// setParameters asks for new parameters of a connection. They take effect some
// connection events later.
func (f *Family) setParameters(c *core.Call) error {
	e, err := f.end(c, 0)
	if err != nil {
		return err
	}
	least, most := number(c, 1, 0x6, 0xC80), number(c, 2, 0x6, 0xC80)
	latency, timeout := number(c, 3, 0, 0x1F3), number(c, 4, 0xA, 0xC80)
	if err := c.Args.Err(); err != nil {
		return f.refuseParameters(c, e, err)
	}
	if least > most {
		return f.refuseParameters(c, e, core.BadValue)
	}
	// A timeout has to be longer than twice the time between the events that the
	// peripheral listens to (Bluetooth Core 4.E.7.8.18).
	if time.Duration(timeout)*unitTimeout <= 2*time.Duration((1+latency)*most)*unitInterval {
		return f.refuseParameters(c, e, core.Failed)
	}
	e.least, e.most = least, most
	later := time.Duration(instant*e.interval) * unitInterval
	if !e.send(c.At(), func(at time.Time) {
		e.air.plan(e.f, at.Add(later), func(at time.Time) { e.change(at, least, latency, timeout) })
	}) {
		return core.NoMemory
	}
	return nil
}

// refuseParameters has the manual's line for it (6.1.12.2).
func (f *Family) refuseParameters(c *core.Call, e *end, err error) error {
	if f.manual() {
		f.line(c.At(), "+BLECONNPARAM: %d,-1", e.index)
	}
	return err
}

// change lets new parameters take effect.
func (l *link) change(at time.Time, interval, latency, timeout int) {
	l.anchor, l.interval, l.latency, l.timeout = at, interval, latency, timeout
	for _, e := range l.side {
		if e.up {
			e.f.event(at, "+BLE:CONNPARAM:%s", e.parameters())
		}
	}
}

// disconnect ends a connection; the line that says so comes later.
func (f *Family) disconnect(c *core.Call) error {
	e, err := f.end(c, 0)
	if err == nil && !e.terminate(c.At(), true) {
		err = core.NoMemory
	}
	return err
}

// setDataLength takes the length of the packets of a connection, which changes
// nothing here: a packet takes no air time.
func (f *Family) setDataLength(c *core.Call) error {
	_, err := f.end(c, 0)
	number(c, 1, 27, 251)
	number(c, 2, 0, 17040)
	if err == nil {
		err = c.Args.Err()
	}
	return err
}

// exchangeMTU asks the peer for the firmware's MTU; both hosts are told.
func (f *Family) exchangeMTU(c *core.Call) error {
	e, err := f.end(c, 0)
	if err != nil {
		return err
	}
	r := e.ask(c.At(), func(at time.Time) func(time.Time) {
		e.mtu = fullMTU
		e.other().tellMTU(at)
		return e.tellMTU
	})
	if r == nil {
		return core.NoMemory
	}
	return nil
}

func (e *end) tellMTU(at time.Time) { e.f.event(at, "+BLE:MTUSIZE:%d,%d", e.index, e.mtu) }
