package power

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"st67bench/results/trace"
)

// scpiMeter is what the instruments with SCPI have in common.
type scpiMeter struct {
	*scpi
	dialect  string
	set      Settings
	header   trace.Header
	on, off  string // commands of the output
	supplied bool   // it was switched on
}

// NewSCPI sets up an instrument that speaks SCPI and switches its output on. The dialects are "keysight-elog", the external
// data log of an N6700 or N6705 with an N678x in slot 1, and "psu-poll", any supply that is asked for its reading. The caller
// has opened the line (TCP port 5025, Rigol 5555), and closes it after [Meter.Close].
func NewSCPI(ctx context.Context, line Line, dialect string, set Settings) (Meter, error) {
	if set.Volts == 0 {
		set.Volts = nominalVolts
	}
	m := scpiMeter{scpi: newSCPI(line), dialect: dialect, set: set}
	m.header.Instrument, m.header.Volts, m.header.VoltsFrom = dialect, set.Volts, "set"
	var meter interface {
		Meter
		setUp(context.Context) error
		abandon()
	}
	switch dialect {
	case "keysight-elog":
		meter = &elog{scpiMeter: m}
	case "psu-poll":
		meter = &psu{scpiMeter: m}
	default:
		return nil, fmt.Errorf("scpi: dialect %q is not known; there are keysight-elog and psu-poll", dialect)
	}
	if err := meter.setUp(ctx); err != nil {
		meter.abandon()
		return nil, fmt.Errorf("%s: %w", dialect, err)
	}
	return meter, nil
}

func (m *scpiMeter) String() string { return "scpi:" + m.dialect }

func (m *scpiMeter) MaxAmps() float64 { return m.header.MaxAmps }

func (m *scpiMeter) Header() trace.Header { return m.header }

// Supply implements [Meter].
func (m *scpiMeter) Supply(ctx context.Context, on bool) error {
	if m.set.Measure {
		return ErrNoSupply
	}
	command := m.off
	if on {
		command, m.supplied = m.on, true
	}
	if err := m.do(ctx, command); err != nil {
		return fmt.Errorf("%s: %w", m.dialect, err)
	}
	return nil
}

// abandon leaves the supply as it is to be left, after a set-up that failed.
func (m *scpiMeter) abandon() {
	if m.supplied {
		m.Close(context.Background()) // the error of the set-up is the one to tell
	}
}

// Close implements [Meter].
func (m *scpiMeter) Close(ctx context.Context) error {
	if m.set.Measure {
		return nil
	}
	return m.Supply(ctx, m.set.Final == "on")
}

// identify asks who it is, and empties the error queue of what others left there.
func (m *scpiMeter) identify(ctx context.Context) (vendor string, err error) {
	if _, err := m.line.Write([]byte("*CLS\n")); err != nil {
		return "", err
	}
	answer, err := m.query(ctx, "*IDN?")
	if err != nil {
		return "", err
	}
	m.header.Identity = map[string]string{}
	parts := strings.Split(answer, ",")
	for i, key := range []string{"vendor", "model", "serial", "firmware"} {
		if i < len(parts) {
			m.header.Identity[key] = strings.TrimSpace(parts[i])
		}
	}
	return strings.ToLower(m.header.Identity["vendor"]), nil
}

// all sends commands, up to the first that is refused.
func (m *scpiMeter) all(ctx context.Context, commands ...string) error {
	for _, command := range commands {
		if err := m.do(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// number asks for one.
func (m *scpiMeter) number(ctx context.Context, question string) (float64, error) {
	answer, err := m.query(ctx, question)
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(answer, ",")
	v, err := strconv.ParseFloat(strings.TrimRight(strings.TrimSpace(first), "AV"), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > scpiNaN {
		return 0, fmt.Errorf("no number in the answer to %q: %q", question, answer)
	}
	return v, nil
}

// scpiNaN: numbers from 9.9E37 on stand for infinity and for none (SCPI-1999, 7.2.1.4 and 7.2.1.5).
const scpiNaN = 9e37

// event is one of the driver's own.
func event(index int64, since time.Time, kind trace.EventKind, value float64, text string) trace.Event {
	return trace.Event{Index: index, T: time.Since(since), Kind: kind, Value: value, Text: text}
}
