package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"st67bench/transport/emulator/ble"
	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/inet"
	"st67bench/transport/emulator/wifi"
)

// Kinds of link that a module is offered on.
const (
	LinkUART   = "uart"   // a PTY
	LinkTCP    = "tcp"    // a TCP listener
	LinkMemory = "memory" // in this process
	LinkSPI    = "spi"    // the pins of package spislave
)

// Flow control of the line.
const (
	FlowNone   = "none"
	FlowRTSCTS = "rtscts"
)

// Builds of the firmware.
const (
	// BuildUART sends in the AT task: Recv and SEND OK come when the radio has
	// taken the payload, and SEND FAIL is possible.
	BuildUART = "uart"
	// BuildSPI queues: Recv and SEND OK come when the payload was received,
	// whatever becomes of it.
	BuildSPI = "spi"
)

const (
	// Unpaced as a rate is a line that takes no time.
	Unpaced = core.Unpaced
	// None as a latency or a boot time is none at all; zero is the default.
	None time.Duration = -1
)

// Outage is a time without radio: it begins After the module was switched on,
// lasts For, and comes back every Every (never when 0).
type Outage = core.Outage

// Config describes an emulated module. The zero value of each field is its
// default.
type Config struct {
	Link    string // LinkUART (default), LinkTCP, LinkMemory or LinkSPI: what the link URL asks for
	Build   string // BuildUART or BuildSPI; default BuildSPI over LinkSPI, else BuildUART
	Profile string // the name of a built-in profile, default "t01-2.0.106", or the path of a profile file
	// Baud is the line rate in bit/s, default DefaultBaud; Unpaced for none. On
	// a PTY it is the rate that the PTY starts with; the line's own is used.
	Baud int
	// Flow is the flow control of the line in memory and over TCP: FlowNone (default)
	// or FlowRTSCTS. On a PTY the host sets it. It matters to the faults lose and
	// overrun alone.
	Flow      string
	Speed     int           // SPI clock in Hz, default DefaultSpeed; Unpaced for none
	ReadyHigh time.Duration // SPI: least length of an RDY pulse, default 70 µs; None for none
	Overhead  time.Duration // SPI: what a transfer costs its host beside the clocks, default none
	Wake      time.Duration // from sleep to a running application (SPI: from CS to RDY), default 4 ms; None for none
	Seed      uint64        // of losses and of faults at random places

	CommandLatency time.Duration // from the last byte of a command to its effect; None for none
	RadioLatency   time.Duration // one way between module and peer; None for none
	RadioRate      float64       // bit/s of payload in each direction; +Inf for no limit
	Loss           float64       // probability, 0 to 0.9, that a radio frame has to be sent again
	Outages        []Outage
	Drift          float64       // ppm by which the RC clock is fast, -10000 to 10000 (manual 7.1.9.3: 2000); default 0
	BeaconLoss     float64       // probability, 0 to 0.9, that a beacon is missed
	Currents       core.Currents // of the supply; what is zero is the default
	Boot           time.Duration // from switching on or reset to `ready`; None for none

	Quirks []string // names of core.QuirkTable; with - before it, switched off
	Faults []string // NAME[:ARG][@N[/EVERY]]

	// Air is what the module hears; nil: one access point, with the settings that
	// follow. With an Air they are not set.
	Air            *wifi.Air
	SSID, Password string
	RSSI           int  // dBm, -100 to -1
	DTIM           int  // beacons, 1 to 255; default 1
	Beacon         int  // interval in TU of 1024 µs, 1 to 65535; default 100
	NoTWT          bool // it does not answer TWT requests

	release   Profile // that Profile names, once there are defaults
	fixedRate bool    // RadioRate holds whatever the air is like

	// Unit tells modules of one process apart: their addresses differ in the last
	// byte, which is Unit; 1 (the default) to 254.
	Unit int
	// Ether is the air of the BLE commands, in which modules of one process meet;
	// nil: one of its own.
	Ether *ble.Ether

	// Log takes what the module prints on its log UART; nil drops it.
	Log io.Writer

	// Dial opens the connections of AT+CIPSTART; default net.Dialer.DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Listen opens the listeners of AT+CIPSERVER and AT+IPERF; default net.Listen.
	Listen func(network, address string) (net.Listener, error)
	// ListenPacket opens the sockets of UDP; default net.ListenPacket.
	ListenPacket func(network, address string) (net.PacketConn, error)
	// Lookup resolves the names that the air does not have, and Echo sends the
	// echoes of AT+PING; default net.DefaultResolver.LookupNetIP and
	// inet.SystemEcho. With a Dial of its own a module is in a network of its own:
	// there nil means that there are no other names, and that echoes are a model.
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	Echo   inet.Echo
}

// Ether is the air of BLE, in which modules of one process meet by Config.Ether.
type Ether = ble.Ether

// NewEther returns an air with nobody in it.
func NewEther() *Ether { return ble.NewEther() }

// mac is the unit's address.
func (c *Config) mac() [6]byte {
	mac := moduleMAC
	mac[5] = byte(c.Unit)
	return mac
}

// withDefaults fills what is not set; a negative time becomes none.
func (c Config) withDefaults() Config {
	c.Link = or(c.Link, LinkUART)
	if c.Link == LinkSPI {
		c.Build = or(c.Build, BuildSPI)
	}
	c.Build = or(c.Build, BuildUART)
	c.Profile = or(c.Profile, defaultProfile)
	c.release, _ = LoadProfile(c.Profile) // check reports what is wrong with it
	r := &c.release
	c.Baud = or(c.Baud, DefaultBaud)
	c.Flow = or(c.Flow, FlowNone)
	c.Speed = or(c.Speed, DefaultSpeed)
	c.ReadyHigh = max(or(or(c.ReadyHigh, r.ReadyHigh), defaultReadyHigh), 0)
	c.Overhead = max(c.Overhead, 0)
	c.Wake = max(or(or(c.Wake, r.Wake), defaultWake), 0)
	c.CommandLatency = max(or(or(c.CommandLatency, r.CommandLatency), defaultLatency), 0)
	c.RadioLatency = max(or(or(c.RadioLatency, r.RadioLatency), defaultRadioLatency), 0)
	c.fixedRate = c.RadioRate != 0
	c.Currents = c.Currents.Or(r.Currents).WithDefaults()
	c.RadioRate = or(or(c.RadioRate, r.RadioRate), defaultRate)
	c.Boot = max(or(or(c.Boot, r.Boot), defaultBoot), 0)
	if c.Air == nil {
		c.SSID = or(c.SSID, DefaultSSID)
		c.Password = or(c.Password, DefaultPassword)
		c.RSSI = or(c.RSSI, apRSSI)
		c.DTIM = or(c.DTIM, 1)
		c.Beacon = or(c.Beacon, wifi.DefaultBeacon)
	}
	c.Unit = or(c.Unit, 1)
	if c.Ether == nil {
		c.Ether = NewEther()
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
		if c.Lookup == nil {
			c.Lookup = net.DefaultResolver.LookupNetIP
		}
		if c.Echo == nil {
			c.Echo = inet.SystemEcho
		}
	}
	if c.Listen == nil {
		c.Listen = net.Listen
	}
	if c.ListenPacket == nil {
		c.ListenPacket = net.ListenPacket
	}
	return c
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// check returns every mistake of a configuration with defaults.
func (c *Config) check() (quirks core.Quirks, faults []core.Fault, err error) {
	var bad []error
	one := func(ok bool, format string, a ...any) {
		if !ok {
			bad = append(bad, fmt.Errorf("emulated module: "+format, a...))
		}
	}
	one(slices.Contains([]string{LinkUART, LinkTCP, LinkMemory, LinkSPI}, c.Link),
		"link %q is not uart, tcp, memory or spi", c.Link)
	one(c.Build == BuildUART || c.Build == BuildSPI, "build %q is not uart or spi", c.Build)
	one(c.Baud == Unpaced || c.Baud >= 300 && c.Baud <= 100_000_000,
		"baud %d is outside 300..100000000 bit/s", c.Baud)
	one(c.Flow == FlowNone || c.Flow == FlowRTSCTS, "flow %q is not none or rtscts", c.Flow)
	one(c.Speed == Unpaced || c.Speed >= 1000 && c.Speed <= 100_000_000,
		"speed %d is outside 1kHz..100MHz", c.Speed)
	one(c.Unit >= 1 && c.Unit <= 254, "unit %d is outside 1..254", c.Unit)
	one(c.RadioRate >= 1000, "radio rate %v is below 1 kbit/s", c.RadioRate)
	one(math.Abs(c.Drift) <= 10_000, "drift %v is outside -10000..10000 ppm", c.Drift)
	one(c.BeaconLoss >= 0 && c.BeaconLoss <= 0.9, "beacon loss %v is outside 0..0.9", c.BeaconLoss)
	err = c.Currents.Check()
	one(err == nil, "%w", err)
	one(c.Loss >= 0 && c.Loss <= 0.9, "loss %v is outside 0..0.9", c.Loss)
	for _, o := range c.Outages {
		one(o.After >= 0 && o.For > 0 && (o.Every == 0 || o.Every > o.For),
			"outage of %v after %v every %v: it must last, and end before it comes back", o.For, o.After, o.Every)
	}
	one(c.Air == nil || c.SSID == "" && c.Password == "" && c.RSSI == 0 && c.DTIM == 0 && c.Beacon == 0 && !c.NoTWT,
		"an air has its own access points; rssi, dtim, beacon and twt are of the default one")
	one(c.Air != nil || c.RSSI >= -100 && c.RSSI < 0, "rssi %d is outside -100..-1 dBm", c.RSSI)
	one(c.Air != nil || c.DTIM >= 1 && c.DTIM <= 255, "dtim %d is outside 1..255", c.DTIM)
	one(c.Air != nil || c.Beacon >= 1 && c.Beacon <= 65535, "beacon %d is outside 1..65535 TU", c.Beacon)
	profile, err := LoadProfile(c.Profile)
	one(err == nil, "%w", err)
	quirks, err = profile.Features()
	one(err == nil, "%w", err)
	for _, q := range c.Quirks {
		quirks, err = quirks.With(q)
		one(err == nil, "%w", err)
	}
	for _, s := range c.Faults {
		f, err := core.ParseFault(s)
		one(err == nil, "%w", err)
		faults = append(faults, f)
	}
	return quirks, faults, errors.Join(bad...)
}

// url is the link URL that gives this configuration, as far as it names the link.
func (c *Config) url() string {
	q := url.Values{"link": {c.Link}, "build": {c.Build}, "profile": {c.Profile}}
	if c.Link == LinkSPI {
		q.Set("speed", strconv.Itoa(max(c.Speed, 0)))
	} else {
		q.Set("baud", strconv.Itoa(max(c.Baud, 0)))
		if c.Flow != FlowNone {
			q.Set("flow", c.Flow)
		}
	}
	if math.IsInf(c.RadioRate, 1) {
		q.Set("radio", "unlimited")
	} else {
		q.Set("radio", strconv.FormatFloat(c.RadioRate, 'f', -1, 64))
	}
	q.Set("latency", c.CommandLatency.String())
	return "emulated?" + q.Encode()
}
