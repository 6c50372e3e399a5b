package uart

import (
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// serialStruct is the kernel's struct serial_struct (linux/serial.h): 72 bytes
// with 64-bit pointers, 60 with 32-bit ones.
type serialStruct struct {
	kind, line                int32
	port                      uint32
	irq, flags, fifo          int32
	divisor, baudBase         int32
	closeDelay                uint16
	ioType, _                 byte
	hub6                      int32
	closingWait, closingWait2 uint16
	iomemBase                 uintptr
	iomemShift                uint16
	portHigh                  uint32
	iomapBase                 uintptr
}

// asyncLowLatency is ASYNC_LOW_LATENCY (linux/tty_flags.h): the driver hands
// over each byte at once; ftdi_sio also runs its latency timer at 1 ms.
const asyncLowLatency = 1 << 13

// icounter is the head of the kernel's struct serial_icounter_struct
// (linux/serial.h, 80 bytes): totals since the driver started.
type icounter struct {
	CTS, DSR, RNG, DCD, RX, TX                   uint32
	Frame, Overrun, Parity, Break, BufferOverrun uint32
	_                                            [9]uint32
}

// ioctl passes a pointer to one of the structs above. Go keeps *p in place
// during the call.
func ioctl(fd int, request uint, p unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(p)); errno != 0 {
		return errno
	}
	return nil
}

// readCounters is false for a driver without counters, as a pseudo-terminal.
func readCounters(fd int) (icounter, bool) {
	var c icounter
	err := ioctl(fd, unix.TIOCGICOUNT, unsafe.Pointer(&c))
	return c, err == nil
}

// since adds to m what was counted from c to now. The kernel's counters wrap at
// 32 bits, so the difference is taken there.
func (c icounter) since(now icounter, m map[string]uint64) {
	m["overrun"] = uint64(now.Overrun - c.Overrun)
	m["framing"] = uint64(now.Frame - c.Frame)
	m["parity"] = uint64(now.Parity - c.Parity)
	m["break"] = uint64(now.Break - c.Break)
	m["buffer_overrun"] = uint64(now.BufferOverrun - c.BufferOverrun)
}

// latency is what lowerLatency changed, to be put back.
type latency struct {
	flagSet  bool   // the low-latency flag was off
	timer    string // the latency timer's file in sysfs; empty when there is none
	timerWas string // what it held; empty when it was not changed
}

// lowerLatency switches the low-latency flag on and the FTDI latency timer, when
// the line has that file in sysfs, to 1 ms. The flag needs only the open line,
// the timer root or a udev rule; either may be refused, and conditions tells
// what became of them.
func lowerLatency(fd int, timer string) latency {
	var l latency
	was := readLine(timer)
	if was != "" {
		l.timer = timer
	}
	if was != "" && was != "1" && os.WriteFile(timer, []byte("1"), 0) == nil {
		l.timerWas = was
	}
	var s serialStruct
	if ioctl(fd, unix.TIOCGSERIAL, unsafe.Pointer(&s)) == nil && s.flags&asyncLowLatency == 0 {
		s.flags |= asyncLowLatency
		l.flagSet = ioctl(fd, unix.TIOCSSERIAL, unsafe.Pointer(&s)) == nil
	}
	return l
}

// restore puts back what lowerLatency changed. A line that has gone has nothing
// to put back, so its errors do not matter.
func (l latency) restore(fd int) {
	var s serialStruct
	if l.flagSet && ioctl(fd, unix.TIOCGSERIAL, unsafe.Pointer(&s)) == nil {
		s.flags &^= asyncLowLatency
		ioctl(fd, unix.TIOCSSERIAL, unsafe.Pointer(&s))
	}
	if l.timerWas != "" {
		os.WriteFile(l.timer, []byte(l.timerWas), 0)
	}
}

// conditions adds to m what is so now.
func (l latency) conditions(fd int, m map[string]string) {
	var s serialStruct
	if ioctl(fd, unix.TIOCGSERIAL, unsafe.Pointer(&s)) == nil {
		m["low_latency"] = "off"
		if s.flags&asyncLowLatency != 0 {
			m["low_latency"] = "on"
		}
	}
	if v := readLine(l.timer); v != "" {
		m["latency_timer"] = v
	}
}

// sysTTY is the folder of the device in sysfs, which need not exist.
func sysTTY(device string) string {
	if real, err := filepath.EvalSymlinks(device); err == nil {
		device = real
	}
	return filepath.Join("/sys/class/tty", filepath.Base(device))
}

// driver is the name of the kernel driver behind a folder of /sys/class/tty;
// empty when there is none. Since Linux 6.6 the folders of an on-board UART
// begin with two of the serial core's own, which tell nothing.
func driver(sys string) string {
	dir, err := filepath.EvalSymlinks(filepath.Join(sys, "device"))
	if err != nil {
		return ""
	}
	for linkName(dir, "subsystem") == "serial-base" {
		dir = filepath.Dir(dir)
	}
	return linkName(dir, "driver")
}

// linkName is the last part of what a link in sysfs points to; empty when there
// is no such link.
func linkName(dir, link string) string {
	target, err := os.Readlink(filepath.Join(dir, link))
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// readLine is the content of a one-line file without surrounding space; empty
// when it cannot be read.
func readLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
