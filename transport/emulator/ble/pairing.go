package ble

import (
	"encoding/hex"
	"slices"
	"time"
)

// IO capabilities (manual 6.1.32.3).
const (
	displayOnly     = 0
	displayYesNo    = 1
	keyboardOnly    = 2
	noIO            = 3
	keyboardDisplay = 4
)

// Security levels (ST's driver): 2 is encryption, 4 authenticated with a 128-bit key.
const (
	encrypted     = 2
	authenticated = 4
)

// pairWithin is how long a pairing may wait for a host (Bluetooth Core 3.H.3.4).
const pairWithin = 30 * time.Second

// maxBonds is how many peers a module remembers; a further one takes the place of the
// oldest.
const maxBonds = 8

// duty is what a host has to do in a pairing.
type duty int

const (
	nothing        duty = iota
	display             // show the passkey
	enter               // BLESECPASSKEY
	confirmPasskey      // BLESECPASSKEYCONFIRM
	confirmPairing      // BLESECPAIRINGCONFIRM
)

// duties are those of two IO capabilities in LE Secure Connections (Bluetooth Core
// 3.H.2.3.5.1, table 2.8), and the level that comes of them. Where nothing is
// authenticated the firmware asks those hosts that can say yes.
func duties(a, b int) (forA, forB duty, level int) {
	yes := func(io int) bool { return io == displayYesNo || io == keyboardDisplay }
	consent := func(io int) duty {
		if yes(io) {
			return confirmPairing
		}
		return nothing
	}
	switch {
	case a == noIO || b == noIO:
		return consent(a), consent(b), encrypted
	case a == keyboardOnly && b == keyboardOnly:
		return enter, enter, authenticated
	case a == keyboardOnly:
		return enter, display, authenticated
	case b == keyboardOnly:
		return display, enter, authenticated
	case yes(a) && yes(b):
		return confirmPasskey, confirmPasskey, authenticated
	case a == keyboardDisplay:
		return enter, display, authenticated
	case b == keyboardDisplay:
		return display, enter, authenticated
	default:
		return consent(a), consent(b), encrypted
	}
}

// pairing is one under way. Its arrays are by role.
type pairing struct {
	level   int // that will be reached
	passkey int // that is shown; -1 when both hosts have to know one
	duty    [2]duty
	asked   [2]bool
	done    [2]bool
	entered [2]int
}

// bond is what a module remembers of a peer.
type bond struct {
	Address address
	Key     []byte
	Level   int
}

// bond is that with a peer, nil when there is none.
func (f *Family) bond(a address) *bond {
	if i := slices.IndexFunc(f.bonds, func(b bond) bool { return b.Address == a }); i >= 0 {
		return &f.bonds[i]
	}
	return nil
}

// remember keeps a bond, over resets and whatever SYSSTORE says.
func (f *Family) remember(b bond) {
	f.bonds = slices.DeleteFunc(f.bonds, func(o bond) bool { return o.Address == b.Address })
	if len(f.bonds) == maxBonds {
		f.bonds = f.bonds[1:]
	}
	f.bonds = append(f.bonds, b)
	f.m.Flash.Keep(bondsKey, f.bonds)
}

func (f *Family) forgetBond(a address) {
	f.bonds = slices.DeleteFunc(f.bonds, func(o bond) bool { return o.Address == a })
	f.m.Flash.Keep(bondsKey, f.bonds)
}

// secure is the peer's part of a BLESECSTART of e: it encrypts with the key of a bond
// that both still have, else the pairing begins.
func (e *end) secure(at time.Time, level int) {
	other := e.other()
	mine, theirs := e.f.bond(e.peer), other.f.bond(other.peer)
	switch {
	case e.pairing != nil:
	case mine != nil && theirs != nil && slices.Equal(mine.Key, theirs.Key) && mine.Level >= level:
		e.level = mine.Level
	default:
		e.pair(at, level)
	}
}

// pair begins a pairing that e has asked for: the peer's host is asked now, e's own
// with the next packet.
func (e *end) pair(at time.Time, level int) {
	other := e.other()
	p := &pairing{passkey: 1 + e.f.rng.IntN(999_999)}
	p.duty[e.role], p.duty[other.role], p.level = duties(e.f.io, other.f.io)
	if p.duty[e.role] == enter && p.duty[other.role] == enter {
		p.passkey = -1
	}
	e.pairing = p
	e.air.plan(e.f, at.Add(pairWithin), func(at time.Time) {
		if e.pairing == p {
			e.fail(at)
			other.fail(at)
		}
	})
	if p.level < level {
		other.abandon(at)
		return
	}
	other.prompt(at)
	other.send(at, func(at time.Time) {
		if e.pairing == p {
			e.prompt(at)
			e.settle(at)
		}
	})
}

// prompt asks or tells e's host what is its part.
func (e *end) prompt(at time.Time) {
	p := e.pairing
	p.asked[e.role] = true
	switch p.duty[e.role] {
	case display:
		e.f.event(at, "+BLE:PASSKEYDISPLAY:%06d", p.passkey)
	case enter:
		e.f.event(at, "+BLE:PASSKEYENTRY:%s", e.peer.typed())
	case confirmPasskey:
		e.f.event(at, "+BLE:PASSKEYCONFIRM:%sPASSKEY:%06d", e.peer.typed(), p.passkey)
	case confirmPairing:
		e.f.event(at, "+BLE:PAIRINGCONFIRM:%s", e.peer.typed())
	}
	if p.duty[e.role] <= display {
		p.done[e.role] = true
	}
}

// act is what e's host did; false when it was not asked for that.
func (e *end) act(at time.Time, d duty, passkey int) bool {
	p := e.pairing
	if p == nil || p.duty[e.role] != d || !p.asked[e.role] || p.done[e.role] {
		return false
	}
	p.done[e.role], p.entered[e.role] = true, passkey
	e.settle(at)
	return true
}

// settle ends the pairing with the next packets when both hosts have done their part:
// the peer knows with e's next one, e with the answer.
func (e *end) settle(at time.Time) {
	p := e.pairing
	if !p.done[central] || !p.done[peripheral] {
		return
	}
	other := e.other()
	e.ask(at, func(at time.Time) func(time.Time) {
		if e.pairing != p {
			return func(time.Time) {}
		}
		if !p.agrees() {
			other.fail(at)
			return e.fail
		}
		e.level = max(e.level, p.level)
		key := make([]byte, 16)
		for i := range key {
			key[i] = byte(e.side[central].f.rng.Uint32())
		}
		other.complete(at, bond{other.peer, key, p.level})
		e.pairing = nil
		return func(at time.Time) { e.complete(at, bond{e.peer, key, p.level}) }
	})
}

// agrees says whether the passkeys are the same on both sides.
func (p *pairing) agrees() bool {
	want := p.passkey
	for role, d := range p.duty {
		if d != enter {
			continue
		}
		if want < 0 {
			want = p.entered[role]
		}
		if p.entered[role] != want {
			return false
		}
	}
	return true
}

// complete is the good end of a pairing for e's module.
func (e *end) complete(at time.Time, b bond) {
	e.f.remember(b)
	e.f.event(at, "+BLE:PAIRINGCOMPLETED: Bonded BTADDR: %s LTK: %s", b.Address.typed(), hex.EncodeToString(b.Key))
}

// fail is its bad end.
func (e *end) fail(at time.Time) {
	e.pairing = nil
	if e.up {
		e.f.event(at, "+BLE:PAIRINGFAILED: %s", e.peer.typed())
	}
}

// abandon ends a pairing by e: its own host is told now, the peer's with the next
// packet. A host that was in the middle of its part is told so.
func (e *end) abandon(at time.Time) {
	p := e.pairing
	other := e.other()
	busy := p.asked[other.role] && (!p.done[other.role] || p.duty[other.role] == display)
	e.fail(at)
	e.send(at, func(at time.Time) {
		if busy {
			other.f.event(at, "+BLE:PAIRCANNELED:%s", other.peer.typed())
		}
		other.fail(at)
	})
}
