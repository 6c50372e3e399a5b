package basic

import "st67bench/transport/emulator/core"

// fuseSize is the eFuse of the chip, in bytes; addresses beyond it read as zero
// and take nothing.
const fuseSize = 512

// macSlots are the places of the three MAC addresses (firmware source).
var macSlots = [3]int{0x14, 0x110, 0x118}

// The part number is text with an end mark (firmware source).
const (
	partAddress = 0x100
	partSize    = 24
	partEnd     = 0x03               // ends the part number
	partText    = "CP90-79196-2\x03" // the manual's example (2.2.28.3)
)

const fuseKey = "unit/efuse"

// fuses are the chip's eFuse bits, and those prepared to be burnt.
type fuses struct {
	flash    *core.Flash
	mac      [6]byte
	prepared []byte // nil: none
}

// burnt is what the eFuse holds; the caller must not change it.
func (f *fuses) burnt() []byte {
	if p, ok := f.flash.Get(fuseKey); ok {
		return p
	}
	p := make([]byte, fuseSize)
	copy(p[macSlots[0]:], f.mac[:])
	copy(p[partAddress:], partText)
	return p
}

// prepare notes bits that burn will set.
func (f *fuses) prepare(address uint32, p []byte) {
	if f.prepared == nil {
		f.prepared = make([]byte, fuseSize)
	}
	if address < fuseSize {
		copy(f.prepared[address:], p)
	}
}

// view is the eFuse with the prepared bits.
func (f *fuses) view() []byte {
	p := append([]byte(nil), f.burnt()...)
	for i, b := range f.prepared {
		p[i] |= b
	}
	return p
}

// burn sets the prepared bits for good.
func (f *fuses) burn() {
	if f.prepared != nil {
		f.flash.Put(fuseKey, f.view())
		f.prepared = nil
	}
}

// writeFuses is AT+EFUSE-W=<nbytes>,"<address>".
func (f *Family) writeFuses(c *core.Call) error {
	n, address, err := span(c, maxData)
	if err != nil {
		return err
	}
	f.address = address
	f.writing(c, n)
	return nil
}

func (f *Family) fusesWritten(c *core.Call, p []byte) error {
	f.fuses.prepare(f.address, p)
	return f.taken(c, len(p), true)
}

// burnFuses is AT+EFUSE-CFM.
func (f *Family) burnFuses(*core.Call) error {
	f.fuses.burn()
	return nil
}

// readFuses is AT+EFUSE-R=<nbytes>,"<address>"[,<reload>]: with reload 1 what is
// burnt, else with the prepared bits.
func (f *Family) readFuses(c *core.Call) error {
	reload := c.Args.IntOr(2, 0, 0, 1)
	n, address, err := span(c, maxData)
	if err != nil {
		return err
	}
	from := f.fuses.view()
	if reload == 1 {
		from = f.fuses.burnt()
	}
	p := make([]byte, n)
	if address < fuseSize {
		copy(p, from[address:])
	}
	raw(c, "+EFUSE-R:", p)
	return nil
}
