package ble

import (
	"encoding/binary"
	"time"

	"st67bench/transport/emulator/core"
)

// maxText is the longest value of the device information (manual 6.1.48.2).
const maxText = 21

// profiles are the services that the firmware brings: nil until their INIT.
type profiles struct {
	battery, alert, information *service
	level                       *characteristic // of the battery, in %
}

// informed are the names of BLEDISSET and their characteristics, in the order of the
// service.
var informed = []struct {
	name string
	id   uint16
}{
	{"model", 0x2A24}, {"manuf", 0x2A29}, {"serial", 0x2A25}, {"fw", 0x2A26}, {"hw", 0x2A27}, {"sw", 0x2A28},
}

// pnp is the characteristic of the parameters of BLEDISINIT.
const pnp = 0x2A50

// begin registers a profile's service; a second begin is refused.
func (f *Family) begin(to **service, id uint16, characteristics ...*characteristic) error {
	if *to != nil {
		return core.Failed
	}
	s := &service{uuid: short(id), primary: true, characteristics: characteristics}
	if !f.gatt.add(s) {
		return core.NoResource
	}
	*to = s
	return nil
}

// endProfile takes it away.
func (f *Family) endProfile(c *core.Call, s **service) error {
	if *s == nil {
		return core.NotConfigured
	}
	f.retire(c.At(), *s)
	*s = nil
	return nil
}

// startBattery begins at 100 %.
func (f *Family) startBattery(*core.Call) error {
	level := builtIn(0x2A19, canRead|canNotify, []byte{100})
	err := f.begin(&f.profiles.battery, 0x180F, level)
	if err == nil {
		f.profiles.level = level
	}
	return err
}

func (f *Family) stopBattery(c *core.Call) error { return f.endProfile(c, &f.profiles.battery) }

func (f *Family) queryBattery(c *core.Call) error {
	if f.profiles.battery == nil {
		return core.NotConfigured
	}
	f.line(c.At(), "+BLE:BASLEVEL:%d", f.profiles.level.value[0])
	return nil
}

// setBattery needs a connection, as in the firmware; its client is notified when it
// has subscribed.
func (f *Family) setBattery(c *core.Call) error {
	if f.profiles.battery == nil {
		return core.NotConfigured
	}
	e, err := f.end(c, 0)
	level := number(c, 1, 0, 100)
	if err == nil {
		err = c.Args.Err()
	}
	if err != nil {
		return err
	}
	ch := f.profiles.level
	ch.value = []byte{byte(level)}
	if e.enabled[ch.configuration()] == notifications {
		p := ch.value
		e.send(c.At(), func(at time.Time) { e.other().deliver(at, ch.valueHandle(), p) })
	}
	return nil
}

// startAlert lets clients write an alert level, which the host is told.
func (f *Family) startAlert(*core.Call) error {
	level := builtIn(0x2A06, canWriteNow, nil)
	level.permitted, level.alert = mayWrite, true
	return f.begin(&f.profiles.alert, 0x1802, level)
}

func (f *Family) stopAlert(c *core.Call) error { return f.endProfile(c, &f.profiles.alert) }

// startInformation takes the PnP ID (Bluetooth Device Information Service 3.9).
func (f *Family) startInformation(c *core.Call) error {
	id := []byte{byte(number(c, 0, 0, 255))}
	for i := 1; i <= 3; i++ {
		id = binary.LittleEndian.AppendUint16(id, uint16(number(c, i, 0, 65535)))
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	var all []*characteristic
	for _, t := range informed {
		all = append(all, builtIn(t.id, canRead, nil))
	}
	return f.begin(&f.profiles.information, 0x180A, append(all, builtIn(pnp, canRead, id))...)
}

func (f *Family) stopInformation(c *core.Call) error { return f.endProfile(c, &f.profiles.information) }

// setInformation takes as many bytes of the value as the length says: the manual's
// example has a length that is shorter.
func (f *Family) setInformation(c *core.Call) error {
	name := string(c.Args.Text(0, maxText))
	text := string(c.Args.Text(1, maxText))
	n := number(c, 2, 0, maxText)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if f.profiles.information == nil {
		return core.Failed
	}
	if n > len(text) {
		return core.BadValue
	}
	for i, t := range informed {
		if t.name == name {
			f.profiles.information.characteristics[i].value = []byte(text[:n])
			return nil
		}
	}
	return core.BadValue
}
