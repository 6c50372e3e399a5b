package inet

import (
	"net"
	"time"

	"st67bench/transport/emulator/core"
)

// maxKeepAlive is the longest keep-alive, in seconds.
const maxKeepAlive = 7200

// optionsKey is where flash has the socket options.
const optionsKey = "inet/tcpopt"

// options are what AT+CIPTCPOPT sets for one link. linger is in seconds, negative
// for off; sendTimeout in ms; keepAlive in seconds, 0 for off.
type options struct {
	linger, noDelay, sendTimeout, keepAlive int64
	nagle                                   bool // the host has set noDelay to 0
}

// tunable is what a TCP socket of the system offers.
type tunable interface {
	SetLinger(seconds int) error
	SetNoDelay(on bool) error
	SetKeepAliveConfig(net.KeepAliveConfig) error
}

// apply sets the options on a real socket; one in memory has none. A socket sends
// at once unless the host has asked for Nagle's algorithm, so that the module's
// times keep to their closed form. Keep-alive probes follow each other by 1 s and
// give up after 3, as in the firmware.
func (o options) apply(conn net.Conn) {
	t, ok := conn.(tunable)
	if !ok {
		return
	}
	_ = t.SetLinger(int(max(o.linger, -1)))
	_ = t.SetNoDelay(!o.nagle)
	_ = t.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: o.keepAlive > 0, Idle: time.Duration(o.keepAlive) * time.Second, Interval: time.Second, Count: 3,
	})
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
// omitted one stays.
func (f *Family) setOptions(c *core.Call) error {
	a := &c.Args
	id, i := f.linkID(c, all)
	first, last := id, id
	if id == all {
		first, last = 0, maxLinks-1
	}
	o := f.tcp[first]
	o.linger = f.lingerTime(a, i, o.linger)
	o.noDelay = a.IntOr(i+1, o.noDelay, 0, 1)
	o.nagle = o.noDelay == 0 && (a.Has(i+1) || o.nagle)
	o.sendTimeout = a.IntOr(i+2, o.sendTimeout, 0, 1<<31-1)
	o.keepAlive = a.IntOr(i+3, o.keepAlive, 0, maxKeepAlive)
	if err := a.Err(); err != nil {
		return err
	}
	if a.Len() > i+4 {
		return core.BadCount
	}
	for id := first; id <= last; id++ {
		f.tcp[id] = o
		if l := f.link(id); l != nil && l.raw != nil {
			o.apply(l.raw)
		}
	}
	f.saveOptions()
	return nil
}

// lingerTime reads SO_LINGER. ST's driver prints -1 unsigned, as 65535 or
// 4294967295 (quirk linger-unsigned).
func (f *Family) lingerTime(a *core.Args, i int, old int64) int64 {
	v := a.IntOr(i, old, -1, 1<<32-1)
	if unsigned := v == 1<<16-1 || v == 1<<32-1; unsigned && f.m.Quirks.Has(core.LingerUnsigned) {
		return -1
	}
	if v >= 1<<16-1 {
		a.Fail(core.BadValue)
	}
	return v
}

// saveOptions keeps the options in flash.
func (f *Family) saveOptions() {
	var kept [maxLinks][4]int64
	for id, o := range f.tcp {
		kept[id] = [4]int64{o.linger, o.noDelay, o.sendTimeout, o.keepAlive}
	}
	f.m.Save(optionsKey, kept)
}

// bootOptions brings back what flash holds.
func (f *Family) bootOptions() {
	var kept [maxLinks][4]int64
	ok := f.m.Flash.Recall(optionsKey, &kept)
	for id := range f.tcp {
		f.tcp[id] = options{linger: -1}
		if k := kept[id]; ok {
			f.tcp[id] = options{linger: k[0], noDelay: k[1], sendTimeout: k[2], keepAlive: k[3]}
		}
	}
}
