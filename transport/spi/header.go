package spi

import "encoding/binary"

const (
	headerSize = 8
	wordSize   = 4 // the module moves whole 32-bit words
	magic      = 0x55AA

	// MaxPayload is the most payload of one frame in either direction, in
	// bytes: one buffer of the module's AT build.
	MaxPayload = 6144

	flagStall = 1 << 2 // of byte 4
	padding   = 0x88   // ours; the module ignores its value
)

// filler is the word that a module clocks out when it has nothing to send.
var filler = [wordSize]byte{0xDD, 0xCC, 0xBB, 0xAA}

// header is what the eight bytes before a payload say.
type header struct {
	length int   // payload bytes, without header and padding
	stall  bool  // the module had no room: it threw our payload away
	kind   uint8 // 0 is the AT stream
}

// putHeader writes a host's header, little endian: magic, length, flags (0 from
// a host), type 0, two reserved bytes.
func putHeader(b []byte, length int) {
	binary.LittleEndian.PutUint16(b, magic)
	binary.LittleEndian.PutUint16(b[2:], uint16(length))
	clear(b[4:headerSize])
}

// parseHeader reads a module's header. Only magic and length can be wrong: the
// version, the unused flags and the reserved bytes carry nothing that is needed,
// and a later firmware may use them.
func parseHeader(b []byte) (header, bool) {
	h := header{
		length: int(binary.LittleEndian.Uint16(b[2:])),
		stall:  b[4]&flagStall != 0,
		kind:   b[5],
	}
	return h, binary.LittleEndian.Uint16(b) == magic && h.length <= MaxPayload
}

// padded is what n bytes of payload take on the wire.
func padded(n int) int { return (n + wordSize - 1) &^ (wordSize - 1) }

// overlong tells that a frame's length was more than the module sent: then its
// last word, padding included, is filler.
func overlong(body []byte) bool {
	return len(body) >= wordSize && [wordSize]byte(body[len(body)-wordSize:]) == filler
}
