// Package wifi is the emulated module's Wi-Fi commands (manual chapter 3) as a
// station, in an air with one access point.
//
// A join runs beside the AT task, as in the firmware: AT+CWJAP answers
// +CW:CONNECTING and OK at once, +CW:CONNECTED and +CW:GOTIP (or
// +CW:ERROR,<reason>) come later. Losing the association closes every
// connection of the network family first, then says +CW:DISCONNECTED and
// +CW:ERROR,19.
package wifi

import (
	"net/netip"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// Air is the one access point and what it gives to a station.
type Air struct {
	SSID, Password string
	BSSID          string // "aa:bb:cc:dd:ee:ff"
	Channel, RSSI  int    // RSSI in dBm
	Address        netip.Prefix
	Gateway        netip.Addr
	Join           time.Duration // from AT+CWJAP to +CW:CONNECTED or +CW:ERROR
	DHCP           time.Duration // from +CW:CONNECTED to +CW:GOTIP
}

// States of the station (manual 3.1.4.2).
const (
	idle         = 0
	noAddress    = 1
	up           = 2
	connecting   = 3
	disconnected = 4
)

// Reasons of +CW:ERROR (manual 3.1.5.5).
const (
	handshakeTimeout = 8  // "likely due to PSK issues": a wrong password
	noBSSID          = 12 // nothing found by the scan
	securityMismatch = 17
	byUser           = 19
)

// Bits of AT+CWMODE and of AT+CWDHCP's mode.
const (
	station = 1
	softAP  = 2
)

// network is what a station joins.
type network struct{ ssid, password, bssid string }

// address is what AT+CIPSTA and AT+CIPAP set.
type address struct{ ip, gateway, netmask netip.Addr }

// settings are what AT+CWMODE and the others set; a reset brings back those
// that flash holds.
type settings struct {
	mode    int64
	network network
}

// Flash is what outlives a switching off.
type Flash struct {
	settings
	auto int64 // AT+CWAUTOCONN, always in flash
}

// Family is the Wi-Fi commands.
type Family struct {
	m    *core.Machine
	air  Air
	mac  [6]byte
	down func(at time.Time)

	mu     sync.Mutex
	state  int
	cancel chan struct{} // ends the join that is under way
	now    settings
	static address // of the station, when its DHCP is off
	ap     address // of the SoftAP
	dhcp   int64   // bits
	flash  *Flash

	host            string
	country         string
	policy          int64
	interval, tries int64 // AT+CWRECONNCFG

	busy sync.WaitGroup
}

// New returns the family. down is called, at its instant, when the station
// loses its association.
func New(m *core.Machine, air Air, mac [6]byte, down func(at time.Time)) *Family {
	return &Family{m: m, air: air, mac: mac, down: down, flash: &Flash{auto: 1}, cancel: make(chan struct{})}
}

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "+CWMODE", Query: f.mode, Set: f.setMode, Min: 1, Max: 2},
		{Name: "+CWNETMODE", Query: netMode},
		{Name: "+CWSTATE", Query: f.queryState},
		{Name: "+CWJAP", Query: f.joined, Set: f.setJoin, Execute: f.rejoin, Min: 1, Max: 10},
		{Name: "+CWQAP", Execute: f.leave, Set: f.setLeave, Min: 1, Max: 1},
		{Name: "+CWRECONNCFG", Query: f.reconnect, Set: f.setReconnect, Min: 2, Max: 2},
		{Name: "+CWAUTOCONN", Set: f.setAuto, Min: 1, Max: 1},
		{Name: "+CWDHCP", Query: f.queryDHCP, Set: f.setDHCP, Min: 2, Max: 2},
		{Name: "+CWHOSTNAME", Query: f.hostname, Set: f.setHostname, Min: 1, Max: 1},
		{Name: "+CWCOUNTRY", Query: f.queryCountry, Set: f.setCountry, Min: 2, Max: 2},
		{Name: "+CIPSTA", Query: f.stationAddress, Set: f.setStation, Min: 1, Max: 4},
		{Name: "+CIPAP", Query: f.apAddress, Set: f.setAP, Min: 1, Max: 3},
		{Name: "+CIFSR", Execute: f.addresses},
	}
}

// Boot implements core.Family.
func (f *Family) Boot(time.Time) {
	f.stopJoin()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state, f.now, f.static = idle, f.flash.settings, address{}
	f.dhcp, f.host, f.country, f.policy = station|softAP, "st67w611m1", "00", 0
	f.interval, f.tries = 0, 0
	ap := netip.AddrFrom4([4]byte{192, 168, 4, 1})
	f.ap = address{ap, ap, netip.AddrFrom4([4]byte{255, 255, 255, 0})}
}

// Ready implements core.Starter: the automatic connection at power-up.
func (f *Family) Ready(c *core.Call) {
	f.mu.Lock()
	join := f.flash.auto == 1 && f.now.mode&station != 0 && f.now.network.ssid != ""
	f.mu.Unlock()
	if join {
		f.join(c)
	}
}

// Close implements core.Family.
func (f *Family) Close() {
	f.stopJoin()
	f.busy.Wait()
}

// Up says whether the station has an address.
func (f *Family) Up() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state == up
}

// stopJoin ends a join that is under way.
func (f *Family) stopJoin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.cancel)
	f.cancel = make(chan struct{})
}

// save keeps the settings over a reset when AT+SYSSTORE=1. The caller holds mu.
func (f *Family) save() {
	if f.m.Store {
		f.flash.settings = f.now
	}
}
