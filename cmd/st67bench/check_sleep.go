package main

import (
	"context"
	"errors"
	"fmt"

	"st67bench/bench/st67"
)

// trial is the agreement that check tries: 512 ms, of which 16.4 ms are for service.
var trial = st67.TWT{Exponent: 10, Duration: 64, Mantissa: 500}

// sleep looks at what decides how long the module may sleep: the access point's DTIM, a wake-up line, and whether it grants
// target wake times.
func (c *checker) sleep(ctx context.Context, s *session) {
	c.dtim(ctx, s)
	if c.rig.Deaf() {
		c.report(skip, "wake", "nothing wakes a module that sleeps: standby, dtim and twt are SKIPPED",
			"wire a GPIO line to the chip's GPIO28 or GPIO16 and name it: wake: CHIP/LINE?pin=28 (docs/rig.md), or use SPI")
		return
	}
	if s.wakeLine != nil {
		if err := s.wakeLine.pulse(ctx); err != nil {
			c.report(wrong, "wake", err.Error())
			return
		}
		c.report(ok, "wake", fmt.Sprintf("%s gives a pulse to GPIO%d", c.rig.Masked().Wake, c.rig.Wake.Pin()))
	}
	c.twt(ctx, s)
}

// dtim holds the access point's DTIM against what the rig file says.
func (c *checker) dtim(ctx context.Context, s *session) {
	set := c.rig.AP
	text := "its beacon interval is not in the rig file (ap: {beacon: 102.4ms})"
	if set.Beacon > 0 {
		text = fmt.Sprintf("beacons each %v by the rig file", set.Beacon)
	}
	found, known, err := s.module.APDTIM(ctx)
	switch {
	case err != nil:
		c.report(wrong, "dtim", err.Error())
	case !known && set.DTIM == 0:
		c.report(warn, "dtim", "this firmware does not tell the access point's DTIM, nor does the rig file: wakes cannot be held against what was asked",
			"read it in the access point's settings: ap: {dtim: 1, beacon: 102.4ms}")
	case !known:
		c.report(ok, "dtim", fmt.Sprintf("%d by the rig file; this firmware does not tell it; %s", set.DTIM, text))
	case set.DTIM != 0 && set.DTIM != found:
		c.report(wrong, "dtim", fmt.Sprintf("the access point's is %d, the rig file says %d", found, set.DTIM), fmt.Sprintf("ap: {dtim: %d}", found))
	default:
		c.report(ok, "dtim", fmt.Sprintf("%d; %s", found, text))
	}
}

// twt sets an agreement up and tears it down, where the rig file or the module says that there are any.
func (c *checker) twt(ctx context.Context, s *session) {
	supported, known, err := s.module.TWTSupported(ctx)
	if err != nil {
		c.report(wrong, "twt", err.Error())
		return
	}
	if !c.rig.AP.TWT && !supported {
		text := "the access point grants no target wake times"
		if !known {
			text = "this firmware does not tell whether the access point grants target wake times, and the rig file does not say so (ap: {twt: true})"
		}
		c.report(skip, "twt", text+": scenarios with TWT are SKIPPED")
		return
	}
	if err = s.module.Standby(ctx, false); err == nil {
		err = s.module.TWT(ctx, trial)
	}
	tidy := context.WithoutCancel(ctx)
	undone := errors.Join(s.module.TWTOff(tidy), s.module.Awake(tidy))
	switch {
	case err != nil && c.rig.AP.TWT:
		c.report(wrong, "twt", err.Error(), "switch TWT on in the access point (802.11ax), or say ap: {twt: false}")
	case err != nil:
		c.report(warn, "twt", err.Error())
	case undone != nil:
		c.report(wrong, "twt", "set up, but not torn down: "+undone.Error())
	case !c.rig.AP.TWT && !s.emulated():
		c.report(ok, "twt", "an agreement of 512 ms was set up and torn down; say so in the rig file: ap: {twt: true}")
	default:
		c.report(ok, "twt", "an agreement of 512 ms was set up and torn down")
	}
}
