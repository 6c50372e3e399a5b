package remote

import "bytes"

// The commands of RFC 854 and 855 that are more than a byte to skip.
const (
	se   = 240 // end of a subnegotiation
	sb   = 250 // its begin
	will = 251
	wont = 252
	do   = 253
	dont = 254
	iac  = 255 // escape before a command; doubled it is the byte itself
)

// The telnet options that are used here.
const (
	optBinary  = 0  // RFC 856
	optSGA     = 3  // suppress go ahead, RFC 858
	optComPort = 44 // RFC 2217
)

// subLimit bounds a subnegotiation, in bytes without escapes. The longest of RFC
// 2217 that is of use is a signature.
const subLimit = 256

// telnet takes a byte stream apart, in pieces of any size: data is left, what
// the other end negotiates goes to the two functions. Single commands (NOP, data
// mark, go ahead and so on) mean nothing on a serial line and drop out.
type telnet struct {
	negotiated   func(verb, option byte)           // will, wont, do or dont
	subnegotiate func(option byte, content []byte) // content is valid during the call

	state state
	verb  byte
	sub   []byte // option and content so far
}

// state is what the bytes so far make of the next one.
type state byte

const (
	inData state = iota
	inCommand
	inOption
	inSub
	inSubCommand
)

// strip moves the data in p to its front and returns its length.
func (t *telnet) strip(p []byte) int {
	n := 0
	for i := 0; i < len(p); {
		if t.state != inData {
			if t.step(p[i]) {
				p[n] = iac
				n++
			}
			i++
			continue
		}
		run := bytes.IndexByte(p[i:], iac)
		if run < 0 {
			return n + copy(p[n:], p[i:])
		}
		n += copy(p[n:], p[i:i+run])
		t.state = inCommand
		i += run + 1
	}
	return n
}

// step takes a byte that is not data, and is true for the second half of an
// escaped 0xFF of data.
func (t *telnet) step(b byte) bool {
	switch t.state {
	case inCommand:
		return t.command(b)
	case inOption:
		t.state = inData
		t.negotiated(t.verb, b)
	case inSub:
		if b == iac {
			t.state = inSubCommand
		} else {
			t.collect(b)
		}
	case inSubCommand:
		switch b {
		case iac:
			t.collect(b)
			t.state = inSub
		case se:
			t.state = inData
			if n := len(t.sub); n > 0 && n <= subLimit {
				t.subnegotiate(t.sub[0], t.sub[1:])
			}
		default: // the end was lost: this command is outside
			return t.command(b)
		}
	}
	return false
}

// command takes the byte after an iac.
func (t *telnet) command(b byte) bool {
	t.state = inData
	switch b {
	case will, wont, do, dont:
		t.verb, t.state = b, inOption
	case sb:
		t.sub, t.state = t.sub[:0], inSub
	}
	return b == iac
}

// collect keeps one byte more than the limit, by which one that is too long is
// known.
func (t *telnet) collect(b byte) {
	if len(t.sub) <= subLimit {
		t.sub = append(t.sub, b)
	}
}
