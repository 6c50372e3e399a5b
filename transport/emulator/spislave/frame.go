package spislave

import "encoding/binary"

const (
	headerSize = 8
	wordSize   = 4 // the module moves 32-bit words

	// MaxPayload is the size of one buffer of the AT build, in bytes.
	MaxPayload = 6144

	// buffers is how many there are in each direction.
	buffers = 2

	typeAT    = 0
	stallFlag = 1 << 2
)

var (
	magic    = [2]byte{0xAA, 0x55}
	oldMagic = [2]byte{0x01, 0x55}
	filler   = [wordSize]byte{0xDD, 0xCC, 0xBB, 0xAA}
)

// buffer is one frame: header, payload and padding.
type buffer struct {
	bytes [headerSize + MaxPayload]byte
	n     int // bytes in use, header included
	size  int // of the payload, in a frame of ours
}

// fill makes p, at most MaxPayload bytes, the payload, and pads it.
func (b *buffer) fill(p []byte) {
	b.size = copy(b.bytes[headerSize:], p)
	b.n = headerSize + b.size
	for b.n%wordSize != 0 {
		b.bytes[b.n] = 0
		b.n++
	}
}

// head writes the header of a frame of ours.
func (b *buffer) head(stalled, old bool) {
	h := b.bytes[:headerSize]
	clear(h)
	copy(h, magic[:])
	if old {
		copy(h, oldMagic[:])
	}
	binary.LittleEndian.PutUint16(h[2:], uint16(b.size))
	h[5] = typeAT
	if stalled {
		h[4] = stallFlag
	}
}

// announced is the number of payload bytes that a host's header says.
func (b *buffer) announced() int { return int(binary.LittleEndian.Uint16(b.bytes[2:])) }

// add takes what the host clocks in; what is more than a frame is lost.
func (b *buffer) add(p []byte) { b.n += copy(b.bytes[b.n:], p) }

// fault is what is wrong with a host's frame.
type fault uint8

const (
	sound     fault = iota
	bad             // wrong magic or length, or fewer bytes than announced
	otherType       // not for the AT stream
)

func (b *buffer) check() fault {
	switch {
	case b.n < headerSize, [2]byte(b.bytes[:2]) != magic, b.announced() > b.n-headerSize:
		return bad
	case b.bytes[5] != typeAT:
		return otherType
	}
	return sound
}
