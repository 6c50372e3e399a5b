package inet

import (
	"slices"
	"strconv"

	"st67bench/transport/emulator/core"
)

// receive is AT+CIPRECVDATA=[id,]<length>: raw bytes after the comma, their
// CRLF not counted. It answers 0 bytes when there is no connection.
func (f *Family) receive(c *core.Call) error {
	id, i := f.linkID(c, maxLinks-1)
	most := int64(1<<31 - 1)
	if f.m.Quirks.Has(core.DataLimit) {
		most = int64(f.buffers[id])
	}
	n := int(c.Args.Int(i, 1, most))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Len() > i+1 {
		return core.BadCount
	}
	l, more := f.holder(id), 0
	if l == nil {
		n = 0
	} else {
		n = min(n, l.heldBytes())
	}
	f.text = append(f.text[:0], "+CIPRECVDATA:"...)
	f.text = strconv.AppendInt(f.text, int64(n), 10)
	f.text = append(f.text, ',')
	if n > 0 {
		head := len(f.text)
		f.text = slices.Grow(f.text, n)[:head+n]
		_, more = l.read(f.text[head:])
	}
	f.text = append(f.text, '\r', '\n')
	c.Say(f.text)
	c.OK()
	if l != nil {
		l.freed()
	}
	if more > 0 && f.events.Load() {
		c.Say(append(l.head(f.text[:0], more), '\r', '\n'))
	}
	return core.Silent
}

// lengths is AT+CIPRECVLEN?.
func (f *Family) lengths(c *core.Call) error {
	links := maxLinks
	if !f.mux {
		links = 1
	}
	f.text = append(f.text[:0], "+CIPRECVLEN:"...)
	for id := range links {
		held := 0
		if l := f.holder(id); l != nil {
			held = l.heldBytes()
		}
		f.text = strconv.AppendInt(f.text, int64(held), 10)
		f.text = append(f.text, ',')
	}
	if !f.mux || !f.m.Quirks.Has(core.LenComma) {
		f.text = f.text[:len(f.text)-1]
	}
	c.Say(append(f.text, '\r', '\n'))
	return nil
}
