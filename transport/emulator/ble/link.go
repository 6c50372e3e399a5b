package ble

import (
	"fmt"
	"time"
)

const (
	unitInterval = 1250 * time.Microsecond // of connection intervals
	unitTimeout  = 10 * time.Millisecond   // of supervision timeouts

	firstInterval = 24 // 30 ms, the firmware's BT_GAP_INIT_CONN_INT_MIN
	firstMost     = 40 // 50 ms

	plainMTU = 23  // bytes, before an exchange (Bluetooth Core 3.F.3.2.8)
	fullMTU  = 247 // of the firmware: 244 bytes of data (manual 6.1.22.2)

	mostPackets = 16 // of one side that wait for a connection event

	// instant is how many connection events lie between the agreement on new
	// parameters and their effect (Bluetooth Core 6.B.5.1.1).
	instant = 6
)

// Roles in a connection, as the firmware's lines have them.
const (
	central    = 0
	peripheral = 1
)

// link is a connection.
type link struct {
	air      *Ether
	side     [2]*end // central, peripheral
	anchor   time.Time
	interval int // unitInterval
	latency  int // events that the peripheral may leave out
	timeout  int // unitTimeout
	mtu      int
	level    int // security level reached
	pairing  *pairing
}

// end is a module's side of a connection.
type end struct {
	*link
	f     *Family
	role  int
	index int     // conn_index of the module
	peer  address // as it was when the connection was made
	up    bool    // the module takes part

	least, most int       // intervals that its host has asked for
	waiting     int       // packets for the next connection event
	last        time.Time // when the last of them arrives

	// Of the server.
	enabled    map[uint16]int // CCC descriptors that are not 0, by handle
	indicating bool           // an indication waits for its confirmation

	// Of the client.
	services      []found
	subscriptions map[uint16]uint16 // CCC handle by value handle
}

// attempt is a BLECONN under way.
type attempt struct {
	index   int
	to      address
	random  bool // the address is a random one, which no module has
	timeout int  // unitTimeout
	done    bool
}

// meets says whether f is what the attempt looks for.
func (a *attempt) meets(f *Family) bool {
	return a != nil && !a.done && !a.random && a.to == f.address
}

// free is the first connection index that is neither in use nor kept for a BLECONN, -1
// when there is none.
func (f *Family) free() int {
	for i, e := range f.links {
		if e == nil && (f.want == nil || f.want.index != i) {
			return i
		}
	}
	return -1
}

// join connects c, whose BLECONN looks for p, to the advertiser p at its event.
func join(c, p *Family, at time.Time) {
	l := &link{
		air: c.air, anchor: at, interval: firstInterval, timeout: c.want.timeout,
		mtu: plainMTU, level: 1,
	}
	c.want.done = true
	l.side[central] = newEnd(l, c, central, c.want.index, p.address, firstMost)
	l.side[peripheral] = newEnd(l, p, peripheral, p.free(), c.address, firstInterval)
	for _, e := range l.side {
		e.f.links[e.index] = e
	}
	e := l.side[peripheral]
	p.event(at, "+BLE:CONNECTED:%s", e.tag())
	c.air.listen(at)
}

func newEnd(l *link, f *Family, role, index int, peer address, most int) *end {
	return &end{
		link: l, f: f, role: role, index: index, peer: peer, up: true,
		least: firstInterval, most: most,
		enabled: make(map[uint16]int), subscriptions: make(map[uint16]uint16),
	}
}

// other is the peer's end.
func (e *end) other() *end { return e.side[1-e.role] }

// next is the first connection event after t that carries packets of e.
func (e *end) next(t time.Time) time.Time {
	if t.Before(e.anchor) {
		return e.anchor
	}
	period := time.Duration(e.interval) * unitInterval
	if e.role == central {
		period *= time.Duration(1 + e.latency)
	}
	return e.anchor.Add((t.Sub(e.anchor)/period + 1) * period)
}

// send lets act happen at the peer with the next connection event; false when too
// much waits for it already. A peer that has vanished takes nothing.
func (e *end) send(at time.Time, act func(at time.Time)) bool {
	if e.waiting == mostPackets {
		return false
	}
	e.waiting++
	if at = e.next(at); at.After(e.last) {
		e.last = at
	}
	e.air.plan(e.f, e.last, func(at time.Time) {
		e.waiting--
		if e.up && e.other().up {
			act(at)
		}
	})
	return true
}

// request is one that has been sent.
type request struct{ answered bool }

// ask sends a request; work is what the peer does with it, answer what comes back
// with the peer's next packet. It is nil when too much waits already.
func (e *end) ask(at time.Time, work func(at time.Time) (answer func(at time.Time))) *request {
	r := new(request)
	if !e.send(at, func(at time.Time) {
		answer := work(at)
		e.other().send(at, func(at time.Time) {
			answer(at)
			r.answered = true
		})
	}) {
		return nil
	}
	return r
}

// terminate ends the connection with the next connection event, at both ends.
func (e *end) terminate(at time.Time, asked bool) bool {
	return e.send(at, func(at time.Time) {
		other := e.other()
		e.drop(at, asked)
		other.drop(at, false)
	})
}

// drop takes the end out of its module and says so; asked is for the one whose host
// has asked for it.
func (e *end) drop(at time.Time, asked bool) {
	e.up = false
	e.f.links[e.index] = nil
	e.disable(at)
	if asked && e.f.manual() {
		e.f.event(at, `+BLEDISCONN:%d,"%s"`, e.index, e.peer)
		return
	}
	e.f.event(at, "+BLE:DISCONNECTED:%s", e.tag())
}

// vanish is the end of a module that says nothing more: its peer finds out when the
// supervision timeout has passed.
func (e *end) vanish(at time.Time) {
	e.up = false
	other := e.other()
	if !other.up {
		return
	}
	e.air.plan(other.f, at.Add(time.Duration(e.timeout)*unitTimeout), func(at time.Time) {
		if other.up {
			other.drop(at, false)
		}
	})
}

// parameters are those of the connection as BLECONNPARAM has them.
func (e *end) parameters() string {
	return fmt.Sprintf("%d,%d,%d,%d,%d,%d", e.index, e.least, e.most, e.interval, e.latency, e.timeout)
}

// tag is how the lines of a connection name it.
func (e *end) tag() string {
	if e.f.newer() {
		return fmt.Sprintf(`%d,"%s",%d`, e.index, e.peer, e.role)
	}
	return fmt.Sprintf(`%d,"%s"`, e.index, e.peer)
}
