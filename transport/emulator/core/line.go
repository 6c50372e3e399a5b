package core

import "time"

// Unpaced is the rate of a line that takes no time.
const Unpaced = -1

// LineTime is how long n bytes take on a line of baud bit/s: 10 bit times a
// byte (one start bit, eight data bits, one stop bit), rounded to the
// nanosecond. It is 0 for an unpaced line.
func LineTime(n int64, baud int) time.Duration {
	if baud <= 0 {
		return 0
	}
	const bits = 10 * int64(time.Second)
	b := int64(baud)
	whole, rest := n/b, n%b
	return time.Duration(whole*bits + (rest*bits+b/2)/b)
}

// Line is one direction of a serial line. Bytes follow each other without a
// gap while the line is busy; every end is computed from the start of the busy
// time, so that roundings do not add up.
type Line struct {
	start time.Time // first bit of the busy time
	sent  int64     // bytes since
	baud  int
}

// Send puts n bytes on the line, at the instant at or when the line is free,
// and returns when the last has arrived.
func (l *Line) Send(at time.Time, n, baud int) time.Time {
	l.begin(at, baud)
	l.sent += int64(n)
	return l.end()
}

func (l *Line) end() time.Time { return l.start.Add(LineTime(l.sent, l.baud)) }

// begin starts a new busy time unless the line is still busy at this rate.
func (l *Line) begin(at time.Time, baud int) {
	free := l.end()
	if at.After(free) {
		free = at
	} else if baud == l.baud && baud > 0 && l.sent > 0 {
		return
	}
	l.start, l.sent, l.baud = free, 0, baud
}
