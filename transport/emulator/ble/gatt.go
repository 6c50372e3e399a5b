package ble

import (
	"slices"
	"time"
)

// Properties of a characteristic (manual 6.1.21.2).
const (
	canRead     = 2
	canWriteNow = 4 // without response
	canWrite    = 8
	canNotify   = 16
	canIndicate = 32
)

// Permissions (manual 6.1.21.2).
const (
	mayRead  = 1
	mayWrite = 2
)

// Limits of the server (manual 6.1.20.2).
const (
	maxServices        = 3
	maxCharacteristics = 5
	maxValue           = 244 // bytes
)

// maxHandle is the last one that there can be.
const maxHandle = 0xFFFF

// characteristic is one of a service. Its declaration is handle; the value comes next,
// then a client characteristic configuration when it can notify or indicate.
type characteristic struct {
	uuid       uuid
	properties int
	permitted  int
	value      []byte
	handle     uint16

	service, index int // as the host knows them; service is -1 for a built-in one
	alert          bool
}

func (c *characteristic) valueHandle() uint16 { return c.handle + 1 }

// configuration is the handle of its CCC; 0 when it has none.
func (c *characteristic) configuration() uint16 {
	if c.properties&(canNotify|canIndicate) == 0 {
		return 0
	}
	return c.handle + 2
}

// service is a GATT service.
type service struct {
	uuid            uuid
	primary         bool
	characteristics []*characteristic
	start, end      uint16
}

// place gives the service its handles, from start on; false when they do not suffice.
func (s *service) place(start int) bool {
	next := start + 1
	for _, c := range s.characteristics {
		c.handle = uint16(next)
		next += 2
		if c.configuration() != 0 {
			next++
		}
	}
	s.start, s.end = uint16(start), uint16(next-1)
	return next-1 <= maxHandle
}

// hosted is a service that the host has created, with its characteristics by index.
type hosted struct {
	service
	slots      [maxCharacteristics]*characteristic
	registered bool
}

// database is what a client finds.
type database struct {
	services []*service // in the order of their handles
	hosted   [maxServices]*hosted
	name     *characteristic // GAP's device name
}

// builtIn is a characteristic of the firmware's own.
func builtIn(id uint16, properties int, value []byte) *characteristic {
	return &characteristic{uuid: short(id), properties: properties, permitted: mayRead, value: value, service: -1}
}

// newDatabase has the services that the firmware always has: GATT at handles 1 to 4,
// GAP at 5 to 11. A host's first characteristic has its value at 14 and its
// descriptor at 15 then, as in the manual's example (6.1.29.3).
func newDatabase(name string) database {
	d := database{name: builtIn(0x2A00, canRead, []byte(name))}
	d.add(&service{uuid: short(0x1801), primary: true, characteristics: []*characteristic{
		builtIn(0x2A05, canIndicate, nil), // service changed
	}})
	d.add(&service{uuid: short(0x1800), primary: true, characteristics: []*characteristic{
		d.name,
		builtIn(0x2A01, canRead, []byte{0, 0}), // appearance: unknown
		builtIn(0x2A04, canRead, []byte{24, 0, 40, 0, 0, 0, 0x2A, 0}), // preferred connection parameters
	}})
	return d
}

// add registers a service behind those that are there; false when no handles are left.
func (d *database) add(s *service) bool {
	start := 1
	if n := len(d.services); n > 0 {
		start = int(d.services[n-1].end) + 1
	}
	if !s.place(start) {
		return false
	}
	d.services = append(d.services, s)
	return true
}

// remove takes a service out.
func (d *database) remove(s *service) {
	d.services = slices.DeleteFunc(d.services, func(o *service) bool { return o == s })
}

// find returns the characteristic that has the handle as its value or as its CCC.
func (d *database) find(handle uint16) *characteristic {
	for _, s := range d.services {
		for _, c := range s.characteristics {
			if handle == c.valueHandle() || handle != 0 && handle == c.configuration() {
				return c
			}
		}
	}
	return nil
}

// characteristic is the host's at these indices; nil when there is none.
func (d *database) characteristic(service, index int) *characteristic {
	if h := d.hosted[service]; h != nil {
		return h.slots[index]
	}
	return nil
}

// registered says whether clients find the characteristic.
func (d *database) registered(c *characteristic) bool { return d.find(c.valueHandle()) == c }

// configure sets a CCC of e's peer's connection to this server, and tells the host
// when it is that of one of its characteristics and has changed.
func (e *end) configure(at time.Time, c *characteristic, value int) {
	handle := c.configuration()
	if e.enabled[handle] == value {
		return
	}
	if e.enabled[handle] = value; value == 0 {
		delete(e.enabled, handle)
	}
	if c.service < 0 {
		return
	}
	if c.properties&canIndicate != 0 {
		e.f.event(at, "+BLE:INDICATION:%d,%d,%d", bit(value == indications), c.service, c.index)
	}
	if c.properties&canNotify != 0 {
		e.f.event(at, "+BLE:NOTIFICATION:%d,%d,%d", bit(value == notifications), c.service, c.index)
	}
}

// disable puts every CCC of the connection back, as its end does.
func (e *end) disable(at time.Time) {
	for _, s := range e.f.gatt.services {
		for _, c := range s.characteristics {
			if e.enabled[c.configuration()] != 0 {
				e.configure(at, c, 0)
			}
		}
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
