package inet

import (
	"time"

	"st67bench/transport/emulator/core"
)

// quiet is how long the host has to be silent for a block that is not full to be
// sent, and before and after +++ (manual 4.1.9.1.1, 4.1.12.2).
const quiet = 20 * time.Millisecond

// maxBlock is the largest block of the data modes, in bytes.
const maxBlock = 2920

var escape = [3]byte{'+', '+', '+'}

// intake gathers what the host sends in a data mode into blocks: full ones, and
// what there is when the host has been silent. It looks for +++, which over SPI
// is a frame of its own, and on a line three bytes with silence on both sides
// and less than that between them.
type intake struct {
	c     *core.Call
	block int
	quit  bool // +++ has come

	buf   [maxBlock + core.PayloadSize]byte
	n     int
	given int       // of buf, by the last next
	last  time.Time // when the last byte came
	burst int       // bytes since the last silence, 4 for more than three
	idle  bool
}

// begin starts with nothing taken.
func (in *intake) begin(c *core.Call, block int) {
	in.c, in.block = c, block
	in.n, in.given, in.burst, in.idle, in.quit = 0, 0, 0, false, false
	in.last = time.Time{}
}

// next returns the next block, of at most left bytes; nil and quit when +++ has
// come. It is valid until the next call. ok is false when the module is switched
// off.
func (in *intake) next(left int) (p []byte, ok bool) {
	in.n = copy(in.buf[:], in.buf[in.given:in.n])
	in.given = 0
	for {
		switch {
		case in.n >= min(in.block, left):
			return in.give(min(in.block, left)), true
		case in.n > 0 && (in.idle || in.quit):
			return in.give(in.n), true
		case in.quit:
			return nil, true
		}
		if !in.take(left) {
			return nil, false
		}
	}
}

func (in *intake) give(n int) []byte {
	in.given = n
	return in.buf[:n]
}

// take waits for bytes or silence; false when the module is switched off.
func (in *intake) take(left int) bool {
	c, before := in.c, in.c.At()
	to := in.buf[in.n:]
	if !c.Framed() {
		to = to[:min(in.block, left)-in.n]
	}
	n, first, ok := 0, time.Time{}, false
	if in.n == 0 {
		n, first, ok = c.Take(to)
	} else {
		// After a wait for the radio the host may have been held off: it is silent
		// from then on at the earliest.
		n, first, ok = c.TakeBefore(to, before.Add(quiet))
	}
	in.note(n, first, c.At())
	// What was sent while the radio was awaited has come before now.
	return ok && c.Pause(before)
}

// note takes account of n bytes, from the first to the last; of silence when
// there are none.
func (in *intake) note(n int, first, last time.Time) {
	in.idle = n == 0
	got := in.buf[in.n : in.n+n]
	switch {
	case in.c.Framed():
		in.quit = n == len(escape) && [3]byte(got) == escape
	case in.idle:
		in.quit = in.burst == len(escape) && [3]byte(in.buf[:3]) == escape
		if in.quit {
			in.n = 0
		}
	case first.Sub(in.last) > quiet:
		in.burst = 0
	}
	if in.quit || in.idle {
		return
	}
	in.burst = min(in.burst+n, len(escape)+1)
	in.n += n
	in.last = last
}
