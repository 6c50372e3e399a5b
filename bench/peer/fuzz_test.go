package peer

import "testing"

// wireOf turns fuzz data into what arrives: it follows a stream, and the data says where it does not.
func wireOf(s Stream, ops []byte) []byte {
	var wire []byte
	var at int64
	for len(ops) >= 2 && len(wire) < 1<<16 {
		op, n := ops[0], int64(ops[1])
		ops = ops[2:]
		switch op % 8 {
		case 0, 1:
			wire = append(wire, bytesOf(s, at, 8*n)...)
			at += 8 * n
		case 2:
			at += n * n * n
		case 3:
			at = max(0, at-n*n)
		case 4:
			k := min(int(n), len(ops))
			wire, ops = append(wire, ops[:k]...), ops[k:]
		case 5:
			if len(wire) > int(n) {
				wire[len(wire)-1-int(n)] ^= op
			}
		case 6:
			wire = append(wire, bytesOf(s, at, n%16)...)
			at += n % 16
		case 7:
			if n > 0 { // the sender uses another block size
				other := Stream{Seed: s.Seed, Block: int(8 * n)}
				wire = append(wire, bytesOf(other, at, 8*n)...)
				at += 8 * n
			}
			at = at / int64(s.Block) * int64(s.Block)
		}
	}
	return wire
}

func FuzzChecker(f *testing.F) {
	f.Add(uint64(1), uint16(48), uint16(7), []byte{0, 200, 4, 11, 'S', 'E', 'N', 'D', 0, 30, 2, 3, 0, 9, 3, 2, 1, 50})
	f.Add(uint64(2), uint16(1), uint16(1000), []byte{0, 200, 5, 1, 5, 9, 6, 3, 2, 1, 6, 4, 3, 1, 6, 7, 0, 40})
	f.Add(uint64(3), uint16(1460), uint16(1), []byte{2, 255, 0, 255, 3, 255, 6, 9, 3, 4, 6, 9, 3, 5, 6, 9, 7, 0, 0, 255})
	f.Add(uint64(4), uint16(2*8192+1459), uint16(100), []byte{0, 200, 4, 5, '+', '+', '+', '\r', '\n', 0, 30, 3, 4, 0, 40, 5, 20, 0, 9, 2, 3, 0, 50})
	f.Add(uint64(5), uint16(5*8192+2), uint16(7), []byte{0, 200, 2, 3, 0, 90, 4, 6, '\r', '\n', 'O', 'K', '\r', '\n', 0, 30, 6, 5, 0, 50})
	f.Fuzz(func(t *testing.T, seed uint64, block, read uint16, ops []byte) {
		patterns := append(Patterns(), "")
		s := Stream{Seed: seed, Block: int(block)%8192 + 1, Pattern: patterns[block/8192]}
		wire := wireOf(s, ops)
		whole, parts := newChecker(s), newChecker(s)
		whole.feed(wire, 1)
		for i, p := 0, wire; len(p) > 0; i++ {
			n := min(int(read)%4096+1, len(p))
			parts.feed(p[:n], 1)
			p = p[n:]
			if i < 20 {
				consistent(t, parts.settled())
			}
			if len(parts.pend) > maxPend+pieceSize || len(parts.holes) > maxHoles || len(parts.marks) > maxMarks {
				t.Fatalf("%d bytes, %d holes, %d reads held", len(parts.pend), len(parts.holes), len(parts.marks))
			}
		}
		whole.finish()
		parts.finish()
		consistent(t, parts)
		if whole.r != parts.r {
			t.Fatalf("in one read  %+v\nin several %+v", whole.r, parts.r)
		}
	})
}

// consistent checks what holds for every report.
func consistent(t *testing.T, c *checker) {
	t.Helper()
	r := c.r
	if r.Bytes != r.Good+r.Duplicate+r.Corrupt+r.Foreign {
		t.Fatalf("a byte is not one of four: %+v", r)
	}
	if r.Good < 0 || r.Lost < 0 || r.Duplicate < 0 || r.Reordered < 0 || r.Reordered > r.Good || r.Blocks < 0 || r.LastBlock < r.FirstBlock {
		t.Fatalf("implausible: %+v", r)
	}
	if missing := c.top - r.Good - r.Lost; missing < 0 || missing > r.Corrupt {
		t.Fatalf("of %d bytes, %d good, %d lost, %d corrupt", c.top, r.Good, r.Lost, r.Corrupt)
	}
	if (r.FirstBad < 0) != (r.Lost+r.Duplicate+r.Reordered+r.Corrupt+r.Foreign == 0) {
		t.Fatalf("first bad byte: %+v", r)
	}
	if len(c.pend) != 0 || c.skipped != 0 || len(c.marks) != 0 {
		t.Fatalf("%d+%d bytes undecided", c.skipped, len(c.pend))
	}
}
