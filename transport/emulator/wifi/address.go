package wifi

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"st67bench/transport/emulator/core"
)

// global is the station's global IPv6 address: the module's network is the
// loopback of this machine.
var global = netip.IPv6Loopback()

func (f *Family) queryDHCP(c *core.Call) error {
	return f.bare(c, fmt.Appendf(nil, "+CWDHCP:%d", f.set.DHCP))
}

// setDHCP switches on or off the interfaces whose bits are set. It takes effect
// at the next join.
func (f *Family) setDHCP(c *core.Call) error {
	on, bits := c.Args.Int(0, 0, 1), c.Args.Int(1, 1, station|softAP)
	if err := c.Args.Err(); err != nil {
		return err
	}
	dhcp := f.set.DHCP &^ bits
	if on == 1 {
		dhcp |= bits
	}
	change(f, keyDHCP, &f.set.DHCP, dhcp)
	if dhcp&station != 0 && f.set.Station.IP.IsValid() {
		change(f, keyStation, &f.set.Station, address{})
	}
	return nil
}

// current is the station's address. The caller holds mu.
func (f *Family) current() address {
	switch {
	case f.set.Station.IP.IsValid():
		return f.set.Station
	case f.state == up:
		return address{f.point.Address.Addr(), f.point.Gateway, netmask(f.point.Address)}
	default:
		none := netip.IPv4Unspecified()
		return address{none, none, none}
	}
}

func netmask(p netip.Prefix) netip.Addr {
	return netip.AddrFrom4([4]byte(net.CIDRMask(p.Bits(), 32)))
}

func (f *Family) queryStation(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	lines(c, "+CIPSTA", f.current())
	if f.v6() && f.associated() {
		c.Line(`+CIPSTA:ip6ll:"%s"`, upper(f.set.MAC.linkLocal()))
		c.Line(`+CIPSTA:ip6gl:"%s"`, upper(global))
	}
	return nil
}

func (f *Family) queryAP(c *core.Call) error {
	lines(c, "+CIPAP", f.set.AP)
	if f.v6() && f.set.Mode&softAP != 0 {
		c.Line(`+CIPAP:ip6ll:"%s"`, upper(f.set.MAC.linkLocal()))
	}
	return nil
}

func lines(c *core.Call, command string, a address) {
	c.Line("%s:ip:%q", command, a.IP)
	c.Line("%s:gateway:%q", command, a.Gateway)
	c.Line("%s:netmask:%q", command, a.Netmask)
}

// upper writes an IPv6 address as the firmware's stack does.
func upper(a netip.Addr) string { return strings.ToUpper(a.String()) }

// setStation sets a fixed address, which switches the station's DHCP off. The
// fourth parameter, the name server, is checked and has no effect. A station
// that has joined and waits for an address has it now.
func (f *Family) setStation(c *core.Call) error {
	a, err := fixed(c, func(ip netip.Addr) netip.Addr {
		first := ip.As4()
		first[3] = 1
		return netip.AddrFrom4(first)
	})
	if err != nil {
		return err
	}
	if _, err := addressAt(c, 3, a.Gateway); err != nil {
		return err
	}
	change(f, keyStation, &f.set.Station, a)
	change(f, keyDHCP, &f.set.DHCP, f.set.DHCP&^station)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gotAddress(c.At())
	return nil
}

// setAP sets the SoftAP's address. With the quirk ap-keeps-dhcp its DHCP server
// stays on.
func (f *Family) setAP(c *core.Call) error {
	a, err := fixed(c, func(ip netip.Addr) netip.Addr { return ip })
	if err != nil {
		return err
	}
	change(f, keyAP, &f.set.AP, a)
	if !f.m.Quirks.Has(core.APKeepsDHCP) {
		change(f, keyDHCP, &f.set.DHCP, f.set.DHCP&^softAP)
	}
	return nil
}

// fixed reads ip[,gateway,netmask]; gateway gives the one that is omitted.
func fixed(c *core.Call, gateway func(netip.Addr) netip.Addr) (a address, err error) {
	if !c.Args.Has(0) {
		return a, core.BadCount
	}
	if a.IP, err = addressAt(c, 0, netip.Addr{}); err != nil {
		return a, err
	}
	if a.Gateway, err = addressAt(c, 1, gateway(a.IP)); err != nil {
		return a, err
	}
	a.Netmask, err = addressAt(c, 2, classC)
	return a, err
}

// addressAt is parameter i, an IPv4 address that is neither all zeros nor all
// ones.
func addressAt(c *core.Call, i int, def netip.Addr) (netip.Addr, error) {
	if !c.Args.Has(i) {
		return def, nil
	}
	text := c.Args.Text(i, 15)
	if err := c.Args.Err(); err != nil {
		return def, err
	}
	a, err := netip.ParseAddr(string(text))
	if err != nil || !a.Is4() || a.IsUnspecified() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return def, core.BadAddress
	}
	return a, nil
}

// addresses is AT+CIFSR: the interfaces that the mode has.
func (f *Family) addresses(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set.Mode&softAP != 0 {
		c.Line("+CIFSR:APIP,%q", f.set.AP.IP)
		f.sixth(c, "APIP6LL", f.set.MAC.linkLocal())
		c.Line("+CIFSR:APMAC,%q", f.set.MAC)
	}
	if f.set.Mode&station != 0 {
		c.Line("+CIFSR:STAIP,%q", f.current().IP)
		if f.associated() {
			f.sixth(c, "STAIP6LL", f.set.MAC.linkLocal())
			f.sixth(c, "STAIP6GL", global)
		}
		c.Line("+CIFSR:STAMAC,%q", f.set.MAC)
	}
	return nil
}

// sixth is a line of AT+CIFSR with an IPv6 address, when AT+CIPV6 is on.
func (f *Family) sixth(c *core.Call, name string, a netip.Addr) {
	if !f.v6() {
		return
	}
	between := ','
	if f.m.Quirks.Has(core.V6Colon) {
		between = ':'
	}
	c.Line(`+CIFSR:%s%c"%s"`, name, between, upper(a))
}
