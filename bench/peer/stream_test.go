package peer

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"pgregory.net/rapid"
)

// The first five outputs of the SplitMix64 generator for the seed 1234567, as published with
// the reference implementation's ports (Rosetta Code, "Pseudo-random numbers/Splitmix64").
func TestMixIsSplitMix64(t *testing.T) {
	var state uint64 = 1234567
	for i, want := range []uint64{
		6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
	} {
		state += golden
		if got := mix(state); got != want {
			t.Errorf("output %d is %d, want %d", i, got, want)
		}
	}
}

func TestWordsNameTheirPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, word := rapid.Uint64().Draw(t, "key"), rapid.Uint64().Draw(t, "word")
		if got := wordIndex(mix(key+word*golden), key); got != word {
			t.Fatalf("word %d names %d", word, got)
		}
	})
}

func anyStream(t *rapid.T) Stream {
	size := rapid.OneOf(rapid.IntRange(1, 64), rapid.IntRange(1, 3000), rapid.SampledFrom([]int{MinFramed, 64, 1460, 2920, 6144, 8192, 20000}))
	return Stream{ID: rapid.Uint32().Draw(t, "id"), Seed: rapid.Uint64().Draw(t, "seed"), Block: size.Draw(t, "block")}
}

// bytesOf is n bytes of the stream from off on.
func bytesOf(s Stream, off, n int64) []byte {
	p := make([]byte, n)
	s.Fill(p, off)
	return p
}

// However it is cut, the stream is the same.
func TestFillAtAnyOffset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]func(*rapid.T) Stream{anyStream, aPattern}).Draw(t, "kind")(t)
		whole := bytesOf(s, 0, 4*int64(s.Block)+100)
		from := rapid.IntRange(0, len(whole)).Draw(t, "from")
		to := rapid.IntRange(from, len(whole)).Draw(t, "to")
		if got := bytesOf(s, int64(from), int64(to-from)); !bytes.Equal(got, whole[from:to]) {
			t.Fatalf("bytes %d to %d of %+v differ from those of the whole", from, to, s)
		}
	})
}

// A receiver that knows nothing but the documented format finds the blocks right.
func TestBlockFormat(t *testing.T) {
	table := crc32.MakeTable(crc32.Castagnoli)
	for _, size := range []int{MinFramed, 100, 1460, 6144, MaxBlock} {
		for _, seq := range []int64{0, 1, 300, 1 << 33} {
			s := Stream{ID: 0x01020304, Seed: 7, Block: size}
			b := bytesOf(s, seq*int64(size), int64(size))
			var h struct {
				Magic          [4]byte
				Version, Flags uint8
				Header         uint16
				Stream         uint32
				Seq            uint64
				Len, CRC       uint32
			}
			if err := binary.Read(bytes.NewReader(b), binary.BigEndian, &h); err != nil {
				t.Fatal(err)
			}
			want := h
			want.Magic, want.Version, want.Flags, want.Header = [4]byte{0x3A, 0xB6, 0x7E, 0xD1}, 1, 0, 28
			want.Stream, want.Seq, want.Len = 0x01020304, uint64(seq), uint32(size-32)
			if h != want {
				t.Errorf("block of %d bytes, number %d: header %+v", size, seq, h)
			}
			if want := crc32.Checksum(b[:24], table); h.CRC != want {
				t.Errorf("block of %d bytes: header checksum %08x, want %08x", size, h.CRC, want)
			}
			if got, want := binary.BigEndian.Uint32(b[size-4:]), crc32.Checksum(b[28:size-4], table); got != want {
				t.Errorf("block of %d bytes: checksum %08x, want %08x", size, got, want)
			}
		}
	}
}

// The first MiB of three streams that differ in one parameter share no aligned word with each other.
func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]int{}
	for i, s := range []Stream{{ID: 0, Seed: 0, Block: 1}, {ID: 1, Seed: 0, Block: 1}, {ID: 0, Seed: 1, Block: 1}} {
		p := bytesOf(s, 0, 1<<20)
		for ; len(p) > 0; p = p[8:] {
			v := binary.LittleEndian.Uint64(p)
			if j, ok := seen[v]; ok {
				t.Fatalf("streams %d and %d share the word %016x", i, j, v)
			}
			seen[v] = i
		}
	}
}

func TestFillDoesNotAllocate(t *testing.T) {
	for _, size := range []int{8, 64, 6144} {
		for _, pattern := range Patterns() {
			s, p := Stream{Seed: 1, Block: size, Pattern: pattern}, make([]byte, 6144)
			if n := testing.AllocsPerRun(100, func() { s.Fill(p, 0); s.Fill(p[:100], 6100) }); n != 0 {
				t.Errorf("Fill of blocks of %d bytes, %s, allocates %v times", size, pattern, n)
			}
		}
	}
}

func TestBlockSizes(t *testing.T) {
	for size, ok := range map[int]bool{-1: false, 0: false, 1: true, MaxBlock: true, MaxBlock + 1: false} {
		if err := (Stream{Block: size}).validate(); (err == nil) != ok {
			t.Errorf("blocks of %d bytes: %v", size, err)
		}
	}
}
