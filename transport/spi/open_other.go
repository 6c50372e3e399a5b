//go:build !linux

package spi

import (
	"fmt"
	"runtime"
)

// openDevice is for Linux: other systems have no spidev.
func openDevice(c Config) (*Link, error) {
	return nil, fmt.Errorf("spi: open %s: %s has no SPI device that a program can use; open the link on Linux, or at the pin level: spi:unix:PATH", c.Device, runtime.GOOS)
}
