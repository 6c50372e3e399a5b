package spi

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Numbers of the spidev interface (linux/spi/spidev.h).
const (
	spiWriteMode  = 0x40046B05 // SPI_IOC_WR_MODE32
	spiWriteBits  = 0x40016B03 // SPI_IOC_WR_BITS_PER_WORD
	spiWriteSpeed = 0x40046B04 // SPI_IOC_WR_MAX_SPEED_HZ
	spiMessage    = 0x40206B00 // SPI_IOC_MESSAGE(1)

	spiNoCS = 0x40 // SPI_NO_CS
)

// spiTransfer is the kernel's struct spi_ioc_transfer, 32 bytes.
type spiTransfer struct {
	tx, rx    uint64
	length    uint32
	speed     uint32
	delay     uint16
	bits      uint8
	csChange  uint8
	txBits    uint8
	rxBits    uint8
	wordDelay uint8
	_         uint8
}

// board is a spidev and the GPIO lines beside it: Bus and Lines of Linux.
type board struct {
	mu       sync.Mutex // held by each call on the descriptors but for Interrupt
	spi      int
	cs, rdy  int
	en, boot int // -1 when the rig does not name them
	closed   bool
	nativeCS bool // the controller refused to leave its own CS alone
	bufsiz   int

	waking  sync.Mutex // held by Interrupt
	wake    int        // eventfd
	closing atomic.Bool

	pin    runtime.Pinner
	move   spiTransfer
	values unix.GPIOV2LineValues
	polls  [2]unix.PollFd
	events [16]unix.GPIOV2LineEvent
	next   int // of the events that were read
	have   int
}

// openBoard opens everything, CS low first, so that the module ignores the rest.
func openBoard(c Config) (_ *board, err error) {
	b := &board{spi: -1, cs: -1, rdy: -1, en: -1, boot: -1, wake: -1, bufsiz: bufsiz("/sys")}
	defer func() {
		if err != nil {
			b.closeAll()
		}
	}()
	if err := b.openSPI(c); err != nil {
		return nil, err
	}
	chips := listChips()
	for _, l := range []struct {
		fd    *int
		name  string
		flags uint64
		value uint64
	}{
		{&b.cs, c.CS, lineOutput, 0},
		{&b.boot, c.Boot, lineOutput, 0},
		{&b.rdy, c.RDY, lineInput | lineRising | lineFalling, 0},
		{&b.en, c.EN, lineOutput, 1},
	} {
		if l.name == "" {
			continue
		}
		if *l.fd, err = requestLine(chips, l.name, l.flags, l.value); err != nil {
			return nil, err
		}
	}
	if err := unix.SetNonblock(b.rdy, true); err != nil {
		return nil, fmt.Errorf("spi: RDY's line: %w", err)
	}
	if b.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("spi: eventfd: %w", err)
	}
	b.polls = [2]unix.PollFd{{Fd: int32(b.rdy), Events: unix.POLLIN}, {Fd: int32(b.wake), Events: unix.POLLIN}}
	return b, nil
}

// openSPI sets mode 0, 8 bits, the clock, and the controller's own CS off where
// it can be.
func (b *board) openSPI(c Config) (err error) {
	b.spi, err = unix.Open(c.Device, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return deviceError(c.Device, &os.PathError{Op: "open", Path: c.Device, Err: err})
	}
	mode := uint32(spiNoCS)
	err = ioctl(b.spi, spiWriteMode, unsafe.Pointer(&mode))
	if errors.Is(err, unix.EINVAL) {
		b.nativeCS, mode = true, 0
		err = ioctl(b.spi, spiWriteMode, unsafe.Pointer(&mode))
	}
	if errors.Is(err, unix.ENOTTY) {
		return fmt.Errorf("spi: %s is no spidev", c.Device)
	}
	bits, speed := uint8(8), uint32(c.Speed)
	if err == nil {
		err = ioctl(b.spi, spiWriteBits, unsafe.Pointer(&bits))
	}
	if err == nil {
		err = ioctl(b.spi, spiWriteSpeed, unsafe.Pointer(&speed))
	}
	if err != nil {
		return fmt.Errorf("spi: %s refuses mode 0, 8 bits at %d Hz: %w", c.Device, c.Speed, err)
	}
	b.move = spiTransfer{speed: speed, bits: bits}
	return nil
}

func (b *board) MaxTransfer() int { return b.bufsiz }

// Transfer is one message of one transfer.
func (b *board) Transfer(tx, rx []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	b.pin.Pin(&tx[0])
	b.pin.Pin(&rx[0])
	b.move.tx = uint64(uintptr(unsafe.Pointer(&tx[0])))
	b.move.rx = uint64(uintptr(unsafe.Pointer(&rx[0])))
	b.move.length = uint32(len(tx))
	err := ioctl(b.spi, spiMessage, unsafe.Pointer(&b.move))
	b.pin.Unpin()
	if err != nil {
		return fmt.Errorf("spi: transfer of %d bytes: %w", len(tx), gone(err))
	}
	return nil
}

// Interrupt makes the eventfd readable, which WaitEdge waits for too.
func (b *board) Interrupt() {
	b.waking.Lock()
	defer b.waking.Unlock()
	if b.wake >= 0 {
		one := [8]byte{1}                 // the counter's value; any byte order makes it more than 0
		_, _ = unix.Write(b.wake, one[:]) // a full counter is readable already
	}
}

// Close unblocks WaitEdge, waits for a transfer that is on the wire, and gives
// everything back.
func (b *board) Close() error {
	b.closing.Store(true)
	b.Interrupt()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waking.Lock()
	defer b.waking.Unlock()
	if b.closed {
		return errClosed
	}
	b.closed = true
	return b.closeAll()
}

func (b *board) closeAll() error {
	var errs []error
	for _, fd := range []*int{&b.spi, &b.cs, &b.rdy, &b.en, &b.boot, &b.wake} {
		if *fd >= 0 {
			errs = append(errs, unix.Close(*fd))
			*fd = -1
		}
	}
	return errors.Join(errs...)
}

// gone adds what the kernel's word for a device that has been removed means.
func gone(err error) error {
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ESHUTDOWN) {
		return fmt.Errorf("%w; the device has gone: its adapter was unplugged, or its driver removed", err)
	}
	return err
}

// ioctl passes a pointer to one of the kernel's structs; a signal repeats it.
func ioctl(fd int, request uint, p unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(p))
		if errno == 0 {
			return nil
		}
		if errno != unix.EINTR {
			return errno
		}
	}
}
