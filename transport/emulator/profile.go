package emulator

import (
	"net/netip"
	"time"
)

// Defaults of a module that nothing was changed on. What is not published of the
// real module is an assumption and says so.
const (
	DefaultBaud     = 2_000_000  // bit/s (datasheet DS14784, 2.1)
	DefaultSpeed    = 20_000_000 // Hz, half of the module's limit
	DefaultSSID     = "st67bench"
	DefaultPassword = "emulated-air"

	// defaultLatency is an assumption: no AT round trip is published.
	defaultLatency = 250 * time.Microsecond
	// defaultRate follows the published 18.1 Mbit/s of TCP upload of the same
	// silicon behind AT over SPI (Qualcomm 80-73442-1), rounded up so that a
	// byte takes 400 ns.
	defaultRate = 20e6
	// defaultRadioLatency is an assumption, of one way between module and peer.
	defaultRadioLatency = time.Millisecond
	// defaultBoot is an assumption: ST's driver allows 4 s until `ready`.
	defaultBoot = 500 * time.Millisecond

	// defaultReadyHigh is what the firmware waits for before RDY falls.
	defaultReadyHigh = 70 * time.Microsecond
	// defaultWake is an assumption: what is published is about 4 ms from the
	// low-power state to a running application.
	defaultWake = 4 * time.Millisecond

	joinTime = 200 * time.Millisecond // from AT+CWJAP to +CW:CONNECTED: an assumption
	dhcpTime = 100 * time.Millisecond // from there to +CW:GOTIP: an assumption
)

// The emulated air: one access point, and what it gives to the module.
const (
	apBSSID   = "02:67:00:00:00:01"
	apChannel = 6
	apRSSI    = -48 // dBm
)

var (
	apGateway     = netip.AddrFrom4([4]byte{192, 168, 67, 1})
	moduleAddress = netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, 67, 2}), 24)
	moduleMAC     = [6]byte{0x02, 0x67, 0x57, 0x61, 0x10, 0x01}
)

// profiles are the releases of ST's SDK, with the version that AT+GMR names.
// Nothing else is known to differ between them in the commands that exist so far.
var profiles = map[string]string{
	"t01-2.0.75":  "2.0.75",
	"t01-2.0.89":  "2.0.89",
	"t01-2.0.97":  "2.0.97",
	"t01-2.0.106": "2.0.106",
}

// defaultProfile is the newest release.
const defaultProfile = "t01-2.0.106"
