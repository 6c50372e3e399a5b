package ble

import (
	"fmt"
	"math/rand/v2"
	"time"

	"st67bench/transport/emulator/core"
)

// Roles of AT+BLEINIT (manual 6.1.1.3); both is not in the manual.
const (
	off    = 0
	client = 1
	server = 2
	both   = 3
)

// connections is how many a module may have (manual 6.1.11.3).
const connections = 2

// Defaults of the firmware source; txPower is an assumption.
const (
	defaultName = "BFLB-AT"
	txPower     = 10 // dBm
)

// Family is the BLE commands of one module. Everything but unit, m, air and voice
// is guarded by the ether's lock.
type Family struct {
	m     *core.Machine
	air   *Ether
	unit  address // the factory's
	voice voice

	planned uint64 // events so far
	rng     *rand.Rand

	role    int
	address address
	settings
	advertising *advertiser // nil: not
	scanning    time.Time   // since when; zero: not
	want        *attempt    // the BLECONN that is under way
	links       [connections]*end
	gatt        database
	profiles    profiles
	bonds       []bond
	sending     sending // what the data phase under way is for
}

// settings are what a reset and BLEINIT=0 put back.
type settings struct {
	name     string
	scan     scanParameters
	adv      advParameters
	advData  []byte
	response []byte // to a scan request
	power    int    // dBm
	io       int    // IO capability (manual 6.1.32.3)
	level    int    // least security level of BLESECSTART
}

// New returns the family of a module of which unit is the factory's BLE address.
// It does nothing until BLEINIT.
func New(m *core.Machine, e *Ether, unit [6]byte) *Family {
	f := &Family{m: m, air: e, unit: unit, address: unit, voice: voice{m: m}}
	f.voice.cond.L = &f.voice.mu
	return f
}

// Boot implements core.Family.
func (f *Family) Boot(at time.Time) {
	f.air.lock(at)
	defer f.air.mu.Unlock()
	f.leave(at)
	seed := uint64(0)
	for _, b := range f.unit {
		seed = seed<<8 | uint64(b)
	}
	f.rng = rand.New(rand.NewPCG(f.m.Seed, seed))
	f.address = f.unit
	f.defaults()
	f.m.Flash.Recall(nameKey, &f.name)
	f.bonds = nil
	f.m.Flash.Recall(bondsKey, &f.bonds)
}

// Close implements core.Family.
func (f *Family) Close() {
	f.air.mu.Lock()
	f.leave(f.m.Clock.Now())
	f.air.mu.Unlock()
	f.voice.close()
}

// defaults are those of the firmware source.
func (f *Family) defaults() {
	f.settings = settings{
		name:  defaultName,
		scan:  scanParameters{active: 1, interval: 40, window: 40},
		adv:   advParameters{least: 0xA0, most: 0xD0, channels: 7},
		power: txPower,
		io:    noIO,
		level: 1,
	}
}

// do makes a command's handler of h: it runs with the ether as it is at the call's
// instant, and what it adds to the voice is said before the final code.
func (f *Family) do(h func(*core.Call) error) func(*core.Call) error {
	return func(c *core.Call) error {
		f.air.lock(c.At())
		err := h(c)
		f.air.mu.Unlock()
		f.voice.drain()
		return err
	}
}

// in is do for a command that needs one of the roles, both being each of them.
func (f *Family) in(h func(*core.Call) error, roles ...int) func(*core.Call) error {
	return f.do(func(c *core.Call) error {
		if !f.has(roles...) {
			return core.NotConfigured
		}
		return h(c)
	})
}

// has says whether BLEINIT has given one of the roles.
func (f *Family) has(roles ...int) bool {
	for _, r := range roles {
		if f.role == r || f.role == both {
			return true
		}
	}
	return false
}

// line adds a line of the command under way, which drain says.
func (f *Family) line(at time.Time, format string, a ...any) {
	f.voice.add(at, fmt.Appendf(nil, format+"\r\n", a...))
}

// event is line for what comes unasked.
func (f *Family) event(at time.Time, format string, a ...any) {
	f.line(at, format, a...)
	f.voice.speak()
}

// poll is how often the firmware looks whether something has happened that a
// command waits for.
const poll = 50 * time.Millisecond

// await waits until done, for limit at most. The caller does not hold the lock. on
// is false when the module was switched off.
func (f *Family) await(c *core.Call, limit time.Duration, done func() bool) (ok, on bool) {
	for end := c.At().Add(limit); c.At().Before(end); {
		f.voice.drain()
		if !c.Wait(c.At().Add(poll)) {
			return false, false
		}
		f.air.lock(c.At())
		ok := done()
		f.air.mu.Unlock()
		if ok {
			return true, true
		}
	}
	return false, true
}

// newer says whether the firmware has what the quirk ble-dual lists.
func (f *Family) newer() bool { return f.m.Quirks.Has(core.BLEDual) }

// manual says whether lines are those of the manual's chapter 6.
func (f *Family) manual() bool { return !f.m.Quirks.Has(core.BLEText) }
