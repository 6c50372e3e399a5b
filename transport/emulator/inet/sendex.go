package inet

import "st67bench/transport/emulator/core"

// unescaper takes the backslashes out of what a CIPSENDEX is sent: one makes the
// byte after it an ordinary one, and \0 ends the data (manual 4.1.15.3).
type unescaper struct {
	slash, end bool
}

// add appends the bytes of p to to, up to most bytes or \0.
func (u *unescaper) add(to, p []byte, most int) []byte {
	for _, b := range p {
		switch {
		case u.end || len(to) == most:
			return to
		case u.slash && b == '0':
			u.end = true
		case !u.slash && b == '\\':
			u.slash = true
			continue
		default:
			to = append(to, b)
		}
		u.slash = false
	}
	return to
}

// sendEx is AT+CIPSENDEX=[id,]<length>[,"host",port]: a CIPSEND that ends at its
// length, counted without the escapes, or at \0.
func (f *Family) sendEx(c *core.Call) error {
	l, n, err := f.target(c, f.maxSend())
	if err != nil {
		return err
	}
	f.sending, f.hit = l, f.m.Faults.Send(n)
	f.prompt(c)
	if f.hit.Reboot {
		n = min(n, f.hit.After)
	}
	p, ok := f.collect(c, n)
	if !ok || !c.Wait(c.At()) {
		return core.Silent
	}
	return f.sent(c, p)
}

// collect takes the data of a CIPSENDEX, byte by byte on a line: what follows its
// end is not part of it.
func (f *Family) collect(c *core.Call, n int) (p []byte, ok bool) {
	var u unescaper
	p = f.data[:0]
	in := f.intake.buf[:]
	if !c.Framed() {
		in = in[:1]
	}
	for len(p) < n && !u.end {
		before := c.At()
		k, _, ok := c.Take(in)
		if !ok || !c.Pause(before) {
			return nil, false
		}
		p = u.add(p, in[:k], n)
	}
	return p, true
}
