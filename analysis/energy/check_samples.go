package energy

import (
	"math"
	"time"

	"st67bench/results/trace"
)

// implausible: values that no current has come from a stream that was read out of step.
func (c *check) implausible() {
	n, worst := c.events(trace.Implausible)
	switch {
	case c.scan.bad > 0 && c.side.Header.MaxAmps == 0:
		c.void(nil, "implausible", "See whether the unit is the right one, and record the trace again.",
			"%d of %d samples are currents that no such module draws", c.scan.bad, c.scan.samples)
	case c.scan.bad > 0:
		c.void(nil, "implausible", "Measure again; if it stays, use another USB port and the instrument's current firmware.",
			"%d of %d samples are no current that this instrument can measure (its range ends at %.3g A)", c.scan.bad, c.scan.samples, c.side.Header.MaxAmps)
	case n > 0:
		c.doubt(nil, "implausible", "Nothing, when it is rare: what came out of step was left out as a gap.",
			"the stream was out of step %d times, at worst with %.3g A", n, worst.Value)
	}
}

// covered: what was not measured is not made up.
func (c *check) covered() {
	asked := c.to - c.from
	missing := asked - c.scan.samples
	if asked <= 0 || c.scan.samples == 0 {
		c.void(nil, "coverage", "See whether the instrument ran at that time, and how the trace's clock was found.",
			"the trace has no samples in the part that counts")
		return
	}
	if share := float64(missing) / float64(asked); share > lostShare {
		c.void(nil, "coverage", "Give the instrument a USB port of its own, without a hub that others share, and measure again.",
			"%s of the samples were lost (%s of %s)", percent(share), seconds(c.seconds(missing)), seconds(c.seconds(asked)))
	}
}

// poweredDown: the instrument itself says that its output was off.
func (c *check) poweredDown() {
	if n, e := c.events(trace.PowerDown); n > 0 && !c.q.Off {
		c.void(nil, "power-down", "Find out why the instrument switched off: an overload, a limit of its own, or its cable.",
			"the instrument's output went off at %s", c.at(e.Index))
	}
}

// off: a board without power gives a trace that looks right.
func (c *check) off() {
	if c.q.Off || c.scan.samples == 0 {
		return
	}
	wakes := c.seconds(c.scan.samples) / c.q.Interval.Seconds()
	switch mean, most := c.mean(), float64(c.scan.max); {
	case mean < leastOn(c.q):
		c.void(nil, "off", "See whether the module has supply, through this instrument, and whether CHIP_EN is high.",
			"the mean is %s, and a module that is on and does not hibernate draws more than %s: it was off, or another supply fed it",
			amps(mean), amps(onAmps))
	case c.q.Interval > 0 && wakes >= 3 && !coarse(c.side.Header) && most < wakeAmps:
		c.void(nil, "flat", "See whether the module is still associated, and whether it has its supply through this instrument.",
			"no sample is above %s, in the time of %.0f wakes: the module did not listen once", amps(most), wakes)
	}
}

// leastOn is a current, in A, that a module is never below while it is on.
func leastOn(q Question) float64 {
	if q.Asleep && q.Interval == 0 {
		return hibernateAmps
	}
	return onAmps
}

// brownOut: below its least voltage the module is not the module any more.
func (c *check) brownOut() {
	if c.q.Off {
		return
	}
	const do = "Use short and thick leads, four-wire sensing if the instrument has it, and a supply that gives 500 mA."
	least, n := float64(c.scan.leastVolts), c.scan.undervolted
	for _, e := range c.side.Events {
		if e.Kind == trace.Voltage && e.Index >= c.from && e.Index <= c.to && e.Value < leastVolts {
			least, n = math.Min(least, e.Value), n+1
		}
	}
	if n > 0 {
		c.void(nil, "brown-out", do, "the supply fell to %.2f V, and the module needs %.2f V (%d samples)", least, leastVolts, n)
	} else if v := c.side.Header.Volts; v > 0 && v < leastVolts {
		c.void(nil, "brown-out", "Set 3.3 V.", "the supply is %.2f V, and the module needs %.2f V", v, leastVolts)
	}
	if s := c.scan; s.nothing > 0 && s.runs > 0 && s.longest < s.samples {
		c.void(nil, "brown-out", "See whether the module started again (its \"ready\" in at.log), and what its supply did. "+do,
			"the current fell below %s %d times, for %s at %s: the module had no power", amps(float64(s.nothing)), s.runs, seconds(c.seconds(s.longest)), c.at(s.longestAt))
	}
}

// saturated: above the end of its range an instrument shows the end of its range.
func (c *check) saturated() {
	n, worst := c.events(trace.OverRange)
	share := c.scan.endCharge / c.scan.charge
	const do = "Use an instrument whose range holds the module's peaks of 377 mA, with room for the inrush at power-on."
	switch {
	case n > 0:
		c.void(nil, "saturated", do, "the instrument was over its range %d times, at worst at %s", n, amps(worst.Value))
	case c.scan.saturated > 0 && share > lostShare:
		c.void(nil, "saturated", do, "%d samples are at the end of the range (%s), with %s of the charge", c.scan.saturated, amps(c.side.Header.MaxAmps), percent(share))
	case c.scan.saturated > 0:
		c.void([]string{"current_peak"}, "saturated", do, "%d samples are at the end of the range (%s)", c.scan.saturated, amps(c.side.Header.MaxAmps))
	}
}

// clipped: what lies below the range counts as its end, or as nothing.
func (c *check) clipped() {
	share := float64(c.scan.clipped) / float64(c.scan.samples)
	if !(share > clipShare) {
		return
	}
	metrics := []string{"current_floor"}
	if bias := share * c.side.Header.MinAmps / c.mean(); c.mean() <= 0 || bias > 0.005 {
		metrics = append(metrics, "current", "charge", "energy", "power", "charge_sleep", "charge_off")
	}
	c.void(metrics, "clipped", "Take an instrument that measures less, or switch off the zeroing of small currents in the program that recorded the trace.",
		"%s of the samples are 0 or below %s, the end of the instrument's range", percent(share), amps(c.side.Header.MinAmps))
}

// filtered: a spike filter makes up samples where the instrument switched its range.
func (c *check) filtered() {
	if c.scan.plain == 0 || c.scan.charge <= 0 {
		return
	}
	change := c.scan.added / c.scan.charge
	if math.Abs(change) <= glitch {
		return
	}
	const text = "the spike filter replaced %s of the samples, which changes the charge by %s"
	const do = "Hold the charge of a wake against an instrument that does not switch ranges, or lock the range for the floor alone."
	share := float64(c.scan.differing) / float64(c.scan.plain)
	if math.Abs(change) > glitchVoid {
		c.void([]string{"charge", "current", "energy", "power", "wake_charge"}, "filter", do, text, percent(share), percent(change))
		return
	}
	c.doubt([]string{"charge", "current", "energy", "power", "wake_charge"}, "filter", do, text, percent(share), percent(change))
}

func (c *check) mean() float64 { return c.scan.charge / float64(c.scan.samples) }

// at is an index as a time of the trace's clock.
func (c *check) at(index int64) time.Duration {
	return c.clock.Time(float64(index)).Round(time.Millisecond)
}
