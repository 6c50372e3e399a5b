package wifi

import (
	"errors"
	"net/netip"
	"time"

	"go.yaml.in/yaml/v4"
)

// Ranges of an air file.
const (
	minRSSI   = -100 // dBm
	maxReason = 25   // manual 3.1.5.5
	longest   = 24 * time.Hour
)

// ParseAir reads an air file:
//
//	aps:
//	  - ssid: bench           # required, 1 to 32 bytes
//	    password: secret-word
//	    bssid: "02:67:00:00:00:01"
//	    channel: 6            # 1 to 14
//	    rssi: -48             # dBm, -100 to 0
//	    security: wpa2        # open, wep, wpa, wpa2, wpa-wpa2, enterprise, wpa3, wpa2-wpa3
//	    protocol: ax          # b, g, n, ax: the newest
//	    country: CN
//	    hidden: false
//	    wps: false            # its button has been pressed
//	    beacon: 100           # TU
//	    dtim: 1
//	    twt: true
//	    off: false            # not on the air at first
//	    refuse: 5             # a reason of +CW:ERROR for every join
//	    dhcp: true            # it gives addresses, this one:
//	    address: 127.67.0.2/8
//	    gateway: 127.0.0.1
//	    join: 200ms           # from AT+CWJAP to +CW:CONNECTED
//	    lease: 100ms          # from there to +CW:GOTIP
//	stations:                 # of the module's SoftAP
//	  - mac: "02:00:00:00:00:10"
//	    address: 192.168.4.77 # left out: by DHCP
//	    joins: 2s             # after the SoftAP has started
//	    leaves: 30s
//	hosts:
//	  broker.example: [127.0.0.1, "::1"]
//
// What is left out is as in def; its BSSID is counted up from def's. file is the
// name that the error begins with: the error has every mistake, each with line
// and column, one a line.
func ParseAir(data []byte, file string, def AccessPoint) (Air, error) {
	p := &airParser{walker: walker{file: file}, def: def}
	if top := p.root(data); top != nil {
		seen := p.each(top, "the air", map[string]func(*yaml.Node){
			"aps": p.accessPoints, "stations": p.stations, "hosts": p.hosts,
		})
		if len(p.bad) == 0 && !seen["aps"] {
			p.fail(top, "the air has no aps")
		}
	}
	if err := errors.Join(p.bad...); err != nil {
		return Air{}, err
	}
	return p.air, nil
}

type airParser struct {
	walker
	def AccessPoint
	air Air
}

func (p *airParser) accessPoints(n *yaml.Node) {
	known := map[string]bool{}
	for i, item := range p.items(n, "aps") {
		ap := p.def
		ap.SSID, ap.Password = "", ""
		ap.BSSID = count(p.def.BSSID, i)
		secured := false
		security := p.choice(securityNames, func(i int) { ap.Security, secured = Security(i), true })
		seen := p.each(item, "an access point", map[string]func(*yaml.Node){
			"ssid": p.text(&ap.SSID, 1, 32), "password": p.text(&ap.Password, 1, 64),
			"bssid": p.mac(&ap.BSSID), "channel": p.number(&ap.Channel, 1, 14), "rssi": p.number(&ap.RSSI, minRSSI, 0),
			"security": security, "protocol": p.choice(protocolNames, func(i int) { ap.Protocol = protocolNames[i] }),
			"country": p.text(&ap.Country, 2, 3), "hidden": p.flag(&ap.Hidden, true), "wps": p.flag(&ap.WPS, true),
			"beacon": p.number(&ap.Beacon, 1, 65535), "dtim": p.number(&ap.DTIM, 1, 255), "twt": p.flag(&ap.TWT, true),
			"off": p.flag(&ap.Off, true), "refuse": p.number(&ap.Refuse, 1, maxReason), "dhcp": p.flag(&ap.NoDHCP, false),
			"address": p.prefix(&ap.Address), "gateway": p.address(&ap.Gateway, true),
			"join": p.span(&ap.Join), "lease": p.span(&ap.DHCP),
		})
		if !secured && ap.Password == "" {
			ap.Security = Open
		}
		switch {
		case item.Kind != yaml.MappingNode:
		case !seen["ssid"]:
			p.fail(item, "an access point has no ssid")
		case (ap.Password == "") != (ap.Security == Open || ap.Security == Enterprise):
			p.fail(item, "access point %q: a password goes with each security but open and enterprise, and with no other", ap.SSID)
		case known[ap.BSSID]:
			p.fail(item, "access point %q: BSSID %s is that of another one", ap.SSID, ap.BSSID)
		}
		known[ap.BSSID] = true
		p.air.AccessPoints = append(p.air.AccessPoints, ap)
	}
}

func (p *airParser) stations(n *yaml.Node) {
	for _, item := range p.items(n, "stations") {
		var s Station
		seen := p.each(item, "a station", map[string]func(*yaml.Node){
			"mac": p.mac(&s.MAC), "address": p.address(&s.Address, true),
			"joins": p.span(&s.Joins), "leaves": p.span(&s.Leaves),
		})
		switch {
		case item.Kind != yaml.MappingNode:
		case !seen["mac"]:
			p.fail(item, "a station has no mac")
		case seen["leaves"] && s.Leaves <= s.Joins:
			p.fail(item, "station %s leaves before it joins", s.MAC)
		}
		p.air.Stations = append(p.air.Stations, s)
	}
}

func (p *airParser) hosts(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		p.fail(n, "hosts must be names with lists of addresses")
		return
	}
	p.air.Hosts = make(map[string][]netip.Addr)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		if p.air.Hosts[name] != nil {
			p.fail(n.Content[i], "hosts has %s twice", name)
		}
		for _, item := range p.items(n.Content[i+1], name) {
			var a netip.Addr
			p.address(&a, false)(item)
			p.air.Hosts[name] = append(p.air.Hosts[name], a)
		}
	}
}

func (p *airParser) mac(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := p.scalar(n)
		if !ok {
			return
		}
		m, ok := parseMAC([]byte(s))
		if !ok {
			p.fail(n, "%q is not an address such as aa:bb:cc:dd:ee:ff", s)
			return
		}
		*to = m.String()
	}
}

func (p *airParser) address(to *netip.Addr, v4 bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := p.scalar(n)
		if !ok {
			return
		}
		a, err := netip.ParseAddr(s)
		if err != nil || v4 && !a.Is4() {
			p.fail(n, "%q is not an address such as 127.0.0.1", s)
			return
		}
		*to = a
	}
}

func (p *airParser) prefix(to *netip.Prefix) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := p.scalar(n)
		if !ok {
			return
		}
		a, err := netip.ParsePrefix(s)
		if err != nil || !a.Addr().Is4() {
			p.fail(n, "%q is not an address with its prefix such as 127.67.0.2/8", s)
			return
		}
		*to = a
	}
}

func (p *airParser) span(to *time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		s, ok := p.scalar(n)
		if !ok {
			return
		}
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 || d > longest {
			p.fail(n, "%q is not a time such as 1.5s, up to %v", s, longest)
			return
		}
		*to = d
	}
}
