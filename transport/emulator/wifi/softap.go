package wifi

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"st67bench/transport/emulator/core"
)

// guest is a station that has joined the SoftAP.
type guest struct {
	mac string
	ip  netip.Addr // invalid: none, or one that the SoftAP did not give
}

func (f *Family) querySoftAP(c *core.Call) error {
	if f.set.Mode&softAP == 0 {
		return wrongMode
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.set.SoftAP
	if f.associated() { // station and SoftAP share one radio (manual 3.1.2.4)
		a.Channel = int64(f.point.Channel)
	}
	c.Line(`+CWSAP:"%s","%s",%d,%d,%d,%d`, a.SSID, a.Password, a.Channel, a.Security, a.Max, a.Hidden)
	return nil
}

// setSoftAP starts the SoftAP anew: its stations are gone.
func (f *Family) setSoftAP(c *core.Call) error {
	a := accessPoint{
		SSID: string(c.Args.Text(0, maxSSID)), Password: string(c.Args.Text(1, maxPassword)),
		Channel: c.Args.Int(2, 1, 13), Security: c.Args.Int(3, 0, 4),
		Max:    c.Args.IntOr(4, f.set.SoftAP.Max, 1, maxStations),
		Hidden: c.Args.IntOr(5, f.set.SoftAP.Hidden, 0, 1),
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch {
	case f.set.Mode&softAP == 0:
		return wrongMode
	case a.SSID == "", a.Security == int64(WEP), a.Security != int64(Open) && len(a.Password) < 8:
		return core.BadValue
	case a.Security == int64(Open):
		a.Password = ""
	}
	f.stopSoftAP(c.At())
	change(f, keySoftAP, &f.set.SoftAP, a)
	f.startSoftAP(c.At())
	return nil
}

// visit is something that a station of the air does at an instant.
type visit struct {
	at   time.Time
	does func(at time.Time, s Station)
	who  Station
}

// startSoftAP lets the stations of the air come, when the mode has a SoftAP that
// does not run yet.
func (f *Family) startSoftAP(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running || f.set.Mode&softAP == 0 || f.set.Off {
		return
	}
	var visits []visit
	for _, s := range f.air.now().Stations {
		visits = append(visits, visit{at.Add(s.Joins), f.admit, s})
		if !s.Address.IsValid() {
			visits = append(visits, visit{at.Add(s.Joins + leaseTime), f.serve, s})
		}
		if s.Leaves > 0 {
			visits = append(visits, visit{at.Add(s.Leaves), f.depart, s})
		}
	}
	slices.SortStableFunc(visits, func(a, b visit) int { return a.at.Compare(b.at) })
	f.running = true
	f.start(&f.softAP, func(t *task) {
		for _, v := range visits {
			if !f.m.Clock.Near(v.at, t.stop) {
				return
			}
			f.mu.Lock()
			if f.softAP == t {
				v.does(v.at, v.who)
			}
			f.mu.Unlock()
		}
	})
}

// stopSoftAP sends every station away.
func (f *Family) stopSoftAP(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end(&f.softAP)
	f.running = false
	for _, g := range f.guests {
		f.say(at, fmt.Appendf(nil, "+CW:STA_DISCONNECTED %q\r\n", g.mac))
	}
	f.guests = nil
}

// guestAt is the place of a station in the list, -1 when it has not joined. The
// caller holds mu.
func (f *Family) guestAt(mac string) int {
	return slices.IndexFunc(f.guests, func(g guest) bool { return g.mac == mac })
}

// admit lets a station in while there is room. The caller holds mu.
func (f *Family) admit(at time.Time, s Station) {
	if int64(len(f.guests)) >= f.set.SoftAP.Max || f.guestAt(s.MAC) >= 0 {
		return
	}
	f.guests = append(f.guests, guest{mac: s.MAC})
	f.say(at, fmt.Appendf(nil, "+CW:STA_CONNECTED %q\r\n", s.MAC))
}

// serve gives a station the lowest address that is free. The caller holds mu.
func (f *Family) serve(at time.Time, s Station) {
	i := f.guestAt(s.MAC)
	if i < 0 || f.set.DHCP&softAP == 0 {
		return
	}
	for n := f.set.Range.First; n <= f.set.Range.Last; n++ {
		ip := f.inSubnet(n)
		taken := func(g guest) bool { return g.ip == ip }
		if ip == f.set.AP.IP || slices.ContainsFunc(f.guests, taken) {
			continue
		}
		f.guests[i].ip = ip
		f.say(at, fmt.Appendf(nil, "+CW:DIST_STA_IP %q,%q\r\n", s.MAC, ip))
		return
	}
}

// depart lets a station leave. The caller holds mu.
func (f *Family) depart(at time.Time, s Station) {
	if i := f.guestAt(s.MAC); i >= 0 {
		f.guests = slices.Delete(f.guests, i, i+1)
		f.say(at, fmt.Appendf(nil, "+CW:STA_DISCONNECTED %q\r\n", s.MAC))
	}
}

// listGuests is AT+CWLIF. An address that the SoftAP did not give is not known to
// it (manual 3.1.11.3).
func (f *Family) listGuests(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, g := range f.guests {
		ip := ""
		if g.ip.IsValid() {
			ip = g.ip.String()
		}
		c.Line("+CWLIF:%s,%s", ip, g.mac)
	}
	return nil
}

func (f *Family) dropGuests(c *core.Call) error {
	if f.set.Mode&softAP == 0 {
		return wrongMode
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.guests) > 0 {
		f.depart(c.At(), Station{MAC: f.guests[0].mac})
	}
	return nil
}

func (f *Family) dropGuest(c *core.Call) error {
	if f.set.Mode&softAP == 0 {
		return wrongMode
	}
	m, err := macAt(c, 0)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.guestAt(m.String()) < 0 {
		return core.BadForm // so the firmware says that there is no such station
	}
	f.depart(c.At(), Station{MAC: m.String()})
	return nil
}

// inSubnet is the address of the SoftAP's network that ends in n.
func (f *Family) inSubnet(n int64) netip.Addr {
	ip := f.set.AP.IP.As4()
	ip[3] = byte(n)
	return netip.AddrFrom4(ip)
}

// queryRange is AT+CWDHCPS?; the manual has an equals sign in its answer.
func (f *Family) queryRange(c *core.Call) error {
	between := '='
	if f.m.Quirks.Has(core.BareQuery) {
		between = ':'
	}
	r := f.set.Range
	return f.bare(c, fmt.Appendf(nil, "+CWDHCPS%c%d,%s,%s", between, r.Minutes, f.inSubnet(r.First), f.inSubnet(r.Last)))
}

// setRange takes 0 alone, or 1 with lease time, first and last address, which
// have to be in the SoftAP's network.
func (f *Family) setRange(c *core.Call) error {
	on := c.Args.Int(0, 0, 1) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}
	given := number(c.Args.Has(1)) + number(c.Args.Has(2)) + number(c.Args.Has(3))
	r := wholeRange
	switch {
	case on && given < 3, !on && given > 0:
		return core.BadValue
	case on:
		var err error
		if r, err = f.rangeOf(c); err != nil {
			return err
		}
	}
	change(f, keyRange, &f.set.Range, r)
	return nil
}

func (f *Family) rangeOf(c *core.Call) (lease, error) {
	minutes := c.Args.Int(1, 1, 2880)
	if err := c.Args.Err(); err != nil {
		return lease{}, err
	}
	first, err := addressAt(c, 2, netip.Addr{})
	if err != nil {
		return lease{}, err
	}
	last, err := addressAt(c, 3, netip.Addr{})
	if err != nil {
		return lease{}, err
	}
	a, z := first.As4(), last.As4()
	switch {
	case f.inSubnet(int64(a[3])) != first, f.inSubnet(int64(z[3])) != last:
		return lease{}, core.BadForm // so the firmware says that it is another network
	case a[3] > z[3]:
		return lease{}, core.BadValue
	}
	return lease{minutes, int64(a[3]), int64(z[3])}, nil
}
