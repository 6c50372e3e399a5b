package power

import (
	"time"

	"st67bench/transport/emulator/core"
)

// Modes of AT+PWR. Hibernate is not in the manual; ST's driver sends it.
const (
	normal    = 0
	hibernate = 1
	standby   = 2
)

// Modes of AT+SLWKTIMER: the manual has 0, the firmware takes up to 2 and says
// nothing of the last.
const (
	standbyTimer = iota
	hibernateTimer
	timerModes = 3
)

// longestTimer is the most that AT+SLWKTIMER takes, in ms (the firmware's int).
const longestTimer = 1<<31 - 1

// largestDTIM is the largest factor of AT+SLWKDTIM; with the quirk dtim-absolute
// it is the DTIM itself, up to largestAbsolute.
const (
	largestDTIM     = 256
	largestAbsolute = 25
)

// setPower is AT+PWR=0, =1,<level> with the firmware's three depths of
// hibernation, or =2[,<broadcast>]. The emulated air has no broadcasts, so that
// taking them makes no difference.
func (f *Family) setPower(c *core.Call) error {
	mode := c.Args.Int(0, normal, standby)
	level := c.Args.IntOr(1, 0, 0, 2)
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch {
	case mode == normal && c.Args.Len() > 1, mode == hibernate && !c.Args.Has(1):
		return core.BadCount
	case mode == standby && level > 1:
		return core.BadValue
	}
	switch f.standby = mode == standby; mode {
	case hibernate:
		c.Hibernate(f.timers[hibernateTimer])
		if f.m.Quirks.Has(core.HibernateSilent) {
			return core.Silent
		}
	case standby:
		f.sleep(c)
	default:
		f.timer.cancel()
		f.m.SetPower(c.At(), core.PowerNormal)
	}
	return nil
}

// setTimer arms a wake-up timer. That of standby runs while the module is in
// standby; when it has run out the module stays awake, until it is set again. That
// of hibernation counts from AT+PWR=1.
func (f *Family) setTimer(c *core.Call) error {
	mode := c.Args.Int(0, 0, timerModes-1)
	ms := c.Args.Int(1, 1, longestTimer)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.timers[mode] = time.Duration(ms) * time.Millisecond
	if mode == standbyTimer && f.standby {
		f.sleep(c)
	}
	return nil
}

// sleep lets the module sleep, until the timer has run out if it is armed.
func (f *Family) sleep(c *core.Call) {
	f.m.SetPower(c.At(), core.PowerStandby)
	if d := f.timers[standbyTimer]; d > 0 {
		f.timers[standbyTimer] = 0
		f.timer.cancel()
		f.later(&f.timer, c.At().Add(d), func(at time.Time) { f.m.SetPower(at, core.PowerNormal) })
	}
}

func (f *Family) setDTIM(c *core.Call) error {
	absolute := f.m.Quirks.Has(core.DTIMAbsolute)
	least, most := int64(0), int64(largestDTIM)
	if absolute {
		least, most = 1, largestAbsolute
	}
	n := c.Args.Int(0, least, most)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.m.Radio.SetDTIM(c.At(), int(n), absolute)
	return nil
}

// wakePin takes the chip's two wake-up pins, 16 and 28, which wake it in any case;
// the only trigger that the manual has is 0, a high level, and the firmware takes
// 1 as well.
func wakePin(c *core.Call) error {
	c.Args.Int(1, 0, 1)
	return noWakePin(c)
}

func noWakePin(c *core.Call) error {
	pin := c.Args.Int(0, 16, 28)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if pin != 16 && pin != 28 {
		return core.BadValue
	}
	return nil
}
