package inet

import (
	"strconv"
	"time"

	"st67bench/transport/emulator/core"
)

var (
	okText     = []byte("\r\nOK\r\n")
	promptText = []byte("\r\n>")
	bothText   = []byte("\r\nOK\r\n\r\n>")
	sendOK     = []byte("\r\nSEND OK\r\n")
	sendFail   = []byte("\r\nSEND FAIL\r\n")
	recvText   = []byte("Recv ")
	bytesText  = []byte(" bytes\r\n")

	// unasked is what the fault `urc` puts into a reply.
	unasked = []byte("+CW:SCAN_DONE\r\n")
)

// send is AT+CIPSEND=[id,]<length>: it gives OK and the prompt, and asks for
// the payload.
func (f *Family) send(c *core.Call) error {
	id, i := f.linkID(c, maxLinks-1)
	n := int(c.Args.Int(i, 1, f.maxSend()))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Len() > i+1 {
		return core.BadCount
	}
	l := f.link(id)
	if l == nil {
		return core.Failed
	}
	f.sending, f.hit = l, f.m.Faults.Send(n)
	f.prompt(c)
	if f.hit.Reboot {
		n = min(n, f.hit.After)
	}
	c.Collect(n)
	return nil
}

func (f *Family) maxSend() int64 {
	if f.m.Quirks.Has(core.Send8192) {
		return maxSendManual
	}
	return maxSend
}

func (f *Family) prompt(c *core.Call) {
	switch {
	case f.hit.Line:
		c.Say(okText, unasked, promptText)
	case f.m.Quirks.Has(core.JoinedPrompt):
		c.Say(bothText)
	default:
		c.Say(okText, promptText)
	}
}

// sent takes the payload of a CIPSEND.
func (f *Family) sent(c *core.Call, p []byte) error {
	l, hit := f.sending, f.hit
	switch {
	case hit.Reboot:
		c.Reboot()
		return core.Silent
	case hit.Silence:
		return core.Silent
	case hit.Close:
		f.drop(c, l)
	case !hit.Fail && f.carry(c, l, p):
		f.accepted(c, len(p))
		return core.Silent
	}
	if f.Blocking || hit.Fail {
		c.Say(sendFail)
	} else {
		f.accepted(c, len(p))
	}
	return core.Silent
}

// carry puts the payload on the air. In the blocking build it returns when the
// radio has taken it, false when it was not; otherwise when it is queued.
func (f *Family) carry(c *core.Call, l *link, p []byte) bool {
	radio := f.m.Radio
	data := f.m.Faults.Alter(p)
	timeout := time.Duration(f.tcp[l.id].sendTimeout) * time.Millisecond
	waited, ok := l.up.room(len(data), timeout)
	if waited {
		c.CatchUp()
	}
	if !ok {
		return false
	}
	done := radio.Up(c.At(), len(p))
	l.up.add(data, done.Add(radio.Latency))
	if f.Blocking {
		c.Wait(done)
	}
	return !l.up.failed()
}

// accepted says that n bytes were taken, and SEND OK as a message of its own.
func (f *Family) accepted(c *core.Call, n int) {
	if !f.m.Quirks.Has(core.RecvLine) {
		c.Say(sendOK)
		return
	}
	f.text = append(f.text[:0], recvText...)
	if f.hit.Split {
		f.text = append(f.text, unasked...)
	}
	f.text = strconv.AppendInt(f.text, int64(n), 10)
	f.text = append(f.text, bytesText...)
	c.Say(f.text, sendOK)
}
