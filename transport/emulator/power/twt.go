package power

import (
	"time"

	"st67bench/transport/emulator/core"
)

// setupFrame is the length of a frame that asks for an agreement or answers, in
// bytes: an action frame with a TWT element, to the order of magnitude.
const setupFrame = 64

// unannounced is the only flow type that there is (manual 7.1.7.2).
const unannounced = 1

// setTWT is AT+TWT_PARAM=<setup type>,<flow type>,<exponent>,<duration>,<mantissa>.
// The emulated access point takes what is asked for, so that the set-up types
// (request, suggest, demand) do not differ. OK comes at once; the agreement is
// there when the access point has answered, if that is a TWT responder and the
// module then saves power.
func (f *Family) setTWT(c *core.Call) error {
	a := &c.Args
	first := int64(0)
	if f.m.Quirks.Has(core.TWTWiki) {
		first = 1
	}
	a.Int(0, first, first+2)
	a.Int(1, unannounced, unannounced)
	flow := core.Flow{Exponent: int(a.Int(2, 0, 31)), Duration: int(a.Int(3, 0, 255)), Mantissa: int(a.Int(4, 1, 65535))}
	if err := a.Err(); err != nil {
		return err
	}
	r := f.m.Radio
	_, joined := r.Association()
	switch {
	case !joined:
		return core.NotAllowed
	case f.agreements()+f.setups.pending() >= core.MaxFlows:
		return core.NoResource
	}
	answer := r.Up(c.At(), setupFrame).Add(2 * r.Latency)
	f.later(&f.setups, r.Down(answer, setupFrame), func(at time.Time) { r.StartTWT(at, flow) })
	return nil
}

// agreements is how many there are.
func (f *Family) agreements() int {
	n := 0
	for id := range core.MaxFlows {
		if _, ok := f.m.Radio.TWT(id); ok {
			n++
		}
	}
	return n
}

// endTWT is AT+TWT_TEARDOWN=0,<all>[,<id>]. With the quirk teardown-any it takes
// only 0,1,0.
func (f *Family) endTWT(c *core.Call) error {
	a := &c.Args
	a.Int(0, 0, 0) // individual negotiation, the only one
	all := a.Int(1, 0, 1) == 1
	id := a.IntOr(2, -1, 0, core.MaxFlows-1)
	if err := a.Err(); err != nil {
		return err
	}
	switch {
	case f.m.Quirks.Has(core.TeardownAny) && (!all || id != 0):
		return core.BadValue
	case !all && id < 0:
		return core.BadCount
	case f.agreements() == 0:
		return core.NotAllowed
	case !all && !f.m.Radio.EndTWT(c.At(), int(id)):
		return core.BadValue
	case !all:
		return nil
	}
	for id := range core.MaxFlows {
		f.m.Radio.EndTWT(c.At(), id)
	}
	return nil
}

// twt is AT+TWT_STATUS?, which the manual does not have and ST's driver sends.
func (f *Family) twt(c *core.Call) error {
	for id := range core.MaxFlows {
		if t, ok := f.m.Radio.TWT(id); ok {
			c.Line("+TWT:ACTIVE:%d,%d,UNANNOUNCED,%d,%d,%d", id, unannounced, t.Exponent, t.Duration, t.Mantissa)
		}
	}
	if f.agreements() == 0 {
		c.Line("+TWT:INACTIVE")
	}
	return nil
}

func (f *Family) twtSupported(c *core.Call) error {
	ap, ok := f.m.Radio.Association()
	if !ok {
		return core.Failed
	}
	n := 0
	if ap.TWT {
		n = 1
	}
	c.Line("+TWT_SUPPORT:%d", n)
	return nil
}

func (f *Family) apDTIM(c *core.Call) error {
	ap, ok := f.m.Radio.Association()
	if !ok {
		return core.Failed
	}
	c.Line("+DTIM:%d", ap.DTIM)
	return nil
}
