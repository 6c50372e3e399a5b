package inet

import (
	"sync/atomic"
	"time"

	"st67bench/transport/emulator/core"
)

// maxIdle is the longest CIPSTO, in seconds.
const maxIdle = 7200

func (f *Family) queryMaxConn(c *core.Call) error {
	c.Line("+CIPSERVERMAXCONN:%d", f.maxConn)
	return nil
}

// setMaxConn comes before the server is created (manual 4.1.19.4).
func (f *Family) setMaxConn(c *core.Call) error {
	n := int(c.Args.Int(0, 1, maxLinks))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if f.server != nil {
		return core.NotAllowed
	}
	f.maxConn = n
	return nil
}

func (f *Family) queryIdle(c *core.Call) error {
	c.Line("+CIPSTO:%d", f.sto.Load())
	return nil
}

// setIdle is AT+CIPSTO=<s>, for clients that connect from now on.
func (f *Family) setIdle(c *core.Call) error {
	n := c.Args.Int(0, 0, maxIdle)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.sto.Store(n)
	return nil
}

// idle closes a connection of the server that nothing has crossed for CIPSTO.
type idle struct {
	after time.Duration
	timer *time.Timer
	over  atomic.Bool
}

// newIdle starts the watch of a connection; nil when CIPSTO is 0.
func (f *Family) newIdle(l *link) *idle {
	d := &idle{after: time.Duration(f.sto.Load()) * time.Second}
	if d.after == 0 {
		return nil
	}
	d.timer = time.AfterFunc(d.after+f.m.Radio.Latency, func() {
		if !d.over.Load() {
			f.lose(f.m.Clock.Now(), l)
		}
	})
	return d
}

// touch says that something has crossed the connection.
func (d *idle) touch() {
	if d != nil && !d.over.Load() {
		d.timer.Reset(d.after)
	}
}

func (d *idle) stop() {
	if d != nil {
		d.over.Store(true)
		d.timer.Stop()
	}
}
