package wifi

import (
	"fmt"
	"strings"

	"st67bench/transport/emulator/core"
)

// change sets a part of the settings and stores it as AT+SYSSTORE says.
func change[T any](f *Family, key string, part *T, v T) {
	f.mu.Lock()
	*part = v
	f.mu.Unlock()
	f.m.Save(key, v)
}

func (f *Family) queryRadio(c *core.Call) error {
	c.Line("+WIFISP:%d", number(!f.set.Off))
	return nil
}

// setRadio refuses to switch off a radio that is in use, as the firmware does.
func (f *Family) setRadio(c *core.Call) error {
	on := c.Args.Int(0, 0, 1) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	inUse := f.running || f.state == connecting || f.associated()
	if !on && inUse {
		f.mu.Unlock()
		return core.NotAllowed
	}
	f.set.Off = !on
	f.mu.Unlock()
	if on {
		f.startSoftAP(c.At())
	}
	return nil
}

func (f *Family) queryMode(c *core.Call) error {
	c.Line("+CWMODE:%d", f.set.Mode)
	return nil
}

// setMode joins by itself when the station is switched on and flash has a
// network, unless the second parameter is 0 (manual 3.1.2.3).
func (f *Family) setMode(c *core.Call) error {
	mode := c.Args.Int(0, 0, station|softAP)
	auto := c.Args.IntOr(1, 1, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	was := f.set.Mode
	if mode&station == 0 {
		f.quit(c)
	}
	if mode&softAP == 0 {
		f.stopSoftAP(c.At())
	}
	change(f, keyMode, &f.set.Mode, mode)
	if was&softAP == 0 {
		f.startSoftAP(c.At())
	}
	if auto == 1 && was&station == 0 && mode&station != 0 {
		f.joinAgain(c.At())
	}
	return nil
}

// queryNetMode is 1: the network commands exist in this image.
func queryNetMode(c *core.Call) error {
	c.Line("+CWNETMODE:1")
	return nil
}

func (f *Family) queryState(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	ssid := f.target.SSID
	if f.state == idle {
		ssid = ""
	}
	if !f.m.Quirks.Has(core.StateLong) {
		c.Line(`+CWSTATE:%d,"%s"`, f.state, ssid)
		return nil
	}
	mode, auth := f.set.StaProto, Open
	if f.associated() {
		mode, auth = protocolBits(f.protocol), f.point.Security
	}
	c.Line(`+CWSTATE:%d,"%s",%d,%d`, f.state, ssid, mode, auth)
	return nil
}

func (f *Family) queryRetry(c *core.Call) error {
	c.Line("+CWRECONNCFG:%d,%d", f.set.Retry.Interval, f.set.Retry.Count)
	return nil
}

func (f *Family) setRetry(c *core.Call) error {
	r := retry{c.Args.Int(0, 0, 7200), c.Args.Int(1, 0, 1000)}
	if err := c.Args.Err(); err != nil {
		return err
	}
	change(f, keyRetry, &f.set.Retry, r)
	return nil
}

func (f *Family) queryAuto(c *core.Call) error {
	return f.bare(c, fmt.Appendf(nil, "+CWAUTOCONN:%d", f.set.Auto))
}

// setAuto goes to flash whatever AT+SYSSTORE says (manual 3.1.15.3).
func (f *Family) setAuto(c *core.Call) error {
	auto := c.Args.Int(0, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.set.Auto = auto
	f.m.Flash.Keep(keyAuto, auto)
	return nil
}

func (f *Family) queryHost(c *core.Call) error {
	c.Line("+CWHOSTNAME:%s", f.set.Host)
	return nil
}

// setHost is not stored (manual 3.1.20.4).
func (f *Family) setHost(c *core.Call) error {
	name := c.Args.Text(0, 32)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if f.set.Mode&station == 0 {
		return wrongMode
	}
	f.set.Host = string(name)
	return nil
}

// countries are the codes that the firmware knows, with their last channel.
var countries = map[string]int{"CN": 13, "JP": 14, "US": 11, "EU": 13, "00": 13, "WW": 13}

// country is the code in force: with policy 0 that of the access point. The
// caller holds mu.
func (f *Family) country() string {
	if f.set.Policy == 0 && f.associated() && countries[f.point.Country] != 0 {
		return f.point.Country
	}
	return f.set.Country
}

// channels is the last channel that the country has. The caller holds mu.
func (f *Family) channels() int { return countries[f.country()] }

func (f *Family) queryCountry(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Line(`+CWCOUNTRY:%d,"%s"`, f.set.Policy, f.country())
	return nil
}

// setCountry is not stored (manual 3.1.21.4).
func (f *Family) setCountry(c *core.Call) error {
	policy, code := c.Args.Int(0, 0, 1), strings.ToUpper(string(c.Args.Text(1, 3)))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if countries[code] == 0 {
		return core.BadValue
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set.Policy, f.set.Country = policy, code
	return nil
}

func (f *Family) queryStaProto(c *core.Call) error {
	return f.bare(c, fmt.Appendf(nil, "+CWSTAPROTO:%d", f.set.StaProto))
}

func (f *Family) queryAPProto(c *core.Call) error {
	return f.bare(c, fmt.Appendf(nil, "+CWAPPROTO:%d", f.set.APProto))
}

func (f *Family) setStaProto(c *core.Call) error { return f.protocols(c, keyStaProto, &f.set.StaProto) }

func (f *Family) setAPProto(c *core.Call) error { return f.protocols(c, keyAPProto, &f.set.APProto) }

// protocols takes a mask. The firmware switches on whatever is older than its
// newest protocol, and leaves things as they are when no bit is set.
func (f *Family) protocols(c *core.Call, key string, to *int64) error {
	mask := c.Args.Int(0, 0, allProtocols)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if mask != 0 {
		change(f, key, to, protocolBits(newest(mask)))
	}
	return nil
}

func (f *Family) queryEvents(c *core.Call) error {
	c.Line("+CWEVT:%d", number(f.set.Events))
	return nil
}

func (f *Family) setEvents(c *core.Call) error {
	on := c.Args.Int(0, 0, 1) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	f.set.Events = on
	f.mu.Unlock()
	if f.m.Quirks.Has(core.BufBare) {
		c.Line("+CWEVT")
	}
	return nil
}

func (f *Family) queryDiversity(c *core.Call) error {
	a := f.set.Antenna
	c.Line("+CWANTENABLE:%d,%d,%d", a.Dynamic, a.Static, a.Pin)
	return nil
}

// setDiversity takes effect after a restart (manual 3.1.26.5), so it is always
// stored. The firmware wants a pin for what it switches on.
func (f *Family) setDiversity(c *core.Call) error {
	a := antenna{c.Args.Int(0, 0, 1), c.Args.Int(1, 0, 1), c.Args.IntOr(2, 0, 0, 255)}
	if err := c.Args.Err(); err != nil {
		return err
	}
	if a.Dynamic+a.Static > 0 && !c.Args.Has(2) {
		return core.BadValue
	}
	f.m.Flash.Keep(keyAntenna, a)
	return nil
}

func queryAntennas(c *core.Call) error {
	c.Line("+CWANTNUM:%d", antennas)
	return nil
}

func (f *Family) queryAntenna(c *core.Call) error {
	c.Line("+CWANT:%d", f.set.Active)
	return nil
}

func (f *Family) setAntenna(c *core.Call) error {
	id := c.Args.Int(0, 0, antennas-1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.set.Active = id
	return nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
