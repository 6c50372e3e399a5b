package ble

import (
	"slices"
	"time"

	"st67bench/transport/emulator/core"
)

// Keys of what outlives a reset.
const (
	nameKey  = "ble/name"
	bondsKey = "ble/bonds"
)

const (
	maxName = 29 // bytes (manual 6.1.3.3)
	maxData = 31 // bytes of advertising data or scan response (manual 6.1.8.2)
	maxTX   = 20 // dBm (manual 6.1.31.1)
)

// scanParameters are those of AT+BLESCANPARAM (manual 6.1.4.3).
type scanParameters struct{ active, address, filter, interval, window int }

// advParameters are those of AT+BLEADVPARAM (manual 6.1.7.3).
type advParameters struct{ least, most, kind, channels int }

// Kinds of advertising.
const (
	connectable = 0
	scannable   = 1
	broadcast   = 2
)

// number is parameter i.
func number(c *core.Call, i int, lo, hi int64) int { return int(c.Args.Int(i, lo, hi)) }

func (f *Family) queryInit(c *core.Call) error {
	f.line(c.At(), "+BLEINIT:%d", f.role)
	return nil
}

// setInit enters or leaves the air. A second role without a 0 between is refused, as
// in the firmware; 0 puts every setting back, the stored name included.
func (f *Family) setInit(c *core.Call) error {
	most := int64(server)
	if f.newer() {
		most = both
	}
	role := number(c, 0, off, most)
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch {
	case role == off:
		if f.role != off {
			f.leave(c.At())
			f.defaults()
			f.m.Flash.Delete(nameKey)
		}
	case f.role != off:
		return core.Failed
	default:
		f.enter(role)
	}
	return nil
}

// enter begins a role.
func (f *Family) enter(role int) {
	f.role = role
	f.gatt = newDatabase(f.name)
	f.air.devices = append(f.air.devices, f)
}

// leave ends everything without a word to anybody. The caller holds the lock.
func (f *Family) leave(at time.Time) {
	f.air.devices = slices.DeleteFunc(f.air.devices, func(d *Family) bool { return d == f })
	f.air.forget(f)
	for _, e := range f.links {
		if e != nil {
			e.vanish(at)
		}
	}
	f.role, f.links = off, [connections]*end{}
	f.advertising, f.scanning, f.want = nil, time.Time{}, nil
	f.gatt, f.profiles = database{}, profiles{}
}

func (f *Family) queryAddress(c *core.Call) error {
	f.line(c.At(), `+BLEADDR:"%s"`, f.address)
	return nil
}

// setAddress lasts until the next reset: the firmware does not store it.
func (f *Family) setAddress(c *core.Call) error {
	a, err := addressArg(c, 0)
	if err != nil {
		return err
	}
	f.address = a
	return nil
}

func (f *Family) queryName(c *core.Call) error {
	f.line(c.At(), "+BLENAME:%s", f.name)
	return nil
}

func (f *Family) setName(c *core.Call) error {
	name := string(c.Args.Text(0, maxName))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if name == "" {
		return core.BadValue
	}
	f.rename(name)
	return nil
}

// rename changes the name, in the GAP service too.
func (f *Family) rename(name string) {
	f.name = name
	f.gatt.name.value = []byte(name)
	f.m.Save(nameKey, name)
}

func (f *Family) queryScan(c *core.Call) error {
	s := &f.scan
	f.line(c.At(), "+BLESCANPARAM:%d,%d,%d,%d,%d", s.active, s.address, s.filter, s.interval, s.window)
	return nil
}

func (f *Family) setScan(c *core.Call) error {
	s := scanParameters{
		active:   number(c, 0, 0, 1),
		address:  number(c, 1, 0, 3),
		filter:   number(c, 2, 0, 3),
		interval: number(c, 3, 0x4, 0x4000),
		window:   number(c, 4, 0x4, 0x4000),
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	if s.window > s.interval {
		return core.BadValue
	}
	f.scan = s
	return nil
}

func (f *Family) queryAdv(c *core.Call) error {
	a := &f.adv
	f.line(c.At(), "+BLEADVPARAM:%d,%d,%d,%d", a.least, a.most, a.kind, a.channels)
	return nil
}

// setAdv takes effect at the next BLEADVSTART.
func (f *Family) setAdv(c *core.Call) error {
	a := advParameters{
		least:    number(c, 0, 0x20, 0x4000),
		most:     number(c, 1, 0x20, 0x4000),
		kind:     number(c, 2, connectable, broadcast),
		channels: number(c, 3, 1, 7),
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	if a.least > a.most || a.channels == 3 || a.channels == 5 || a.channels == 6 {
		return core.BadValue
	}
	f.adv = a
	return nil
}

func (f *Family) setAdvData(c *core.Call) error { return setData(c, &f.advData) }

func (f *Family) setResponse(c *core.Call) error { return setData(c, &f.response) }

func setData(c *core.Call, to *[]byte) error {
	p, err := hexArg(c, 0, maxData)
	if err == nil {
		*to = p
	}
	return err
}

func (f *Family) queryPower(c *core.Call) error {
	f.line(c.At(), "+BLETXPWR:%d", f.power)
	return nil
}

func (f *Family) setPower(c *core.Call) error {
	power := number(c, 0, 0, maxTX)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.power = power
	return nil
}
