package inet

import (
	"context"
	"math"
	"sync"
	"time"

	"st67bench/transport/emulator/core"
)

// reconnectKey is where AT+CIPRECONNINTV is stored.
const reconnectKey = "inet/reconnect"

// reconnectTimeout bounds one attempt to connect again (firmware source).
const reconnectTimeout = 5 * time.Second

var quitText = []byte("\r\n+QUITT\r\n")

// passthrough is AT+CIPSEND: from now on the link carries the bytes of
// connection 0 and nothing else, until +++.
func (f *Family) passthrough(c *core.Call) error {
	switch {
	case f.mux:
		return core.BadForm
	case f.passive:
		return core.NotAllowed
	}
	l := f.link(0)
	if l == nil {
		return core.Failed
	}
	if l.kind.udp() && l.spec.mode != remoteFixed {
		return core.NotAllowed
	}
	c.OK()
	f.through(c, l.spec)
	return core.Silent
}

// through is the passthrough mode. to is what connection 0 is opened to when it is
// not there. What the host sends meanwhile is lost.
func (f *Family) through(c *core.Call, to spec) {
	ctx, quit := context.WithCancel(f.ctx)
	var again sync.WaitGroup
	defer again.Wait()
	defer quit()
	f.raw.Store(true)
	defer f.raw.Store(false)
	c.Say(promptText)
	lost := f.watch()
	again.Go(func() { f.keepConnected(ctx, to, lost) })
	if f.relay(c) && f.m.SysMsg.Load()&core.QuitMessage != 0 {
		c.Say(quitText)
	}
}

// watch returns a channel that says when a connection 0 has ended.
func (f *Family) watch() <-chan struct{} {
	lost := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = lost
	return lost
}

// relay sends what the host says until +++; false when the module is switched off.
func (f *Family) relay(c *core.Call) bool {
	f.intake.begin(c, maxBlock)
	for {
		p, ok := f.intake.next(math.MaxInt)
		if !ok || p == nil {
			return ok
		}
		if l := f.link(0); l != nil {
			f.stream(c, l, len(p), p)
		}
	}
}

// keepConnected runs beside the AT task. The first attempt comes at once, each
// other the interval of AT+CIPRECONNINTV after the connection ended or the
// attempt before began.
func (f *Family) keepConnected(ctx context.Context, to spec, lost <-chan struct{}) {
	interval := time.Duration(f.reconnect) * 100 * time.Millisecond
	next := f.m.Clock.Now()
	for ctx.Err() == nil {
		if f.link(0) != nil {
			select {
			case <-lost:
				next = f.m.Clock.Now().Add(interval)
			case <-ctx.Done():
			}
			continue
		}
		if !f.m.Clock.Near(next, ctx.Done()) {
			return
		}
		next = next.Add(interval)
		if f.Online() {
			f.reopen(ctx, to)
		}
		if now := f.m.Clock.Now(); now.After(next) {
			next = now
		}
	}
}

// reopen opens connection 0; what a failure leaves is the next attempt.
func (f *Family) reopen(ctx context.Context, to spec) {
	at := f.m.Clock.Now()
	ctx, cancel := context.WithTimeout(ctx, reconnectTimeout)
	defer cancel()
	l, err := f.dial(ctx, 0, to)
	if err != nil {
		return
	}
	at = at.Add(time.Duration(2*l.trips) * f.m.Radio.Latency)
	if !f.m.Clock.Near(at, ctx.Done()) {
		l.abort()
		return
	}
	f.bring(at, l)
}

func (f *Family) queryReconnect(c *core.Call) error {
	c.Line("+CIPRECONNINTV:%d", f.reconnect)
	return nil
}

func (f *Family) setReconnect(c *core.Call) error {
	n := c.Args.Int(0, 1, 36000)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.reconnect = n
	f.m.Save(reconnectKey, n)
	return nil
}
