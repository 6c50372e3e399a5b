package main

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench/power"
	"st67bench/results/trace"
	"st67bench/scenarios"
)

// A meter in the supply of a module that answers: what it is, its samples, what flows with the module off, its voltage, and
// that the module comes back with its supply.
func TestCheckMeter(t *testing.T) {
	t.Parallel()
	code, all := findings(t, write(t, "rig.yaml", "name: a\nmodule: emulated?link=spi\nmeter: 'sim:?rate=100kHz'\n"))
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	for name, text := range map[string]string{
		"meter": "sim:", "range": "377 mA", "samples": "samples/s in 2s", "baseline": "200 nA with CHIP_EN low",
		"rail": "3.30 V set", "cycle": "ready seen after the supply was off and on", "join": "st67bench",
	} {
		want(t, all, ok, name, text)
	}
	if code, all = findings(t, write(t, "rig.yaml", "name: a\nmodule: uart:/dev/ttyNONE\nmeter: ppk2:/dev/ttyNONE\n")); code != exitError {
		t.Errorf("exit %d", code)
	}
	want(t, all, skip, "meter", "no link")
	code, all = findings(t, write(t, "rig.yaml", "name: a\nmodule: emulated?link=memory\nmeter: ppk2:/dev/ttyNONE\n"))
	if code != exitError {
		t.Errorf("exit %d", code)
	}
	want(t, all, wrong, "meter", "/dev/ttyNONE", "no such file")
}

// fakeMeter measures a constant, and lies as it is told.
type fakeMeter struct {
	header trace.Header
	limit  float64
	amps   float32
	actual float64 // samples/s that really come
	gap    int64   // samples that are lost after a second
	event  trace.Event
}

func (m *fakeMeter) String() string                     { return "fake:" }
func (m *fakeMeter) MaxAmps() float64                   { return m.limit }
func (m *fakeMeter) Header() trace.Header               { return m.header }
func (m *fakeMeter) Supply(context.Context, bool) error { return power.ErrNoSupply }
func (m *fakeMeter) Close(context.Context) error        { return nil }

func (m *fakeMeter) Stream(ctx context.Context, _ time.Time, emit func(trace.Block) error) error {
	block := trace.Block{Amps: make([]float32, int(m.actual/100))}
	for i := range block.Amps {
		block.Amps[i] = m.amps
	}
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Millisecond):
		}
		block.Events = nil
		if i == 100 {
			block.Index += m.gap
			if m.event.Kind != "" {
				block.Events = []trace.Event{m.event}
			}
		}
		block.Time = time.Now()
		if err := emit(block); err != nil {
			return err
		}
		block.Index += int64(len(block.Amps))
	}
}

// Each way in which a meter may lie is found and says what to do.
func TestCheckMeterFinds(t *testing.T) {
	good := fakeMeter{header: trace.Header{Rate: 100e3, Kind: trace.Point, Volts: 3.3, VoltsFrom: "set"}, limit: 1, amps: 0.057, actual: 100e3}
	for name, row := range map[string]struct {
		spoil  func(*fakeMeter)
		status string
		line   string
		texts  []string
	}{
		"nothing":                    {func(*fakeMeter) {}, ok, "samples", []string{"100000 samples/s", "57"}},
		"gap":                        {func(m *fakeMeter) { m.gap = 63 }, wrong, "samples", []string{"63 were lost", "USB port of its own"}},
		"compressed":                 {func(m *fakeMeter) { m.actual = 98e3 }, wrong, "samples", []string{"100000 samples/s are announced, the wall clock counts 98000"}},
		"over-range":                 {func(m *fakeMeter) { m.event = trace.Event{Kind: trace.OverRange, Text: "0.5 A"} }, wrong, "samples", []string{"57", "beyond its range", "short circuit"}},
		"compressed by its own word": {func(m *fakeMeter) { m.event = trace.Event{Kind: trace.Compressed} }, wrong, "samples", []string{"compressed; 100000"}},
		// the receiver alone draws 57 mA, so that a meter of 50 mA is no mistake of the rig
		"small range, awake": {func(m *fakeMeter) { m.limit, m.event = 0.05, trace.Event{Kind: trace.OverRange} }, warn, "samples", []string{"57", "beyond its range", "receiver"}},
		"not its supply":     {func(m *fakeMeter) { m.amps = 2e-6 }, wrong, "samples", []string{"too little for a module that is awake"}},
		"small range":        {func(m *fakeMeter) { m.limit = 0.05 }, warn, "range", []string{"50", "377 mA", "SKIPPED"}},
		"slow":               {func(m *fakeMeter) { m.header.Rate, m.actual = 1000, 1000 }, warn, "range", []string{"1000 samples/s do not resolve wakes of 2 ms"}},
		"voltage":            {func(m *fakeMeter) { m.header.Volts = 3.0 }, wrong, "rail", []string{"3.00 V set, but the module sees 3.3"}},
		"not calibrated": {func(m *fakeMeter) { m.header.Calibration = map[string]string{trace.NotGiven: "R0 GS1"} }, warn, "meter",
			[]string{"does not give its calibration of R0 GS1", "measure a known current"}},
		"only measures": {func(*fakeMeter) {}, skip, "cycle", []string{"only measures"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubbleSession(t, "emulated?link=memory", func(t *testing.T, s *session) {
				m := good
				row.spoil(&m)
				var all []finding
				c := &checker{app: &app{}, rig: s.rig, say: func(f finding) { all = append(all, f) }}
				c.aboutMeter(&m)
				if !c.meterWithModule(t.Context(), s, &m) {
					t.Error("the module is given up")
				}
				want(t, all, row.status, row.line, row.texts...)
				if row.status == ok && c.problems > 0 {
					t.Errorf("%+v", all)
				}
				synctest.Wait()
			})
		})
	}
}

// A meter that does not carry a module that sends sees no join: the instrument would switch the supply off.
func TestCheckMeterWithoutRadio(t *testing.T) {
	bubbleSession(t, "emulated?link=memory", func(t *testing.T, s *session) {
		m := &fakeMeter{header: trace.Header{Rate: 100e3, Kind: trace.Point, Volts: 3.3}, limit: 0.05, amps: 0.057, actual: 100e3}
		var all []finding
		c := &checker{app: &app{}, rig: s.rig, say: func(f finding) { all = append(all, f) }}
		c.withModule(t.Context(), s, m)
		want(t, all, skip, "network", "does not carry")
		if slices.ContainsFunc(all, func(f finding) bool { return f.Name == "join" }) {
			t.Errorf("%+v", all)
		}
	})
}

// A meter whose supply does not come back is found, and ends the checks.
func TestCheckMeterWithoutReturn(t *testing.T) {
	bubbleSession(t, "emulated?link=memory", func(t *testing.T, s *session) {
		stuck := &stuckMeter{Meter: power.Sim(s.emulator, power.Settings{})}
		url, _ := scenarios.ParseMeter("sim:")
		s.rig.Meter = &url
		var all []finding
		c := &checker{app: &app{}, rig: s.rig, say: func(f finding) { all = append(all, f) }}
		if c.meterWithModule(t.Context(), s, stuck) {
			t.Error("the checks go on without a module")
		}
		want(t, all, wrong, "baseline", "no `ready`")
		err := s.module.ResetBy(t.Context(), func(context.Context) error { s.emulator.Supply(true); return nil })
		if err != nil {
			t.Error(err)
		}
	})
}

// stuckMeter switches off but not on.
type stuckMeter struct{ power.Meter }

func (m *stuckMeter) Supply(ctx context.Context, on bool) error {
	if on {
		return nil
	}
	return m.Meter.Supply(ctx, false)
}

// The meter may be what supplies the module, so that its line is tried once the supply is on.
func TestCheckMeterBeforeRate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the emulated serial line is a pseudo-terminal")
	}
	_, all := findings(t, write(t, "rig.yaml", "name: a\nmodule: emulated?link=uart\nmeter: ppk2:/dev/ttyNONE\n"))
	meter := slices.IndexFunc(all, func(f finding) bool { return f.Name == "meter" })
	rate := slices.IndexFunc(all, func(f finding) bool {
		return f.Name == "rate" && (strings.Contains(f.Text, "long reply") || f.Status == skip)
	})
	if meter < 0 || rate < meter {
		t.Errorf("meter is finding %d, the line's rate %d: %+v", meter, rate, all)
	}
}
