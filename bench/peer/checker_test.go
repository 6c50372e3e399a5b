package peer

import (
	"slices"
	"testing"
)

// FirstBad is where the first fault begins.
func TestFirstBad(t *testing.T) {
	for _, size := range []int64{8, MinFramed, 1460} {
		for name, c := range map[string]struct {
			at    int64
			fault func(*damaged)
		}{
			"changed byte":           {1003, func(d *damaged) { d.flip([]byte{0x40}) }},
			"changed run":            {2 * size, func(d *damaged) { d.flip(slices.Repeat([]byte{1}, 500)) }},
			"text between blocks":    {200 * size, func(d *damaged) { d.insert([]byte("\r\nSEND OK\r\n")) }},
			"block left out":         {200 * size, func(d *damaged) { d.drop(size) }},
			"block sent twice":       {200 * size, func(d *damaged) { d.again(size, 0) }},
			"blocks in other order":  {200 * size, func(d *damaged) { d.swap(1, 1) }},
			"many bytes changed":     {5000, func(d *damaged) { d.flip(slices.Repeat([]byte{3}, 50000)) }},
			"every other one":        {5000, func(d *damaged) { d.flip(slices.Repeat([]byte{3, 0}, 3000)) }},
			"a lot left out":         {5000, func(d *damaged) { d.drop(10 << 20) }},
			"a lot of another thing": {5000, func(d *damaged) { d.insert(bytesOf(Stream{Seed: 99, Block: 1}, 0, 1<<20)) }},
		} {
			d := newDamaged(Stream{ID: 3, Seed: 11, Block: int(size)})
			d.pass(c.at)
			c.fault(d)
			d.want.FirstBad = c.at
			d.pass(500)
			if err := d.check(func() int { return 1460 }); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// arrivalTimes feeds one block per read, in the order given, at 1, 2, 3 ...
func arrivalTimes(s Stream, order ...int64) *checker {
	c := newChecker(s)
	for i, n := range order {
		c.feed(bytesOf(s, n*int64(s.Block), int64(s.Block)), int64(i)+1)
	}
	return c
}

func TestArrivals(t *testing.T) {
	for _, size := range []int{20, MinFramed, 6144} {
		c := arrivalTimes(Stream{Seed: 5, Block: size}, 0, 1, 4, 2, 5, 5, 6).settled()
		var got []int64
		for n := range int64(8) {
			got = append(got, c.ring.at(n))
		}
		if want := []int64{1, 2, 4, 0, 3, 5, 7, 0}; !slices.Equal(got, want) {
			t.Errorf("blocks of %d bytes arrived at %v, want %v", size, got, want)
		}
		b := int64(size)
		want := Report{Bytes: 7 * b, Good: 6 * b, Lost: b, Reordered: b, Duplicate: b, FirstBad: 2 * b, Blocks: 6, FirstBlock: b, LastBlock: 6 * b}
		if c.r != want || c.first != 1 || c.last != 7 {
			t.Errorf("blocks of %d bytes: %+v, from %d to %d, want %+v, from 1 to 7", size, c.r, c.first, c.last, want)
		}
	}
}

// The time of a block is that of the read with its last byte, also when what is wrong with it shows later only.
func TestArrivalOfDamagedBlock(t *testing.T) {
	s := Stream{Seed: 5, Block: 100}
	p := bytesOf(s, 0, 1000)
	p[199] ^= 1
	p[350] ^= 1
	c := newChecker(s)
	for i := range 100 {
		c.feed(p[10*i:10*i+10], int64(i)+1)
		if i == 19 {
			if at := c.settled().ring.at(1); at != 20 {
				t.Errorf("asked directly, the block has arrived at %d, want 20", at)
			}
		}
	}
	for n := range int64(10) {
		if got := c.ring.at(n); got != 10*n+10 {
			t.Errorf("block %d arrived at %d, want %d", n, got, 10*n+10)
		}
	}
	if c.r.Corrupt != 2 || c.r.Good != 998 || c.r.Blocks != 10 {
		t.Errorf("counted %+v", c.r)
	}
}

// What is not kept has no time; memory stays bounded with and without Forget.
func TestArrivalsAreBounded(t *testing.T) {
	var a arrivals
	for n := range int64(100000) {
		a.set(n, n+1, n+1)
		a.forget(n - 10)
	}
	if len(a.ring) > 64 || a.at(99999) != 100000 || a.at(5) != 0 {
		t.Errorf("%d slots, block 99999 at %d, block 5 at %d", len(a.ring), a.at(99999), a.at(5))
	}
	for _, n := range []int64{1 << 21, 1 << 40} {
		a.set(n, n+1, n)
		if len(a.ring) != maxArrivals || a.at(n) != n || a.at(n-1) != 0 || a.at(n-2*maxArrivals) != 0 {
			t.Errorf("%d slots, block %d at %d", len(a.ring), n, a.at(n))
		}
	}
	a.forget(1 << 50)
	a.set(5, 6, 7)
	if a.at(5) != 0 || a.at(1<<50) != 0 {
		t.Error("forgotten blocks have a time")
	}
}

func TestHoles(t *testing.T) {
	var h holes
	for i := range int64(3) {
		h.add(10*i, 10*i+5)
	}
	cut := func(a, b int64, want span, ok bool) {
		t.Helper()
		if got, found := h.cut(a, b); got != want || found != ok {
			t.Errorf("cut %d to %d: %v, %v; want %v, %v", a, b, got, found, want, ok)
		}
	}
	cut(5, 10, span{}, false)
	cut(2, 12, span{2, 5}, true)
	cut(11, 13, span{11, 13}, true)
	h.put(11, 12)
	cut(0, 30, span{0, 2}, true)
	cut(0, 30, span{10, 11}, true)
	cut(0, 30, span{11, 12}, true)
	cut(0, 30, span{13, 15}, true)
	cut(20, 25, span{20, 25}, true)
	cut(0, 30, span{}, false)
	for i := range int64(2 * maxHoles) {
		h.add(10*i, 10*i+5)
	}
	if len(h) != maxHoles || h[0].a != 10*maxHoles {
		t.Errorf("%d holes, the first %v", len(h), h[0])
	}
}

// In the steady state nothing is allocated, however the bytes come.
func TestSteadyStateDoesNotAllocate(t *testing.T) {
	for _, s := range []Stream{{Block: 1}, {Block: 16}, {Block: 64}, {Block: 6144}, {Block: 3, Pattern: "plus"}, {Block: 1460, Pattern: "final"}} {
		for _, read := range []int64{7, 1460, 65536} {
			c, p, at := newChecker(s), make([]byte, read), int64(0)
			step := func() {
				s.Fill(p, at)
				at += read
				c.feed(p, at)
				c.ring.forget(at / int64(s.Block))
			}
			for range 200 {
				step()
			}
			if n := testing.AllocsPerRun(200, step); n != 0 {
				t.Errorf("blocks of %d, reads of %d: %v allocations a read", s.Block, read, n)
			}
			if c.r.Good != at || c.r.FirstBad != -1 {
				t.Fatalf("%+v", c.r)
			}
		}
	}
}
