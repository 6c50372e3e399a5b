package wifi

import (
	"net/netip"
	"slices"
	"time"
)

// Security is what an access point asks for, by the numbers of AT+CWLAP
// (manual 3.1.8.3).
type Security int

// The kinds of security.
const (
	Open Security = iota
	WEP
	WPA
	WPA2
	WPAWPA2
	Enterprise // no station of this module gets in
	WPA3
	WPA2WPA3
)

// securityNames are the words of an air file.
var securityNames = []string{
	Open: "open", WEP: "wep", WPA: "wpa", WPA2: "wpa2", WPAWPA2: "wpa-wpa2",
	Enterprise: "enterprise", WPA3: "wpa3", WPA2WPA3: "wpa2-wpa3",
}

// Protocols of 802.11, the newest that an access point speaks; it speaks the
// older ones too.
var protocolNames = []string{"b", "g", "n", "ax"}

// TU is the time unit of beacon intervals (IEEE 802.11).
const TU = 1024 * time.Microsecond

// Defaults of an access point, and the assumptions of the model.
const (
	DefaultBeacon = 100                    // TU
	joinTime      = 200 * time.Millisecond // from AT+CWJAP to +CW:CONNECTED or +CW:ERROR
	leaseTime     = 100 * time.Millisecond // from +CW:CONNECTED to +CW:GOTIP
)

// AccessPoint is one access point of the air.
type AccessPoint struct {
	SSID     string // up to 32 bytes
	Password string // up to 64 bytes; empty when Security is Open
	BSSID    string // "aa:bb:cc:dd:ee:ff", in lower case
	Channel  int    // 1 to 14
	RSSI     int    // dBm, as the module hears it, -100 to 0
	Security Security
	Protocol string // "b", "g", "n" or "ax": the newest
	Country  string // the country that its beacons name; empty for none
	Hidden   bool   // its beacons have no SSID
	WPS      bool   // its button has been pressed
	Beacon   int    // beacon interval in TU, 1 to 65535
	DTIM     int    // beacons from one DTIM to the next, 1 to 255
	TWT      bool   // it answers requests for a target wake time
	Off      bool   // it is not on the air
	Refuse   int    // the reason (manual 3.1.5.5) with which it refuses every join; 0: it does not

	NoDHCP  bool         // it gives no addresses
	Address netip.Prefix // what it gives to the module
	Gateway netip.Addr
	Join    time.Duration // from AT+CWJAP to +CW:CONNECTED or +CW:ERROR
	DHCP    time.Duration // from +CW:CONNECTED to +CW:GOTIP
}

// Station is one that joins the module's SoftAP.
type Station struct {
	MAC     string        // "aa:bb:cc:dd:ee:ff", in lower case
	Address netip.Addr    // its fixed address; invalid: it asks for one by DHCP
	Joins   time.Duration // after the SoftAP has started
	Leaves  time.Duration // after the SoftAP has started; 0: never
}

// Air is all that the module can hear, and the names that it can resolve.
type Air struct {
	AccessPoints []AccessPoint
	Stations     []Station
	Hosts        map[string][]netip.Addr
}

// Clone returns a copy that shares nothing with a.
func (a Air) Clone() Air {
	a.AccessPoints = slices.Clone(a.AccessPoints)
	a.Stations = slices.Clone(a.Stations)
	return a
}

// protocolBits are the bits of AT+CWSTAPROTO for a newest protocol.
func protocolBits(newest string) int64 {
	return 1<<(slices.Index(protocolNames, newest)+1) - 1
}

// newest is the newest protocol of a mask; the mask is not 0.
func newest(mask int64) string {
	for i := len(protocolNames) - 1; i > 0; i-- {
		if mask&(1<<i) != 0 {
			return protocolNames[i]
		}
	}
	return protocolNames[0]
}

// cipher is the number of AT+CWLAP for the pairwise cipher.
func (s Security) cipher() int {
	switch s {
	case Open:
		return 0
	case WEP:
		return 1
	case WPA:
		return 3
	case WPAWPA2:
		return 5
	default:
		return 4
	}
}

// group is the number of AT+CWLAP for the group cipher: what the oldest station
// can read.
func (s Security) group() int {
	if s == WPAWPA2 {
		return 3
	}
	return s.cipher()
}

// complete gives an access point what it cannot be without.
func (ap *AccessPoint) complete() {
	ap.Beacon, ap.DTIM = max(ap.Beacon, 1), max(ap.DTIM, 1)
	if !slices.Contains(protocolNames, ap.Protocol) {
		ap.Protocol = protocolNames[len(protocolNames)-1]
	}
}
