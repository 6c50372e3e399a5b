package st67

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"st67bench/transport/at"
)

// PowerSave puts the module into standby, where it sleeps between beacons or service periods, or back to normal (PWR,
// manual 7.1.1). Restore goes back to normal; a module cannot be asked.
func (m *Module) PowerSave(ctx context.Context, standby bool) error {
	mode := "0"
	if standby {
		if err := m.wakeable(ctx); err != nil {
			return err
		}
		mode, m.on.standby = "2", true
	}
	if _, err := m.exchange(ctx, networkLimit, "AT+PWR="+mode); err != nil {
		return err
	}
	m.on.standby = standby
	m.asleep(standby)
	return nil
}

// DTIM sets for every how many-th DTIM beacon the module wakes, 1 to 256 (SLWKDTIM, manual 7.1.5). Before 2.0.97 it is the
// DTIM itself, 1 to 25. The module cannot be asked; a restart puts 1 back.
func (m *Module) DTIM(ctx context.Context, factor int) error {
	if factor < 1 || factor > 256 {
		return fmt.Errorf("DTIM factor %d is outside 1..256", factor)
	}
	_, err := m.exchange(ctx, networkLimit, fmt.Sprintf("AT+SLWKDTIM=%d", factor))
	return err
}

const (
	twtLimit = 5 * time.Second        // until an access point has answered
	twtPoll  = 100 * time.Millisecond // between two questions
	twtHead  = "+TWT:"
)

// TWT asks the access point for an unannounced agreement and waits until it is there: a service period of duration x
// 256 us every mantissa x 2^exponent us (TWT_PARAM, manual 7.1.7). The set-up type is 1, which both numberings of the types
// have. A module that is not in standby, or an access point without TWT, gives none: an error after 5 s.
func (m *Module) TWT(ctx context.Context, exponent, duration, mantissa int) error {
	if exponent < 0 || exponent > 31 || duration < 1 || duration > 255 || mantissa < 1 || mantissa > 65535 {
		return fmt.Errorf("TWT exponent %d, duration %d, mantissa %d; allowed are 0..31, 1..255, 1..65535", exponent, duration, mantissa)
	}
	m.on.twt = true
	if _, err := m.exchange(ctx, networkLimit, fmt.Sprintf("AT+TWT_PARAM=1,1,%d,%d,%d", exponent, duration, mantissa)); err != nil {
		return err
	}
	for end := time.Now().Add(twtLimit); time.Now().Before(end); {
		active, err := m.twtActive(ctx)
		if err != nil || active {
			return err
		}
		if err := sleep(ctx, twtPoll); err != nil {
			return err
		}
	}
	return fmt.Errorf("no TWT agreement within %v: the access point has no TWT, refuses these times, or the module is not in standby", twtLimit)
}

// twtActive asks for agreements: `+TWT:ACTIVE:...` or `+TWT:INACTIVE` (AT+TWT_STATUS?, which the manual lacks).
func (m *Module) twtActive(ctx context.Context) (bool, error) {
	r, err := m.exchange(ctx, networkLimit, "AT+TWT_STATUS?")
	if err != nil {
		return false, fmt.Errorf("whether there is a TWT agreement: %w", err)
	}
	for _, l := range r.Lines {
		if strings.HasPrefix(string(l), twtHead+"ACTIVE") {
			return true, nil
		}
	}
	return false, nil
}

// TWTOff ends every agreement (TWT_TEARDOWN, manual 7.1.9), in the form of the manual or that of firmware before 2.0.106.
// None that is there is no error.
func (m *Module) TWTOff(ctx context.Context) error {
	var refused *at.CommandError
	_, err := m.exchange(ctx, networkLimit, "AT+TWT_TEARDOWN=0,1")
	if errors.As(err, &refused) {
		_, err = m.exchange(ctx, networkLimit, "AT+TWT_TEARDOWN=0,1,0")
	}
	if errors.As(err, &refused) {
		if active, asked := m.twtActive(ctx); asked == nil && !active {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	m.on.twt = false
	return nil
}

// Heap is the free heap of the system and that of the TCP/IP stack, in bytes (SYSRAM, manual 2.2.7).
func (m *Module) Heap(ctx context.Context) (free, lwip int64, err error) {
	r, err := m.exchange(ctx, systemLimit, "AT+SYSRAM?")
	if err != nil {
		return 0, 0, err
	}
	value, _ := answer(r.Lines, "SYSRAM")
	f := fields(value)
	first, ok := count([]byte(f[0]))
	second, also := count([]byte(f[len(f)-1]))
	if len(f) != 2 || !ok || !also {
		return 0, 0, fmt.Errorf("AT+SYSRAM? answers %q, in place of two lengths", r.Lines)
	}
	return int64(first), int64(second), nil
}
