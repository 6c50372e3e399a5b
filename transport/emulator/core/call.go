package core

import (
	"fmt"
	"time"
)

// Call is one command being carried out: its parameters, its instant, and what
// a handler may do. It is valid until the handler returns.
type Call struct {
	Args Args

	m       *Machine
	at      time.Time
	collect int
	excess  bool // the data phase keeps what its last frame has too many
	restart bool
	off     hibernation // before that
	unasked bool        // an unsolicited line comes before the final code
	text    []byte
}

func (c *Call) begin(at time.Time) {
	c.at, c.collect, c.excess, c.restart, c.off = at, 0, false, false, hibernation{}
	c.Args.n, c.Args.err = 0, nil
}

// At is the instant that the command has reached; what it says leaves then.
func (c *Call) At() time.Time { return c.at }

// Wait goes on at the instant t; false when the module is switched off or
// restarts: the handler then returns. What the host has sent by then, without
// waiting for the answer, is dropped.
func (c *Call) Wait(t time.Time) bool {
	if t.After(c.at) {
		c.at = t
	}
	on := c.m.Clock.Near(c.at, c.m.halt.ch)
	c.m.refuseEarly()
	return on
}

// Pause is Wait that leaves alone what the host sends meanwhile: for data mode.
func (c *Call) Pause(t time.Time) bool {
	if t.After(c.at) {
		c.at = t
	}
	return c.m.Clock.Near(c.at, c.m.halt.ch)
}

// CatchUp is Wait for the present, after work that took real time.
func (c *Call) CatchUp() bool { return c.Wait(c.m.Clock.Now()) }

// Say sends messages as they are, each as one write of the firmware.
func (c *Call) Say(messages ...[]byte) { c.m.Event(c.at, messages...) }

// Line sends a data line and its CRLF.
func (c *Call) Line(format string, a ...any) {
	c.text = fmt.Appendf(c.text[:0], format, a...)
	c.text = append(c.text, '\r', '\n')
	c.Say(c.text)
}

// Collect asks for a data phase of n bytes, 1 to PayloadSize, in place of OK.
// The handler has to have given OK and prompt itself.
func (c *Call) Collect(n int) { c.collect = n }

// CollectFrames is Collect that, over SPI, hands over what the last frame holds
// beyond n bytes too, up to PayloadSize in all.
func (c *Call) CollectFrames(n int) { c.collect, c.excess = n, true }

// OK gives the final code now, before the handler is done; it then returns
// [Silent].
func (c *Call) OK() { c.final(okText) }

// final gives a final code, after an unsolicited line when a fault wants it.
func (c *Call) final(messages ...[]byte) {
	if c.unasked {
		c.unasked = false
		messages = append([][]byte{unasked}, messages...)
	}
	c.Say(messages...)
}

// Take waits for what the host sends next in data mode and moves up to len(p) of
// it to p: on a serial line bytes that follow each other without a gap, over SPI
// one frame (what does not fit is lost). first is when the first of them had
// arrived; the call's instant moves to when the last had. ok is false when the
// module is switched off.
func (c *Call) Take(p []byte) (n int, first time.Time, ok bool) {
	n, first, at, ok := c.m.takePiece(p, time.Time{})
	if ok {
		c.at = at
	}
	return n, first, ok
}

// TakeBefore is Take that gives up at the instant t, with n 0 and the call's
// instant at t.
func (c *Call) TakeBefore(p []byte, t time.Time) (n int, first time.Time, ok bool) {
	n, first, at, ok := c.m.takePiece(p, t)
	if ok {
		c.at = at
	}
	return n, first, ok
}

// Reboot restarts the module when the final code has been given.
func (c *Call) Reboot() { c.restart = true }
