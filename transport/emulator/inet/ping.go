package inet

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// maxEchoes is how many echoes may be under way (firmware source).
const maxEchoes = 10

var pingTimeout = []byte("+PING:TIMEOUT\r\n")

// Echo sends one ICMP echo of size payload bytes and returns how long its answer
// took. ErrNoEcho is that of a system that does not permit it.
type Echo func(ctx context.Context, to netip.Addr, size int) (time.Duration, error)

// ErrNoEcho means that this system permits no ICMP echo.
var ErrNoEcho = errors.New("this system permits no ICMP echo")

// echoes is one AT+PING.
type echoes struct {
	to                netip.Addr
	size, count       int
	interval, timeout time.Duration
}

// setPing is AT+PING="host"[,length[,count[,interval[,timeout]]]], times in ms.
// The firmware gives OK at once, the times follow; the manual's module gives one
// time, of all echoes, and then OK.
func (f *Family) setPing(c *core.Call) error {
	host, e, err := f.pingArgs(&c.Args)
	if err != nil {
		return err
	}
	late := f.m.Quirks.Has(core.PingAfterOK)
	e.to, err = f.resolve(f.ctx, host, false)
	if err != nil && f.v6 {
		e.to, err = f.resolve(f.ctx, host, true)
	}
	c.CatchUp()
	switch {
	case err != nil && !late:
		c.Say(pingTimeout)
		return core.BadAddress
	case err != nil:
		return core.BadAddress
	case e.to.Is6() && !f.v6:
		return core.NotAllowed
	case late:
		return f.startPing(c, e)
	}
	return f.pingNow(c, e)
}

func (f *Family) pingArgs(a *core.Args) (host string, e echoes, err error) {
	host = string(a.Text(0, 127))
	e = echoes{
		size:     int(a.IntOr(1, 64, 1, 65534)),
		count:    int(a.IntOr(2, 4, 1, 65535)),
		interval: time.Duration(a.IntOr(3, 1000, 1, 65534)) * time.Millisecond,
		timeout:  time.Duration(a.IntOr(4, 1000, 1, 65534)) * time.Millisecond,
	}
	e.timeout = max(e.timeout, e.interval)
	switch {
	case f.m.Quirks.Has(core.PingFour) && a.Len() > 4:
		return host, e, core.BadCount
	case a.Err() != nil:
		return host, e, a.Err()
	case host == "":
		return host, e, core.BadValue
	case !f.Online():
		return host, e, core.Failed
	}
	return host, e, nil
}

// startPing sends the echoes beside the AT task.
func (f *Family) startPing(c *core.Call, e echoes) error {
	stop := make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ping != nil || f.ctx.Err() != nil {
		return core.NotAllowed
	}
	f.ping = stop
	c.OK()
	at := c.At()
	f.busy.Go(func() { f.sendEchoes(e, at, stop) })
	return core.Silent
}

// sendEchoes sends one each interval, whether those before it were answered or
// not, as long as few enough are under way.
func (f *Family) sendEchoes(e echoes, at time.Time, stop chan struct{}) {
	var waiting sync.WaitGroup
	under := make(chan struct{}, maxEchoes)
	for range e.count {
		if !f.m.Clock.Near(at, stop) {
			break
		}
		under <- struct{}{}
		sent := at
		waiting.Go(func() {
			defer func() { <-under }()
			back, answer := f.echo(e, sent)
			if f.m.Clock.Near(back, stop) {
				f.m.Event(back, f.pingLine(e, back.Sub(sent), answer, "ms"))
			}
		})
		at = at.Add(e.interval)
	}
	waiting.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ping == stop {
		f.ping = nil
	}
}

// pingNow sends the echoes one after the other and gives the mean of their times.
func (f *Family) pingNow(c *core.Call, e echoes) error {
	var total time.Duration
	answers := 0
	for i := range e.count {
		sent := c.At()
		back, answer := f.echo(e, sent)
		if answer {
			total += back.Sub(sent)
			answers++
		}
		if next := sent.Add(e.interval); i < e.count-1 && next.After(back) {
			back = next
		}
		if !c.Wait(back) {
			return core.Silent
		}
	}
	c.Say(f.pingLine(e, total/time.Duration(max(answers, 1)), answers > 0, ""))
	if answers == 0 {
		return core.TimedOut
	}
	return nil
}

// pingLine is the line of one time.
func (f *Family) pingLine(e echoes, took time.Duration, answer bool, unit string) []byte {
	ms := took.Milliseconds()
	if !answer || ms == 0 && f.m.Quirks.Has(core.PingZero) {
		f.m.Print(fmt.Sprintf("ping: no answer from %v\r\n", e.to))
		return pingTimeout
	}
	return fmt.Appendf(nil, "+PING:%d%s\r\n", ms, unit)
}

// echo sends one at the instant at and returns when its answer has come, or when
// it is given up. Echoes are not repaired as TCP is: a lost frame is a lost echo.
func (f *Family) echo(e echoes, at time.Time) (back time.Time, answer bool) {
	r := f.m.Radio
	there := r.Up(at, e.size).Add(r.Latency)
	beyond, answered := f.beyond(e)
	late := at.Add(e.timeout)
	if there = there.Add(beyond); r.Lost() || !answered || there.After(late) {
		return late, false
	}
	if back = r.Down(there, e.size).Add(r.Latency); back.After(late) {
		return late, false
	}
	return back, true
}

// beyond is what lies behind the radio: this machine's network where it permits
// an echo, else nothing, and every host answers at once.
func (f *Family) beyond(e echoes) (took time.Duration, answered bool) {
	err := ErrNoEcho
	if f.Echo != nil {
		ctx, cancel := context.WithTimeout(f.ctx, e.timeout)
		defer cancel()
		took, err = f.Echo(ctx, e.to, e.size)
	}
	if errors.Is(err, ErrNoEcho) {
		f.m.Print(fmt.Sprintf("ping: the echo of %v is a model\r\n", e.to))
		return 0, true
	}
	return took, err == nil
}
