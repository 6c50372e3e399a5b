//go:build !linux

package spi

import (
	"fmt"
	"runtime"
)

// Pin is a GPIO line of this host that drives one wire of the module beside its link.
type Pin struct{}

// OpenPin is for Linux: other systems have no GPIO lines that a program can use.
func OpenPin(line string) (*Pin, error) {
	return nil, fmt.Errorf("spi: take line %s: %s has no GPIO lines; give the wake-up by a hook (hooks.wake), or use Linux", line, runtime.GOOS)
}

// Set drives no line.
func (p *Pin) Set(bool) error { return errClosed }

// Close ends nothing.
func (p *Pin) Close() error { return errClosed }
