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

// send is AT+CIPSEND=[id,]<length>[,"host",port]: it gives OK and the prompt, and
// asks for the payload.
func (f *Family) send(c *core.Call) error {
	l, n, err := f.target(c, f.maxSend())
	if err != nil {
		return err
	}
	f.sending, f.hit = l, f.m.Faults.Send(n)
	f.prompt(c)
	if f.hit.Reboot {
		n = min(n, f.hit.After)
	}
	if f.m.Quirks.Has(core.SendExcess) && !f.hit.Reboot {
		c.CollectFrames(n)
	} else {
		c.Collect(n)
	}
	return nil
}

// target is whom a send goes to, and its length: [id,]<length>[,"host",port].
func (f *Family) target(c *core.Call, most int64) (l *link, n int, err error) {
	id, i := f.linkID(c, maxLinks-1)
	n = int(c.Args.Int(i, 1, most))
	if err := c.Args.Err(); err != nil {
		return nil, 0, err
	}
	switch c.Args.Len() {
	case i + 1:
		l = f.link(id)
	case i + 3:
		l, err = f.redirect(c, id, i+1)
	default:
		err = core.BadCount
	}
	if err == nil && l == nil {
		err = core.Failed
	}
	return l, n, err
}

func (f *Family) maxSend() int64 {
	if f.SendMax > 0 {
		return int64(f.SendMax)
	}
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
	p = p[:max(len(p)-hit.Short, 0)]
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
	data := f.m.Faults.Alter(p)
	timeout := time.Duration(f.tcp[l.id].sendTimeout) * time.Millisecond
	waited, ok := l.up.room(len(data), timeout)
	if waited {
		c.CatchUp()
	}
	if !ok {
		return false
	}
	done := l.launch(c.At(), len(p), data)
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
