package basic

import "st67bench/transport/emulator/core"

// stored is what AT+SYSMSG and AT+SYSLOG keep in flash; the firmware keeps both
// in one value.
type stored struct {
	Messages uint32
	Syslog   bool
}

const storedKey = "basic/messages"

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

// list is AT+CMD?: each command with its test, query, set and execute form.
func (f *Family) list(c *core.Call) error {
	for i, cmd := range f.m.Commands() {
		c.Line(`+CMD:%d,"AT%s",%d,%d,%d,%d`, i, cmd.Name, bit(cmd.Test != nil),
			bit(cmd.Query != nil || cmd.Ask != nil), bit(cmd.Set != nil), bit(cmd.Execute != nil))
	}
	return nil
}

func restart(c *core.Call) error {
	c.Reboot()
	return nil
}

// restore forgets every setting that is in flash.
func (f *Family) restore(c *core.Call) error {
	f.m.Flash.Restore()
	c.Reboot()
	return nil
}

func (f *Family) messages(c *core.Call) error {
	c.Line("+SYSMSG:%d", f.m.SysMsg.Load())
	return nil
}

func (f *Family) setMessages(c *core.Call) error {
	state := c.Args.Int(0, 0, core.QuitMessage|core.LinkDetail|core.StateMessages)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.m.SysMsg.Store(uint32(state))
	f.keep()
	return nil
}

func (f *Family) syslog(c *core.Call) error {
	c.Line("+SYSLOG:%d", bit(f.m.Syslog))
	return nil
}

func (f *Family) setSyslog(c *core.Call) error {
	if err := set(c, &f.m.Syslog); err != nil {
		return err
	}
	f.keep()
	return nil
}

// keep stores what AT+SYSMSG and AT+SYSLOG have set.
func (f *Family) keep() { f.m.Save(storedKey, stored{f.m.SysMsg.Load(), f.m.Syslog}) }

func (f *Family) store(c *core.Call) error {
	c.Line("+SYSSTORE:%d", bit(f.m.Store))
	return nil
}

func (f *Family) setStore(c *core.Call) error { return set(c, &f.m.Store) }

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
