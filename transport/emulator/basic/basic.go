// Package basic is the emulated module's basic commands (manual chapter 2):
// life sign, echo, version, reset, settings and the sensors.
package basic

import (
	"time"

	"st67bench/transport/emulator/core"
)

// Values of the emulated unit. Heap and supply are the manual's examples
// (2.2.7.3, 2.2.29.3).
const (
	heap        = 148408 // B
	lwipHeap    = 84044  // B
	supply      = 3326   // mV
	temperature = 34.0   // degrees C
)

// maxEfuse is the longest eFuse read, in bytes (manual 2.2.13.2).
const maxEfuse = 8192

// Family is the basic commands.
type Family struct {
	m   *core.Machine
	mac [6]byte
}

// New returns the family; mac is the unit's address as its eFuse holds it.
func New(m *core.Machine, mac [6]byte) *Family {
	return &Family{m: m, mac: mac}
}

// Commands implements core.Family.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "", Execute: alive},
		{Name: "E0", Execute: f.echo(false)},
		{Name: "E1", Execute: f.echo(true)},
		{Name: "+GMR", Execute: f.version},
		{Name: "+RST", Execute: restart},
		{Name: "+SYSLOG", Query: f.syslog, Set: f.setSyslog, Min: 1, Max: 1},
		{Name: "+SYSSTORE", Query: f.store, Set: f.setStore, Min: 1, Max: 1},
		{Name: "+SYSRAM", Query: ram},
		{Name: "+TEMP", Query: temp},
		{Name: "+VBAT", Query: vbat},
		{Name: "+EFUSE-R", Set: f.efuse, Min: 2, Max: 3},
	}
}

// Boot implements core.Family; the machine itself resets these settings.
func (f *Family) Boot(time.Time) {}

// Close implements core.Family.
func (f *Family) Close() {}

func alive(*core.Call) error { return nil }

func (f *Family) echo(on bool) func(*core.Call) error {
	return func(*core.Call) error {
		f.m.Echo = on
		return nil
	}
}

// version gives the lines of the manual's example (2.2.2.3). Only the SDK
// version differs between profiles: nothing else is published of the others.
func (f *Family) version(c *core.Call) error {
	c.Line("AT version:1.0.0.1(Apr 30 2025 11:47:03)")
	c.Line("component_version_macsw_1.6.38")
	c.Line("lib_version_phyrf_00f7ad715")
	c.Line("component_version_btble_1.8.25")
	c.Line("lib_version_btblecontroller_1.6.89")
	c.Line("component_version_sdk_%v", f.m.Version)
	c.Line("compile time:Apr 30 2025 11:46:58")
	return nil
}

func restart(c *core.Call) error {
	c.Reboot()
	return nil
}

func (f *Family) syslog(c *core.Call) error {
	c.Line("+SYSLOG:%d", bit(f.m.Syslog))
	return nil
}

func (f *Family) setSyslog(c *core.Call) error { return set(c, &f.m.Syslog) }

func (f *Family) store(c *core.Call) error {
	c.Line("+SYSSTORE:%d", bit(f.m.Store))
	return nil
}

func (f *Family) setStore(c *core.Call) error { return set(c, &f.m.Store) }

func ram(c *core.Call) error {
	c.Line("+SYSRAM:%d,%d", heap, lwipHeap)
	return nil
}

func temp(c *core.Call) error {
	c.Line("+TEMP:%f", temperature)
	return nil
}

func vbat(c *core.Call) error {
	c.Line("+VBAT:%d", supply)
	return nil
}

// set takes a switch that is the only parameter.
func set(c *core.Call, to *bool) error {
	on := c.Args.Int(0, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	*to = on == 1
	return nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
