package power

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"st67bench/results/trace"
)

// shield is an instrument that speaks ST's PowerShield protocol.
type shield struct {
	shieldDialog
	profile shieldProfile
	set     Settings
	header  trace.Header

	turn      sync.Mutex  // of Supply
	supplied  bool        // the output was switched on
	deaf      bool        // it carries out no command while samples come
	listening atomic.Bool // Supply waits for an answer between samples
	mu        sync.Mutex
	answers   chan string // to Supply; nil while nothing streams
	errands   chan errand // of Supply to Stream
}

// NewV3PWR takes control of an STLINK-V3PWR on its control port (USB interface 1; the other one is the module's UART), sets
// it up and switches the supply on. Settings.Volts is 1.6 to 3.6 V; Settings.Measure is refused, since it measures only what it
// supplies. The caller has opened the line, at any rate, and closes it after [Meter.Close].
func NewV3PWR(ctx context.Context, line Line, set Settings) (Meter, error) {
	return newShield(ctx, line, set, v3pwr)
}

// NewLPM01A takes control of an X-NUCLEO-LPM01A, sets it up and switches the supply on. Settings.Volts is 1.8 to 3.3 V. It
// measures up to 50 mA and switches off from 59 mA on, so that it cannot carry a module whose radio is on. It takes 12 s,
// since its first acquisition reads high and is thrown away.
func NewLPM01A(ctx context.Context, line Line, set Settings) (Meter, error) {
	return newShield(ctx, line, set, lpm01a)
}

func newShield(ctx context.Context, line Line, set Settings, profile shieldProfile) (Meter, error) {
	if set.Volts == 0 {
		set.Volts = nominalVolts
	}
	switch {
	case set.Measure:
		return nil, fmt.Errorf("%s: measures only what it supplies; leave measure out", profile.name)
	case set.Volts < profile.minVolts || set.Volts > profile.maxVolts:
		return nil, fmt.Errorf("%s: %g V is outside %g..%g V", profile.name, set.Volts, profile.minVolts, profile.maxVolts)
	case set.Rate != 0 && set.Rate != shieldRate:
		return nil, fmt.Errorf("%s: measures at %d samples/s, not at %g; leave rate out", profile.name, shieldRate, set.Rate)
	}
	s := &shield{shieldDialog: shieldDialog{line: line, in: newReader(line)}, profile: profile, set: set, header: profile.header, errands: make(chan errand)}
	s.header.Instrument, s.header.Rate = profile.name, shieldRate
	s.header.Volts, s.header.VoltsFrom = set.Volts, "set"
	if err := s.setUp(ctx); err != nil {
		s.abandon()
		s.in.close()
		return nil, fmt.Errorf("%s: %w", profile.name, err)
	}
	return s, nil
}

// abandon leaves the supply as it is to be left, after a set-up that failed.
func (s *shield) abandon() {
	if !s.supplied {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), shieldAnswer)
	defer cancel()
	s.Supply(ctx, s.set.Final == "on") // the error of the set-up is the one to tell
}

func (s *shield) String() string { return s.profile.name + ":" }

func (s *shield) MaxAmps() float64 { return s.header.MaxAmps }

func (s *shield) Header() trace.Header { return s.header }

// Close implements [Meter].
func (s *shield) Close(ctx context.Context) error {
	defer s.in.close()
	err := s.Supply(ctx, s.set.Final == "on")
	if s.profile.release == "" || err != nil {
		return err
	}
	// What pwrend says outlasts a power cycle of the instrument.
	if _, err = s.ask(ctx, "pwrend "+onOff(s.set.Final == "on")); err == nil {
		_, err = s.ask(ctx, s.profile.release)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.profile.name, err)
	}
	return nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
