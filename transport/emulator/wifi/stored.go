package wifi

import (
	"fmt"
	"net/netip"
)

// Bits of AT+CWMODE and of AT+CWDHCP's mode.
const (
	station = 1
	softAP  = 2
)

// Keys of the settings in flash.
const (
	keyMode     = "wifi/mode"
	keyNetwork  = "wifi/network"
	keyRetry    = "wifi/retry"
	keyAuto     = "wifi/auto"
	keyScan     = "wifi/scan"
	keySoftAP   = "wifi/softap"
	keyDHCP     = "wifi/dhcp"
	keyRange    = "wifi/range"
	keyMAC      = "wifi/mac"
	keyStation  = "wifi/station"
	keyAP       = "wifi/ap"
	keyStaProto = "wifi/sta-protocol"
	keyAPProto  = "wifi/ap-protocol"
	keyAntenna  = "wifi/antenna"
)

// network is what a station joins, and how (manual 3.1.5).
type network struct {
	SSID, Password string
	BSSID          string // empty: any
	WEP            bool
	Timeout        int64 // s
	PMF            int64
}

// address is what AT+CIPSTA and AT+CIPAP set.
type address struct{ IP, Gateway, Netmask netip.Addr }

// retry is AT+CWRECONNCFG: seconds between attempts, 0 for none, and their
// number, 0 for no limit.
type retry struct{ Interval, Count int64 }

// scanOptions are AT+CWLAPOPT.
type scanOptions struct {
	Sort, Print, RSSI, Auth, Max int64
}

// accessPoint is AT+CWSAP.
type accessPoint struct {
	SSID, Password                 string
	Channel, Security, Max, Hidden int64
}

// lease is AT+CWDHCPS: minutes, and the last byte of the first and last address.
type lease struct{ Minutes, First, Last int64 }

// antenna is AT+CWANTENABLE.
type antenna struct{ Dynamic, Static, Pin int64 }

// settings are what the commands set. The AT task alone writes them, under the
// family's lock; it reads them without.
type settings struct {
	Mode     int64
	Retry    retry
	Auto     int64
	Scan     scanOptions
	SoftAP   accessPoint
	DHCP     int64 // bits
	Range    lease
	MAC      mac
	Station  address // fixed, when its DHCP is off
	AP       address
	StaProto int64 // bits
	APProto  int64
	Antenna  antenna // as of the last reset

	Country string
	Policy  int64
	Host    string
	Events  bool // AT+CWEVT
	Off     bool // AT+WIFISP=0
	Active  int64
}

// Limits and defaults of the firmware.
const (
	allProtocols = 15
	maxStations  = 4  // of the SoftAP (manual 3.1.10.3)
	maxResults   = 50 // of a scan (manual 3.1.7.2)
	antennas     = 2
)

var (
	apAddress   = netip.AddrFrom4([4]byte{192, 168, 4, 1})
	classC      = netip.AddrFrom4([4]byte{255, 255, 255, 0})
	defaultScan = scanOptions{Sort: 1, Print: 0x7ff, RSSI: -100, Auth: 0xffff, Max: maxResults}
	wholeRange  = lease{Minutes: 120, First: 2, Last: 101}
)

// recall gives the settings after a reset: the defaults, and over them what flash
// holds.
func (f *Family) recall() settings {
	s := settings{
		Auto: 1, Scan: defaultScan, DHCP: station | softAP, Range: wholeRange, MAC: f.unit,
		AP: address{apAddress, apAddress, classC}, StaProto: allProtocols, APProto: allProtocols,
		Country: "00", Host: "Wlan", Events: true,
	}
	flash := f.m.Flash
	flash.Recall(keyMAC, &s.MAC)
	s.SoftAP = accessPoint{SSID: fmt.Sprintf("AP_%02X%02X%02X", s.MAC[3], s.MAC[4], s.MAC[5]), Channel: 1, Max: maxStations}
	for key, to := range map[string]any{
		keyMode: &s.Mode, keyRetry: &s.Retry, keyAuto: &s.Auto, keyScan: &s.Scan, keySoftAP: &s.SoftAP,
		keyDHCP: &s.DHCP, keyRange: &s.Range, keyStation: &s.Station, keyAP: &s.AP,
		keyStaProto: &s.StaProto, keyAPProto: &s.APProto, keyAntenna: &s.Antenna,
	} {
		flash.Recall(key, to)
	}
	return s
}
