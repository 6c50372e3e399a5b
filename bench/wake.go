package bench

import (
	"fmt"
	"slices"
	"strings"

	"st67bench/scenarios"
)

// wakes says whether a module that the case puts to sleep can be spoken to again.
func (r *Rig) wakes(c scenarios.Case) error {
	asks := func(line string) bool { return strings.HasPrefix(strings.ToUpper(line), "AT+PWR=2") }
	if !r.Deaf || c.Workload.Power != "standby" && !slices.ContainsFunc(c.Setup, asks) {
		return nil
	}
	return fmt.Errorf("%w wake a module in standby: a serial line does not, so that nothing could be said to it again; "+
		"wire a GPIO line of this host to the chip's GPIO28 or GPIO16 and name it in the rig file (wake: CHIP/LINE?pin=28, docs/rig.md), "+
		"or use SPI, whose CS wakes it", ErrCannot)
}
