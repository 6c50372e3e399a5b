package wifi

import (
	"net"
	"net/netip"

	"st67bench/transport/emulator/core"
)

func (f *Family) queryDHCP(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Line("+CWDHCP:%d", f.dhcp)
	return nil
}

// setDHCP switches on or off the interfaces whose bits are set.
func (f *Family) setDHCP(c *core.Call) error {
	on, bits := c.Args.Int(0, 0, 1), c.Args.Int(1, 0, station|softAP)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dhcp &^= bits
	if on == 1 {
		f.dhcp |= bits
	}
	if f.dhcp&station != 0 {
		f.static = address{}
	}
	return nil
}

// current is the station's address; the caller holds mu.
func (f *Family) current() address {
	switch {
	case f.static.ip.IsValid():
		return f.static
	case f.state == up:
		return address{f.air.Address.Addr(), f.air.Gateway, netmask(f.air.Address)}
	default:
		none := netip.IPv4Unspecified()
		return address{none, none, none}
	}
}

func netmask(p netip.Prefix) netip.Addr {
	return netip.AddrFrom4([4]byte(net.CIDRMask(p.Bits(), 32)))
}

func (f *Family) stationAddress(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	say(c, "+CIPSTA", f.current())
	return nil
}

func (f *Family) apAddress(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	say(c, "+CIPAP", f.ap)
	return nil
}

func say(c *core.Call, command string, a address) {
	c.Line("%s:ip:%q", command, a.ip)
	c.Line("%s:gateway:%q", command, a.gateway)
	c.Line("%s:netmask:%q", command, a.netmask)
}

// setStation sets a fixed address, which switches the station's DHCP off. The
// fourth parameter, the name server, is checked and has no effect.
func (f *Family) setStation(c *core.Call) error {
	a, err := fixed(c)
	if err != nil {
		return err
	}
	if _, err := addr(c, 3, a.gateway); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.static = a
	f.dhcp &^= station
	return nil
}

func (f *Family) setAP(c *core.Call) error {
	a, err := fixed(c)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ap = a
	f.dhcp &^= softAP
	return nil
}

// fixed reads ip[,gateway,netmask]. An omitted gateway is the first address of
// the omitted /24.
func fixed(c *core.Call) (a address, err error) {
	if !c.Args.Has(0) {
		return a, core.BadCount
	}
	if a.ip, err = addr(c, 0, netip.Addr{}); err != nil {
		return a, err
	}
	first := a.ip.As4()
	first[3] = 1
	if a.gateway, err = addr(c, 1, netip.AddrFrom4(first)); err != nil {
		return a, err
	}
	a.netmask, err = addr(c, 2, netip.AddrFrom4([4]byte{255, 255, 255, 0}))
	return a, err
}

// addr is parameter i, an IPv4 address.
func addr(c *core.Call, i int, def netip.Addr) (netip.Addr, error) {
	if !c.Args.Has(i) {
		return def, nil
	}
	text := c.Args.Text(i, 15)
	if err := c.Args.Err(); err != nil {
		return def, err
	}
	a, err := netip.ParseAddr(string(text))
	if err != nil || !a.Is4() {
		return def, core.BadValue
	}
	return a, nil
}

// addresses is AT+CIFSR: the interfaces that the mode has.
func (f *Family) addresses(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	mac := net.HardwareAddr(f.mac[:]).String()
	if f.now.mode&softAP != 0 {
		c.Line("+CIFSR:APIP,%q", f.ap.ip)
		c.Line("+CIFSR:APMAC,%q", mac)
	}
	if f.now.mode&station != 0 {
		c.Line("+CIFSR:STAIP,%q", f.current().ip)
		c.Line("+CIFSR:STAMAC,%q", mac)
	}
	return nil
}
