package basic

import (
	"strconv"

	"st67bench/transport/emulator/core"
)

// maxData is the longest read or write of eFuse and flash, in bytes (manual
// 2.2.12.2, 2.2.13.2, 2.2.15.2).
const maxData = 8192

var (
	okText     = []byte("\r\nOK\r\n")
	promptText = []byte("\r\n>")
	bothText   = []byte("\r\nOK\r\n\r\n>")
	sendOK     = []byte("\r\nSEND OK\r\n")
	sendFail   = []byte("\r\nSEND FAIL\r\n")
)

// span reads <nbytes>,"<address>", the address in hexadecimal digits.
func span(c *core.Call, most int64) (n int, address uint32, err error) {
	n = int(c.Args.Int(0, 1, most))
	text := c.Args.Text(1, 11)
	if err := c.Args.Err(); err != nil {
		return 0, 0, err
	}
	if len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		text = text[2:]
	}
	a, bad := strconv.ParseUint(string(text), 16, 32)
	if bad != nil {
		return 0, 0, core.BadValue
	}
	return n, uint32(a), nil
}

// writing asks for the data of EFUSE-W and FLASH-W.
func (f *Family) writing(c *core.Call, n int) {
	if f.m.Quirks.Has(core.WriteBare) {
		c.Say(okText)
	} else {
		c.Say(okText, promptText)
	}
	c.Collect(n)
}

// taken ends a data phase of n bytes: Recv, then SEND OK or SEND FAIL.
func (f *Family) taken(c *core.Call, n int, ok bool) error {
	if f.m.Quirks.Has(core.RecvLine) {
		c.Line("Recv %d bytes", n)
	}
	if ok {
		c.Say(sendOK)
	} else {
		c.Say(sendFail)
	}
	return core.Silent
}

// raw answers `head<n>,` and n raw bytes.
func raw(c *core.Call, head string, p []byte) {
	text := append(strconv.AppendInt([]byte(head), int64(len(p)), 10), ',')
	c.Say(append(append(text, p...), '\r', '\n'))
}
