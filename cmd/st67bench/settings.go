package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"st67bench/results"
	"st67bench/transport/emulator"
)

// setting is what can be set on an emulated module while it runs: by a hook of the emulated rig, and by a line on the
// control socket of emulate. get gives it in a form that set takes.
type setting struct {
	name, value string // value: what it may be, for people
	set         func(m *emulator.Module, value string) error
	get         func(m *emulator.Module) string
}

// settings is the table of them, which docs/emulator.md explains.
var settings = []setting{
	{"power", "on|off", switched(func(m *emulator.Module, on bool) error { m.Supply(on); return nil }),
		func(m *emulator.Module) string { return onOff(m.Supplied()) }},
	{"flash", "PROFILE|VERSION", func(m *emulator.Module, v string) error { return m.Flash(v) },
		func(m *emulator.Module) string { return m.Firmware() }},
	{"ap", "on|off", switched(func(m *emulator.Module, on bool) error { return m.AP("", on) }),
		func(m *emulator.Module) string { point, _ := m.Air(); return onOff(!point.Off) }},
	{"attenuation", "DB", whole((*emulator.Module).Attenuate),
		func(m *emulator.Module) string { _, dB := m.Air(); return strconv.Itoa(dB) }},
	{"rssi", "DBM", whole((*emulator.Module).RSSI),
		func(m *emulator.Module) string { point, _ := m.Air(); return strconv.Itoa(point.RSSI) }},
	{"dtim", "BEACONS", whole(func(m *emulator.Module, n int) error { return newBeacons(m, 0, n) }),
		func(m *emulator.Module) string { point, _ := m.Air(); return strconv.Itoa(point.DTIM) }},
	{"beacon", "TU", whole(func(m *emulator.Module, n int) error { return newBeacons(m, n, 0) }),
		func(m *emulator.Module) string { point, _ := m.Air(); return strconv.Itoa(point.Beacon) }},
	{"radio", "RATE", setRate, getRate},
	{"loss", "SHARE", setLoss,
		func(m *emulator.Module) string { _, loss := m.Radio(); return strconv.FormatFloat(loss, 'f', -1, 64) }},
	{"outage", "TIME", setOutage, func(m *emulator.Module) string { return m.OutageLeft().String() }},
}

func lookupSetting(name string) *setting {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return &settings[i]
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// switched reads on and off.
func switched(set func(*emulator.Module, bool) error) func(*emulator.Module, string) error {
	return func(m *emulator.Module, v string) error {
		if v != "on" && v != "off" {
			return fmt.Errorf("%q is not on or off", v)
		}
		return set(m, v == "on")
	}
}

// whole reads a whole number.
func whole(set func(*emulator.Module, int) error) func(*emulator.Module, string) error {
	return func(m *emulator.Module, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", v)
		}
		return set(m, n)
	}
}

// newBeacons is an access point that starts with another beacon interval or DTIM: its stations have to join again.
func newBeacons(m *emulator.Module, interval, dtim int) error {
	before, _ := m.Air()
	if interval+dtim < 1 {
		return fmt.Errorf("%d is below 1", interval+dtim)
	}
	if err := m.Beacons("", interval, dtim); err != nil {
		return err
	}
	if now, _ := m.Air(); now.Beacon == before.Beacon && now.DTIM == before.DTIM {
		return nil
	}
	return m.Deauth(ownWish)
}

// ownWish is the reason of +CW:ERROR when the access point ends an association (manual 3.1.5.5).
const ownWish = 7

func setRate(m *emulator.Module, v string) error {
	rate := math.Inf(1)
	if v != "unlimited" {
		var err error
		if rate, err = results.ParseQuantity(v, "bit/s"); err != nil {
			return err
		}
	}
	_, loss := m.Radio()
	return m.SetRadio(rate, loss)
}

func getRate(m *emulator.Module) string {
	rate, _ := m.Radio()
	if math.IsInf(rate, 1) {
		return "unlimited"
	}
	return strconv.FormatFloat(rate, 'f', -1, 64)
}

func setLoss(m *emulator.Module, v string) error {
	loss, err := results.ParseQuantity(v, "")
	if err != nil {
		return err
	}
	rate, _ := m.Radio()
	return m.SetRadio(rate, loss)
}

func setOutage(m *emulator.Module, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil {
		return fmt.Errorf("%q is not a time such as 500ms", v)
	}
	return m.Outage(d)
}
