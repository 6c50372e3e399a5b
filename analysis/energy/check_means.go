package energy

import (
	"st67bench/results"
	"st67bench/results/trace"
)

// reach: an instrument has to hold the module's peaks, or it limits them.
func (c *check) reach() {
	most := c.side.Header.MaxAmps
	if radio := !c.q.Off && !c.q.Silent && (!c.q.Asleep || c.q.Interval > 0); radio && most > 0 && most < txPeak {
		c.void(nil, "range", "Use an instrument with a range of 500 mA or more; this one can measure the module without its radio.",
			"the instrument's range ends at %s, and the module sends with up to %s", amps(most), amps(txPeak))
	}
}

// coarse says whether a wake of 2 ms falls between the samples of an instrument.
func coarse(h trace.Header) bool {
	if h.Kind == trace.Average {
		return h.Rate < meanRate
	}
	return h.Rate < pointRate
}

// sampling: a slow instrument may have a right mean, but shows no wake.
func (c *check) sampling() {
	rate, wakes := c.side.Header.Rate, c.q.Asleep || c.q.Interval > 0
	switch {
	case wakes && coarse(c.side.Header):
		c.void(wakeMetrics, "sampling", "Use an instrument of at least 5000 samples/s, or 1000/s if each is the mean of its period.",
			"%.6g samples/s (%s) show no wakes of 2 ms", rate, c.side.Header.Kind)
		if c.side.Header.Kind == trace.Point {
			c.doubt([]string{"current", "charge", "energy", "power"}, "sampling", "Measure for longer: the error falls with the root of the time.",
				"samples that are instants meet a wake by chance: the mean is right in the long run only")
		}
	case !c.q.Off && !wakes && (rate < peakMeanRate || rate < peakRate && c.side.Header.Kind == trace.Point):
		c.doubt([]string{"current_peak"}, "sampling", "Use an instrument of 50000 samples/s or more, if the peak matters.",
			"%.6g samples/s do not show the peak of a frame that takes less than a millisecond", rate)
	}
}

// warm: an LPM01A reads high at first. The driver here lets it run before it measures, and writes arrivals down; a trace
// without them was recorded by another program.
func (c *check) warm() {
	since := c.seconds(c.side.First + c.from)
	if c.side.Header.Instrument == "lpm01a" && len(c.side.Arrivals) == 0 && since < warmUp.Seconds() {
		c.void(nil, "warm-up", "Leave out the first 10 s, or let the instrument run for as long before it records.",
			"the part that counts begins %s after the recording did, and the first readings of this instrument are high", seconds(since))
	}
}

// calibrated: by nominal figures a current is some percent off, which no sample shows.
func (c *check) calibrated() {
	if missing := c.side.Header.Calibration[trace.NotGiven]; missing != "" {
		c.doubt([]string{"current", "current_floor", "current_peak", "charge", "energy", "power", "wake_charge"}, "calibration",
			"Measure a known current, and hold the reading against it.",
			"the instrument did not give its calibration of %s: by the nominal figures currents may be 1 to 8 %% off", missing)
	}
}

// aligned: a window that is cut at marks is as good as the clock that says where they are.
func (c *check) aligned() {
	if off := c.clock.Residual; c.q.Span != (Span{}) {
		length := (c.q.To - c.q.From - c.q.Settle).Seconds()
		const do = "Wire CHIP_EN to a digital input of the instrument and name it in the rig file (docs/alignment.md), or measure for longer."
		switch share := 2 * off / length; {
		case c.clock.Method == trace.NominalMethod && len(c.side.Marks) > 0:
			c.void(nil, "alignment", do, "nothing ties the trace's clock to the marks of the host: the window may be anywhere")
		case share > 0.05:
			c.void(nil, "alignment", do, "the window of %s is known to ±%s at each end only (%s)", seconds(length), seconds(off), c.clock.Method)
		case share > 0.01:
			c.doubt(nil, "alignment", do, "the window of %s is known to ±%s at each end (%s)", seconds(length), seconds(off), c.clock.Method)
		}
	}
}

// amps, seconds and percent write figures for people.
func amps(a float64) string { return results.FormatQuantity(a, "A") }

func seconds(s float64) string { return results.FormatQuantity(s, "s") }

func percent(share float64) string { return results.FormatQuantity(share, "") }
