package inet

import (
	"strconv"
	"time"

	"st67bench/transport/emulator/core"
)

// Ranges of CIPSENDLCFG, in bytes: the firmware's, and the manual's (4.1.14.3).
const (
	minSize         = 100
	maxReport       = 65535
	maxReportManual = 1 << 20
	defaultReport   = 1024
)

var cancelled = []byte("\r\nSEND CANCELLED\r\n")

func (f *Family) querySendConfig(c *core.Call) error {
	c.Line("+CIPSENDLCFG:%d,%d", f.reportSize, f.blockSize)
	return nil
}

func (f *Family) setSendConfig(c *core.Call) error {
	both := f.m.Quirks.Has(core.SendlBoth)
	most := int64(maxReportManual)
	if both {
		most = maxReport
	}
	if both && c.Args.Len() != 2 {
		return core.BadCount
	}
	report := c.Args.Int(0, minSize, most)
	block := c.Args.IntOr(1, int64(f.blockSize), minSize, maxBlock)
	if both {
		block = c.Args.Int(1, minSize, maxBlock)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.reportSize, f.blockSize = int(report), int(block)
	return nil
}

// transfer is one CIPSENDL.
type transfer struct {
	sent, received int
	reported       int // the last multiple of the report size that was said
	failed         bool
}

// sendLong is AT+CIPSENDL=[id,]<length>[,"host",port]: the port takes data while
// the radio sends. When the stack holds as much as it can, the host is held off.
// After a failure the data mode lasts until everything has come, or +++.
func (f *Family) sendLong(c *core.Call) error {
	l, n, err := f.target(c, 1<<31-1)
	if err != nil {
		return err
	}
	hit := f.m.Faults.Send(n)
	c.OK()
	if hit.Line {
		c.Say(unasked)
	}
	c.Say(promptText)
	if hit.Reboot {
		n = min(n, hit.After)
	}
	t := transfer{failed: hit.Silence || hit.Fail}
	f.intake.begin(c, f.blockSize)
	for t.received < n {
		p, ok := f.intake.next(n - t.received)
		if !ok {
			return core.Silent
		}
		if p == nil {
			c.Say(cancelled)
			return core.Silent
		}
		if t.received += len(p); hit.Reboot && t.received == n {
			break
		}
		f.advance(c, l, &t, p, hit)
		if hit.Close && t.sent > 0 {
			f.drop(c, l)
			hit.Close = false
		}
	}
	c.Wait(c.At())
	f.conclude(c, &t, hit)
	return core.Silent
}

// advance sends one block of a CIPSENDL and reports it.
func (f *Family) advance(c *core.Call, l *link, t *transfer, p []byte, hit core.Hit) {
	t.failed = t.failed || !f.stream(c, l, len(p), f.m.Faults.AlterFrom(t.sent, p))
	if !t.failed {
		t.sent += len(p)
		f.report(c, t)
	} else if !hit.Silence && !hit.Fail {
		f.progress(c, t.sent, t.received)
	}
}

// conclude says how a CIPSENDL ended.
func (f *Family) conclude(c *core.Call, t *transfer, hit core.Hit) {
	switch {
	case hit.Reboot:
		c.Reboot()
	case hit.Silence:
	case t.failed:
		c.Say(sendFail)
	default:
		if f.m.Quirks.Has(core.SendlEach) && t.reported < t.sent {
			f.progress(c, t.sent, t.received)
		}
		c.Say(sendOK)
	}
}

// report says how far a CIPSENDL is: the firmware once a block, as the highest
// multiple of the report size; the manual's module each multiple.
func (f *Family) report(c *core.Call, t *transfer) {
	if f.m.Quirks.Has(core.SendlEach) {
		for t.sent-t.reported >= f.reportSize {
			t.reported += f.reportSize
			f.progress(c, t.reported, t.received)
		}
	} else if t.sent-t.reported >= f.reportSize {
		t.reported = t.sent / f.reportSize * f.reportSize
		f.progress(c, t.reported, t.received)
	}
}

// progress is +CIPSENDL:<sent>,<received>.
func (f *Family) progress(c *core.Call, sent, received int) {
	f.text = append(f.text[:0], "+CIPSENDL:"...)
	f.text = strconv.AppendInt(f.text, int64(sent), 10)
	f.text = append(f.text, ',')
	f.text = strconv.AppendInt(f.text, int64(received), 10)
	c.Say(append(f.text, '\r', '\n'))
}

// stream hands data, with the air time of n bytes, to the stack and does not wait
// for the radio. It waits while the stack is full; false when the connection is
// gone or the wait took longer than CIPTCPOPT allows.
func (f *Family) stream(c *core.Call, l *link, n int, data []byte) bool {
	timeout := time.Duration(f.tcp[l.id].sendTimeout) * time.Millisecond
	waited, ok := l.up.room(len(data), timeout)
	if waited {
		c.Pause(f.m.Clock.Now())
	}
	if !ok || f.link(l.id) != l {
		return false
	}
	l.launch(c.At(), n, data)
	return !l.up.failed()
}
