package peer

import (
	"math"
	"slices"
)

// pattern is a stream in which texts stand that a parser of the module's dialog, or of a line, might take for its own.
type pattern struct {
	name  string
	texts [][]byte // none longer than maxText
}

// maxText is the longest text, in bytes. Between two of them at least pitches[0] - maxText = 45 bytes of payload stay, which
// hold whole words wherever they lie, so that the stream can be placed by its payload alone.
const maxText = 16

// patterns are in the order of [Patterns].
var patterns = []pattern{
	{name: "stream"},
	{"zero", [][]byte{make([]byte, maxText)}},
	{"plus", [][]byte{[]byte("+++")}},
	{"crlf", [][]byte{[]byte("\r\n")}},
	{"ipd", [][]byte{[]byte("\r\n+IPD,0,5:"), []byte("+IPD:0,5,")}},
	{"final", [][]byte{[]byte("\r\nOK\r\n"), []byte("\r\nERROR\r\n"), []byte("SEND OK")}},
	{"prompt", [][]byte{[]byte("\r\n>")}},
}

// Patterns are the names that [Stream.Pattern] may have, the first of which is the stream without texts.
func Patterns() []string {
	names := make([]string, len(patterns))
	for i, p := range patterns {
		names[i] = p.name
	}
	return names
}

// texts are those of the stream's pattern.
func (s Stream) texts() [][]byte {
	if s.Pattern == "" {
		return nil
	}
	i := slices.IndexFunc(patterns, func(p pattern) bool { return p.name == s.Pattern })
	return patterns[max(i, 0)].texts
}

// pitches are what lies between the starts of two texts. Each is prime, so that the texts come to stand at every place of a
// block that is no multiple of it; no block has all three as factors.
var pitches = [...]int64{61, 67, 71}

// pitch is how many bytes after a text the next one begins.
func (s Stream) pitch() int64 {
	for _, p := range pitches {
		if int64(s.Block)%p != 0 {
			return p
		}
	}
	return 0 // no block of up to MaxBlock bytes
}

// text is the one that begins at the offset: those of a pattern take turns from block to block.
func (s Stream) text(texts [][]byte, start int64) []byte {
	return texts[start/int64(s.Block)%int64(len(texts))]
}

// write puts the texts over the payload in p, which is that from offset on.
func (s Stream) write(texts [][]byte, p []byte, offset int64) {
	pitch := s.pitch()
	for start := offset - offset%pitch; start < offset+int64(len(p)); start += pitch {
		overlay(p, start-offset, s.text(texts, start))
	}
}

// telling is how many bytes from the offset on, up to the next header or text, are only there in the stream; none within a header
// or a text, for those are alike.
func (s Stream) telling(off int64) int64 {
	if texts := s.texts(); texts != nil {
		pitch := s.pitch()
		at := off % pitch
		if at < int64(len(s.text(texts, off-at))) {
			return 0
		}
		return pitch - at
	}
	size := int64(s.Block)
	at := off % size
	switch {
	case !s.framed():
		return math.MaxInt64
	case at < headerSize:
		return 0
	}
	return size - at
}
