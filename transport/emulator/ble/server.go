package ble

import (
	"time"

	"st67bench/transport/emulator/core"
)

func (f *Family) queryServices(c *core.Call) error {
	for i, h := range f.gatt.hosted {
		if h != nil {
			f.line(c.At(), `+BLEGATTSSRV:%d,"%s",%d,%d`, i, h.uuid.digits(), bit(h.primary), h.uuid.kind())
		}
	}
	return nil
}

func (f *Family) createService(c *core.Call) error {
	i := number(c, 0, 0, maxServices-1)
	id, err := uuidArg(c, 1, 3)
	primary := number(c, 2, 0, 1) == 1
	if err == nil {
		err = c.Args.Err()
	}
	if err != nil {
		return err
	}
	if f.gatt.hosted[i] != nil {
		return core.Failed
	}
	f.gatt.hosted[i] = &hosted{service: service{uuid: id, primary: primary}}
	return nil
}

// deleteService takes a service away, out of what clients find too.
func (f *Family) deleteService(c *core.Call) error {
	i := number(c, 0, 0, maxServices-1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	h := f.gatt.hosted[i]
	if h == nil {
		return core.Failed
	}
	f.retire(c.At(), &h.service)
	f.gatt.hosted[i] = nil
	return nil
}

// retire takes a service out of what clients find, and ends their subscriptions.
func (f *Family) retire(at time.Time, s *service) {
	for _, e := range f.links {
		if e == nil {
			continue
		}
		for _, ch := range s.characteristics {
			if e.enabled[ch.configuration()] != 0 {
				e.configure(at, ch, 0)
			}
		}
	}
	f.gatt.remove(s)
}

// register lets clients find the services that they do not find yet, or none of
// them. A service that is registered takes no further characteristics until then.
func (f *Family) register(c *core.Call) error {
	on := number(c, 0, 0, 1) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}
	for _, h := range f.gatt.hosted {
		if h == nil || h.registered == on {
			continue
		}
		if h.registered = on; !on {
			f.retire(c.At(), &h.service)
			continue
		}
		h.characteristics = nil
		for _, ch := range h.slots {
			if ch != nil {
				h.characteristics = append(h.characteristics, ch)
			}
		}
		if !f.gatt.add(&h.service) {
			h.registered = false
			return core.NoResource
		}
	}
	return nil
}

// queryCharacteristics has the permissions that the manual's line leaves out: the
// firmware says them, and ST's driver needs them.
func (f *Family) queryCharacteristics(c *core.Call) error {
	for i, h := range f.gatt.hosted {
		if h == nil {
			continue
		}
		for k, ch := range h.slots {
			switch {
			case ch == nil:
			case f.manual():
				f.line(c.At(), `+BLEGATTSCHAR:%d,%d,"%s",%d,%d`, i, k, ch.uuid.digits(), ch.properties, ch.uuid.kind())
			default:
				f.line(c.At(), `+BLEGATTSCHAR:%d,%d,"%s",%d,%d,%d`, i, k, ch.uuid.digits(), ch.properties, ch.permitted, ch.uuid.kind())
			}
		}
	}
	return nil
}

func (f *Family) createCharacteristic(c *core.Call) error {
	i, k := number(c, 0, 0, maxServices-1), number(c, 1, 0, maxCharacteristics-1)
	id, err := uuidArg(c, 2, 5)
	properties := number(c, 3, 0, canRead|canWriteNow|canWrite|canNotify|canIndicate)
	permitted := number(c, 4, 0, mayRead|mayWrite)
	if err == nil {
		err = c.Args.Err()
	}
	if err != nil {
		return err
	}
	h := f.gatt.hosted[i]
	switch {
	case properties&1 != 0:
		return core.BadValue
	case h == nil || h.slots[k] != nil:
		return core.Failed
	}
	h.slots[k] = &characteristic{uuid: id, properties: properties, permitted: permitted, service: i, index: k}
	return nil
}

// serveRead is what a read request gives: as much of the value as one answer holds,
// nothing when it may not be read.
func (e *end) serveRead(handle uint16) []byte {
	c := e.f.gatt.find(handle)
	if c == nil || handle != c.valueHandle() || c.properties&canRead == 0 || c.permitted&mayRead == 0 {
		return nil
	}
	return c.value[:min(len(c.value), e.mtu-1)]
}

// serveWrite takes what a client has written to a value.
func (e *end) serveWrite(at time.Time, handle uint16, p []byte) {
	c := e.f.gatt.find(handle)
	switch {
	case c == nil || handle != c.valueHandle() || c.permitted&mayWrite == 0:
	case c.alert:
		e.f.event(at, "+BLE:IAS:%x", p)
	default:
		e.f.event(at, "+BLE:GATTWRITE:%d,%d,%d,%d,%s", e.index, c.service, c.index, len(p), p)
	}
}

// serveConfigure takes what a client has written to a CCC; false when it is none or
// has no such bit.
func (e *end) serveConfigure(at time.Time, handle uint16, value int) bool {
	c := e.f.gatt.find(handle)
	if c == nil || handle != c.configuration() {
		return false
	}
	e.configure(at, c, value)
	return true
}
