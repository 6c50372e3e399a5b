package inet

import (
	"st67bench/transport/emulator/core"
)

// toggle takes a switch that is the only parameter.
func toggle(c *core.Call) (bool, error) {
	on := c.Args.Int(0, 0, 1) == 1
	return on, c.Args.Err()
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

// setMux is refused while there is a connection (manual 4.1.17.4).
func (f *Family) setMux(c *core.Call) error {
	on, err := toggle(c)
	if err == nil && len(f.open()) > 0 {
		err = core.NotAllowed
	}
	if err == nil {
		f.mux = on
	}
	return err
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

// setMode is refused while there is a connection.
func (f *Family) setMode(c *core.Call) error {
	on, err := toggle(c)
	if err == nil && len(f.open()) > 0 {
		err = core.NotAllowed
	}
	if err == nil {
		f.passive = on
	}
	return err
}

func (f *Family) queryV6(c *core.Call) error {
	c.Line("+CIPV6:%d", bit(f.v6))
	return nil
}

// setV6 keeps the setting; the emulated air has no IPv6.
func (f *Family) setV6(c *core.Call) error {
	on, err := toggle(c)
	if err == nil {
		f.v6 = on
	}
	return err
}

// linkID is parameter 0 with CIPMUX=1; next is the index of what follows it.
func (f *Family) linkID(c *core.Call, most int64) (id, next int) {
	if !f.mux {
		return 0, 0
	}
	return int(c.Args.Int(0, 0, most)), 1
}

func (f *Family) queryBuffer(c *core.Call) error {
	if f.mux {
		return core.BadForm
	}
	c.Line("+CIPRECVBUF:%d", f.buffers[0])
	return nil
}

func (f *Family) askBuffer(c *core.Call) error {
	id := c.Args.Int(0, 0, maxLinks-1)
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
	case f.link(id) != nil:
		return core.NotAllowed
	case size+10240 > heap:
		return core.NoMemory
	}
	f.buffers[id] = int(size)
	if f.m.Quirks.Has(core.BufBare) {
		c.Line("+CIPRECVBUF")
	}
	return nil
}

func (f *Family) queryOptions(c *core.Call) error {
	links := maxLinks
	if !f.mux {
		links = 1
	}
	for id := range links {
		o := &f.tcp[id]
		c.Line("+CIPTCPOPT:%d,%d,%d,%d,%d", id, o.linger, o.noDelay, o.sendTimeout, o.keepAlive)
	}
	return nil
}

// setOptions takes linger, no-delay, send time-out (ms) and keep-alive (s). An
// omitted one stays. ST's driver prints linger -1 unsigned, as 65535 or
// 4294967295. The send time-out bounds the wait of CIPSEND for a peer that does
// not read; the others are kept without an effect on the socket.
func (f *Family) setOptions(c *core.Call) error {
	id, i := f.linkID(c, all)
	last := id
	if id == all {
		id, last = 0, maxLinks-1
	}
	o := f.tcp[id]
	o.linger = c.Args.IntOr(i, o.linger, -1, 1<<32-1)
	o.noDelay = c.Args.IntOr(i+1, o.noDelay, 0, 1)
	o.sendTimeout = c.Args.IntOr(i+2, o.sendTimeout, 0, 1<<31-1)
	o.keepAlive = c.Args.IntOr(i+3, o.keepAlive, 0, 7200)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Len() > i+4 {
		return core.BadCount
	}
	if o.linger == 1<<16-1 || o.linger == 1<<32-1 {
		o.linger = -1
	}
	for ; id <= last; id++ {
		f.tcp[id] = o
	}
	return nil
}
