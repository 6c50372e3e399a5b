package inet

import (
	"fmt"

	"st67bench/transport/emulator/core"
)

// event is `+CIP:<id>,what`; without ID in single connection mode.
func (l *link) event(what string) []byte {
	if !l.mux {
		return fmt.Appendf(nil, "+CIP:%s\r\n", what)
	}
	return fmt.Appendf(nil, "+CIP:%d,%s\r\n", l.id, what)
}

// connected is what a connection is announced with: in detail with bit 1 of
// SYSMSG (manual 2.2.8.3).
func (l *link) connected() []byte {
	if l.f.m.SysMsg.Load()&core.LinkDetail == 0 {
		return l.event("CONNECTED")
	}
	p := l.peer()
	return fmt.Appendf(nil, "+LINK_CONN:0,%d,\"%s\",%d,\"%s\",%d,%d\r\n",
		l.id, l.kind, bit(l.server != nil), p.Addr(), p.Port(), l.local)
}

// closeLink is AT+CIPCLOSE=<id>, with CIPMUX=1.
func (f *Family) closeLink(c *core.Call) error {
	if !f.mux {
		return core.NotAllowed
	}
	id, _ := f.linkID(c, all)
	if err := c.Args.Err(); err != nil {
		return err
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
		return core.NotAllowed
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
// for sending is still sent, unless a linger time of 0 throws it away.
func (f *Family) drop(c *core.Call, l *link) bool {
	if !f.unlink(l) {
		return false
	}
	if l.conn != nil && f.tcp[l.id].linger == 0 {
		l.abort()
	} else {
		l.end()
	}
	switch {
	case !f.speaks():
	case f.m.Quirks.Has(core.ClosedText) && l.mux:
		c.Line("%d,CLOSED", l.id)
	case f.m.Quirks.Has(core.ClosedText):
		c.Line("CLOSED")
	default:
		c.Say(l.event("DISCONNECTED"))
	}
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
// local port, and 1 for one that the server has accepted.
func (f *Family) list(c *core.Call, name string) {
	for _, l := range f.open() {
		p := l.peer()
		c.Line(`%s:%d,"%s","%s",%d,%d,%d`, name, l.id, l.kind, p.Addr(), p.Port(), l.local, bit(l.server != nil))
	}
}
