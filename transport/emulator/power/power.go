// Package power is the emulated module's low-power commands (manual chapter 7),
// as far as a host's initialisation needs them: the settings are checked and
// taken. Standby lets the SPI link sleep; nothing else has an effect on time or
// current.
package power

import (
	"time"

	"st67bench/transport/emulator/core"
)

// Power modes of AT+PWR. Hibernate is not in the manual; ST's driver sends it.
const (
	normal    = 0
	hibernate = 1
	standby   = 2
)

// maxDTIM is the largest factor of AT+SLWKDTIM.
const maxDTIM = 256

// clockSource is what AT+GET_CLOCK reports: 1, the internal RC oscillator.
const clockSource = 1

// Family is the low-power commands. It has no state.
type Family struct{}

// New returns the family.
func New() *Family { return &Family{} }

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "+PWR", Set: setPower, Min: 1, Max: 2},
		{Name: "+SLWKDTIM", Set: setDTIM, Min: 1, Max: 1},
		{Name: "+SLWKIO", Set: setWake, Min: 2, Max: 2},
		{Name: "+GET_CLOCK", Execute: clock},
	}
}

// Boot implements core.Family.
func (f *Family) Boot(time.Time) {}

// Close implements core.Family.
func (f *Family) Close() {}

// setPower takes normal and standby. Hibernate switches the module off until a
// reset, which this part of the emulator cannot yet: it is refused.
func setPower(c *core.Call) error {
	mode := c.Args.Int(0, normal, standby)
	c.Args.IntOr(1, 0, 0, 2)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if mode == hibernate {
		return core.NotAllowed
	}
	c.Standby(mode == standby)
	return nil
}

func setDTIM(c *core.Call) error {
	c.Args.Int(0, 0, maxDTIM)
	return c.Args.Err()
}

// setWake takes the chip's two wake-up pins, 16 and 28; the only trigger that the
// manual has is 0, a high level, and the firmware takes 1 as well.
func setWake(c *core.Call) error {
	pin := c.Args.Int(0, 16, 28)
	c.Args.Int(1, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if pin != 16 && pin != 28 {
		return core.BadValue
	}
	return nil
}

func clock(c *core.Call) error {
	c.Line("+GET_CLOCK:%d", clockSource)
	return nil
}
