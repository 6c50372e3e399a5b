package core

import (
	"fmt"
	"time"
)

// Code is the reason of a refusal: the sub-category of the error code that
// precedes ERROR when AT+SYSLOG=1 (manual 2.2.9.4). As an error value it is
// what a handler returns.
type Code uint8

// The reasons that this emulator gives.
const (
	NoTerminator  Code = 0x02 // CRLF not found
	NoAT          Code = 0x03 // the line does not start with AT
	BadLength     Code = 0x04 // a parameter is too long
	BadType       Code = 0x05 // a string for a number, or the reverse
	BadCount      Code = 0x06 // too few or too many parameters
	BadValue      Code = 0x07 // a parameter is out of range
	BadSyntax     Code = 0x08 // the parameters cannot be parsed
	Unsupported   Code = 0x09 // no such command
	Failed        Code = 0x0A // the command was tried and failed
	Processing    Code = 0x0B // what it needs is in use
	BadForm       Code = 0x0C // the command exists, but not as query, set or execute
	NoMemory      Code = 0x0D
	NoResource    Code = 0x0E
	TimedOut      Code = 0x0F
	NotAllowed    Code = 0x10 // not in this state
	NotConfigured Code = 0x11 // something has to be set first
	IOError       Code = 0x12
	BadAddress    Code = 0x13
	BadHandle     Code = 0x14
)

func (c Code) Error() string { return fmt.Sprintf("ERR CODE:0x01%02x0000", uint8(c)) }

// Silent is what a handler returns that has given its final code itself, or
// that gives none.
var Silent error = Code(0)

// Command is one row of the command table. A form that is nil does not exist.
type Command struct {
	Name    string // what follows AT, in upper case: "+CIPSEND", "E0", ""
	Query   func(*Call) error
	Set     func(*Call) error
	Ask     func(*Call) error // a query with parameters: AT+CIPRECVBUF=0?
	Execute func(*Call) error
	Test    func(*Call) error // AT+X=?
	// Since is the first release that has the command; zero: all have it.
	Since Version
	// Min and Max bound the number of parameters of Set and Ask.
	Min, Max int
	// Data takes the bytes of the data phase that Set asked for with Call.Collect.
	// p is valid during the call.
	Data func(c *Call, p []byte) error
}

// Family is the commands of one chapter and the state behind them.
type Family interface {
	// Commands is called once, before the module is switched on.
	Commands() []Command
	// Boot puts the state back to what it is after a reset, at the instant of
	// the reset.
	Boot(at time.Time)
	// Close ends every goroutine of the family and returns when they have ended.
	Close()
}

// Starter is a family that does something by itself when `ready` has been said.
type Starter interface{ Ready(c *Call) }

// form is what follows a command's name.
type form uint8

const (
	execute form = iota
	query        // ?
	set          // =...
	ask          // =...?
	test         // =?
	noForm
)

// handler returns the command's handler for the form, nil when there is none.
func (c *Command) handler(f form) func(*Call) error {
	switch f {
	case execute:
		return c.Execute
	case query:
		return c.Query
	case set:
		return c.Set
	case ask:
		return c.Ask
	case test:
		return c.Test
	default:
		return nil
	}
}
