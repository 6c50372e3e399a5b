package trace

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// The frame of a .ppk2, by APPNOTE.TXT 6.3.10 of PKWARE. archive/zip writes an entry of unknown size with its size behind it,
// where a program that reads the archive front to back cannot find it unless the entry is compressed. Here the size is put
// into the local header when it is known, which is at the end.

const (
	localSignature   = 0x04034b50
	centralSignature = 0x02014b50
	endSignature     = 0x06054b50
	end64Signature   = 0x06064b50
	locator64        = 0x07064b50

	localSize    = 30              // of a local header without its name
	growthHint   = 0xa220          // id of an extra field that keeps room
	growthSign   = 0xa028          // begins that field
	zip64        = 0x0001          // id of the extra field with sizes of 64 bits
	zip64Version = 45              // of the format that can do that
	firstDay     = 1<<5 | 1        // 1980-01-01: a date is asked for, and when samples were taken is in the metadata
	room         = 4 + 8 + 8       // the extra field of the samples' local header
	full         = math.MaxUint32  // a field of 32 bits that says: look at the one of 64
	samplesName  = "session.raw"   // entries of a .ppk2
	metadataName = "metadata.json" //
	minimapName  = "minimap.raw"   //

	samplesOffset = int64(localSize + len(samplesName) + room) // where the samples begin in a file of ours
)

// entry is one of the archive, stored without compression.
type entry struct {
	name   string
	offset int64 // of its local header
	size   int64
	crc    uint32
	room   bool // its local header has room for sizes of 64 bits
}

// local is its local header. That of an entry with room is as long for any size.
func (e entry) local() []byte {
	long := e.size >= full
	b := binary.LittleEndian.AppendUint32(nil, localSignature)
	b = e.common(b, long)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(e.name)))
	extra := 0
	if e.room {
		extra = room
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(extra))
	b = append(b, e.name...)
	switch {
	case !e.room:
	case long:
		b = binary.LittleEndian.AppendUint16(b, zip64)
		b = binary.LittleEndian.AppendUint16(b, room-4)
		b = binary.LittleEndian.AppendUint64(b, uint64(e.size))
		b = binary.LittleEndian.AppendUint64(b, uint64(e.size))
	default:
		b = binary.LittleEndian.AppendUint16(b, growthHint)
		b = binary.LittleEndian.AppendUint16(b, room-4)
		b = binary.LittleEndian.AppendUint16(b, growthSign)
		b = append(b, make([]byte, room-4-2)...)
	}
	return b
}

// common are the fields that both headers have: from the version needed to the sizes.
func (e entry) common(b []byte, long bool) []byte {
	version, size := uint16(20), uint32(e.size)
	if long {
		version = zip64Version
	}
	if e.size >= full {
		size = full
	}
	b = binary.LittleEndian.AppendUint16(b, version)
	b = append(b, 0, 0, 0, 0, 0, 0) // no flags, stored, midnight
	b = binary.LittleEndian.AppendUint16(b, firstDay)
	b = binary.LittleEndian.AppendUint32(b, e.crc)
	b = binary.LittleEndian.AppendUint32(b, size)
	return binary.LittleEndian.AppendUint32(b, size)
}

// central is its header in the central directory.
func (e entry) central() []byte {
	var extra []byte
	if e.size >= full {
		extra = binary.LittleEndian.AppendUint64(extra, uint64(e.size))
		extra = binary.LittleEndian.AppendUint64(extra, uint64(e.size))
	}
	offset := uint32(full)
	if e.offset >= full {
		extra = binary.LittleEndian.AppendUint64(extra, uint64(e.offset))
	} else {
		offset = uint32(e.offset)
	}
	if extra != nil {
		head := binary.LittleEndian.AppendUint16(nil, zip64)
		extra = append(binary.LittleEndian.AppendUint16(head, uint16(len(extra))), extra...)
	}
	b := binary.LittleEndian.AppendUint32(nil, centralSignature)
	b = binary.LittleEndian.AppendUint16(b, zip64Version)
	b = e.common(b, extra != nil)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(e.name)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(extra)))
	b = append(b, make([]byte, 2+2+2+4)...) // no comment, first disk, no attributes
	b = binary.LittleEndian.AppendUint32(b, offset)
	return append(append(b, e.name...), extra...)
}

// directory is the end of an archive: the central directory, which begins at an offset, and what says where it is.
func directory(entries []entry, at int64) []byte {
	var b []byte
	for _, e := range entries {
		b = append(b, e.central()...)
	}
	size, n := uint64(len(b)), uint16(len(entries))
	offset := uint32(min(at, full))
	if at >= full {
		end := at + int64(len(b))
		b = binary.LittleEndian.AppendUint32(b, end64Signature)
		b = binary.LittleEndian.AppendUint64(b, 44) // what follows of this record
		b = binary.LittleEndian.AppendUint16(b, zip64Version)
		b = binary.LittleEndian.AppendUint16(b, zip64Version)
		b = append(b, make([]byte, 8)...) // first disk, twice
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
		b = binary.LittleEndian.AppendUint64(b, size)
		b = binary.LittleEndian.AppendUint64(b, uint64(at))
		b = binary.LittleEndian.AppendUint32(b, locator64)
		b = append(b, 0, 0, 0, 0)
		b = binary.LittleEndian.AppendUint64(b, uint64(end))
		b = binary.LittleEndian.AppendUint32(b, 1)
	}
	b = binary.LittleEndian.AppendUint32(b, endSignature)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, n)
	b = binary.LittleEndian.AppendUint16(b, n)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = binary.LittleEndian.AppendUint32(b, offset)
	return append(b, 0, 0)
}

// tail is what follows the samples: the small entries and the directory.
func tail(samples entry, metadata, minimap []byte) []byte {
	at := samplesOffset + samples.size
	entries := []entry{samples}
	var b []byte
	for _, e := range []struct {
		name string
		data []byte
	}{{metadataName, metadata}, {minimapName, minimap}} {
		small := entry{name: e.name, offset: at + int64(len(b)), size: int64(len(e.data)), crc: crc32.ChecksumIEEE(e.data)}
		entries = append(entries, small)
		b = append(append(b, small.local()...), e.data...)
	}
	return append(b, directory(entries, at+int64(len(b)))...)
}
