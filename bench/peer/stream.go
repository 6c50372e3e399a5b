package peer

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

const (
	headerSize  = 28
	trailerSize = 4
	wordSize    = 8

	// MinFramed is the smallest block, in bytes, that carries header and checksum. Its 16 bytes of payload hold at
	// least one whole word wherever the block lies, so that each block can be placed by its payload alone.
	MinFramed = headerSize + 2*wordSize + trailerSize

	// MaxBlock is the largest block, in bytes.
	MaxBlock = 1 << 16

	// BlockHead are the first bytes of each block that carries a header.
	BlockHead = "\x3A\xB6\x7E\xD1"

	magic   = 0x3AB67ED1
	version = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Stream says which bytes are sent: they are a function of it and of the offset alone, so the receiver knows each one.
type Stream struct {
	ID    uint32
	Seed  uint64
	Block int // bytes of one block, which is one send, 1 to MaxBlock; from MinFramed on it carries header and checksum, below the stream is implicit
	// Pattern is what else stands in the payload, one of [Patterns]; "" is nothing. With one the stream is implicit.
	Pattern string
}

func (s Stream) validate() error {
	if s.Block < 1 || s.Block > MaxBlock {
		return fmt.Errorf("peer: stream %d has blocks of %d bytes; allowed are 1 to %d", s.ID, s.Block, MaxBlock)
	}
	if s.Pattern != "" && !slices.Contains(Patterns(), s.Pattern) {
		return fmt.Errorf("peer: stream %d has the pattern %.40q; there are %s", s.ID, s.Pattern, strings.Join(Patterns(), ", "))
	}
	return nil
}

func (s Stream) framed() bool { return s.Block >= MinFramed && s.texts() == nil }

// key is the counter of the stream's first word.
func (s Stream) key() uint64 { return mix(s.Seed + golden*(uint64(s.ID)+1)) }

// Fill writes the bytes of the stream from offset on into p; offset is 0 or more. It does not allocate, and is
// fastest when p holds whole blocks.
func (s Stream) Fill(p []byte, offset int64) {
	noise(p, s.key(), offset)
	if texts := s.texts(); texts != nil {
		s.write(texts, p, offset)
		return
	}
	if !s.framed() {
		return
	}
	size := int64(s.Block)
	for start := offset - offset%size; start < offset+int64(len(p)); start += size {
		s.frame(p, start-offset, start)
	}
}

// frame writes header and checksum over the payload in p for the block that starts at the stream offset start and
// at index at of p, which may lie before p; and the block may end after p.
func (s Stream) frame(p []byte, at, start int64) {
	end := at + int64(s.Block) - trailerSize
	if at >= 0 && end+trailerSize <= int64(len(p)) {
		s.header(p[at:at+headerSize], start)
		b := p[at : at+headerSize]
		binary.BigEndian.PutUint32(b[headerSize-4:], crc32.Checksum(b[:headerSize-4], castagnoli))
		binary.BigEndian.PutUint32(p[end:], crc32.Checksum(p[at+headerSize:end], castagnoli))
		return
	}
	var b [headerSize]byte
	if at+headerSize > 0 {
		s.header(b[:], start)
		binary.BigEndian.PutUint32(b[headerSize-4:], ^crcTable(^uint32(0), b[:headerSize-4]))
		overlay(p, at, b[:])
	}
	if end < int64(len(p)) {
		binary.BigEndian.PutUint32(b[:], s.payloadCRC(start))
		overlay(p, end, b[:trailerSize])
	}
}

// header writes all of the header but its checksum.
func (s Stream) header(b []byte, start int64) {
	binary.BigEndian.PutUint32(b, magic)
	b[4], b[5] = version, 0
	binary.BigEndian.PutUint16(b[6:], headerSize)
	binary.BigEndian.PutUint32(b[8:], s.ID)
	binary.BigEndian.PutUint64(b[12:], uint64(start/int64(s.Block)))
	binary.BigEndian.PutUint32(b[20:], uint32(s.Block-headerSize-trailerSize))
}

// payloadCRC is the checksum of a block that is not in memory as a whole.
func (s Stream) payloadCRC(start int64) uint32 {
	var b [64 * wordSize]byte
	crc, key := ^uint32(0), s.key()
	for off, end := start+headerSize, start+int64(s.Block)-trailerSize; off < end; {
		part := b[:min(int64(len(b)), end-off)]
		noise(part, key, off)
		crc = crcTable(crc, part)
		off += int64(len(part))
	}
	return ^crc
}

// crcTable is the inner loop of CRC-32C. hash/crc32 is faster, but what is handed to it moves to the heap.
func crcTable(crc uint32, p []byte) uint32 {
	for _, v := range p {
		crc = castagnoli[byte(crc)^v] ^ crc>>8
	}
	return crc
}

// overlay copies the part of src that falls into p when src starts at index at, which may be negative.
func overlay(p []byte, at int64, src []byte) {
	if at < 0 {
		src, at = src[min(-at, int64(len(src))):], 0
	}
	if at < int64(len(p)) {
		copy(p[at:], src)
	}
}
