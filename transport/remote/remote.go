package remote

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"st67bench/transport"
)

// Values of Config.Scheme.
const (
	TCP     = "tcp"
	Unix    = "unix"
	RFC2217 = "rfc2217"
)

// Values of Config.Flow.
const (
	FlowNone   = "none"
	FlowRTSCTS = "rtscts"
)

// The rates that Open accepts, in bit/s.
const (
	MinBaud = 9600
	MaxBaud = 12_000_000
)

// bitsPerByte is what one byte takes on an 8N1 line: start, eight data, stop.
const bitsPerByte = 10

// Config says what to open.
type Config struct {
	Scheme string // TCP, Unix or RFC2217
	Target string // HOST:PORT, an IPv6 host in brackets; for Unix the path of the socket
	Line   int    // TCP only: rate of the serial line behind the port in bit/s, MinBaud..MaxBaud; 0 when it is not known
	Baud   int    // RFC2217 only: rate to set, in bit/s, MinBaud..MaxBaud
	Flow   string // RFC2217 only: FlowNone or FlowRTSCTS; empty means FlowNone
}

// URL is the link URL of this configuration.
func (c Config) URL() string {
	switch {
	case c.Scheme == RFC2217:
		return fmt.Sprintf("%s:%s?baud=%d&flow=%s", c.Scheme, c.Target, c.Baud, c.Flow)
	case c.Line > 0:
		return fmt.Sprintf("%s:%s?line=%d", c.Scheme, c.Target, c.Line)
	}
	return c.Scheme + ":" + c.Target
}

// check finds what cannot be opened.
func (c Config) check() error {
	set := func(name string, value int, scheme string) error {
		switch {
		case c.Scheme != scheme && value != 0:
			return fmt.Errorf("open %s:%s: %s is for %s: only", c.Scheme, c.Target, name, scheme)
		case value != 0 && (value < MinBaud || value > MaxBaud):
			return fmt.Errorf("open %s:%s: %s %d is outside %d..%d", c.Scheme, c.Target, name, value, MinBaud, MaxBaud)
		}
		return nil
	}
	if err := set("line", c.Line, TCP); err != nil {
		return err
	}
	if err := set("baud", c.Baud, RFC2217); err != nil {
		return err
	}
	switch {
	case c.Scheme != TCP && c.Scheme != Unix && c.Scheme != RFC2217:
		return fmt.Errorf("open %s:%s: the scheme is not %s, %s or %s", c.Scheme, c.Target, TCP, Unix, RFC2217)
	case c.Target == "":
		return fmt.Errorf("open %s: no target was named; it is %s", c.Scheme, map[bool]string{true: "a path", false: "HOST:PORT"}[c.Scheme == Unix])
	case c.Scheme == RFC2217 && c.Baud == 0:
		return fmt.Errorf("open %s:%s: no baud was named", c.Scheme, c.Target)
	case c.Scheme == RFC2217 && c.Flow != FlowNone && c.Flow != FlowRTSCTS:
		return fmt.Errorf("open %s:%s: flow %q is not %s or %s", c.Scheme, c.Target, c.Flow, FlowNone, FlowRTSCTS)
	}
	return nil
}

// Conn is an open link over a network. Its methods may be called from different
// goroutines at the same time. Read returns io.EOF when the server closed the
// connection; a host that went away without a word is noticed within about half
// a minute. Write returns when the network's buffer took the last byte, not when
// the serial line carried it.
type Conn struct {
	stream
	config Config
	port   *comPort // nil for a link that is not RFC 2217

	unpowering sync.Mutex
	unpowered  atomic.Bool
}

// stream is what carries the bytes: a network connection, or a comPort.
type stream interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

var (
	_ transport.Conn  = (*Conn)(nil)
	_ transport.Wired = (*Conn)(nil)
)

// Open connects within 10 s and, for RFC 2217, sets the serial line up and checks
// what the server made of it. Its errors say what to do: whether the server runs,
// whether the port is a raw one, who has it.
func Open(c Config) (*Conn, error) {
	if c.Scheme == RFC2217 && c.Flow == "" {
		c.Flow = FlowNone
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	conn, err := dial(c)
	if err != nil {
		return nil, err
	}
	return wrap(conn, c)
}

// wrap makes a link of a connection, which it closes when that fails.
func wrap(conn net.Conn, c Config) (*Conn, error) {
	if c.Scheme != RFC2217 {
		return &Conn{stream: conn, config: c}, nil
	}
	port, err := openPort(conn, c)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open rfc2217:%s: %w", c.Target, err)
	}
	return &Conn{stream: port, config: c, port: port}, nil
}

// String is the link URL.
func (c *Conn) String() string { return c.config.URL() }

// Identity is what is compared between runs: "link" (the scheme), "baud" (as
// asked, or the line rate that was named; absent when none was) and, for RFC
// 2217, "flow".
func (c *Conn) Identity() map[string]string {
	m := map[string]string{"link": c.config.Scheme}
	if rate := max(c.config.Baud, c.config.Line); rate > 0 {
		m["baud"] = strconv.Itoa(rate)
	}
	if c.config.Flow != "" {
		m["flow"] = c.config.Flow
	}
	return m
}

// Conditions is what is merely so: "server" (what kind of server answered, with
// its signature if it has one), and for RFC 2217 "rate" (bit/s as the server
// says it set them) and "modem_lines" ("set", or "no answer" where the server
// did not confirm DTR and RTS).
func (c *Conn) Conditions() map[string]string {
	switch {
	case c.port != nil:
		return c.port.conditions()
	case c.config.Scheme == Unix:
		return map[string]string{"server": "Unix socket"}
	default:
		return map[string]string{"server": "raw TCP"}
	}
}

// Counters are what an RFC 2217 server reported since Open, if it reports such
// events at all: "overrun", "framing", "parity" and "break" are notifications,
// each of which stands for one event or more; "suspend" are its requests to stop
// sending, which are left to TCP's own flow control. Other links have none.
func (c *Conn) Counters() map[string]uint64 {
	if c.port == nil {
		return map[string]uint64{}
	}
	return c.port.counters()
}

// Drain hands over nothing: a network link records no series of its own.
func (c *Conn) Drain(func(series string, t time.Time, v float64)) {}

// LineTime is the time that these messages, in bytes, take one after the other
// on the serial line behind the server, at 10 bit times a byte; the network is
// not in it. The sum is rounded once, to the nearest nanosecond. ok is false
// when the rate of that line is not known.
func (c *Conn) LineTime(toModule, fromModule []int) (d time.Duration, ok bool) {
	rate := int64(c.config.Line)
	if c.port != nil {
		rate = int64(c.port.baud)
	}
	if rate == 0 {
		return 0, false
	}
	var n int64
	for _, m := range toModule {
		n += int64(m)
	}
	for _, m := range fromModule {
		n += int64(m)
	}
	whole, rest := n*bitsPerByte/rate, n*bitsPerByte%rate // whole seconds apart: the product below stays small
	return time.Duration(whole)*time.Second + time.Duration((rest*int64(time.Second)+rate/2)/rate), true
}
