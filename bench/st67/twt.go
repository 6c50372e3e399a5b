package st67

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/at"
)

const (
	twtLimit = 5 * time.Second        // until an access point has answered
	twtPoll  = 100 * time.Millisecond // between two questions
	twtHead  = "+TWT:"
	// twtUnit is what the duration of a service period counts (manual 7.1.7).
	twtUnit = 256 * time.Microsecond
)

// TWTSetup says how an agreement is asked for (IEEE 802.11ax, 9.4.2.199; manual 7.1.7.4).
type TWTSetup int

// The types. By the manual, TWT_PARAM counts them from 0; by ST's wiki from 1. AnySetup is number 1, which both have.
const (
	AnySetup TWTSetup = iota
	Request           // the access point says when
	Suggest           // the access point may take other values
	Demand            // these values or none
)

var twtSetups = []string{"any", "request", "suggest", "demand"}

func (s TWTSetup) String() string { return twtSetups[s] }

// TWT is an agreement on target wake times, an unannounced one: the firmware has no other.
type TWT struct {
	Setup                        TWTSetup
	Exponent, Duration, Mantissa int
}

// Interval is from one service period to the next: mantissa x 2^exponent us.
func (t TWT) Interval() time.Duration {
	return time.Duration(t.Mantissa) << t.Exponent * time.Microsecond
}

// ServicePeriod is duration x 256 us.
func (t TWT) ServicePeriod() time.Duration { return time.Duration(t.Duration) * twtUnit }

func (t TWT) String() string {
	return fmt.Sprintf("%v every %v", t.ServicePeriod(), t.Interval())
}

func (t TWT) check() error {
	if t.Exponent < 0 || t.Exponent > 31 || t.Duration < 1 || t.Duration > 255 || t.Mantissa < 1 || t.Mantissa > 65535 {
		return fmt.Errorf("TWT exponent %d, duration %d, mantissa %d; allowed are 0..31, 1..255, 1..65535", t.Exponent, t.Duration, t.Mantissa)
	}
	return nil
}

// line is TWT_PARAM with a number for the set-up type.
func (t TWT) line(setup int) string {
	return fmt.Sprintf("AT+TWT_PARAM=%d,1,%d,%d,%d", setup, t.Exponent, t.Duration, t.Mantissa)
}

// ErrNoTWT says that the firmware has no target wake times.
var ErrNoTWT = errors.New("this firmware has no AT+TWT_PARAM")

// TWTSupported says whether the access point grants agreements (GET_TWT_SUPPORTED?, firmware since 2.0.97, not in the
// manual); known is false when the module does not tell.
func (m *Module) TWTSupported(ctx context.Context) (yes, known bool, err error) {
	value, known, err := m.fieldOf(ctx, "AT+GET_TWT_SUPPORTED?", "TWT_SUPPORT")
	n, bad := strconv.Atoi(value)
	return n > 0, known && bad == nil, err
}

// TWT asks the access point for an agreement and waits until it is there (TWT_PARAM, manual 7.1.7), then lets the module
// sleep by it (TWT_SLEEP, which newer firmware takes and does not need). The module has to be in standby. No agreement
// within 5 s is an error, and so is one on other times than those that were asked for; ErrNoTWT when the firmware has none.
// Firmware without TWT_STATUS? is believed its OK.
func (m *Module) TWT(ctx context.Context, t TWT) error {
	if err := t.check(); err != nil {
		return err
	}
	if err := m.askTWT(ctx, t); err != nil {
		return err
	}
	if err := m.granted(ctx, t); err != nil {
		return err
	}
	return m.tolerated(m.exchange(ctx, networkLimit, "AT+TWT_SLEEP"))
}

// askTWT sends the line with the number of its set-up type.
func (m *Module) askTWT(ctx context.Context, t TWT) error {
	number := 1
	if t.Setup != AnySetup {
		first, err := m.firstSetup(ctx, t)
		if err != nil {
			return err
		}
		number = first + int(t.Setup-Request)
	}
	m.on.twt = true
	_, err := m.exchange(ctx, networkLimit, t.line(number))
	if refused := (*at.CommandError)(nil); errors.As(err, &refused) && uint8(refused.Code>>16) == noCommand {
		m.on.twt = false
		return ErrNoTWT
	}
	return err
}

// firstSetup is the number of the first set-up type, 0 or 1: only firmware that counts from 1 takes 3. What that brings
// about, a demand of the same times, is ended.
func (m *Module) firstSetup(ctx context.Context, t TWT) (int, error) {
	if m.twtFirst != nil {
		return *m.twtFirst, nil
	}
	first := 1
	m.on.twt = true
	_, err := m.exchange(ctx, networkLimit, t.line(3))
	if malformed(err) {
		first, err = 0, nil
	}
	if err != nil {
		return 0, err
	}
	if first == 1 {
		_ = m.granted(ctx, t) // until it is there to be ended, if it comes
		err = m.TWTOff(ctx)
	}
	m.twtFirst = &first
	return first, err
}

// granted waits for an agreement, and compares it.
func (m *Module) granted(ctx context.Context, want TWT) error {
	for end := time.Now().Add(twtLimit); time.Now().Before(end); {
		list, known, err := m.Agreements(ctx)
		switch {
		case err != nil || !known:
			return err
		case len(list) > 0 && (list[0].Interval() != want.Interval() || list[0].ServicePeriod() != want.ServicePeriod()):
			return fmt.Errorf("the access point has agreed on %v in place of %v", list[0], want)
		case len(list) > 0:
			return nil
		}
		if err := sleep(ctx, twtPoll); err != nil {
			return err
		}
	}
	return fmt.Errorf("no TWT agreement within %v: the access point has no TWT, refuses these times, or the module is not in standby", twtLimit)
}

// Agreements are those that there are: `+TWT:ACTIVE:<id>,<type>,UNANNOUNCED,<exponent>,<duration>,<mantissa>` or
// `+TWT:INACTIVE` (TWT_STATUS?, which the manual lacks); known is false when the module does not tell.
func (m *Module) Agreements(ctx context.Context) (list []TWT, known bool, err error) {
	r, err := m.exchange(ctx, networkLimit, "AT+TWT_STATUS?")
	if refused := (*at.CommandError)(nil); errors.As(err, &refused) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("whether there is a TWT agreement: %w", err)
	}
	for _, l := range r.Lines {
		rest, is := strings.CutPrefix(string(l), twtHead)
		known = known || is
		if text, active := strings.CutPrefix(rest, "ACTIVE"); is && active {
			list = append(list, agreement(text))
		}
	}
	return list, known, nil
}

// agreement reads the last three of an agreement's fields.
func agreement(text string) TWT {
	f := strings.Split(text, ",")
	var v [3]int
	for i := range v {
		if k := len(f) - len(v) + i; k >= 0 {
			v[i], _ = strconv.Atoi(strings.TrimSpace(f[k])) // 0 is no agreement that was asked for
		}
	}
	return TWT{Exponent: v[0], Duration: v[1], Mantissa: v[2]}
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
		if list, known, asked := m.Agreements(ctx); asked == nil && known && len(list) == 0 {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	m.on.twt = false
	return nil
}
