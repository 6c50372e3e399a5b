package ble

import (
	"fmt"
	"time"

	"st67bench/transport/emulator/core"
)

var (
	okText     = []byte("\r\nOK\r\n")
	promptText = []byte("\r\n>")
	sendOK     = []byte("\r\nSEND OK\r\n")
	sendFail   = []byte("\r\nSEND FAIL\r\n")
)

// sending is what a data phase is for: it takes the bytes, which are its own, and says
// whether they went on their way.
type sending func(at time.Time, p []byte) bool

// collect asks for n bytes; ok says whether OK comes before the prompt.
func (f *Family) collect(c *core.Call, n int, ok bool, to sending) {
	if ok && f.m.Quirks.Has(core.BLEText) {
		f.voice.add(c.At(), okText)
	}
	f.voice.add(c.At(), promptText)
	f.sending = to
	c.Collect(n)
}

// sent takes the bytes of a data phase.
func (f *Family) sent(c *core.Call, p []byte) error {
	f.air.lock(c.At())
	ok := f.sending(c.At(), append([]byte(nil), p...))
	f.air.mu.Unlock()
	f.voice.drain()
	if f.m.Quirks.Has(core.BLEText) {
		c.Say(fmt.Appendf(nil, "Recv %d bytes\r\n", len(p)))
		return f.outcome(c, ok)
	}
	if !ok {
		return core.Failed
	}
	return nil
}

// outcome is the firmware's final code of a data phase.
func (f *Family) outcome(c *core.Call, ok bool) error {
	if ok {
		c.Say(sendOK)
	} else {
		c.Say(sendFail)
	}
	return core.Silent
}

// value is the characteristic in the first parameters and the length in the third.
func value(c *core.Call, least int64) (service, index, n int) {
	service, index = number(c, 0, 0, maxServices-1), number(c, 1, 0, maxCharacteristics-1)
	return service, index, number(c, 2, least, maxValue)
}

// target is the connection in parameter i of newer firmware, -1 for any when it has
// none: older firmware has no such parameter.
func (f *Family) target(c *core.Call, i int) (int, error) {
	if !f.newer() {
		if c.Args.Len() > i {
			return 0, core.BadCount
		}
		return -1, c.Args.Err()
	}
	index := int(c.Args.IntOr(i, 0, 0, connections-1))
	return index, c.Args.Err()
}

// subscriber is a connection whose client has the CCC of c at bits; index is the
// connection, -1 for any.
func (f *Family) subscriber(index int, c *characteristic, bits int) *end {
	if c == nil || !f.gatt.registered(c) {
		return nil
	}
	for i, e := range f.links {
		if e != nil && (index < 0 || i == index) && e.role == peripheral && e.enabled[c.configuration()] == bits {
			return e
		}
	}
	return nil
}

// notify is AT+BLEGATTSNTFY.
func (f *Family) notify(c *core.Call) error {
	service, index, n := value(c, 1)
	target, err := f.target(c, 3)
	if err != nil {
		return err
	}
	if target >= 0 && f.links[target] == nil {
		return core.BadValue
	}
	f.collect(c, n, true, func(at time.Time, p []byte) bool {
		ch := f.gatt.characteristic(service, index)
		e := f.subscriber(target, ch, notifications)
		if e == nil || ch.properties&canNotify == 0 || len(p) > e.mtu-3 {
			return false
		}
		return e.send(at, func(at time.Time) { e.other().deliver(at, ch.valueHandle(), p) })
	})
	return nil
}

// indicate is AT+BLEGATTSIND. One indication at a time; its confirmation is told.
func (f *Family) indicate(c *core.Call) error {
	service, index, n := value(c, 1)
	target, err := f.target(c, 3)
	if err != nil {
		return err
	}
	f.collect(c, n, f.m.Quirks.Has(core.BLEPromptOK), func(at time.Time, p []byte) bool {
		ch := f.gatt.characteristic(service, index)
		e := f.subscriber(target, ch, indications)
		if e == nil || e.indicating || ch.properties&canIndicate == 0 || len(p) > e.mtu-3 {
			return false
		}
		r := e.ask(at, func(at time.Time) func(time.Time) {
			e.other().deliver(at, ch.valueHandle(), p)
			return e.confirmed
		})
		e.indicating = r != nil
		return e.indicating
	})
	return nil
}

// confirmed is the end of an indication.
func (e *end) confirmed(at time.Time) {
	e.indicating = false
	e.f.event(at, "+BLE:INDICATION:2,0")
}

// setRead is AT+BLEGATTSRD: what clients will read. Newer firmware takes a length of
// 0, which has no data phase.
func (f *Family) setRead(c *core.Call) error {
	service, index, n := value(c, int64(1-bit(f.newer())))
	if err := c.Args.Err(); err != nil {
		return err
	}
	set := func(_ time.Time, p []byte) bool {
		ch := f.gatt.characteristic(service, index)
		if ch == nil || ch.properties&canRead == 0 {
			return false
		}
		ch.value = p
		return true
	}
	if n > 0 {
		f.collect(c, n, f.m.Quirks.Has(core.BLEPromptOK), set)
		return nil
	}
	text := sendFail
	if set(c.At(), nil) {
		text = sendOK
	}
	f.voice.add(c.At(), text)
	return core.Silent
}
