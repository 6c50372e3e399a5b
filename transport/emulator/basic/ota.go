package basic

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"st67bench/transport/emulator/core"
)

// otaHeader is the length of an image's header, which has to come whole in the
// first OTASEND, and of what it holds (firmware source).
const (
	otaHeader  = 512
	typeOffset = 16 // 4 bytes: XZ is a packed image, RAW is refused
	sizeOffset = 20 // 4 bytes, little endian: of the image that follows
	hashOffset = 64 // SHA-256 of the image
)

// Limits of OTASEND's length, in bytes: that of the firmware source, and of the
// data phase.
const (
	otaChunk    = 4096
	otaChunkMax = core.PayloadSize
)

// update is a firmware update under way.
type update struct {
	started bool
	image   *image // nil until a header was taken
}

// image is what OTASEND writes.
type image struct {
	address uint32 // of the partition
	size    int    // that the header says
	taken   int
	want    []byte
	sum     hash.Hash
}

// updating is AT+OTASTART?.
func (f *Family) updating(c *core.Call) error {
	c.Line("+OTASTART:%d", bit(f.update.started))
	return nil
}

// startUpdate is AT+OTASTART=<enable>; 0 gives the update up.
func (f *Family) startUpdate(c *core.Call) error {
	if err := set(c, &f.update.started); err != nil {
		return err
	}
	if !f.update.started {
		f.update.image = nil
	}
	return nil
}

// sendUpdate is AT+OTASEND=<length>.
func (f *Family) sendUpdate(c *core.Call) error {
	if !f.update.started {
		return core.NotConfigured
	}
	least, most := int64(1), int64(otaChunkMax)
	if f.update.image == nil {
		least = otaHeader
	}
	if f.m.Quirks.Has(core.OTA4096) {
		most = otaChunk
	}
	n := int(c.Args.Int(0, least, most))
	if err := c.Args.Err(); err != nil {
		return err
	}
	c.Say(bothText)
	c.Collect(n)
	return nil
}

// updateSent takes a piece of the image. One that is refused ends the image: the
// next piece has to begin with a header again.
func (f *Family) updateSent(c *core.Call, p []byte) error {
	ok := f.takeImage(p)
	if !ok {
		f.update.image = nil
	}
	return f.taken(c, len(p), ok || f.m.Quirks.Has(core.OTAOK))
}

func (f *Family) takeImage(p []byte) bool {
	if f.update.image == nil {
		if f.update.image = f.newImage(p[:otaHeader]); f.update.image == nil {
			return false
		}
		p = p[otaHeader:]
	}
	i := f.update.image
	p = p[:min(len(p), i.size-i.taken)] // the excess is cut
	if !f.chip.write(i.address+uint32(i.taken), p) {
		return false
	}
	i.sum.Write(p)
	i.taken += len(p)
	return true
}

// newImage reads the header and erases the partition that does not run; nil when
// the image does not fit or is not a packed one.
func (f *Family) newImage(header []byte) *image {
	fw := f.table()[firmware]
	place := 1 - fw.Active
	size := binary.LittleEndian.Uint32(header[sizeOffset:])
	kind := header[typeOffset : typeOffset+4]
	if bytes.HasPrefix(kind, []byte("RAW\x00")) || size > fw.Size[place] || !f.chip.erase(fw.Address[place], int(fw.Size[place])) {
		return nil
	}
	want := bytes.Clone(header[hashOffset : hashOffset+sha256.Size])
	return &image{address: fw.Address[place], size: int(size), want: want, sum: sha256.New()}
}

// finishUpdate is AT+OTAFIN: a good image becomes the active one at the restart.
// The firmware says OK before it looks at the image.
func (f *Family) finishUpdate(c *core.Call) error {
	i := f.update.image
	if i == nil {
		return core.NotConfigured
	}
	f.update.image = nil
	if i.taken != i.size || !bytes.Equal(i.sum.Sum(nil), i.want) {
		if f.m.Quirks.Has(core.OTAOK) {
			return nil
		}
		return core.Failed
	}
	t := f.table()
	t[firmware].Active = 1 - t[firmware].Active
	t[firmware].Age++
	f.m.Flash.Keep(tableKey, t)
	c.Reboot()
	return nil
}
