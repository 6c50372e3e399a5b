package emulator

import (
	"net/netip"
	"time"

	"st67bench/transport/emulator/core"
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
	// The module's network is this machine's loopback network, so that its servers
	// are reached at the address that it reports.
	apGateway     = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	moduleAddress = netip.PrefixFrom(netip.AddrFrom4([4]byte{127, 67, 0, 2}), 8)
	moduleMAC     = [6]byte{0x02, 0x67, 0x57, 0x61, 0x10, 0x01}
)

// release is what a profile says of the firmware.
type release struct {
	version core.Version
	manual  bool // does what the manual says where that differs
}

// profiles are the releases of ST's SDK, and the module of the manual, whose
// example of AT+GMR names 2.0.75.
var profiles = map[string]release{
	"manual":      {core.V2_0_75, true},
	"t01-2.0.75":  {version: core.V2_0_75},
	"t01-2.0.89":  {version: core.V2_0_89},
	"t01-2.0.97":  {version: core.V2_0_97},
	"t01-2.0.106": {version: core.V2_0_106},
}

// defaultProfile is the newest release.
const defaultProfile = "t01-2.0.106"
