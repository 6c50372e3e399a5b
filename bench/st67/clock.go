package st67

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"st67bench/transport/at"
)

// Sources of the module's 32 kHz clock, by the numbers of SET_CLOCK (manual 7.1.10.2).
const (
	ClockRC       = 1 // internal oscillator
	ClockCrystal  = 2 // external passive crystal
	ClockExternal = 3 // external active one
)

// Clock is the source of the 32 kHz clock (GET_CLOCK, manual 7.1.11).
func (m *Module) Clock(ctx context.Context) (int, error) {
	r, err := m.exchange(ctx, systemLimit, "AT+GET_CLOCK")
	if err != nil {
		return 0, err
	}
	value, _ := answer(r.Lines, "GET_CLOCK")
	source, err := strconv.Atoi(value)
	if err != nil {
		return 0, fmt.Errorf("AT+GET_CLOCK answers %q, in place of 1, 2 or 3", r.Lines)
	}
	return source, nil
}

// SetClock takes another source for the 32 kHz clock, 0 for the one that was found at first (SET_CLOCK, manual 7.1.10). The
// module keeps it in flash and restarts, without OK in public firmware; it is set up again and joins. One that it has
// already is left. Restore puts the first one back.
func (m *Module) SetClock(ctx context.Context, source int) error {
	if source == 0 && m.clock == 0 {
		return nil
	}
	now, err := m.Clock(ctx)
	if err != nil {
		return err
	}
	if m.clock == 0 {
		m.clock = now
	}
	if source == 0 {
		source = m.clock
	}
	if source == now {
		return nil
	}
	return m.BootBy(ctx, func(ctx context.Context) error { return m.askClock(ctx, source) })
}

// askClock sends the command, which ends in OK, in a restart, or in nothing.
func (m *Module) askClock(ctx context.Context, source int) error {
	return m.last(ctx, fmt.Sprintf("AT+SET_CLOCK=%d", source))
}

// last is a command after which the module may hear and say nothing more: no answer is none of its errors. Once it is sent,
// the end of ctx does not cut it off: nobody would know then that the module sleeps.
func (m *Module) last(ctx context.Context, line string) error {
	if err := m.usable(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	_, err := m.exchange(context.WithoutCancel(ctx), lastLimit, line)
	var cut *at.ProtocolError
	if errors.As(err, &cut) && cut.Want != "" {
		return nil
	}
	return err
}

// clockBack puts the first source back, at the end: the restart is left as it is.
func (m *Module) clockBack(ctx context.Context) error {
	if m.clock == 0 {
		return nil
	}
	now, err := m.Clock(ctx)
	if err != nil || now == m.clock {
		return err
	}
	err = m.ResetBy(ctx, func(ctx context.Context) error { return m.askClock(ctx, m.clock) })
	m.joined = false
	return err
}
