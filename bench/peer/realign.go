package peer

import "encoding/binary"

const (
	maxPend  = 2048     // undecided bytes that are held
	keepPend = 1024     // and that stay when more come
	maxJump  = 64 << 20 // bytes between the offset that is due and one that a word may name
	nearSize = 256      // bytes about the cursor in which short runs are looked for
	nearRun  = 4        // bytes in a row that show the place there; fewer are a coincidence
)

// realign finds out what became of the undecided bytes, the first of which is not the one that is due. It decides at least
// one of them, or moves the cursor to where the first belongs. False means that more bytes are needed.
func (c *checker) realign(final bool) bool {
	word, off, found := c.anchor()
	if !found && !final {
		c.shrink()
		return false
	}
	at := len(c.pend)
	if found {
		at, off = c.back(word, off)
	} else {
		word = at
	}
	if c.skipped == 0 {
		run := c.pend[:min(word, at+nearRun-1)] // by chance, back may have gone too far
		if i, o, ok := c.near(run, at, off, found); ok {
			at, off, found = i, o, true
		}
	}
	switch {
	case !found:
		c.bad(c.next)
		c.giveUp()
	case at == 0 && c.skipped == 0: // nothing lies between: left out, sent again, or in another order
		c.jump(off)
	default:
		c.bad(c.next)
		c.bridge(at, off)
	}
	return true
}

// jump moves the cursor to off, where the first undecided byte belongs.
func (c *checker) jump(off int64) {
	n := c.alike(off)
	c.untake(n)
	c.bad(c.next)
	c.moveTo(off - n)
	c.cover(c.next, off, true, c.marks[0].t)
	c.next = off
}

func (c *checker) moveTo(off int64) {
	if off != c.next {
		c.next, c.runs = off, [4]run{}
	}
}

// alike is how many of the bytes that were decided last are just as well those before off, so that they
// belong there, where the stream goes on: all headers begin alike, and bytes may be equal by chance.
// Blocks that are complete are left alone.
func (c *checker) alike(off int64) int64 {
	var was, is [headerSize]byte
	n := min(c.known(), c.next%c.size, off%c.size, headerSize)
	c.stream.Fill(was[:n], c.next-n)
	c.stream.Fill(is[:n], off-n)
	for i := n - 1; i >= 0; i-- {
		if was[i] != is[i] {
			return n - 1 - i
		}
	}
	return n
}

// anchor is the first whole word that names its place: its index in pend and its offset.
func (c *checker) anchor() (at int, off int64, found bool) {
	for ; c.scanned+wordSize <= len(c.pend); c.scanned++ {
		word := wordIndex(binary.LittleEndian.Uint64(c.pend[c.scanned:]), c.key)
		if word >= 1<<60 {
			continue
		}
		off := int64(word * wordSize)
		if d := off - c.next; d >= -maxJump && d <= maxJump && c.stream.telling(off) >= wordSize {
			return c.scanned, off, true
		}
	}
	return 0, 0, false
}

// back follows the match of pend[at:] with the stream from off on to its start.
func (c *checker) back(at int, off int64) (int, int64) {
	var buf [32]byte
	for at > 0 && off > 0 {
		e := buf[:min(int64(len(buf)), int64(at), off)]
		c.stream.Fill(e, off-int64(len(e)))
		for i := len(e) - 1; i >= 0; i-- {
			if e[i] != c.pend[at-1] {
				return at, off
			}
			at, off = at-1, off-1
		}
	}
	return at, off
}

// near looks for the first short run in p, the undecided bytes, that shows its place near the cursor. It begins before
// pend[at], of which found says that it is known to belong to off. Where bytes were just changed in place or put in, it has
// to be the very first: in many bytes one finds many a coincidence.
func (c *checker) near(p []byte, at int, off int64, found bool) (i int, o int64, ok bool) {
	if at > nearSize {
		return 0, 0, false
	}
	last := min(at-1, len(p)-nearRun)
	if gap := off - c.next; found && (gap == int64(at) || gap <= 0 && gap > -nearRun) {
		last = min(last, 0)
	}
	for i := 0; i <= last; i++ {
		if o, ok := c.longest(p[i:], c.next+int64(i)); ok {
			return i, o, true
		}
	}
	return 0, 0, false
}

// longest is the offset near the cursor of the longest prefix of p that is there; of equally long ones the nearest to
// favour. Headers and texts do not count, as much is alike in them.
func (c *checker) longest(p []byte, favour int64) (best int64, ok bool) {
	var buf [3 * nearSize]byte
	start := max(0, c.next-nearSize)
	c.stream.Fill(buf[:], start)
	length := nearRun - 1
	for i, v := range buf {
		if v != p[0] {
			continue
		}
		off := start + int64(i)
		n := int(min(int64(common(p, buf[i:])), c.stream.telling(off)))
		if n > length || ok && n == length && abs(off-favour) < abs(best-favour) {
			best, length, ok = off, n, true
		}
	}
	return best, ok
}

func abs(n int64) int64 { return max(n, -n) }

// right is how many bytes of p are those of the stream from off on, without headers and texts.
func (c *checker) right(p []byte, off int64) int {
	n := 0
	for len(p) > 0 {
		e := c.expected(off)
		e = e[:min(len(e), len(p))]
		for i, v := range e {
			if p[i] == v && c.stream.telling(off+int64(i)) > 0 {
				n++
			}
		}
		p, off = p[len(e):], off+int64(len(e))
	}
	return n
}

// bridge decides the undecided bytes before pend[at], which is the byte of offset off, and goes there. As many of them as
// were due were changed in place; what is left over is foreign, or was lost.
func (c *checker) bridge(at int, off int64) {
	total, gap := c.skipped+int64(at), off-c.next
	if gap < 0 && gap > -nearRun && total > 0 && int64(at)-gap <= int64(len(c.pend)) {
		// Foreign bytes that end, or began, like the stream does here.
		total, gap, off = total-gap, 0, c.next
	}
	n := min(total, max(gap, 0))
	c.inPlace(n)
	c.take(total-n, foreign)
	c.moveTo(off)
}

// inPlace decides that the first n undecided bytes are in their place, right or not.
func (c *checker) inPlace(n int64) {
	gone := min(n, c.skipped)
	c.take(gone, corrupt)
	for n -= gone; n > 0; {
		if k := c.prefix(c.pend[:n]); k > 0 {
			c.take(int64(k), good)
			n -= int64(k)
			continue
		}
		c.take(1, corrupt)
		n--
	}
}

// shrink bounds the undecided bytes that are held. Where a part of them is right in place, they are in place; else only their number is kept.
func (c *checker) shrink() {
	if len(c.pend) <= maxPend {
		return
	}
	c.bad(c.next)
	old := c.pend[:len(c.pend)-keepPend]
	if 8*c.right(old, c.next+c.skipped) >= len(old) {
		c.inPlace(c.skipped + int64(len(old)))
		return
	}
	c.text = isText(old) && (c.skipped == 0 || c.text)
	c.skipped += int64(len(old))
	c.scanned -= len(old)
	c.pend = c.pend[:copy(c.pend, c.pend[len(old):])]
}

// giveUp decides all undecided bytes, with nothing behind them that shows where they belong.
func (c *checker) giveUp() {
	n := c.skipped + int64(len(c.pend))
	switch {
	case n >= nearRun && isText(c.pend) && (c.skipped == 0 || c.text):
		c.take(n, foreign)
	case n < pieceSize || 8*c.right(c.pend, c.next+c.skipped) >= len(c.pend):
		c.inPlace(n)
	default:
		c.take(n, foreign)
	}
}

// isText says whether all bytes are printable ASCII or end a line.
func isText(p []byte) bool {
	for _, v := range p {
		if (v < ' ' || v > '~') && v != '\r' && v != '\n' && v != '\t' {
			return false
		}
	}
	return true
}
