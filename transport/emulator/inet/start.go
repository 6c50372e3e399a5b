package inet

import (
	"context"
	"errors"
	"net"
	"time"

	"st67bench/transport/emulator/core"
)

// startTimeout is how long CIPSTART waits when it is not told, or told 0.
const startTimeout = 10 * time.Second

// start is AT+CIPSTART=[id,]"type","host",port[,...].
func (f *Family) start(c *core.Call) error {
	id, i := f.linkID(c, maxLinks-1)
	s, err := f.parseSpec(&c.Args, i)
	if err != nil {
		return err
	}
	return f.connect(c, id, s)
}

// startEx is AT+CIPSTARTEX: CIPSTART with the first ID that is free.
func (f *Family) startEx(c *core.Call) error {
	s, err := f.parseSpec(&c.Args, 0)
	if err != nil {
		return err
	}
	id, ok := f.freeID()
	if !ok || !f.mux && id != 0 {
		return core.NotAllowed
	}
	return f.connect(c, id, s)
}

// connect opens a connection and says so. Its handshake takes radio round trips,
// or as long as the real one when that is longer.
func (f *Family) connect(c *core.Call, id int, s spec) error {
	switch {
	case f.link(id) != nil:
		return core.BadHandle
	case !f.Online():
		return core.Failed
	}
	began := c.At()
	if f.m.Faults.Start() {
		c.Wait(began.Add(2 * f.m.Radio.Latency))
		return core.Failed
	}
	if s.keepAlive >= 0 {
		f.tcp[id].keepAlive = s.keepAlive
	}
	ctx, cancel := context.WithTimeout(f.ctx, s.timeout)
	defer cancel()
	l, err := f.dial(ctx, id, s)
	c.CatchUp()
	if timedOut(err) {
		return core.TimedOut
	}
	trips := 1
	if l != nil {
		trips = l.trips
	}
	c.Wait(began.Add(time.Duration(2*trips) * f.m.Radio.Latency))
	if err != nil {
		return refusal(err)
	}
	if !f.bring(c.At(), l) {
		return core.Failed
	}
	return nil
}

// timedOut says whether a connection was not answered in time.
func timedOut(err error) bool {
	var slow net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout()
}

// refusal is the error code of a connection that could not be opened.
func refusal(err error) core.Code {
	if code, ok := errors.AsType[core.Code](err); ok {
		return code
	}
	return core.Failed
}

// dial opens what s describes, as the coming connection id. The error is a
// core.Code, or what the network said. Only a link without error has a socket.
func (f *Family) dial(ctx context.Context, id int, s spec) (*link, error) {
	a, err := f.resolve(ctx, s.host, s.kind.v6)
	if err != nil {
		if timedOut(err) {
			return nil, err
		}
		return nil, core.BadAddress
	}
	if s.peer = addrPort(a, s.port); s.peer.Addr().Is6() && !f.v6 {
		return nil, core.Failed
	}
	s.kind.v6 = s.peer.Addr().Is6()
	l := f.newLink(id, s)
	switch {
	case s.kind.udp():
		err = l.openUDP()
	default:
		err = l.openTCP(ctx)
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// openTCP connects, with TLS when the link has it.
func (l *link) openTCP(ctx context.Context) error {
	conn, err := l.f.Dial(ctx, "tcp", l.spec.peer.String())
	if err != nil {
		return err
	}
	l.takeConn(conn)
	l.trips = 1
	if l.kind.tls() {
		return l.secure(ctx)
	}
	return nil
}
