package emulator

import (
	"strconv"
	"time"

	"st67bench/transport/emulator/core"
)

// Truth is what a closed form of the module's behaviour needs. It holds for a
// run without loss, outage and faults. All times add up: nothing overlaps
// within one exchange.
//
// A command of c bytes (with CRLF) whose answer is one message of r bytes:
//
//	T = LineTime(c) + CommandLatency + LineTime(r)
//
// LineTime is that of a serial line. Over SPI the time of a message follows from
// its transaction; see package spislave.
//
// One AT+CIPSEND of n payload bytes, the payload written p after the prompt was
// seen (p is the host's own time):
//
//	prompt    = LineTime(c) + CommandLatency + LineTime(9)         after the command was written
//	recv      = LineTime(n) + AirTime(n) + LineTime(len("Recv n bytes\r\n"))   after the payload was written
//	final     = recv + LineTime(11)
//	arrival   = LineTime(n) + AirTime(n) + RadioLatency            at the peer, after the payload was written
//	T         = prompt + p + final
//
// In the spi build the answer does not wait for the radio: AirTime(n) is left
// out of recv and final. Each term is rounded to the nanosecond.
type Truth struct {
	Build          string
	Baud           int // bit/s; Unpaced for none
	CommandLatency time.Duration
	RadioRate      float64 // bit/s
	RadioLatency   time.Duration
	Boot           time.Duration // from the end of AT+RST to the start of `ready`
	Join           time.Duration // from the end of AT+CWJAP to the start of +CW:CONNECTED
	DHCP           time.Duration // from there to the start of +CW:GOTIP
}

// Truth returns the module's parameters.
func (m *Module) Truth() Truth {
	c := m.settings()
	return Truth{
		Build: c.Build, Baud: c.Baud,
		CommandLatency: c.CommandLatency,
		RadioRate:      c.RadioRate, RadioLatency: c.RadioLatency,
		Boot: c.Boot, Join: joinTime, DHCP: dhcpTime,
	}
}

// LineTime is how long n bytes take on the line: 10 bit times each.
func (t Truth) LineTime(n int) time.Duration { return core.LineTime(int64(n), t.Baud) }

// AirTime is how long n payload bytes take on the radio.
func (t Truth) AirTime(n int) time.Duration {
	return (&core.Radio{Rate: t.RadioRate}).AirTime(n)
}

// Command is the time of a command of line bytes and its answer of one message
// of reply bytes.
func (t Truth) Command(line, reply int) time.Duration {
	return t.LineTime(line) + t.CommandLatency + t.LineTime(reply)
}

// SendTimes are the instants of one CIPSEND, as the type [Truth] derives them.
type SendTimes struct {
	Prompt               time.Duration // from the command's write to the last byte of the prompt
	Recv, Final, Arrival time.Duration // from the payload's write
}

// Send is the closed form of one CIPSEND with a command of line bytes (with
// CRLF) and n payload bytes, with the default quirks.
func (t Truth) Send(line, n int) SendTimes {
	taken := t.LineTime(n)
	if t.Build == BuildUART {
		taken += t.AirTime(n)
	}
	recv := taken + t.LineTime(len("Recv "+strconv.Itoa(n)+" bytes\r\n"))
	return SendTimes{
		Prompt:  t.Command(line, len("\r\nOK\r\n\r\n>")),
		Recv:    recv,
		Final:   recv + t.LineTime(len("\r\nSEND OK\r\n")),
		Arrival: t.LineTime(n) + t.AirTime(n) + t.RadioLatency,
	}
}
