package power

import (
	"context"
	"errors"
	"io"
	"time"

	"st67bench/results/trace"
)

// Meter is an instrument that measures the module's supply current.
type Meter interface {
	// String names it as the rig file does.
	String() string
	// MaxAmps is the largest current, in A, that it carries and measures.
	MaxAmps() float64
	// Header is what is the same for all that Stream emits. Its Start is zero: the caller has it.
	Header() trace.Header
	// Stream measures until ctx ends, then stops the instrument and returns nil; any other end is an error, after what was
	// measured before it was emitted. emit is called on one goroutine, in order; its block is valid until it returns. No
	// sample is lost because emit takes up to a second. Event.T counts from the instant since.
	Stream(ctx context.Context, since time.Time, emit func(trace.Block) error) error
	// Supply switches the module's supply, also while Stream runs; ErrNoSupply of an instrument that only measures.
	Supply(ctx context.Context, on bool) error
	// Close leaves the supply as Settings.Final says, and ends the use of the line, which it does not close.
	Close(ctx context.Context) error
}

// ErrNoSupply is the answer of an instrument without an output.
var ErrNoSupply = errors.New("this meter only measures; it cannot switch the module's supply")

// Line is an open serial line or socket.
type Line interface {
	io.ReadWriter
	SetReadDeadline(time.Time) error
}

// Settings are those of a rig's meter. The zero value of each is its default.
type Settings struct {
	Volts   float64  // V of the supply; default 3.3, the module's nominal one (datasheet DS14784: 2.97 to 3.63)
	Measure bool     // it only measures: another source supplies the module (PPK2: ampere mode)
	Final   string   // how Close leaves the supply: "on" or "off"; default "off"
	Digital []string // what the digital channels are connected to, bit 0 first, such as "chip_en"; "" for nothing
	Trigger bool     // the first sample is at the edge of the instrument's trigger input
	Rate    float64  // samples/s, of an instrument that has a choice; 0 for its best
}
