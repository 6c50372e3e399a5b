package ble

import (
	"encoding/hex"
	"time"

	"st67bench/transport/emulator/core"
)

const (
	slot     = 625 * time.Microsecond // unit of the intervals of advertising and scanning
	maxDelay = 10 * time.Millisecond  // of an advertising event (Bluetooth Core 4.4.2.2.1)
	pathLoss = 60                     // dB, between all modules
)

// Types of the fields of advertising data (Bluetooth Assigned Numbers 2.3).
const (
	flagsField     = 0x01
	shortNameField = 0x08
	nameField      = 0x09
)

// advertiser is a module's advertising from BLEADVSTART on.
type advertiser struct {
	advParameters
	start          time.Time
	seed           uint64 // of the events' delays
	data, response []byte
	planned        bool // the next event is in the ether
}

// after is the first advertising event after t.
func (a *advertiser) after(t time.Time) time.Time {
	interval := time.Duration(a.least) * slot
	for k := max(t.Sub(a.start)-maxDelay, 0) / interval; ; k++ {
		if at := a.start.Add(k*interval + a.delay(uint64(k))); at.After(t) {
			return at
		}
	}
}

// delay is that of event k, from the seed: a hash (splitmix64).
func (a *advertiser) delay(k uint64) time.Duration {
	x := a.seed + (k+1)*0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	x ^= x >> 31
	return time.Duration(x%uint64(maxDelay/time.Microsecond)) * time.Microsecond
}

// startAdv begins to advertise. Data that is no sequence of fields is refused; a name
// in the scan response becomes the module's own, as in the firmware.
func (f *Family) startAdv(c *core.Call) error {
	fields, ok := parseFields(f.response)
	if f.advertising != nil || !ok {
		return core.NotAllowed
	}
	if _, ok := parseFields(f.advData); !ok {
		return core.NotAllowed
	}
	if name := fields[nameField]; len(name) > 0 {
		f.rename(string(name[:min(len(name), maxName)]))
	}
	f.advertising = &advertiser{
		advParameters: f.adv, start: c.At(), seed: f.rng.Uint64(),
		data: f.advData, response: f.response,
	}
	if f.advData == nil {
		f.advertising.data = f.ownData()
	}
	f.air.listen(c.At())
	return nil
}

func (f *Family) stopAdv(*core.Call) error {
	f.advertising = nil
	return nil
}

// ownData is what is advertised when the host has set nothing: flags (general
// discoverable, no BR/EDR) and the name, shortened to what fits.
func (f *Family) ownData() []byte {
	kind, name := byte(nameField), f.name
	if room := maxData - 5; len(name) > room {
		kind, name = shortNameField, name[:room]
	}
	return append([]byte{2, flagsField, 6, byte(1 + len(name)), kind}, name...)
}

// parseFields splits advertising data into its fields by type, the first of each.
func parseFields(p []byte) (fields map[byte][]byte, ok bool) {
	fields = make(map[byte][]byte)
	for len(p) > 0 && p[0] > 0 {
		n := int(p[0])
		if n >= len(p) {
			return nil, false
		}
		if fields[p[1]] == nil {
			fields[p[1]] = p[2 : n+1]
		}
		p = p[n+1:]
	}
	return fields, true
}

// startScan begins or ends scanning; a second begin or end is refused.
func (f *Family) startScan(c *core.Call) error {
	on := number(c, 0, 0, 1) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}
	if on != f.scanning.IsZero() {
		return core.Failed
	}
	f.scanning = time.Time{}
	if on {
		f.scanning = c.At()
		f.air.listen(c.At())
	}
	return nil
}

// listen plans the next event of every advertiser when somebody listens. The
// caller holds mu.
func (e *Ether) listen(at time.Time) {
	if !e.heard() {
		return
	}
	for _, d := range e.devices {
		if a := d.advertising; a != nil && !a.planned {
			a.planned = true
			e.plan(d, a.after(at), func(at time.Time) { d.beacon(a, at) })
		}
	}
}

// heard says whether anybody listens.
func (e *Ether) heard() bool {
	for _, d := range e.devices {
		if !d.scanning.IsZero() || d.want != nil {
			return true
		}
	}
	return false
}

// beacon is one advertising event. It ends the advertising when it leads to a
// connection.
func (f *Family) beacon(a *advertiser, at time.Time) {
	a.planned = false
	if f.advertising != a {
		return
	}
	for _, d := range f.air.devices {
		if d != f && d.hears(f, a, at) {
			d.report(f, a, at)
		}
	}
	for _, d := range f.air.devices {
		if d != f && a.kind == connectable && d.want.meets(f) && f.free() >= 0 {
			f.advertising = nil
			join(d, f, at)
			return
		}
	}
	f.air.listen(at)
}

// hears says whether the scanner f hears an event of from: inside its window, on
// the window's channel, and not kept out by the filter: the policies with a white
// list let in bonded peers, as there is no command for another list.
func (f *Family) hears(from *Family, a *advertiser, at time.Time) bool {
	if f.scanning.IsZero() {
		return false
	}
	since := at.Sub(f.scanning)
	interval := time.Duration(f.scan.interval) * slot
	channel := 1 << (since / interval % 3)
	if since%interval >= time.Duration(f.scan.window)*slot || a.channels&channel == 0 {
		return false
	}
	return f.scan.filter&1 == 0 || f.bond(from.address) != nil
}

// report says what an advertising event brought: a line for its data and, of an
// active scan, one for the scan response.
func (f *Family) report(from *Family, a *advertiser, at time.Time) {
	prefix := "+BLE:SCAN:"
	if f.manual() {
		prefix = "+BLESCAN:"
	}
	rssi := from.power - pathLoss
	data, response := hex.EncodeToString(a.data), hex.EncodeToString(a.response)
	f.event(at, `%s"%s",%d,%s,,0`, prefix, from.address, rssi, data)
	if f.scan.active == 1 && a.kind != broadcast {
		f.event(at, `%s"%s",%d,,%s,0`, prefix, from.address, rssi, response)
	}
}
