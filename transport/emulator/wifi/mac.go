package wifi

import (
	"encoding/hex"
	"net"
	"net/netip"

	"st67bench/transport/emulator/core"
)

// mac is an IEEE 802 address.
type mac [6]byte

func (m mac) String() string { return net.HardwareAddr(m[:]).String() }

// parseMAC reads aa:bb:cc:dd:ee:ff in either case.
func parseMAC(text []byte) (m mac, ok bool) {
	if len(text) != 17 {
		return m, false
	}
	for i := range m {
		if i > 0 && text[3*i-1] != ':' {
			return m, false
		}
		if _, err := hex.Decode(m[i:i+1], text[3*i:3*i+2]); err != nil {
			return m, false
		}
	}
	return m, true
}

// count is the address that lies by addresses behind bssid; its last two bytes
// are counted.
func count(bssid string, by int) string {
	m, _ := parseMAC([]byte(bssid))
	last := int(m[4])<<8 + int(m[5]) + by
	m[4], m[5] = byte(last>>8), byte(last)
	return m.String()
}

// macAt is parameter i, an IEEE 802 address.
func macAt(c *core.Call, i int) (mac, error) {
	text := c.Args.Text(i, 19)
	if err := c.Args.Err(); err != nil {
		return mac{}, err
	}
	m, ok := parseMAC(text)
	if !ok {
		return mac{}, core.BadAddress
	}
	return m, nil
}

// linkLocal is the address that a station gives itself (RFC 4291, 2.5.6).
func (m mac) linkLocal() netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 8: m[0] ^ 2, 9: m[1], 10: m[2], 11: 0xff, 12: 0xfe, 13: m[3], 14: m[4], 15: m[5]})
}

func (f *Family) queryStationMAC(c *core.Call) error {
	c.Line("+CIPSTAMAC:%q", f.set.MAC)
	return nil
}

func (f *Family) queryAPMAC(c *core.Call) error {
	c.Line("+CIPAPMAC:%q", f.set.MAC)
	return nil
}

// setMAC serves both interfaces, which have one address (manual 3.1.16.4).
func (f *Family) setMAC(c *core.Call) error {
	m, err := macAt(c, 0)
	switch {
	case err != nil:
		return err
	case m[0]&1 != 0, m == mac{}:
		return core.BadValue
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set.MAC = m
	f.m.Save(keyMAC, m)
	return nil
}
