package at

import (
	"bytes"
	"strconv"
	"time"
)

const (
	maxReply = 16 << 20 // bytes of one reply; more of them are an error
	seenMax  = 256      // how many of the last bytes of an exchange an error shows; a power of two
	ready    = "ready"  // what the module prints when it has started
)

// exchange is one command, or one command with its data phase, as the reader
// sees it. There is one per Session, used again and again.
type exchange struct {
	active bool // the end of the reply was not seen yet
	left   bool // the caller gave up; what still comes of the reply is swallowed
	send   bool // with a data phase
	size   int  // bytes of payload
	opt    SendOptions
	cmd    []byte // the command line with CRLF

	tap func(p []byte, t time.Time) // what passthrough, which begins at the prompt, gives its bytes to

	r       Response // its instants
	text    []byte   // the lines of the reply, one after the other
	ends    []int    // where in text each line ends
	data    []byte
	final   []byte
	code    uint32
	refused bool  // the final code is a bad one
	err     error // what cut the exchange off
	seen    tail
}

// begin starts the exchange anew.
func (x *exchange) begin(line []byte, send bool, size int, o SendOptions) {
	*x = exchange{
		active: true, send: send, size: size, opt: o,
		cmd:  append(append(x.cmd[:0], line...), '\r', '\n'),
		r:    Response{Lines: x.r.Lines[:0]},
		text: x.text[:0], ends: x.ends[:0], data: x.data[:0], final: x.final[:0],
		seen: tail{ring: x.seen.ring},
	}
}

// prompted says whether the data phase has begun.
func (x *exchange) prompted() bool { return !x.r.Prompt.IsZero() }

// acknowledged says whether the final code of the data phase needs no Recv before it.
func (x *exchange) acknowledged() bool { return x.opt.NoRecv || x.opt.MayRecv }

// awaits says whether this byte at the start of a line is the prompt.
func (x *exchange) awaits(prompt, c byte) bool {
	return x.active && x.send && !x.prompted() && c == prompt
}

// echo says whether the line is the command itself coming back (ATE1), which can
// only be the first line of a reply.
func (x *exchange) echo(line []byte) bool {
	return len(x.ends) == 0 && x.r.Accepted.IsZero() && !x.prompted() && string(line) == string(x.cmd[:len(x.cmd)-2])
}

// first keeps the read that brought the first byte of the reply.
func (x *exchange) first(t time.Time) {
	if x.r.First.IsZero() {
		x.r.First = t
	}
}

// add keeps a line of the reply.
func (x *exchange) add(line []byte) {
	x.text = append(x.text, line...)
	x.ends = append(x.ends, len(x.text))
}

// recv reads "Recv 1460 bytes", which acknowledges the payload.
func recv(line []byte) (n int, ok bool) {
	line, ok = bytes.CutPrefix(line, []byte("Recv "))
	if !ok {
		return 0, false
	}
	line, ok = bytes.CutSuffix(line, []byte(" bytes"))
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(string(line))
	return n, err == nil
}

// response makes the Response of an exchange that ended well.
func (x *exchange) response() Response {
	from := 0
	for _, to := range x.ends {
		x.r.Lines = append(x.r.Lines, x.text[from:to:to])
		from = to
	}
	r := x.r
	r.Data, r.Final = x.data, x.final
	return r
}

// want names what the exchange waits for.
func (x *exchange) want() string {
	switch {
	case !x.send:
		return "final code"
	case !x.prompted():
		return `">"`
	case !x.acknowledged() && x.r.Recv.IsZero():
		return wantRecv(x.size)
	}
	return "final code"
}

// tail keeps the last bytes of a stream.
type tail struct {
	ring  []byte // seenMax long
	total int
}

func (b *tail) write(p []byte) {
	if over := len(p) - seenMax; over > 0 {
		b.total += over
		p = p[over:]
	}
	for len(p) > 0 {
		n := copy(b.ring[b.total%seenMax:], p)
		b.total += n
		p = p[n:]
	}
}

// bytes returns what is kept, in order; cut says that there was more before it.
func (b *tail) bytes() (p []byte, cut bool) {
	if b.total <= seenMax {
		return bytes.Clone(b.ring[:b.total]), false
	}
	at := b.total % seenMax
	return append(bytes.Clone(b.ring[at:]), b.ring[:at]...), true
}
