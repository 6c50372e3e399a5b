package inet

import (
	"fmt"
	"time"

	"st67bench/transport/emulator/core"
)

var pingTimeout = []byte("+PING:TIMEOUT\r\n")

// echo is one AT+PING.
type echo struct {
	size              int
	count             int
	interval, timeout time.Duration
}

// setPing is AT+PING="host"[,length[,count[,interval[,timeout]]]], times in
// ms. It is a model: every host answers after one radio round trip, because a
// module that is emulated has no station that real echoes could come from. OK
// comes at once, the times follow.
func (f *Family) setPing(c *core.Call) error {
	a := &c.Args
	host := a.Text(0, 64)
	e := echo{
		size:     int(a.IntOr(1, 64, 1, 65534)),
		count:    int(a.IntOr(2, 4, 1, 65535)),
		interval: time.Duration(a.IntOr(3, 1000, 1, 65534)) * time.Millisecond,
		timeout:  time.Duration(a.IntOr(4, 1000, 1, 65534)) * time.Millisecond,
	}
	if err := a.Err(); err != nil {
		return err
	}
	switch {
	case len(host) == 0:
		return core.BadValue
	case !f.Online():
		return core.Failed
	}
	stop := make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ping != nil {
		return core.NotAllowed
	}
	f.ping = stop
	c.Say(okText)
	at := c.At()
	f.busy.Go(func() { f.echoes(e, at, stop) })
	return core.Silent
}

// echoes runs beside the AT task.
func (f *Family) echoes(e echo, at time.Time, stop chan struct{}) {
	for range e.count {
		back, answer := f.echo(e, at)
		if !f.m.Clock.Near(back, stop) {
			return
		}
		f.m.Event(back, answer)
		if at = at.Add(e.interval); back.After(at) {
			at = back
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ping == stop {
		f.ping = nil
	}
}

// echo sends one at the instant at and returns when its answer is known. Echoes
// are not repaired as TCP is: a lost frame is a lost echo.
func (f *Family) echo(e echo, at time.Time) (back time.Time, answer []byte) {
	r := f.m.Radio
	there := r.Up(at, e.size).Add(r.Latency)
	back = r.Down(there, e.size).Add(r.Latency)
	if late := at.Add(e.timeout); r.Lost() || back.After(late) {
		return late, pingTimeout
	}
	return back, fmt.Appendf(nil, "+PING:%dms\r\n", back.Sub(at).Milliseconds())
}
