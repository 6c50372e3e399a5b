package peer

import "slices"

// maxMarks bounds the reads of undecided bytes whose times are kept apart.
const maxMarks = 4096

// run is a number of bytes directly before the cursor that were all the same: new, late or there already.
type run struct {
	n  int64
	is rank
}

// rank is how a good byte of the stream arrived.
type rank int

const (
	fresh rank = iota // after all before it
	late              // after later ones
	again             // not for the first time
)

// ran notes that n further bytes before the cursor were of a rank.
func (c *checker) ran(n int64, is rank) {
	if n == 0 {
		return
	}
	if is != c.runs[0].is {
		copy(c.runs[1:], c.runs[:])
		c.runs[0] = run{is: is}
	}
	c.runs[0].n += n
}

// known is how many bytes directly before the cursor can be taken back.
func (c *checker) known() (n int64) {
	for _, r := range c.runs {
		n += r.n
	}
	return n
}

// untake moves the cursor n bytes back, over bytes that did not end a block, and takes them off the counts.
func (c *checker) untake(n int64) {
	for _, r := range c.runs {
		part := min(n, r.n)
		switch r.is {
		case fresh:
			c.top -= part
			c.r.Good -= part
		case late:
			c.holes.put(c.next-part, c.next)
			c.r.Good -= part
			c.r.Reordered -= part
			c.r.Lost += part
		case again:
			c.r.Duplicate -= part
		}
		c.next -= part
		n -= part
	}
}

// addMark notes the time of n further undecided bytes. Where there are too many reads, bytes take the time of the read after theirs.
func (c *checker) addMark(n, t int64) {
	if i := len(c.marks) - 1; i >= 0 && (c.marks[i].t == t || len(c.marks) == maxMarks) {
		c.marks[i].n, c.marks[i].t = c.marks[i].n+n, t
		return
	}
	c.marks = append(c.marks, mark{n, t})
}

// take decides the first n undecided bytes. Those of the stream move the cursor.
func (c *checker) take(n int64, k kind) {
	held := max(0, n-c.skipped)
	c.skipped -= n - held
	c.pend = c.pend[:copy(c.pend, c.pend[held:])]
	c.scanned = max(0, c.scanned-int(held))
	used := 0
	for n > 0 {
		m := &c.marks[used]
		part := min(n, m.n)
		if k == foreign {
			c.r.Foreign += part
		} else {
			c.cover(c.next, c.next+part, k == good, m.t)
			c.next += part
		}
		n -= part
		if m.n -= part; m.n == 0 {
			used++
		}
	}
	c.marks = slices.Delete(c.marks, 0, used)
}

// cover counts the offsets [a, b), whose bytes arrived at t with the right value or with another.
func (c *checker) cover(a, b int64, right bool, t int64) {
	if !right {
		c.r.Corrupt += b - a
	}
	for a < min(b, c.top) {
		part, missing := c.holes.cut(a, min(b, c.top))
		if !missing {
			part = span{min(b, c.top), min(b, c.top)}
		}
		c.duplicate(part.a-a, right)
		c.late(part, right, t)
		a = part.b
	}
	if a < b {
		c.fresh(span{a, b}, right, t)
	}
	if !right {
		c.runs = [4]run{}
	}
}

func (c *checker) duplicate(n int64, right bool) {
	if right {
		c.r.Duplicate += n
		c.ran(n, again)
	}
}

// late counts a part of a hole.
func (c *checker) late(s span, right bool, t int64) {
	n := s.b - s.a
	c.r.Lost -= n
	if right {
		c.r.Reordered += n
		c.ran(n, late)
	}
	c.arrive(s.a, s.b, right, t)
}

// fresh counts bytes behind all that had arrived.
func (c *checker) fresh(s span, right bool, t int64) {
	if s.a > c.top {
		c.holes.add(c.top, s.a)
		c.r.Lost += s.a - c.top
	}
	c.ran(s.b-s.a, fresh)
	c.arrive(s.a, s.b, right, t)
	c.top = s.b
}

// arrive counts the offsets [a, b), none of which had arrived, and the blocks that end there.
func (c *checker) arrive(a, b int64, right bool, t int64) {
	first, last := a/c.size, b/c.size
	before := func(off int64) int64 { // good bytes before the offset
		if right {
			return c.r.Good + off - a
		}
		return c.r.Good
	}
	if first < last {
		if c.r.Blocks == 0 {
			c.first = t
		}
		c.r.Blocks += last - first
		c.last = t
		c.ring.set(first, last, t)
	}
	c.r.Good = before(b)
	if t == c.first {
		c.r.FirstBlock = c.r.Good
	}
	if t == c.last {
		c.r.LastBlock = c.r.Good
	}
}

// bad notes the offset of the first fault.
func (c *checker) bad(off int64) {
	if c.r.FirstBad < 0 {
		c.r.FirstBad = off
	}
}
