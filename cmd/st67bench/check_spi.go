package main

import (
	"fmt"
	"strconv"

	"st67bench/transport/spi"
)

// spiLink looks at an open SPI link before anything was said on it.
func (c *checker) spiLink(l *spi.Link) {
	cond := l.Conditions()
	asked := c.rig.Module.Number("speed")
	text := fmt.Sprintf("%.3g MHz asked", asked/1e6)
	if clock, err := strconv.ParseFloat(cond["clock"], 64); err == nil {
		text += fmt.Sprintf(", %.3g MHz measured", clock/1e6)
	}
	if d := cond["driver"]; d != "" {
		text += ", driver " + d
	}
	c.report(ok, "clock", text)
	for _, w := range l.Warnings() {
		c.report(warn, "spi", w)
	}
}

// spiFault says which wire or image the last fault of the link points to.
func (c *checker) spiFault(l *spi.Link) {
	if text := spi.Diagnose(l.Fault()); text != "" {
		c.report(wrong, "spi", text, "wiring and images: docs/spi.md")
	}
}
