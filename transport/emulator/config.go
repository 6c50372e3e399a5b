package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/emulator/core"
)

// Kinds of link that a module is offered on.
const (
	LinkUART   = "uart"   // a PTY
	LinkTCP    = "tcp"    // a TCP listener
	LinkMemory = "memory" // in this process
	LinkSPI    = "spi"    // the pins of package spislave
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
	Profile string // "t01-2.0.106" (default); see the package's profiles
	// Baud is the line rate in bit/s, default DefaultBaud; Unpaced for none. On
	// a PTY it is the rate that the PTY starts with; the line's own is used.
	Baud      int
	Speed     int           // SPI clock in Hz, default DefaultSpeed; Unpaced for none
	ReadyHigh time.Duration // SPI: least length of an RDY pulse, default 70 µs; None for none
	Overhead  time.Duration // SPI: what a transfer costs its host beside the clocks, default none
	Wake      time.Duration // SPI: from CS to RDY, of a module that sleeps, default 4 ms; None for none
	Seed      uint64        // of losses and of faults at random places

	CommandLatency time.Duration // from the last byte of a command to its effect; None for none
	RadioLatency   time.Duration // one way between module and peer; None for none
	RadioRate      float64       // bit/s of payload in each direction; +Inf for no limit
	Loss           float64       // probability, 0 to 0.9, that a radio frame has to be sent again
	Outages        []Outage
	Boot           time.Duration // from switching on or reset to `ready`; None for none

	Quirks []string // names of core.QuirkTable; with - before it, switched off
	Faults []string // NAME[:ARG][@N[/EVERY]]

	SSID, Password string // of the access point

	// Log takes what the module prints on its log UART; nil drops it.
	Log io.Writer

	// Dial opens the connections of AT+CIPSTART; default net.Dialer.DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Listen opens the listeners of AT+CIPSERVER and AT+IPERF; default net.Listen.
	Listen func(network, address string) (net.Listener, error)
	// ListenPacket opens the sockets of UDP; default net.ListenPacket.
	ListenPacket func(network, address string) (net.PacketConn, error)
}

// withDefaults fills what is not set; a negative time becomes none.
func (c Config) withDefaults() Config {
	c.Link = or(c.Link, LinkUART)
	if c.Link == LinkSPI {
		c.Build = or(c.Build, BuildSPI)
	}
	c.Build = or(c.Build, BuildUART)
	c.Profile = or(c.Profile, defaultProfile)
	c.Baud = or(c.Baud, DefaultBaud)
	c.Speed = or(c.Speed, DefaultSpeed)
	c.ReadyHigh = max(or(c.ReadyHigh, defaultReadyHigh), 0)
	c.Overhead = max(c.Overhead, 0)
	c.Wake = max(or(c.Wake, defaultWake), 0)
	c.CommandLatency = max(or(c.CommandLatency, defaultLatency), 0)
	c.RadioLatency = max(or(c.RadioLatency, defaultRadioLatency), 0)
	c.RadioRate = or(c.RadioRate, defaultRate)
	c.Boot = max(or(c.Boot, defaultBoot), 0)
	c.SSID = or(c.SSID, DefaultSSID)
	c.Password = or(c.Password, DefaultPassword)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
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
	one(profiles[c.Profile] != release{}, "profile %q is not one of %s", c.Profile,
		strings.Join(slices.Sorted(maps.Keys(profiles)), ", "))
	one(c.Baud == Unpaced || c.Baud >= 300 && c.Baud <= 100_000_000,
		"baud %d is outside 300..100000000 bit/s", c.Baud)
	one(c.Speed == Unpaced || c.Speed >= 1000 && c.Speed <= 100_000_000,
		"speed %d is outside 1kHz..100MHz", c.Speed)
	one(c.RadioRate >= 1000, "radio rate %v is below 1 kbit/s", c.RadioRate)
	one(c.Loss >= 0 && c.Loss <= 0.9, "loss %v is outside 0..0.9", c.Loss)
	for _, o := range c.Outages {
		one(o.After >= 0 && o.For > 0 && (o.Every == 0 || o.Every > o.For),
			"outage of %v after %v every %v: it must last, and end before it comes back", o.For, o.After, o.Every)
	}
	quirks = profiles[c.Profile].quirks()
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
	}
	if math.IsInf(c.RadioRate, 1) {
		q.Set("radio", "unlimited")
	} else {
		q.Set("radio", strconv.FormatFloat(c.RadioRate, 'f', -1, 64))
	}
	q.Set("latency", c.CommandLatency.String())
	return "emulated?" + q.Encode()
}
