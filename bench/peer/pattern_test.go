package peer

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The texts, written down a second time from the documentation.
var documented = map[string][]string{
	"zero":   {strings.Repeat("\x00", 16)},
	"plus":   {"+++"},
	"crlf":   {"\r\n"},
	"ipd":    {"\r\n+IPD,0,5:", "+IPD:0,5,"},
	"final":  {"\r\nOK\r\n", "\r\nERROR\r\n", "SEND OK"},
	"prompt": {"\r\n>"},
}

// A receiver that knows nothing but the documented rule finds the texts where they ought to be, and else the stream
// without them.
func TestPatternFormat(t *testing.T) {
	for name, texts := range documented {
		for _, c := range []struct {
			block int
			pitch int64
		}{{3, 61}, {61, 67}, {1460, 61}, {61 * 67, 71}, {8192, 61}, {MaxBlock, 61}} {
			s := Stream{ID: 9, Seed: 7, Block: c.block, Pattern: name}
			want := bytesOf(Stream{ID: 9, Seed: 7, Block: 1}, 0, 200_000)
			for at := int64(0); at < int64(len(want)); at += c.pitch {
				copy(want[at:], texts[at/int64(c.block)%int64(len(texts))])
			}
			if got := bytesOf(s, 0, int64(len(want))); !bytes.Equal(got, want) {
				t.Errorf("%s in blocks of %d bytes is not as documented", name, c.block)
			}
		}
	}
}

// Within pitch x texts blocks every text has been cut at every place by the end of a block, and has begun and ended one; and a block
// of a text's length was that text alone.
func TestTextsAreCutEverywhere(t *testing.T) {
	for name, texts := range documented {
		for _, size := range []int64{1, 2, 3, 7, 9, 11, 16, 61, 64, 1460, 2920, 61 * 67} {
			s := Stream{Seed: 7, Block: int(size), Pattern: name}
			wire := bytesOf(s, 0, (71*int64(len(texts))+1)*size+100)
			for _, text := range texts {
				for cut := range int64(len(text) + 1) {
					found := false
					for n := int64(0); n+1 < int64(len(wire))/size && !found; n++ {
						at := (n+1)*size - cut // a text that has cut bytes before the end of block n
						found = at >= 0 && bytes.HasPrefix(wire[at:], []byte(text))
					}
					if !found {
						t.Errorf("%s, blocks of %d bytes: %q is never cut after %d bytes", name, size, text, cut)
					}
				}
				if int64(len(text)) == size && !slices.ContainsFunc(slices.Collect(slices.Chunk(wire, int(size))), func(b []byte) bool { return string(b) == text }) {
					t.Errorf("%s: no block of %d bytes is %q", name, size, text)
				}
			}
		}
	}
}

func TestPatternNames(t *testing.T) {
	for _, name := range append(Patterns(), "") {
		if err := (Stream{Block: 1, Pattern: name}).validate(); err != nil {
			t.Error(err)
		}
	}
	if err := (Stream{Block: 1, Pattern: "burn"}).validate(); err == nil || !strings.Contains(err.Error(), `"burn"; there are stream, zero, plus, crlf, ipd, final, prompt`) {
		t.Error(err)
	}
	if p := Patterns(); len(p) != len(documented)+1 || p[0] != "stream" {
		t.Errorf("patterns %v", p)
	}
	a, b := Stream{ID: 1, Seed: 2, Block: 1000, Pattern: "stream"}, Stream{ID: 1, Seed: 2, Block: 1000}
	if !bytes.Equal(bytesOf(a, 0, 5000), bytesOf(b, 0, 5000)) {
		t.Error("the pattern stream is not the stream")
	}
}

// aPattern draws a stream with texts in it.
func aPattern(t *rapid.T) Stream {
	s := anyStream(t)
	s.Pattern = rapid.SampledFrom(Patterns()[1:]).Draw(t, "pattern")
	return s
}

// One fault of each kind, anywhere in a stream with texts: the counts are exact, however the bytes are read.
func TestFaultsInPatternsAreCountedExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDamaged(aPattern(t))
		for range rapid.IntRange(1, 6).Draw(t, "faults") {
			d.pass(rapid.OneOf(rapid.Int64Range(apart, 200), rapid.Int64Range(apart, 20000)).Draw(t, "good"))
			d.fault(t)
		}
		d.pass(rapid.Int64Range(apart, 300).Draw(t, "rest"))
		if err := d.check(reads(t)); err != nil {
			t.Fatalf("%+v: %v", d.s, err)
		}
	})
}

// Text of the module that got in between, though the stream has such text of its own: nothing is taken for lost or changed, and each
// byte of it is Foreign, or Duplicate where the stream has it as well.
func TestTextOfTheModuleInPatterns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := aPattern(t)
		at := rapid.Int64Range(apart, 300).Draw(t, "at")
		text := rapid.SampledFrom(words).Draw(t, "text")
		wire := slices.Concat(bytesOf(s, 0, at), []byte(text), bytesOf(s, at, apart))
		c := newChecker(s)
		c.feed(wire, 1)
		c.finish()
		if r := c.r; r.Good != at+apart || r.Foreign+r.Duplicate != int64(len(text)) || r.Lost+r.Corrupt+r.Reordered != 0 {
			t.Fatalf("%+v: %+v", s, r)
		}
	})
}
