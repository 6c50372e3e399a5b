package basic

import (
	"bytes"
	"fmt"

	"st67bench/transport/emulator/core"
)

const (
	chipSize = 4 << 20 // B; the partitions of manual 2.2.22.2 end below it
	pageSize = 4096    // B; what is erased at once
)

// erased is a page that nothing was written to.
var erased = bytes.Repeat([]byte{0xff}, pageSize)

// chip is the module's flash chip; pages that are erased take no memory.
type chip struct{ flash *core.Flash }

func pageKey(page uint32) string { return fmt.Sprintf("unit/chip/%03x", page) }

// page returns a page's content, which the caller must not change.
func (h chip) page(page uint32) []byte {
	if p, ok := h.flash.Get(pageKey(page)); ok {
		return p
	}
	return erased
}

// holds says whether n bytes from address on are in the chip.
func (h chip) holds(address uint32, n int) bool {
	return uint64(address)+uint64(n) <= chipSize
}

// read fills p from address on; false when that is not in the chip.
func (h chip) read(address uint32, p []byte) bool {
	if !h.holds(address, len(p)) {
		return false
	}
	for len(p) > 0 {
		n := copy(p, h.page(address / pageSize)[address%pageSize:])
		p, address = p[n:], address+uint32(n)
	}
	return true
}

// write clears the bits from address on that are 0 in p; false when that is not
// in the chip.
func (h chip) write(address uint32, p []byte) bool {
	if !h.holds(address, len(p)) {
		return false
	}
	for len(p) > 0 {
		number, first := address/pageSize, int(address%pageSize)
		n := min(len(p), pageSize-first)
		page := bytes.Clone(h.page(number))
		for i, b := range p[:n] {
			page[first+i] &= b
		}
		h.flash.Put(pageKey(number), page)
		p, address = p[n:], address+uint32(n)
	}
	return true
}

// erase sets every bit of the pages that n bytes from address on touch; false
// when they are not in the chip.
func (h chip) erase(address uint32, n int) bool {
	if !h.holds(address, n) {
		return false
	}
	for page := address / pageSize; uint64(page)*pageSize < uint64(address)+uint64(n); page++ {
		h.flash.Delete(pageKey(page))
	}
	return true
}

// writeFlash is AT+FLASH-W=<nbytes>,"<address>".
func (f *Family) writeFlash(c *core.Call) error {
	n, address, err := span(c, maxData)
	if err != nil {
		return err
	}
	f.address = address
	f.writing(c, n)
	return nil
}

func (f *Family) flashWritten(c *core.Call, p []byte) error {
	return f.taken(c, len(p), f.chip.write(f.address, p))
}

// readFlash is AT+FLASH-R=<nbytes>,"<address>".
func (f *Family) readFlash(c *core.Call) error {
	n, address, err := span(c, maxData)
	if err != nil {
		return err
	}
	p := make([]byte, n)
	if !f.chip.read(address, p) {
		return core.NoMemory
	}
	if f.m.Quirks.Has(core.FlashLength) {
		raw(c, "+FLASH-R:", p)
	} else {
		c.Say(append(append([]byte("+FLASH-R:"), p...), '\r', '\n'))
	}
	return nil
}

// eraseFlash is AT+FLASH-E=<nbytes>,"<address>".
func (f *Family) eraseFlash(c *core.Call) error {
	n, address, err := span(c, chipSize)
	if err != nil {
		return err
	}
	if !f.chip.erase(address, n) {
		return core.IOError
	}
	return nil
}
