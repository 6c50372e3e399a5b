package spi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Flags of a line (GPIO v2, linux/gpio.h).
const (
	lineUsed    = 1 << 0
	lineInput   = 1 << 2
	lineOutput  = 1 << 3
	lineRising  = 1 << 4
	lineFalling = 1 << 5

	eventBuffer = 64
	consumer    = "st67bench"
)

// chip is a GPIO chip and its lines by offset.
type chip struct {
	path, name, label string
	lines             []lineInfo
}

type lineInfo struct {
	name, consumer string
	used           bool
}

// listChips lists the chips that may be opened, each once.
func listChips() []chip {
	paths, _ := filepath.Glob("/dev/gpiochip*")
	var chips []chip
	for _, path := range paths {
		if real, err := filepath.EvalSymlinks(path); err != nil || real != path {
			continue // another name of a chip that is listed anyway
		}
		fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			chips = append(chips, chip{path: path, name: filepath.Base(path)})
			continue
		}
		chips = append(chips, readChip(fd, path))
		unix.Close(fd)
	}
	return chips
}

func readChip(fd int, path string) chip {
	var info unix.GPIOChipInfo
	c := chip{path: path, name: filepath.Base(path)}
	if ioctl(fd, unix.GPIO_GET_CHIPINFO_IOCTL, unsafe.Pointer(&info)) != nil {
		return c
	}
	c.label = unix.ByteSliceToString(info.Label[:])
	for offset := range info.Lines {
		line := unix.GPIOV2LineInfo{Offset: offset}
		_ = ioctl(fd, unix.GPIO_V2_GET_LINEINFO_IOCTL, unsafe.Pointer(&line)) // a line that tells nothing keeps its offset
		c.lines = append(c.lines, lineInfo{
			name:     unix.ByteSliceToString(line.Name[:]),
			consumer: unix.ByteSliceToString(line.Consumer[:]),
			used:     line.Flags&lineUsed != 0,
		})
	}
	return c
}

// findLine looks CHIP/LINE up: chip by label, else by device name; line by name,
// else by offset.
func findLine(chips []chip, spec string) (chip, int, error) {
	slash := strings.LastIndexByte(spec, '/')
	if slash <= 0 || slash == len(spec)-1 {
		return chip{}, 0, fmt.Errorf("spi: line %q is not CHIP/LINE, as in pinctrl-rp1/GPIO25", spec)
	}
	label, line := spec[:slash], spec[slash+1:]
	var found []chip
	for _, c := range chips {
		if c.label == label || c.name == label || c.path == label {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return chip{}, 0, fmt.Errorf("spi: no GPIO chip has the label %q; %s", label, chipNames(chips))
	}
	for _, c := range found {
		if i := slices.IndexFunc(c.lines, func(l lineInfo) bool { return l.name == line }); i >= 0 {
			return c, i, nil
		}
	}
	offset, err := strconv.Atoi(line)
	switch {
	case err != nil || offset < 0 || offset >= len(found[0].lines):
		return chip{}, 0, fmt.Errorf("spi: GPIO chip %s has no line %q among its %d; gpioinfo lists them", label, line, len(found[0].lines))
	case len(found) > 1:
		return chip{}, 0, fmt.Errorf("spi: %d GPIO chips have the label %q; name the line, or the chip as %s", len(found), label, found[0].name)
	}
	return found[0], offset, nil
}

func chipNames(chips []chip) string {
	if len(chips) == 0 {
		return "this machine shows no GPIO chip"
	}
	var names []string
	for _, c := range chips {
		if c.label == "" {
			names = append(names, c.path+" (not permitted: add yourself to its group, often gpio)")
		} else {
			names = append(names, c.label)
		}
	}
	return "here are " + strings.Join(names, ", ")
}

// requestLine takes a line for this process.
func requestLine(chips []chip, spec string, flags, value uint64) (int, error) {
	c, offset, err := findLine(chips, spec)
	if err != nil {
		return -1, err
	}
	fd, err := unix.Open(c.path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, deviceError(c.path, &os.PathError{Op: "open", Path: c.path, Err: err})
	}
	defer unix.Close(fd)
	r := unix.GPIOV2LineRequest{Num_lines: 1, Event_buffer_size: eventBuffer}
	r.Offsets[0] = uint32(offset)
	copy(r.Consumer[:], consumer)
	r.Config.Flags = flags
	if flags&lineOutput != 0 {
		r.Event_buffer_size = 0
		r.Config.Num_attrs = 1
		r.Config.Attrs[0].Attr = unix.GPIOV2LineAttribute{Id: unix.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, Flags: value}
		r.Config.Attrs[0].Mask = 1
	}
	err = ioctl(fd, unix.GPIO_V2_GET_LINE_IOCTL, unsafe.Pointer(&r))
	if errors.Is(err, unix.EBUSY) {
		return -1, busyLine(spec, c.lines[offset])
	}
	if err != nil {
		return -1, fmt.Errorf("spi: take line %s: %w", spec, err)
	}
	return int(r.Fd), nil
}

// busyLine names who has a line and how to free it.
func busyLine(spec string, l lineInfo) error {
	advice := "end that program, or choose another line when it is a driver"
	if strings.HasPrefix(l.consumer, "spi") {
		advice = "the SPI driver uses it as its own CS: choose another line, or free it (Raspberry Pi: dtoverlay=spi0-0cs in config.txt, then reboot)"
	}
	return fmt.Errorf("spi: line %s is held by %q: %s", spec, l.consumer, advice)
}

func (b *board) SetCS(active bool) error { return b.setLine(b.cs, active) }

// SetEnable fails where the rig names no line for CHIP_EN and it should fall.
func (b *board) SetEnable(on bool) error {
	if b.en < 0 {
		if on {
			return nil
		}
		return errNoEnable
	}
	return b.setLine(b.en, on)
}

func (b *board) setLine(fd int, high bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	b.values = unix.GPIOV2LineValues{Mask: 1}
	if high {
		b.values.Bits = 1
	}
	return gpioError(ioctl(fd, unix.GPIO_V2_LINE_SET_VALUES_IOCTL, unsafe.Pointer(&b.values)))
}

func (b *board) Ready() (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false, errClosed
	}
	b.values = unix.GPIOV2LineValues{Mask: 1}
	err := ioctl(b.rdy, unix.GPIO_V2_LINE_GET_VALUES_IOCTL, unsafe.Pointer(&b.values))
	return b.values.Bits&1 != 0, gpioError(err)
}

func gpioError(err error) error {
	if err != nil {
		return fmt.Errorf("spi: GPIO line: %w", gone(err))
	}
	return nil
}

// WaitEdge reads what the kernel has kept before it waits.
func (b *board) WaitEdge(deadline time.Time) (Edge, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if b.closed || b.closing.Load() {
			return Edge{}, errClosed
		}
		if b.next < b.have {
			b.next++
			return newEdge(&b.events[b.next-1])
		}
		got, err := b.readEvents()
		if err != nil {
			return Edge{}, err
		}
		if got {
			continue
		}
		wait := time.Until(deadline)
		if wait <= 0 {
			return Edge{}, os.ErrDeadlineExceeded
		}
		timeout := unix.NsecToTimespec(wait.Nanoseconds())
		if _, err := unix.Ppoll(b.polls[:], &timeout, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return Edge{}, fmt.Errorf("spi: wait for RDY: %w", err)
		}
		if b.polls[0].Revents == 0 && b.interrupted() && !b.closing.Load() {
			return Edge{}, ErrInterrupted
		}
	}
}

// readEvents takes what waits in the kernel's buffer.
func (b *board) readEvents() (bool, error) {
	const size = int(unsafe.Sizeof(b.events[0]))
	n, err := unix.Read(b.rdy, unsafe.Slice((*byte)(unsafe.Pointer(&b.events)), len(b.events)*size))
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("spi: read RDY's edges: %w", gone(err))
	}
	b.next, b.have = 0, n/size
	return b.have > 0, nil
}

// interrupted tells whether Interrupt was called, and forgets it.
func (b *board) interrupted() bool {
	var count [8]byte
	n, _ := unix.Read(b.wake, count[:])
	return n == len(count)
}

// newEdge gives an event the time that it happened at: its stamp is of the
// monotonic clock, which is also time.Now's.
func newEdge(e *unix.GPIOV2LineEvent) (Edge, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return Edge{}, fmt.Errorf("spi: clock: %w", err)
	}
	age := time.Duration(now.Nano() - int64(e.Timestamp_ns))
	return Edge{High: e.Id == unix.GPIO_V2_LINE_EVENT_RISING_EDGE, At: time.Now().Add(-age), Seq: e.Line_seqno}, nil
}
