package st67

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"st67bench/transport/at"
)

// The ranges of SLWKDTIM: a factor since 2.0.97, the DTIM itself before.
const (
	largestFactor   = 256
	largestAbsolute = 25
)

// BeaconError says that the module cannot wake for every so many beacons.
type BeaconError struct {
	Beacons int    // that were wanted
	Why     string // with what is possible
}

func (e *BeaconError) Error() string {
	return fmt.Sprintf("wake for every %s beacon: %s", ordinal(e.Beacons), e.Why)
}

// ordinal is 1st, 2nd, 3rd, 4th ...
func ordinal(n int) string {
	ending := "th"
	if tens := n / 10 % 10; tens != 1 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return strconv.Itoa(n) + ending
}

// APDTIM is the DTIM of the access point, in beacons (GET_AP_DTIM?, firmware since 2.0.97, not in the manual); known is
// false when the module does not tell.
func (m *Module) APDTIM(ctx context.Context) (beacons int, known bool, err error) {
	value, known, err := m.fieldOf(ctx, "AT+GET_AP_DTIM?", "DTIM")
	n, bad := strconv.Atoi(value)
	return n, known && bad == nil && n > 0, err
}

// WakeEvery makes a module in standby wake for every so many-th beacon. What SLWKDTIM takes for that depends on the
// firmware: a factor on the access point's DTIM, or, before 2.0.97, the number of beacons itself; which one it is shows in
// whether it takes 26. dtim is the access point's where the module does not tell it, 0 when that is not known. What is not
// possible is a *BeaconError. Restore undoes it.
func (m *Module) WakeEvery(ctx context.Context, beacons, dtim int) error {
	n, known, err := m.APDTIM(ctx)
	if err != nil {
		return err
	}
	absolute := false
	if known {
		dtim = n
	} else if absolute, err = m.absoluteDTIM(ctx); err != nil {
		return err
	}
	factor, why := dtimFactor(beacons, dtim, absolute)
	if why != "" {
		return &BeaconError{beacons, why}
	}
	return m.DTIM(ctx, factor)
}

// absoluteDTIM says whether SLWKDTIM sets the DTIM itself, which has 25 at the most.
func (m *Module) absoluteDTIM(ctx context.Context) (bool, error) {
	m.on.dtim = true
	_, err := m.exchange(ctx, networkLimit, fmt.Sprintf("AT+SLWKDTIM=%d", largestAbsolute+1))
	if malformed(err) {
		return true, nil
	}
	return false, err
}

// dtimFactor is SLWKDTIM's value for every so many-th beacon, or why there is none.
func dtimFactor(beacons, dtim int, absolute bool) (factor int, why string) {
	switch {
	case absolute && beacons > largestAbsolute:
		return 0, fmt.Sprintf("this firmware (before 2.0.97) takes 1 to %d", largestAbsolute)
	case absolute:
		return beacons, ""
	case dtim == 0:
		return 0, "this firmware counts in DTIMs of the access point and does not tell what that is; give ap: {dtim: N} in the rig file"
	case beacons%dtim != 0 || beacons/dtim > largestFactor:
		return 0, fmt.Sprintf("the module wakes for DTIM beacons, and the access point's DTIM is %d; possible are %d, %d, %d and so on to %d",
			dtim, dtim, 2*dtim, 3*dtim, largestFactor*dtim)
	}
	return beacons / dtim, ""
}

// DTIM is SLWKDTIM itself (manual 7.1.5), 1 to 256; see WakeEvery for what it means.
func (m *Module) DTIM(ctx context.Context, n int) error {
	if n < 1 || n > largestFactor {
		return fmt.Errorf("DTIM factor %d is outside 1..%d", n, largestFactor)
	}
	m.on.dtim = true
	_, err := m.exchange(ctx, networkLimit, fmt.Sprintf("AT+SLWKDTIM=%d", n))
	return err
}

// DTIMOff puts 1 back, which there is after a restart, and deletes the setting (SLCLDTIM, manual 7.1.6), which firmware
// takes and does not do.
func (m *Module) DTIMOff(ctx context.Context) error {
	if err := m.DTIM(ctx, 1); err != nil {
		return err
	}
	if err := m.tolerated(m.exchange(ctx, networkLimit, "AT+SLCLDTIM")); err != nil {
		return err
	}
	m.on.dtim = false
	return nil
}

// fieldOf is what follows "+<name>:" in the answer to a line, whose name is another; known is false when the module refuses
// the line or answers otherwise.
func (m *Module) fieldOf(ctx context.Context, line, name string) (value string, known bool, err error) {
	r, err := m.exchange(ctx, systemLimit, line)
	if refused := (*at.CommandError)(nil); errors.As(err, &refused) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	value, known = answer(r.Lines, name)
	return value, known, nil
}
