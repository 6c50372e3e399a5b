package ble

import (
	"time"

	"st67bench/transport/emulator/core"
)

// Limits of the client (firmware source).
const (
	maxFound     = 8  // services of a peer
	maxFoundIn   = 16 // characteristics of one of them
	maxFollowed  = 16 // subscriptions of a connection
	answerWithin = 5 * time.Second
)

// Bits of a client characteristic configuration (manual 6.1.29.2).
const (
	notifications = 1
	indications   = 2
)

// found is a service of a peer.
type found struct {
	uuid            uuid
	primary         bool
	start, end      uint16
	characteristics []characteristic
}

// central is the connection in parameter i, of which this module is the client.
func (f *Family) central(c *core.Call, i int) (*end, error) {
	e, err := f.end(c, i)
	if err == nil && !f.has(client) {
		err = core.NotConfigured
	}
	if err == nil && e.role != central {
		err = core.Failed
	}
	return e, err
}

// exchange lets begin send a request and waits for the answer. The caller does not
// hold the lock, begin does.
func (f *Family) exchange(c *core.Call, begin func() (*request, error)) error {
	var r *request
	err := f.do(func(*core.Call) (err error) {
		r, err = begin()
		if err == nil && r == nil {
			err = core.Failed
		}
		return err
	})(c)
	if err != nil {
		return err
	}
	ok, on := f.await(c, answerWithin, func() bool { return r.answered })
	f.voice.drain()
	switch {
	case !on:
		return core.Silent
	case !ok:
		return core.Failed
	}
	return nil
}

// discoverServices finds the peer's primary services, then the others.
func (f *Family) discoverServices(c *core.Call) error {
	for _, primary := range []bool{true, false} {
		err := f.exchange(c, func() (*request, error) {
			e, err := f.central(c, 0)
			if err != nil {
				return nil, err
			}
			if primary {
				e.services = nil
			}
			return e.ask(c.At(), func(time.Time) func(time.Time) { return e.find(primary) }), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// find is the answer of the peer's server to a discovery of services.
func (e *end) find(primary bool) (answer func(time.Time)) {
	var list []found
	for _, s := range e.other().f.gatt.services {
		if s.primary != primary {
			continue
		}
		one := found{uuid: s.uuid, primary: primary, start: s.start, end: s.end}
		for _, ch := range s.characteristics {
			one.characteristics = append(one.characteristics, *ch)
		}
		list = append(list, one)
	}
	return func(at time.Time) {
		for _, s := range list {
			if len(e.services) == maxFound {
				return
			}
			e.services = append(e.services, s)
			e.tellService(at, len(e.services), &s)
		}
	}
}

func (e *end) tellService(at time.Time, number int, s *found) {
	prefix := "+BLE:SRV:"
	if e.f.manual() {
		prefix = "+BLESRV="
	}
	e.f.event(at, "%s%d,%d,%s,%d,%d,%d", prefix, e.index, number, s.uuid, bit(s.primary), s.start, s.end)
}

// discoverCharacteristics finds those of a service that was found.
func (f *Family) discoverCharacteristics(c *core.Call) error {
	return f.exchange(c, func() (*request, error) {
		e, err := f.central(c, 0)
		n := number(c, 1, 0, maxHandle)
		if err == nil {
			err = c.Args.Err()
		}
		if err != nil {
			return nil, err
		}
		if n < 1 || n > len(e.services) {
			return nil, core.Failed
		}
		return e.ask(c.At(), func(time.Time) func(time.Time) {
			return func(at time.Time) { e.tellCharacteristics(at, n) }
		}), nil
	})
}

// tellCharacteristics has the properties as the firmware writes them; the manual's
// list for this command counts them from 1 (6.1.26.2).
func (e *end) tellCharacteristics(at time.Time, n int) {
	if n > len(e.services) {
		return
	}
	s := &e.services[n-1]
	for i := range s.characteristics[:min(len(s.characteristics), maxFoundIn)] {
		ch := &s.characteristics[i]
		if e.f.manual() {
			e.f.event(at, "+BLESRVCHAR=%d,%d,%d,%s,%d,%d,%d", e.index, n, i+1, ch.uuid, ch.properties>>1, ch.handle, ch.valueHandle())
			continue
		}
		e.f.event(at, "+BLE:SRVCHAR:%d,%d,%d,%s,0x%02x,%d,%d", e.index, n, i+1, ch.uuid, ch.properties, ch.handle, ch.valueHandle())
	}
}

// found is characteristic k of service n of the peer, both counted from 1; nil when
// it was not found.
func (e *end) found(n, k int) *characteristic {
	if n < 1 || n > len(e.services) {
		return nil
	}
	if s := &e.services[n-1]; k >= 1 && k <= len(s.characteristics) {
		return &s.characteristics[k-1]
	}
	return nil
}

// read is AT+BLEGATTCRD.
func (f *Family) read(c *core.Call) error {
	return f.exchange(c, func() (*request, error) {
		e, err := f.central(c, 0)
		n, k := number(c, 1, 0, maxFound), number(c, 2, 0, maxFoundIn)
		if err == nil {
			err = c.Args.Err()
		}
		if err != nil {
			return nil, err
		}
		ch := e.found(n, k)
		if ch == nil || ch.properties&canRead == 0 {
			return nil, core.Failed
		}
		return e.ask(c.At(), func(time.Time) func(time.Time) {
			p := e.other().serveRead(ch.valueHandle())
			return func(at time.Time) { e.tellRead(at, n, k, p) }
		}), nil
	})
}

// tellRead says what was read; the manual's own line has only its length.
func (e *end) tellRead(at time.Time, n, k int, p []byte) {
	e.f.event(at, "+BLE:GATTREAD:%d,%d,%d,%d,%s", e.index, n, k, len(p), p)
	if e.f.manual() {
		e.f.event(at, "+BLEREAD=%d,%d,%d,%d", e.index, n, k, len(p))
	}
}

// write is AT+BLEGATTCWR. A characteristic whose value could not be found or written is
// a SEND FAIL, as in the firmware.
func (f *Family) write(c *core.Call) error {
	e, err := f.end(c, 0)
	n, k := number(c, 1, 0, maxFound), number(c, 2, 0, maxFoundIn)
	length := number(c, 3, 1, maxValue)
	if err == nil {
		err = c.Args.Err()
	}
	if err != nil {
		return err
	}
	f.collect(c, length, false, func(at time.Time, p []byte) bool {
		ch := e.found(n, k)
		switch {
		case !e.up || e.role != central || ch == nil:
			return false
		case ch.properties&canWriteNow != 0:
			if len(p) > e.mtu-3 {
				return false
			}
		case ch.properties&canWrite == 0:
			return false
		}
		return e.send(at, func(at time.Time) { e.other().serveWrite(at, ch.valueHandle(), p) })
	})
	return nil
}

// subscribe writes the CCC of a characteristic. Newer firmware wants handles of
// services that were found.
func (f *Family) subscribe(c *core.Call) error {
	e, err := f.central(c, 0)
	ccc, handle := uint16(number(c, 1, 1, maxHandle)), uint16(number(c, 2, 1, maxHandle))
	bits := number(c, 3, notifications, indications)
	if err == nil {
		err = c.Args.Err()
	}
	if err != nil {
		return err
	}
	_, known := e.subscriptions[handle]
	if f.newer() && !(e.knows(ccc) && e.knows(handle)) || !known && len(e.subscriptions) == maxFollowed {
		return core.Failed
	}
	e.subscriptions[handle] = ccc
	if !e.configurePeer(c.At(), handle, ccc, bits) {
		return core.Failed
	}
	return nil
}

func (f *Family) unsubscribe(c *core.Call) error {
	e, err := f.central(c, 0)
	handle := uint16(number(c, 1, 1, maxHandle))
	if err == nil {
		err = c.Args.Err()
	}
	if err != nil {
		return err
	}
	ccc, known := e.subscriptions[handle]
	if !known || !e.configurePeer(c.At(), handle, ccc, 0) {
		return core.Failed
	}
	delete(e.subscriptions, handle)
	return nil
}

// configurePeer writes a CCC of the peer; a subscription that it refuses is forgotten.
func (e *end) configurePeer(at time.Time, handle, ccc uint16, bits int) bool {
	r := e.ask(at, func(at time.Time) func(time.Time) {
		ok := e.other().serveConfigure(at, ccc, bits)
		return func(time.Time) {
			if !ok {
				delete(e.subscriptions, handle)
			}
		}
	})
	return r != nil
}

// knows says whether a service that was found has the handle.
func (e *end) knows(handle uint16) bool {
	for _, s := range e.services {
		if s.start <= handle && handle <= s.end {
			return true
		}
	}
	return false
}

// deliver is a notification or an indication of the peer.
func (e *end) deliver(at time.Time, handle uint16, p []byte) {
	if _, ok := e.subscriptions[handle]; ok {
		e.f.event(at, "+BLE:NOTIDATA:%d,%d,%d,%s", e.index, handle, len(p), p)
	}
}
