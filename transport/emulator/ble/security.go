package ble

import (
	"encoding/hex"
	"time"

	"st67bench/transport/emulator/core"
)

func (f *Family) querySecurity(c *core.Call) error {
	if f.newer() {
		f.line(c.At(), "+BLESECPARAM:%d,%d", f.io, f.level)
		return nil
	}
	f.line(c.At(), "+BLESECPARAM:%d", f.io)
	return nil
}

// setSecurity sets the IO capability and, in newer firmware, the least level that
// BLESECSTART may ask for.
func (f *Family) setSecurity(c *core.Call) error {
	io := number(c, 0, displayOnly, keyboardDisplay)
	level := int(c.Args.IntOr(1, 1, 0, authenticated))
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch {
	case c.Args.Len() > 1 && !f.newer():
		return core.BadCount
	case io == noIO && level > encrypted:
		return core.BadValue
	}
	f.io, f.level = io, level
	return nil
}

// startSecurity asks for a level that the connection does not have yet.
func (f *Family) startSecurity(c *core.Call) error {
	e, err := f.end(c, 0)
	level := number(c, 1, 0, authenticated)
	if err == nil {
		err = c.Args.Err()
	}
	if err != nil {
		return err
	}
	unreachable := f.io == noIO && level > encrypted
	if e.pairing != nil || level <= e.level || level < f.level || unreachable {
		return core.Failed
	}
	if !e.send(c.At(), func(at time.Time) { e.secure(at, level) }) {
		return core.NoMemory
	}
	return nil
}

// cancelPairing ends the pairing under way.
func (f *Family) cancelPairing(c *core.Call) error {
	e, err := f.end(c, 0)
	if err != nil {
		return err
	}
	if e.pairing == nil {
		return core.Failed
	}
	e.abandon(c.At())
	return nil
}

func (f *Family) confirmPasskey(c *core.Call) error { return f.act(c, confirmPasskey, 0) }

func (f *Family) confirmPairing(c *core.Call) error { return f.act(c, confirmPairing, 0) }

func (f *Family) enterPasskey(c *core.Call) error {
	return f.act(c, enter, number(c, 1, 0, 999_999))
}

// act is the host's part of a pairing; what it was not asked for is refused.
func (f *Family) act(c *core.Call, d duty, passkey int) error {
	e, err := f.end(c, 0)
	if err == nil && !e.act(c.At(), d, passkey) {
		err = core.Failed
	}
	return err
}

func (f *Family) queryBonds(c *core.Call) error {
	for _, b := range f.bonds {
		key := hex.EncodeToString(b.Key)
		if f.manual() {
			f.line(c.At(), "+BTADDR %s LTK:%s", b.Address.typed(), key)
			continue
		}
		f.line(c.At(), "+BLESECGETLTKLIST: BONDADDR %s LTK:%s", b.Address.typed(), key)
	}
	return nil
}

// unpair forgets a peer and ends the connection with it. It is no mistake to name one
// that is not known.
func (f *Family) unpair(c *core.Call) error {
	a, err := addressArg(c, 0)
	random := number(c, 1, 0, 1) == 1
	if err == nil {
		err = c.Args.Err()
	}
	if err != nil || random {
		return err
	}
	f.forgetBond(a)
	for _, e := range f.links {
		if e != nil && e.peer == a {
			e.terminate(c.At(), false)
		}
	}
	return nil
}
