package wifi

import "st67bench/transport/emulator/core"

func (f *Family) mode(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Line("+CWMODE:%d", f.now.mode)
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
	if mode&station == 0 {
		f.disconnect(c)
	}
	f.mu.Lock()
	was := f.now.mode
	f.now.mode = mode
	f.save()
	join := auto == 1 && was&station == 0 && mode&station != 0 && f.flash.network.ssid != ""
	if join {
		f.now.network = f.flash.network
	}
	f.mu.Unlock()
	if join {
		f.join(c)
	}
	return nil
}

// netMode is 1: the network commands exist in this image.
func netMode(c *core.Call) error {
	c.Line("+CWNETMODE:1")
	return nil
}

func (f *Family) queryState(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Line(`+CWSTATE:%d,"%s"`, f.state, f.now.network.ssid)
	return nil
}

func (f *Family) reconnect(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Line("+CWRECONNCFG:%d,%d", f.interval, f.tries)
	return nil
}

func (f *Family) setReconnect(c *core.Call) error {
	interval, tries := c.Args.Int(0, 0, 7200), c.Args.Int(1, 0, 1000)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.interval, f.tries = interval, tries
	return nil
}

// setAuto goes to flash whatever AT+SYSSTORE says (manual 3.1.15.3).
func (f *Family) setAuto(c *core.Call) error {
	auto := c.Args.Int(0, 0, 1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flash.auto = auto
	return nil
}

func (f *Family) hostname(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Line("+CWHOSTNAME:%s", f.host)
	return nil
}

func (f *Family) setHostname(c *core.Call) error {
	name := c.Args.Text(0, 32)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now.mode&station == 0 {
		return core.NotAllowed
	}
	f.host = string(name)
	return nil
}

func (f *Family) queryCountry(c *core.Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Line(`+CWCOUNTRY:%d,"%s"`, f.policy, f.country)
	return nil
}

func (f *Family) setCountry(c *core.Call) error {
	policy, code := c.Args.Int(0, 0, 1), c.Args.Text(1, 3)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.policy, f.country = policy, string(code)
	return nil
}
