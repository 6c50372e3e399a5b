// Package basic is the emulated module's basic commands (manual chapter 2): life
// sign, echo, version, reset, settings, sensors, eFuse, flash, GPIO, partitions,
// firmware update and files.
//
// # Concepts
//
// What belongs to the unit outlives AT+RESTORE: its eFuse, its flash chip, its
// partition table, its files. All of it lies in core.Flash under "unit/", so that
// it is there again when the module is switched off and on.
//
// The flash chip has the size that the partition table needs, and holds pages that
// were written; the others read as erased. As in a real chip, writing clears bits
// and only erasing sets them. An eFuse bit only goes from 0 to 1: AT+EFUSE-W
// prepares bits, AT+EFUSE-CFM burns them, a reset forgets what was not burnt.
//
// A firmware update goes into the partition that does not run: AT+OTASTART, a
// header of 512 bytes and the image by AT+OTASEND, AT+OTAFIN. The image is
// checked by the header's length and SHA-256; then the partitions change places
// and the module restarts. What runs afterwards is the same emulated firmware.
package basic

import (
	"time"

	"st67bench/transport/emulator/core"
)

// Options are what the family is made of.
type Options struct {
	// MAC is the unit's address as a new unit's eFuse holds it.
	MAC [6]byte
	// Used returns how many bytes of the heap and of the TCP/IP stack's heap the
	// other families hold at present; nil: none.
	Used func() (heap, stack int)
}

// Family is the basic commands. The AT task alone touches its state.
type Family struct {
	Options
	m       *core.Machine
	chip    chip
	fuses   fuses
	pins    map[int]*pin
	update  update
	address uint32   // of the data phase of EFUSE-W or FLASH-W
	file    fileSpan // of the data phase of FS
}

// New returns the family.
func New(m *core.Machine, o Options) *Family {
	return &Family{Options: o, m: m, chip: chip{m.Flash}, fuses: fuses{flash: m.Flash, mac: o.MAC}}
}

// Commands implements core.Family. Their order is that of the firmware.
func (f *Family) Commands() []core.Command {
	return []core.Command{
		{Name: "", Execute: alive},
		{Name: "+RST", Execute: restart},
		{Name: "+GMR", Execute: f.version},
		{Name: "+CMD", Query: f.list},
		{Name: "E0", Execute: f.echo(false)},
		{Name: "E1", Execute: f.echo(true)},
		{Name: "+RESTORE", Execute: f.restore},
		{Name: "+SYSRAM", Query: f.ram},
		{Name: "+SYSMSG", Query: f.messages, Set: f.setMessages, Min: 1, Max: 1},
		{Name: "+SYSLOG", Query: f.syslog, Set: f.setSyslog, Min: 1, Max: 1},
		{Name: "+SYSSTORE", Query: f.store, Set: f.setStore, Min: 1, Max: 1},
		{Name: "+GMAC", Query: f.addresses},
		{Name: "+PN", Query: f.partNumber},
		{Name: "+PART", Query: f.partitions},
		{Name: "+TEMP", Query: temp},
		{Name: "+VBAT", Query: vbat},
		{Name: "+EFUSE-W", Set: f.writeFuses, Data: f.fusesWritten, Min: 2, Max: 3},
		{Name: "+EFUSE-R", Set: f.readFuses, Min: 2, Max: 3},
		{Name: "+EFUSE-CFM", Execute: f.burnFuses},
		{Name: "+FLASH-W", Set: f.writeFlash, Data: f.flashWritten, Min: 2, Max: 2},
		{Name: "+FLASH-R", Set: f.readFlash, Min: 2, Max: 2},
		{Name: "+FLASH-E", Set: f.eraseFlash, Min: 2, Max: 2},
		{Name: "+IOPUPD", Set: f.pull, Min: 2, Max: 2},
		{Name: "+IOOUT", Set: f.drive, Min: 2, Max: 2},
		{Name: "+IOIN", Set: f.input, Ask: f.level, Min: 1, Max: 2},
		{Name: "+IORST", Set: f.release, Min: 1, Max: 1},
		{Name: "+OTASTART", Query: f.updating, Set: f.startUpdate, Min: 1, Max: 1},
		{Name: "+OTASEND", Set: f.sendUpdate, Data: f.updateSent, Min: 1, Max: 1},
		{Name: "+OTAFIN", Execute: f.finishUpdate},
		{Name: "+FS", Set: f.files, Data: f.fileWritten, Min: 3, Max: 5},
	}
}

// Boot implements core.Family. What lies in flash is read back, the rest is as
// after power-up.
func (f *Family) Boot(time.Time) {
	f.pins = newPins()
	f.update = update{}
	f.fuses.prepared = nil
	var s stored
	f.m.Flash.Recall(storedKey, &s)
	f.m.Syslog = s.Syslog
	f.m.SysMsg.Store(s.Messages)
}

// Close implements core.Family.
func (f *Family) Close() {}
