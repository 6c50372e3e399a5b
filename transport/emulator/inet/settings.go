package inet

import (
	"st67bench/transport/emulator/core"
)

// toggle takes a switch that is the only parameter.
func toggle(c *core.Call) (bool, error) { return switched(&c.Args, 0) }

// switched is parameter i, a switch.
func switched(a *core.Args, i int) (bool, error) {
	on := a.Int(i, 0, 1) == 1
	return on, a.Err()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (f *Family) queryMux(c *core.Call) error {
	c.Line("+CIPMUX:%d", bit(f.mux))
	return nil
}

// setMux is refused while there is a connection or a server (manual 4.1.17.4).
func (f *Family) setMux(c *core.Call) error {
	on, err := toggle(c)
	if err == nil && (len(f.open()) > 0 || f.server != nil) {
		err = core.Processing
	}
	if err == nil {
		f.set(&f.mux, on)
	}
	return err
}

// set changes a setting that the server's goroutine reads.
func (f *Family) set(setting *bool, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*setting = on
}

// queryInfo answers, by quirk, without the CRLF that ends every other data line.
func (f *Family) queryInfo(c *core.Call) error {
	answer := "+CIPDINFO:false"
	if f.info.Load() {
		answer = "+CIPDINFO:true"
	}
	if f.m.Quirks.Has(core.BareDinfo) {
		c.Say([]byte(answer))
	} else {
		c.Line("%s", answer)
	}
	return nil
}

func (f *Family) setInfo(c *core.Call) error {
	on, err := toggle(c)
	if err == nil {
		f.info.Store(on)
	}
	return err
}

func (f *Family) queryMode(c *core.Call) error {
	c.Line("+CIPRECVMODE:%d", bit(f.passive))
	return nil
}

// setMode is refused while there is a connection. Active mode forgets what ended
// connections have left.
func (f *Family) setMode(c *core.Call) error {
	on, err := toggle(c)
	if err == nil && len(f.open()) > 0 {
		err = core.NotAllowed
	}
	if err != nil {
		return err
	}
	f.set(&f.passive, on)
	if !on {
		f.forgetKept()
	}
	return nil
}

// forgetKept drops what ended connections have left.
func (f *Family) forgetKept() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = [maxLinks]*link{}
}

func (f *Family) queryV6(c *core.Call) error {
	c.Line("+CIPV6:%d", bit(f.v6))
	return nil
}

// v6Key is where flash has CIPV6.
const v6Key = "inet/ipv6"

func (f *Family) setV6(c *core.Call) error {
	on, err := toggle(c)
	if err == nil {
		f.v6 = on
		f.m.Save(v6Key, on)
	}
	return err
}

// linkID is parameter 0 with CIPMUX=1; next is the index of what follows it.
func (f *Family) linkID(c *core.Call, most int64) (id, next int) {
	if !f.mux {
		return 0, 0
	}
	v := c.Args.Int(0, -1<<31, 1<<31-1)
	if v < 0 || v > most {
		c.Args.Fail(core.BadHandle)
		v = 0
	}
	return int(v), 1
}

func (f *Family) queryBuffer(c *core.Call) error {
	if f.mux {
		return core.BadCount
	}
	c.Line("+CIPRECVBUF:%d", f.buffers[0])
	return nil
}

func (f *Family) askBuffer(c *core.Call) error {
	if !f.mux {
		return core.BadHandle
	}
	id, _ := f.linkID(c, maxLinks-1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Len() > 1 {
		return core.BadCount
	}
	c.Line("+CIPRECVBUF:%d", f.buffers[id])
	return nil
}

// setBuffer is refused while the connection is open, or when the buffer and
// 10240 bytes more do not fit into the heap.
func (f *Family) setBuffer(c *core.Call) error {
	id, i := f.linkID(c, maxLinks-1)
	size := c.Args.Int(i, 1, 1<<31-1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch {
	case c.Args.Len() > i+1:
		return core.BadCount
	case size+10240 > heap:
		return core.BadValue
	case f.link(id) != nil:
		return core.NotAllowed
	}
	f.mu.Lock()
	f.buffers[id] = int(size)
	f.mu.Unlock()
	if f.m.Quirks.Has(core.BufBare) {
		c.Line("+CIPRECVBUF")
	}
	return nil
}
