// Package uart opens a serial line as a [transport.Conn]: 8 data bits, no
// parity, one stop bit, any rate from 9600 to 12000000 bit/s, with or without
// RTS/CTS flow control.
//
// # Concepts
//
// A measurement is only as good as what is known of its line, so Open either
// gives the line that was asked for or refuses. On Linux it talks to the kernel
// itself (termios2 and a non-blocking descriptor):
//
//   - the rate and the flow control are set in one step and read back; a driver
//     that runs more than 2 % off the asked rate is refused;
//   - Write takes all of its bytes whatever signals arrive;
//   - Close unblocks a pending Read and a Write that CTS holds off, and both
//     honour deadlines;
//   - the descriptor does not leak into child processes;
//   - the line is exclusive: TIOCEXCL keeps other users out, flock(2) keeps
//     root's cooperating programs out, and a line that another process already
//     has open is refused with that process's name;
//   - what the driver would add in delay is switched off where that is possible
//     (the low-latency flag, an FTDI adapter's latency timer) and put back by
//     Close.
//
// On other systems the line goes through go.bug.st/serial, which cannot read
// the rate back and has no flow control: flow "rtscts" is refused there.
//
// A pseudo-terminal works as a line on every count except modem lines and error
// counters, which it does not have.
package uart

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"st67bench/transport"
)

// The rates that Open accepts, in bit/s.
const (
	MinBaud = 9600
	MaxBaud = 12_000_000
)

// Values of Config.Flow.
const (
	FlowNone   = "none"
	FlowRTSCTS = "rtscts"
)

// bitsPerByte is what one byte takes on an 8N1 line: start, eight data, stop.
const bitsPerByte = 10

// Config says which line to open and how.
type Config struct {
	Device string // "/dev/ttyUSB0", a link below /dev/serial/by-id, "COM3"
	Baud   int    // line rate in bit/s, MinBaud..MaxBaud
	Flow   string // FlowNone or FlowRTSCTS; empty means FlowNone
}

// URL is the link URL of this configuration.
func (c Config) URL() string {
	return fmt.Sprintf("uart:%s?baud=%d&flow=%s", c.Device, c.Baud, c.Flow)
}

// line is an open serial line of one platform. What its driver cannot tell is
// absent from the maps.
type line interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	Close() error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	rate() int // bit/s, as read back where the platform can
	conditions() map[string]string
	counters() map[string]uint64
	cts() (asserted, ok bool)
	// hold takes TX low for as long as it is told to, and drops what waits to be sent.
	hold(low bool) error
}

// Port is an open serial line. Its methods may be called from different
// goroutines at the same time.
type Port struct {
	line   line
	config Config

	unpowering sync.Mutex
	unpowered  atomic.Bool
}

var (
	_ transport.Conn  = (*Port)(nil)
	_ transport.Wired = (*Port)(nil)
)

// Open opens the line exclusively, sets rate and flow control, checks what the
// driver made of them and drops input that was waiting. Its errors say what to
// do: which group a user lacks, which process holds the line, which ports exist.
func Open(c Config) (*Port, error) {
	if c.Flow == "" {
		c.Flow = FlowNone
	}
	if c.Device == "" {
		return nil, fmt.Errorf("open serial line: no device was named; st67bench list ports shows them")
	}
	if c.Baud < MinBaud || c.Baud > MaxBaud {
		return nil, fmt.Errorf("open %s: baud %d is outside %d..%d", c.Device, c.Baud, MinBaud, MaxBaud)
	}
	if c.Flow != FlowNone && c.Flow != FlowRTSCTS {
		return nil, fmt.Errorf("open %s: flow %q is not %s or %s", c.Device, c.Flow, FlowNone, FlowRTSCTS)
	}
	l, err := openLine(c)
	if err != nil {
		return nil, err
	}
	return &Port{line: l, config: c}, nil
}

// Read waits for at least one byte and returns what is there. It returns io.EOF
// when the line has gone: the adapter was unplugged, or the other end of a
// pseudo-terminal was closed.
func (p *Port) Read(b []byte) (int, error) { return p.line.Read(b) }

// Write hands all of b to the driver, or returns an error. It returns when the
// driver's buffer took the last byte, not when that byte was sent.
func (p *Port) Write(b []byte) (int, error) {
	if p.unpowered.Load() {
		return 0, fmt.Errorf("%s: %w", p.config.Device, transport.ErrUnpowered)
	}
	return p.line.Write(b)
}

// Unpower takes TX to 0 V, which is a break, and holds it there. RTS and DTR are at 0 V already: that is what an open port
// drives, since they are active low. A driver that knows no break takes the call and does nothing, which cannot be told;
// a pseudo-terminal has none.
func (p *Port) Unpower() error { return p.hold(true) }

// Repower ends the break.
func (p *Port) Repower() error { return p.hold(false) }

func (p *Port) hold(low bool) error {
	p.unpowering.Lock()
	defer p.unpowering.Unlock()
	if p.unpowered.Swap(low) == low {
		return nil
	}
	if err := p.line.hold(low); err != nil {
		return fmt.Errorf("%s: %w", p.config.Device, err)
	}
	return nil
}

// Close ends pending reads and writes, gives the driver up to a quarter of a
// second to send what it holds, drops the rest, and puts the driver's latency
// settings back.
func (p *Port) Close() error { return p.line.Close() }

// SetReadDeadline makes pending and later reads fail with
// os.ErrDeadlineExceeded at t; the zero time means never. It is good to about
// 2 ms, so it is no means of measuring.
func (p *Port) SetReadDeadline(t time.Time) error { return p.line.SetReadDeadline(t) }

// SetWriteDeadline is SetReadDeadline for writes.
func (p *Port) SetWriteDeadline(t time.Time) error { return p.line.SetWriteDeadline(t) }

// String is the link URL.
func (p *Port) String() string { return p.config.URL() }

// Identity is what is compared between runs: "link" ("uart"), "baud" as asked
// and "flow".
func (p *Port) Identity() map[string]string {
	return map[string]string{"link": "uart", "baud": strconv.Itoa(p.config.Baud), "flow": p.config.Flow}
}

// Conditions is what is merely so, as far as the driver tells it: "rate" (bit/s
// as read back), "driver", "low_latency" ("on", "off") and "latency_timer" (an
// FTDI adapter's, in ms).
func (p *Port) Conditions() map[string]string { return p.line.conditions() }

// Counters are the driver's totals since Open: "overrun", "framing", "parity",
// "break" and "buffer_overrun". A driver without counters gives an empty map.
func (p *Port) Counters() map[string]uint64 { return p.line.counters() }

// CTS tells whether the other side lets us send; ok is false when the line has
// no modem lines, as a pseudo-terminal.
func (p *Port) CTS() (asserted, ok bool) { return p.line.cts() }

// Drain hands over nothing: a serial line records no series of its own.
func (p *Port) Drain(func(series string, t time.Time, v float64)) {}

// LineTime is the time that these messages, in bytes, take one after the other
// at the line's real rate: 10 bit times a byte. The sum is rounded once, to the
// nearest nanosecond. ok is always true.
func (p *Port) LineTime(toModule, fromModule []int) (d time.Duration, ok bool) {
	var n int64
	for _, m := range toModule {
		n += int64(m)
	}
	for _, m := range fromModule {
		n += int64(m)
	}
	return bytesTime(n, p.line.rate()), true
}

// bytesTime is the time of n bytes at rate bit/s. Whole seconds are split off,
// so that the product with 10⁹ stays below 2⁶³ for any n.
func bytesTime(n int64, rate int) time.Duration {
	bits, r := n*bitsPerByte, int64(rate)
	whole, rest := bits/r, bits%r
	return time.Duration(whole)*time.Second + time.Duration((rest*int64(time.Second)+r/2)/r)
}
