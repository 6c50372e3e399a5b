package wifi

import (
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// States of the station (manual 3.1.4.2).
const (
	idle         = 0
	noAddress    = 1
	up           = 2
	connecting   = 3
	disconnected = 4
)

// wrongMode is what the firmware answers to a command that the mode of AT+CWMODE
// does not have.
const wrongMode = core.BadForm

// Options are what a family is made of.
type Options struct {
	Air *Live
	MAC [6]byte // of the unit
	// Down is called, at its instant, when the station loses its association.
	Down func(at time.Time)
	// V6 says whether AT+CIPV6 is on, asked by the AT task alone; nil: it is not.
	// Raw says whether the link is in passthrough; nil: never.
	V6, Raw func() bool
}

// Family is the Wi-Fi commands.
type Family struct {
	m       *core.Machine
	air     *Live
	unit    mac
	down    func(at time.Time)
	v6, raw func() bool

	mu       sync.Mutex
	closed   bool
	set      settings
	target   network // of the last AT+CWJAP
	state    int
	point    AccessPoint // that the station has joined, in the states noAddress and up
	protocol string      // with that one
	guests   []guest     // of the SoftAP
	running  bool        // the SoftAP

	session, missing, scan, softAP, monitor *task

	busy sync.WaitGroup
}

// New returns the family. It is from now on the one that hears of changes of
// the air.
func New(m *core.Machine, o Options) *Family {
	never := func() bool { return false }
	f := &Family{m: m, air: o.Air, unit: o.MAC, down: o.Down, v6: never, raw: never}
	if o.V6 != nil {
		f.v6 = o.V6
	}
	if o.Raw != nil {
		f.raw = o.Raw
	}
	o.Air.listen(f)
	m.OnFault(core.Deauth, func(at time.Time) { f.lose(at, deauthenticated, true) })
	return f
}

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "+WIFISP", Query: f.queryRadio, Set: f.setRadio, Min: 1, Max: 1},
		{Name: "+CWMODE", Query: f.queryMode, Set: f.setMode, Min: 1, Max: 2},
		{Name: "+CWNETMODE", Query: queryNetMode},
		{Name: "+CWSTATE", Query: f.queryState},
		{Name: "+CWJAP", Query: f.queryJoin, Set: f.setJoin, Execute: f.rejoin, Min: 1, Max: 9},
		{Name: "+CWRECONNCFG", Query: f.queryRetry, Set: f.setRetry, Min: 2, Max: 2},
		{Name: "+CWLAPOPT", Query: f.queryScan, Set: f.setScan, Min: 2, Max: 5},
		{Name: "+CWLAP", Set: f.scanFor, Execute: f.scanAll, Min: 1, Max: 6},
		{Name: "+CWQAP", Execute: f.leave, Set: f.setLeave, Min: 1, Max: 1},
		{Name: "+CWSAP", Query: f.querySoftAP, Set: f.setSoftAP, Min: 4, Max: 6},
		{Name: "+CWLIF", Execute: f.listGuests},
		{Name: "+CWQIF", Execute: f.dropGuests, Set: f.dropGuest, Min: 1, Max: 1},
		{Name: "+CWDHCP", Query: f.queryDHCP, Set: f.setDHCP, Min: 2, Max: 2},
		{Name: "+CWDHCPS", Query: f.queryRange, Set: f.setRange, Min: 1, Max: 4},
		{Name: "+CWAUTOCONN", Query: f.queryAuto, Set: f.setAuto, Min: 1, Max: 1},
		{Name: "+CIPSTAMAC", Query: f.queryStationMAC, Set: f.setMAC, Min: 1, Max: 1},
		{Name: "+CIPAPMAC", Query: f.queryAPMAC, Set: f.setMAC, Min: 1, Max: 1},
		{Name: "+CIPSTA", Query: f.queryStation, Set: f.setStation, Min: 1, Max: 4},
		{Name: "+CIPAP", Query: f.queryAP, Set: f.setAP, Min: 1, Max: 3},
		{Name: "+CWHOSTNAME", Query: f.queryHost, Set: f.setHost, Min: 1, Max: 1},
		{Name: "+CWCOUNTRY", Query: f.queryCountry, Set: f.setCountry, Min: 2, Max: 2},
		{Name: "+CWMONITOR", Set: f.setMonitor, Min: 1, Max: 4},
		{Name: "+CWSTAPROTO", Query: f.queryStaProto, Set: f.setStaProto, Min: 1, Max: 1},
		{Name: "+CWAPPROTO", Query: f.queryAPProto, Set: f.setAPProto, Min: 1, Max: 1},
		{Name: "+WPS", Set: f.setWPS, Min: 1, Max: 2},
		{Name: "+CWANTENABLE", Query: f.queryDiversity, Set: f.setDiversity, Min: 2, Max: 3},
		{Name: "+CWANTNUM", Query: queryAntennas},
		{Name: "+CWANT", Query: f.queryAntenna, Set: f.setAntenna, Min: 1, Max: 1},
		{Name: "+CWEVT", Query: f.queryEvents, Set: f.setEvents, Min: 1, Max: 1},
		{Name: "+CIFSR", Execute: f.addresses},
	}
}

// Boot implements core.Family.
func (f *Family) Boot(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.endAll()
	if f.associated() {
		f.m.Radio.Leave(at)
	}
	f.state, f.point, f.guests, f.running = idle, AccessPoint{}, nil, false
	f.set = f.recall()
	f.target = network{}
	f.m.Flash.Recall(keyNetwork, &f.target)
}

// Ready implements core.Starter: the SoftAP and the automatic connection at
// power-up.
func (f *Family) Ready(c *core.Call) {
	f.startSoftAP(c.At())
	if f.set.Auto == 1 && f.set.Mode&station != 0 {
		f.joinAgain(c.At())
	}
}

// Close implements core.Family.
func (f *Family) Close() {
	f.mu.Lock()
	f.closed = true
	f.endAll()
	f.mu.Unlock()
	f.busy.Wait()
}

// Up says whether the station has an address.
func (f *Family) Up() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state == up
}

// associated says whether the station has joined an access point. The caller
// holds mu.
func (f *Family) associated() bool { return f.state == noAddress || f.state == up }

// say gives events with the prefix +CW, unless AT+CWEVT or passthrough holds them
// back (manual 2.2.8.3, 4.1.31). The caller holds mu.
func (f *Family) say(at time.Time, events ...[]byte) {
	if !f.set.Events || f.raw() && f.m.SysMsg.Load()&core.StateMessages == 0 {
		return
	}
	f.m.Event(at, events...)
}

// bare gives the one data line of a query of which the firmware leaves the CRLF
// away.
func (f *Family) bare(c *core.Call, line []byte) error {
	if !f.m.Quirks.Has(core.BareQuery) {
		line = append(line, '\r', '\n')
	}
	c.Say(line)
	return nil
}
