package spi

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Pin is a GPIO line of this host that drives one wire of the module beside its link, such as its wake-up pin.
type Pin struct {
	mu sync.Mutex
	fd int // -1 after Close
}

// OpenPin takes a line, written CHIP/LINE as in Config, and drives it low. Its errors say who has it, or which chips there are.
func OpenPin(line string) (*Pin, error) {
	fd, err := requestLine(listChips(), line, lineOutput, 0)
	if err != nil {
		return nil, err
	}
	return &Pin{fd: fd}, nil
}

// Set drives the line.
func (p *Pin) Set(high bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd < 0 {
		return errClosed
	}
	values := unix.GPIOV2LineValues{Mask: 1}
	if high {
		values.Bits = 1
	}
	if err := ioctl(p.fd, unix.GPIO_V2_LINE_SET_VALUES_IOCTL, unsafe.Pointer(&values)); err != nil {
		return fmt.Errorf("spi: GPIO line: %w", gone(err))
	}
	return nil
}

// Close gives the line back; what it drives then is the kernel's.
func (p *Pin) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd < 0 {
		return errClosed
	}
	err := unix.Close(p.fd)
	p.fd = -1
	return err
}
