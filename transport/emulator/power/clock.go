package power

import (
	"math"

	"st67bench/transport/emulator/core"
)

// clockKey is where flash keeps the source of the 32 kHz clock.
const clockKey = "power/clock"

// externalClock is the last of the sources: 1 RC oscillator, 2 crystal, 3 external
// (manual 7.1.10.2).
const externalClock = 3

// setClock restarts the module, without OK by the quirk clock-silent.
func (f *Family) setClock(c *core.Call) error {
	source := c.Args.Int(0, core.ClockRC, externalClock)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.m.Flash.Keep(clockKey, source)
	c.Reboot()
	if f.m.Quirks.Has(core.ClockSilent) {
		return core.Silent
	}
	return nil
}

func (f *Family) getClock(c *core.Call) error {
	c.Line("+GET_CLOCK:%d", f.clock)
	return nil
}

// clearMean is AT+PWR_CLEAR: the mean current counts from here on. It and the two
// below are in the public firmware, not in the manual.
func (f *Family) clearMean(c *core.Call) error {
	f.cleared = c.At()
	return nil
}

// mean is AT+PWR_GET: the mean current in µA, from the model and not measured, as
// in the firmware.
func (f *Family) mean(c *core.Call) error {
	charge, err := f.m.Radio.Timeline.Charge(f.cleared, c.At())
	if err != nil {
		return core.Failed
	}
	mean := 0.0
	if d := c.At().Sub(f.cleared); d > 0 {
		mean = charge / d.Seconds() * 1e6
	}
	c.Line("+AVERAGE PWR:%d", int64(math.Round(mean)))
	return nil
}

// interval is AT+LP_INTERVAL_GET: beacons from one wake to the next.
func (f *Family) interval(c *core.Call) error {
	c.Line("+LP INTERVAL:%d", f.m.Radio.Interval())
	return nil
}
