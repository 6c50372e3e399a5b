package peer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// apart is how far apart faults have to be for their counts to be exact, by the package's documentation.
const apart = 64

// Blocks of so many bytes, without and with a pattern, show where they belong.
const (
	placed        = 15
	placedPattern = 64
)

// damaged is a stream on its way through a channel that does damage, and what
// the receiver has to count.
type damaged struct {
	s       Stream
	sent    int64 // bytes of the stream that have been dealt with
	lostEnd int64 // behind the last byte that was left out
	wire    []byte
	want    Report
}

func newDamaged(s Stream) *damaged {
	return &damaged{s: s, lostEnd: -MaxBlock, want: Report{FirstBad: -1}}
}

// pass lets n bytes through.
func (d *damaged) pass(n int64) { d.send(d.sent, n); d.sent += n; d.want.Good += n }

func (d *damaged) send(off, n int64) { d.wire = append(d.wire, bytesOf(d.s, off, n)...) }

// toBlock lets bytes through up to the next start of a block.
func (d *damaged) toBlock() {
	size := int64(d.s.Block)
	d.pass((size - d.sent%size) % size)
}

func (d *damaged) drop(n int64) {
	d.sent += n
	d.lostEnd = d.sent
	d.want.Lost += n
}

// flip changes the bytes of the next n for which mask is not 0.
func (d *damaged) flip(mask []byte) {
	d.send(d.sent, int64(len(mask)))
	for i, m := range mask {
		d.wire[len(d.wire)-len(mask)+i] ^= m
		if m != 0 {
			d.want.Corrupt++
		} else {
			d.want.Good++
		}
	}
	d.sent += int64(len(mask))
}

// again sends n bytes that end back bytes ago a second time, unless bytes were left out there: of those that are equal to
// their neighbours, or to those a block further, nobody can tell which.
func (d *damaged) again(n, back int64) {
	from := d.sent - back - n
	if d.lostEnd+int64(d.s.Block) > from {
		return
	}
	d.send(from, n)
	d.want.Duplicate += n
}

func (d *damaged) insert(p []byte) {
	d.wire = append(d.wire, p...)
	d.want.Foreign += int64(len(p))
}

// placed is the size from which on a block shows by itself where it belongs.
func (d *damaged) placed() int64 {
	if d.s.texts() != nil {
		return placedPattern
	}
	return placed
}

// text puts text in that is not of the stream. What shares a text with it cannot be told from a part of it that came twice.
func (d *damaged) text(s string) {
	for _, own := range d.s.texts() {
		if strings.Contains(s, string(own)) || strings.Contains(string(own), s) {
			return
		}
	}
	d.insert([]byte(s))
}

// swap sends the next n blocks after the m that follow them.
func (d *damaged) swap(n, m int64) {
	n, m = n*int64(d.s.Block), m*int64(d.s.Block)
	d.send(d.sent+n, m)
	d.send(d.sent, n)
	d.sent += n + m
	d.want.Good += n + m
	d.want.Reordered += n
}

// check feeds the wire in reads of the sizes that next gives.
func (d *damaged) check(next func() int) error {
	c := newChecker(d.s)
	for p, t := d.wire, int64(1); len(p) > 0; t++ {
		n := min(next(), len(p))
		c.feed(p[:n], t)
		p = p[n:]
	}
	c.finish()
	got := c.r
	got.Blocks, got.FirstBlock, got.LastBlock = 0, 0, 0
	d.want.Bytes = int64(len(d.wire))
	if d.want.FirstBad >= 0 && got.FirstBad != d.want.FirstBad {
		return fmt.Errorf("first bad byte at %d, want %d", got.FirstBad, d.want.FirstBad)
	}
	got.FirstBad = d.want.FirstBad
	if got != d.want {
		return fmt.Errorf("blocks of %d bytes:\n got %+v\nwant %+v", d.s.Block, got, d.want)
	}
	return nil
}

// reads draws the sizes of reads.
func reads(t *rapid.T) func() int {
	sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(1, 5000), rapid.Just(1), rapid.Just(65536)), 1, 10).Draw(t, "reads")
	i := -1
	return func() int { i = (i + 1) % len(sizes); return sizes[i] }
}

var words = []string{"\r\nSEND OK\r\n", "\r\n+CIPDINFO:\"TCP\"\r\n", "busy p...\r\n", "\r\nERROR\r\n", "+IPD,0,5:"}

// fault does one fault, drawn from t.
func (d *damaged) fault(t *rapid.T) {
	length := func(max int64) int64 {
		return rapid.OneOf(rapid.Int64Range(1, min(9, max)), rapid.Int64Range(1, max)).Draw(t, "length")
	}
	size := int64(d.s.Block)
	switch rapid.SampledFrom([]string{"drop", "flip", "scatter", "repeat", "repeat block", "text", "noise", "swap", "drop block"}).Draw(t, "fault") {
	case "drop":
		d.drop(length(5000))
	case "drop block":
		d.toBlock()
		d.drop(size * length(3))
	case "flip":
		d.flip(slices.Repeat([]byte{rapid.ByteRange(1, 255).Draw(t, "mask")}, int(length(6000))))
	case "scatter":
		d.flip(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 1, 0x80, 0xff}), 1, 300).Draw(t, "mask"))
	case "repeat":
		d.again(min(length(5000), d.sent), 0)
	case "repeat block":
		if d.toBlock(); size >= d.placed() {
			d.again(size, size*rapid.Int64Range(0, d.sent/size-1).Draw(t, "back"))
		} else {
			d.again(size, 0)
		}
	case "text":
		d.text(rapid.SampledFrom(words).Draw(t, "text"))
	case "noise":
		other := Stream{ID: d.s.ID, Seed: d.s.Seed + 1, Block: 1}
		d.insert(bytesOf(other, rapid.Int64Range(0, 1000).Draw(t, "noise"), length(4000)+8))
	case "swap":
		d.toBlock()
		n, m := int64(1), int64(1)
		if size >= d.placed() {
			n, m = rapid.Int64Range(1, 3).Draw(t, "n"), rapid.Int64Range(1, 3).Draw(t, "m")
		}
		next := bytesOf(d.s, d.sent, (n+m)*size+1)
		if (size >= d.placed() || size >= nearRun && d.s.texts() == nil) && next[0] != next[(n+m)*size] && next[0] != next[n*size] {
			d.swap(n, m)
		}
	}
}

// One fault of each kind, anywhere: the counts are exact, however the bytes are read.
func TestFaultsAreCountedExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDamaged(anyStream(t))
		for range rapid.IntRange(1, 6).Draw(t, "faults") {
			d.pass(rapid.OneOf(rapid.Int64Range(apart, 200), rapid.Int64Range(apart, 20000)).Draw(t, "good"))
			d.fault(t)
		}
		d.pass(rapid.Int64Range(apart, 300).Draw(t, "rest"))
		if err := d.check(reads(t)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestUndamaged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDamaged(rapid.SampledFrom([]func(*rapid.T) Stream{anyStream, aPattern}).Draw(t, "kind")(t))
		d.pass(rapid.Int64Range(0, 100000).Draw(t, "bytes"))
		if err := d.check(reads(t)); err != nil {
			t.Fatal(err)
		}
	})
}

// Blocks in any order: those that come after later ones are Reordered, and nothing else is wrong.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(15, MinFramed+20), rapid.SampledFrom([]int{1460, 6144})).Draw(t, "block")
		s := Stream{Seed: rapid.Uint64().Draw(t, "seed"), Block: size}
		if size >= placedPattern {
			s.Pattern = rapid.SampledFrom(Patterns()).Draw(t, "pattern")
		}
		d := newDamaged(s)
		n := rapid.IntRange(2, 12).Draw(t, "blocks")
		order := rapid.Permutation(sequence(n)).Draw(t, "order")
		d.pass(int64(rapid.IntRange(0, 5).Draw(t, "before") * size))
		top := int64(-1)
		for _, block := range order {
			d.send(d.sent+block*int64(size), int64(size))
			if block < top {
				d.want.Reordered += int64(size)
			}
			top = max(top, block)
		}
		d.sent += int64(n * size)
		d.want.Good += int64(n * size)
		d.pass(int64(rapid.SampledFrom([]int{0, apart}).Draw(t, "rest")))
		if err := d.check(reads(t)); err != nil {
			t.Fatal(err)
		}
	})
}

func sequence(n int) []int64 {
	s := make([]int64, n)
	for i := range s {
		s[i] = int64(i)
	}
	return s
}

// Text whose ends equal the stream on both sides of it is foreign to its full length.
func TestTextThatLooksLikeTheStream(t *testing.T) {
	s := Stream{Seed: 4, Block: 6144}
	at := bytes.Index(bytesOf(s, 0, 4<<20), []byte("\n\r"))
	if at < apart {
		t.Fatalf("no place for the text: %d", at)
	}
	d := newDamaged(s)
	d.pass(int64(at) + 1)
	d.insert([]byte("\r\nSEND OK\r\n"))
	d.pass(500)
	if err := d.check(func() int { return 1000 }); err != nil {
		t.Error(err)
	}
}

// A sender that uses another block size differs in headers and checksums only.
func TestOtherBlockSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, sent := anyStream(t), anyStream(t)
		sent.ID, sent.Seed = s.ID, s.Seed
		d := newDamaged(s)
		d.wire = bytesOf(sent, 0, 50000)
		for i, v := range bytesOf(s, 0, 50000) {
			if d.wire[i] == v {
				d.want.Good++
			} else {
				d.want.Corrupt++
			}
		}
		if s.Block < 1000 || sent.Block < 1000 { // too much damage to be exact: it has to end, and to count every byte
			c := newChecker(s)
			c.feed(d.wire, 1)
			c.finish()
			if r := c.r; r.Good+r.Duplicate+r.Corrupt+r.Foreign != 50000 {
				t.Fatalf("%+v", r)
			}
			return
		}
		if err := d.check(reads(t)); err != nil {
			t.Fatal(err)
		}
	})
}
