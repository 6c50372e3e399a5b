package inet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"st67bench/transport/emulator/core"
)

// startTimeout is how long CIPSTART waits when it is not told, or told 0.
const startTimeout = 10 * time.Second

// event is `+CIP:<id>,what`; without ID in single connection mode.
func (l *link) event(what string) []byte {
	if !l.mux {
		return fmt.Appendf(nil, "+CIP:%s\r\n", what)
	}
	return fmt.Appendf(nil, "+CIP:%d,%s\r\n", l.id, what)
}

// start is AT+CIPSTART=[id,]"TCP","host",port[,keep-alive[,"local IP"[,timeout]]].
// UDP and SSL are out of range in this part of the emulator. Keep-alive and
// local address are checked and have no effect.
func (f *Family) start(c *core.Call) error {
	a := &c.Args
	id, i := f.linkID(c, maxLinks-1)
	kind, host := a.Text(i, 8), a.Text(i+1, 64)
	port := a.Int(i+2, 1, 65535)
	a.IntOr(i+3, 0, 0, 7200)
	a.TextOr(i+4, "", 64)
	timeout := time.Duration(a.IntOr(i+5, 0, 0, 20000)) * time.Millisecond
	if err := a.Err(); err != nil {
		return err
	}
	switch {
	case a.Len() > i+6:
		return core.BadCount
	case string(kind) != "TCP" || len(host) == 0:
		return core.BadValue
	case f.link(id) != nil:
		return core.NotAllowed
	case !f.Online():
		return core.Failed
	}
	if timeout == 0 {
		timeout = startTimeout
	}
	return f.connect(c, id, net.JoinHostPort(string(host), strconv.FormatInt(port, 10)), timeout)
}

// connect opens the connection. The handshake takes one radio round trip, or
// as long as the real one when that is longer.
func (f *Family) connect(c *core.Call, id int, address string, timeout time.Duration) error {
	trip := c.At().Add(2 * f.m.Radio.Latency)
	if f.m.Faults.Start() {
		c.Wait(trip)
		return core.Failed
	}
	ctx, cancel := context.WithTimeout(f.ctx, timeout)
	defer cancel()
	conn, err := f.Dial(ctx, "tcp", address)
	c.CatchUp()
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return core.TimedOut
	}
	c.Wait(trip)
	if err != nil {
		return core.Failed
	}
	l := f.newLink(id, conn)
	c.Say(l.event("CONNECTED"))
	l.start()
	return nil
}

// closeLink is AT+CIPCLOSE=<id>, with CIPMUX=1.
func (f *Family) closeLink(c *core.Call) error {
	id := int(c.Args.Int(0, 0, all))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if !f.mux {
		return core.BadForm
	}
	if id != all {
		return f.closeOne(c, id)
	}
	for _, l := range f.open() {
		f.drop(c, l)
	}
	return nil
}

// closeSingle is AT+CIPCLOSE, with CIPMUX=0.
func (f *Family) closeSingle(c *core.Call) error {
	if f.mux {
		return core.BadForm
	}
	return f.closeOne(c, 0)
}

func (f *Family) closeOne(c *core.Call, id int) error {
	l := f.link(id)
	if l == nil || !f.drop(c, l) {
		return core.Failed
	}
	return nil
}

// drop closes a connection from the module's side and says so; what was taken
// for sending is still sent.
func (f *Family) drop(c *core.Call, l *link) bool {
	if !f.unlink(l) {
		return false
	}
	l.end()
	c.Say(l.event("DISCONNECTED"))
	return true
}

func (f *Family) queryStart(c *core.Call) error {
	f.list(c, "+CIPSTART")
	return nil
}

func (f *Family) queryState(c *core.Call) error {
	if f.m.Quirks.Has(core.StatusPrefix) {
		f.list(c, "+CIPSTATUS")
	} else {
		f.list(c, "+CIPSTATE")
	}
	return nil
}

// list gives one line for each connection: id, type, remote address and port,
// local port, and 0 for a client.
func (f *Family) list(c *core.Call, name string) {
	for _, l := range f.open() {
		c.Line(`%s:%d,"TCP","%s",%d,%d,0`, name, l.id, l.remote.IP, l.remote.Port, l.local.Port)
	}
}
