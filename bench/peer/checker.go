package peer

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	dueSize   = 16 << 10 // expected bytes made at a time: they stay in the first-level cache
	pieceSize = 64       // undecided bytes are looked at in pieces of this size
)

// kind is what a byte that arrived turned out to be.
type kind int

const (
	good    kind = iota // the byte of the stream at the cursor
	corrupt             // another one in its place
	foreign             // none of the stream
)

// mark is a number of bytes that one read brought, and its time.
type mark struct{ n, t int64 }

// checker compares what arrives with the stream. Times are in ns from an epoch
// of the caller, and above 0.
//
// Bytes are decided, and counted, in the order of their arrival. Where
// something is wrong, they wait in pend until a later word shows what.
type checker struct {
	stream Stream
	key    uint64
	size   int64 // of a block

	next  int64  // cursor: the offset that is due
	top   int64  // behind the last byte that arrived
	holes holes  // what is missing below top
	runs  [4]run // what the last bytes before the cursor were, the latest first

	r           Report // all but the times and the connection
	first, last int64
	ring        arrivals

	due   []byte // expected bytes
	dueAt int64  // offset of due[0]

	skipped int64  // undecided bytes that are no longer held, before pend
	text    bool   // those are all text
	pend    []byte // undecided bytes
	scanned int    // no word before this index of pend names its place
	marks   []mark // reads of the undecided bytes, oldest first
}

func newChecker(s Stream) *checker {
	c := &checker{stream: s, key: s.key(), size: int64(s.Block)}
	c.r.FirstBad = -1
	c.pend = make([]byte, 0, maxPend+pieceSize)
	c.newDue()
	return c
}

func (c *checker) newDue() {
	c.due = make([]byte, 0, max(1, dueSize/c.stream.Block)*c.stream.Block)
}

// clone is an independent copy.
func (c *checker) clone() *checker {
	d := *c
	d.holes = slices.Clone(c.holes)
	d.ring.ring = slices.Clone(c.ring.ring)
	d.pend = slices.Clone(c.pend)
	d.marks = slices.Clone(c.marks)
	d.newDue()
	return &d
}

// settled is the checker as if the connection ended here.
func (c *checker) settled() *checker {
	if len(c.pend) == 0 {
		return c
	}
	d := c.clone()
	d.finish()
	return d
}

// feed takes what one read brought at time t.
func (c *checker) feed(p []byte, t int64) {
	c.r.Bytes += int64(len(p))
	for len(p) > 0 {
		if len(c.pend) == 0 {
			p = p[c.match(p, t):]
		}
		n := min(len(p), pieceSize)
		c.hold(p[:n], t)
		p = p[n:]
	}
}

// finish decides all that is left, at the end of the connection.
func (c *checker) finish() { c.resolve(true) }

// match counts the bytes of p that are due, and returns how many: all in the steady state.
func (c *checker) match(p []byte, t int64) int {
	n := c.prefix(p)
	c.cover(c.next, c.next+int64(n), true, t)
	c.next += int64(n)
	return n
}

// hold puts bytes to the undecided ones and decides what can be decided.
func (c *checker) hold(p []byte, t int64) {
	if len(p) == 0 {
		return
	}
	c.pend = append(c.pend, p...)
	c.addMark(int64(len(p)), t)
	c.resolve(false)
}

// resolve decides the undecided bytes; all of them when no more will come.
func (c *checker) resolve(final bool) {
	for len(c.pend) > 0 {
		if c.skipped == 0 {
			c.take(int64(c.prefix(c.pend)), good)
		}
		if len(c.pend) > 0 && !c.realign(final) {
			return
		}
	}
}

// prefix is how many bytes of p are those that are due.
func (c *checker) prefix(p []byte) int {
	for n := 0; n < len(p); {
		e := c.expected(c.next + int64(n))
		k := common(p[n:], e)
		n += k
		if k < len(e) {
			return n
		}
	}
	return len(p)
}

// expected is some bytes of the stream from off on, at least one.
func (c *checker) expected(off int64) []byte {
	i := off - c.dueAt
	if i < 0 || i >= int64(len(c.due)) {
		c.due = c.due[:int64(cap(c.due))-off%c.size] // up to the end of a block
		c.dueAt, i = off, 0
		c.stream.Fill(c.due, off)
	}
	return c.due[i:]
}

// common is the length of the common prefix.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	if bytes.Equal(a[:n], b[:n]) {
		return n
	}
	i := 0
	for ; i+wordSize <= n; i += wordSize {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
