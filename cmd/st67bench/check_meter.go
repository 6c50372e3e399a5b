package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"st67bench/bench"
	"st67bench/bench/power"
	"st67bench/results"
	"st67bench/results/trace"
	"st67bench/scenarios"
)

const (
	// meterLook is for how long check watches a meter's samples.
	meterLook = 2 * time.Second
	// rateSlack is by how much the rate may miss the nominal one: samples come in packets, which moves both ends of
	// meterLook by some ms.
	rateSlack = 0.01
	// awakeAmps is far below what a module that runs draws, some 50 mA.
	awakeAmps = 0.5e-3
	// offAmps is ten times what a module with CHIP_EN low draws (datasheet DS14784), and less than one in hibernation does.
	offAmps = 2e-6
	// Rates below these miss charge in wakes of 2 ms: of point samples, and of means.
	pointRate, meanRate = 5000, 1000
)

// openMeter opens the rig's meter and switches the module's supply on; nil when there is none to look at further.
func (c *checker) openMeter(ctx context.Context, link *opened) power.Meter {
	url := c.rig.Meter
	switch {
	case url == nil && c.rig.Module.Scheme == "emulated":
		c.report(skip, "meter", "none in the rig; scenarios that need one read the emulated module's own current")
		return nil
	case url == nil:
		c.report(skip, "meter", "none in the rig; power scenarios will be skipped")
		return nil
	case link == nil:
		c.report(skip, "meter", "not tried: no link")
		return nil
	case url.Scheme == "file":
		c.recording(ctx)
		return nil
	case meters[url.Scheme] != nil && !strings.HasPrefix(url.Target, scenarios.MeterTCP):
		c.port("meter", url.Target)
	}
	m, err := openMeter(ctx, *url, link)
	if err != nil {
		c.report(wrong, "meter", err.Error())
		return nil
	}
	err = newHooks(c.rig, link).switched(ctx, true, m.Supply)
	if err != nil && !errors.Is(err, power.ErrNoSupply) {
		c.report(wrong, "meter", "it does not switch the module's supply on: "+err.Error())
	}
	c.aboutMeter(m)
	return m
}

// aboutMeter says which instrument it is, and whether it carries the module.
func (c *checker) aboutMeter(m power.Meter) {
	h := m.Header()
	text := m.String()
	for _, key := range slices.Sorted(maps.Keys(h.Identity)) {
		text += fmt.Sprintf(", %s %s", key, h.Identity[key])
	}
	switch missing := h.Calibration[trace.NotGiven]; {
	case missing != "":
		c.report(warn, "meter", text+"; it does not give its calibration of "+missing+": by the nominal figures currents may be 1 to 8 % off",
			"measure a known current, and hold the reading against it")
	case len(h.Calibration) > 0:
		c.report(ok, "meter", text+", calibrated")
	default:
		c.report(ok, "meter", text)
	}
	if limit := m.MaxAmps(); !bench.CarriesRadio(m) {
		c.report(warn, "range", fmt.Sprintf("it carries %s, the module draws up to 377 mA: cases with the radio on are SKIPPED", results.FormatQuantity(limit, "A")),
			"measure radio: off with it, or take a PPK2 or an STLINK-V3PWR")
	} else {
		c.report(ok, "range", "it carries "+results.FormatQuantity(limit, "A")+", the module draws up to 377 mA")
	}
	if least := map[trace.Kind]float64{trace.Point: pointRate, trace.Average: meanRate}[h.Kind]; h.Rate < least {
		c.report(warn, "range", fmt.Sprintf("%g samples/s do not resolve wakes of 2 ms: the mean of a long phase is what it is good for", h.Rate))
	}
}

// meterWithModule looks at a meter in the supply of a module that runs; false when the module did not come back.
func (c *checker) meterWithModule(ctx context.Context, s *session, m power.Meter) bool {
	if m == nil {
		return true
	}
	t := newTally(m.Header())
	streaming, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- m.Stream(streaming, time.Now(), t.take) }()
	back := c.samples(ctx, t, bench.CarriesRadio(m)) && c.baseline(ctx, s, m, t)
	end()
	if err := <-ended; err != nil {
		c.report(wrong, "samples", err.Error())
	}
	c.rail(ctx, s, m)
	return back && c.cycle(ctx, s, m)
}

// samples holds what comes against the wall clock, and against a module that is awake. A meter that does not carry the radio
// is beyond its range here, where the receiver is on.
func (c *checker) samples(ctx context.Context, t *tally, radio bool) bool {
	if pause(ctx, meterLook) != nil {
		return false
	}
	f := t.next()
	text := fmt.Sprintf("%.0f samples/s in %v, mean %s, largest %s", f.rate(), meterLook, results.FormatQuantity(f.mean(), "A"), results.FormatQuantity(f.most, "A"))
	const slow = "connect the meter to a USB port of its own, without a hub, and end what loads this host"
	switch {
	case f.n == 0:
		c.report(wrong, "samples", fmt.Sprintf("none came in %v", meterLook), "replug the meter, and end other programs that use it")
	case f.lost > 0:
		c.report(wrong, "samples", fmt.Sprintf("%d were lost; %s", f.lost, text), slow)
	case f.over && !radio && len(f.said) == 0:
		c.report(warn, "samples", text+": beyond its range, because the module's receiver is on")
	case f.over && len(f.said) == 0:
		c.report(wrong, "samples", text+": beyond its range", "look for a short circuit behind the meter, and for something else that it supplies")
	case len(f.said) > 0:
		c.report(wrong, "samples", strings.Join(f.said, "; ")+"; "+text, slow)
	case math.Abs(f.rate()/t.nominal-1) > rateSlack && t.nominal >= meanRate:
		c.report(wrong, "samples", fmt.Sprintf("%.0f samples/s are announced, the wall clock counts %.0f: some get lost and nobody says so", t.nominal, f.rate()), slow)
	case f.mean() < awakeAmps:
		c.report(wrong, "samples", text+": too little for a module that is awake", "lead the module's supply, and nothing past it, through the meter")
	default:
		c.report(ok, "samples", text)
	}
	return true
}

// baseline is what flows while the module is off: by CHIP_EN where the host has that line, else without supply.
func (c *checker) baseline(ctx context.Context, s *session, m power.Meter, t *tally) bool {
	how, change := "without supply", m.Supply
	if enables(s.url, s.opened) {
		how, change = "with CHIP_EN low", func(context.Context, bool) error { return nil }
	}
	err := s.supply(ctx, false, change)
	if errors.Is(err, power.ErrNoSupply) {
		c.report(skip, "baseline", "neither CHIP_EN nor the supply can be switched here, so nobody knows what else the meter feeds")
		return true
	}
	var f figures
	if err == nil {
		const discharge = 2 * stepTime // of capacitors
		t.from(time.Now().Add(discharge))
		err = pause(ctx, discharge+baselineTime)
		f = t.next()
	}
	err = errors.Join(err, s.supply(context.WithoutCancel(ctx), true, change))
	switch text := results.FormatQuantity(f.mean(), "A") + " " + how; {
	case err != nil:
		c.report(wrong, "baseline", err.Error())
		return false
	case f.n == 0:
		c.report(skip, "baseline", "the meter gives no samples "+how)
	case f.mean() > max(offAmps, 2*m.Header().MinAmps):
		c.report(warn, "baseline", text+", and the module takes 0.2 µA: something else hangs on the rail, and is in every figure",
			"disconnect LEDs, level shifters and debuggers from the rail (docs/rig.md)")
	default:
		c.report(ok, "baseline", text)
	}
	return true
}

// rail holds the meter's voltage against the module's own.
func (c *checker) rail(ctx context.Context, s *session, m power.Meter) {
	h := m.Header()
	cond, err := s.module.Conditions(ctx)
	own := 0.0
	if err == nil {
		own, err = results.ParseQuantity(cond["vbat"]+"V", "V")
	}
	switch text := fmt.Sprintf("%.2f V %s", h.Volts, h.VoltsFrom); {
	case h.Volts == 0:
		c.report(skip, "rail", "the meter does not know the supply's voltage; give it in the rig file (volts=)")
	case err != nil:
		c.report(ok, "rail", text)
	case math.Abs(own/h.Volts-1) > 0.05:
		c.report(wrong, "rail", fmt.Sprintf("%s, but the module sees %.2f V", text, own), "look at leads and connectors, and at volts= in the rig file: energy is made of it")
	default:
		c.report(ok, "rail", fmt.Sprintf("%s, %.2f V at the module", text, own))
	}
}

// cycle takes the supply away and gives it back: the module says `ready`.
func (c *checker) cycle(ctx context.Context, s *session, m power.Meter) bool {
	err := s.supply(ctx, false, m.Supply)
	if errors.Is(err, power.ErrNoSupply) {
		c.report(skip, "cycle", err.Error())
		return true
	}
	if err == nil {
		err = pause(ctx, offTime)
	}
	if err = errors.Join(err, s.supply(context.WithoutCancel(ctx), true, m.Supply)); err != nil {
		c.report(wrong, "cycle", "the module does not come back with its supply: "+err.Error(), "look at the meter's output, its current limit, and the leads")
		return false
	}
	c.report(ok, "cycle", "ready seen after the supply was off and on")
	return true
}

// recording has the rig's command record for a while.
func (c *checker) recording(ctx context.Context) {
	dir, err := os.MkdirTemp("", "st67bench-check-")
	if err != nil {
		c.report(wrong, "meter", err.Error())
		return
	}
	defer os.RemoveAll(dir)
	m := &recordedMeter{readings: readings{dir: dir}, url: *c.rig.Meter, start: time.Now(), hide: c.rig.Hide}
	began := time.Now()
	if err = m.Begin(ctx, 0); err == nil {
		err = pause(ctx, meterLook)
		_, endErr := m.End(context.WithoutCancel(ctx), nil)
		err = errors.Join(err, endErr)
	}
	if err != nil {
		c.report(wrong, "meter", err.Error(), "run the command of the rig file by hand, and end it by Ctrl-C")
		return
	}
	c.report(ok, "meter", fmt.Sprintf("a command recorded a trace that can be read, in %v", time.Since(began).Round(100*time.Millisecond)))
}

// leave puts the module back, and takes the wires low before the meter takes its supply away.
func (c *checker) leave(s *session, m power.Meter) {
	err := s.restore()
	if m != nil && c.rig.Meter.Get("final") == "off" {
		ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
		defer cancel()
		if off := s.hooks.switched(ctx, false, m.Supply); !errors.Is(off, power.ErrNoSupply) {
			err = errors.Join(err, off)
		}
	}
	if err = errors.Join(err, s.Close()); err != nil {
		c.report(warn, "close", err.Error())
	}
}

// closeMeter leaves the supply as the rig file says.
func (c *checker) closeMeter(m power.Meter) {
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
	defer cancel()
	if err := m.Close(ctx); err != nil {
		c.report(warn, "meter", "close: "+err.Error())
	}
}
