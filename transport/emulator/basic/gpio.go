package basic

import "st67bench/transport/emulator/core"

// Pulls of a pin (manual 2.2.18.3).
const (
	float = iota
	pullUp
	pullDown
)

// pin is one GPIO with nothing connected to it.
type pin struct {
	pull   int64
	output bool
	high   bool // the level that an output drives
	analog bool // as after reset: it reads as 0
}

// newPins are the pins that the chip's package leads out (BL616 in QFN40, an
// assumption for this module), as after a reset.
func newPins() map[int]*pin {
	pins := make(map[int]*pin)
	for _, n := range []int{0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 27, 28, 29, 30} {
		pins[n] = &pin{analog: true}
	}
	return pins
}

// level is what the pin reads as: what it drives, or where its pull draws it.
func (p *pin) level() int {
	if p.output {
		return bit(p.high)
	}
	return bit(!p.analog && p.pull == pullUp)
}

// pin takes a pin number, the first parameter.
func (f *Family) pin(c *core.Call) (number int, p *pin, err error) {
	number = int(c.Args.Int(0, 0, 255))
	if err := c.Args.Err(); err != nil {
		return 0, nil, err
	}
	if f.pins[number] == nil {
		return 0, nil, core.IOError
	}
	return number, f.pins[number], nil
}

// pull is AT+IOPUPD=<pin>,<state>: an output with that pull, as the firmware does.
func (f *Family) pull(c *core.Call) error {
	pull := c.Args.Int(1, float, pullDown)
	_, p, err := f.pin(c)
	if err != nil {
		return err
	}
	*p = pin{pull: pull, output: true, high: p.high}
	return nil
}

// drive is AT+IOOUT=<pin>,<level>. The level shows when the pin is an output.
func (f *Family) drive(c *core.Call) error {
	high := c.Args.Int(1, 0, 1)
	_, p, err := f.pin(c)
	if err != nil {
		return err
	}
	p.high = high == 1
	return nil
}

// input is AT+IOIN=<pin>,<pull>. The manual's example omits the pull and then
// reads a 1.
func (f *Family) input(c *core.Call) error {
	if !c.Args.Has(1) && f.m.Quirks.Has(core.InputBoth) {
		return core.BadCount
	}
	pull := c.Args.IntOr(1, pullUp, float, pullDown)
	_, p, err := f.pin(c)
	if err != nil {
		return err
	}
	*p = pin{pull: pull, high: p.high}
	return nil
}

// level is AT+IOIN=<pin>?.
func (f *Family) level(c *core.Call) error {
	number, p, err := f.pin(c)
	if err != nil {
		return err
	}
	if c.Args.Len() > 1 {
		return core.BadCount
	}
	c.Line("+IOIN=%d:%d", number, p.level())
	return nil
}

// release is AT+IORST=<pin>.
func (f *Family) release(c *core.Call) error {
	_, p, err := f.pin(c)
	if err != nil {
		return err
	}
	*p = pin{analog: true}
	return nil
}
