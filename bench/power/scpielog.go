package power

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"st67bench/results/trace"
)

const (
	// elogPeriod is the shortest period of the log, for each quantity that it holds.
	elogPeriod = 102.4e-6
	// elogAmps is the range of an N6781A (N6785A: 8 A).
	elogAmps = 3
	// elogDrain is how often the log is read.
	elogDrain = 100 * time.Millisecond
	// elogLate is how long the log may stay unread without doubt that it holds all: its buffer takes about 20 s, and then
	// what is old is overwritten.
	elogLate = 10 * time.Second
	// elogRecords is what one question asks for at most.
	elogRecords = 10_000
	// elogSlack of a deficit is the network's.
	elogSlack = 50 * time.Millisecond
)

// elog is the external data log of Keysight's N6700 and N6705 (Operating and Service Guide, "External Data Logging"). Each
// record is the mean of all that was converted in its period.
type elog struct {
	scpiMeter
	period float64 // s
	volts  bool    // each record has the voltage after the current
	fetch  []byte

	raw   []byte
	block trace.Block
	read  time.Time // when the log was read last
}

func (e *elog) setUp(ctx context.Context) error {
	if _, err := e.identify(ctx); err != nil {
		return err
	}
	e.header.Kind, e.header.MaxAmps = trace.Average, elogAmps
	e.on, e.off = "OUTP ON,(@1)", "OUTP OFF,(@1)"
	e.fetch = fmt.Appendf(nil, "FETC:ELOG? %d,(@1)\n", elogRecords)
	if err := e.all(ctx, "ABOR:ELOG (@1)", "FORM REAL", "SENS:ELOG:FUNC:CURR ON,(@1)", "SENS:ELOG:FUNC:CURR:MINM OFF,(@1)"); err != nil {
		return err
	}
	if err := e.voltage(ctx); err != nil {
		return err
	}
	e.header.Calibration = map[string]string{"range": "automatic"}
	if err := e.do(ctx, "SENS:ELOG:CURR:RANG:AUTO ON,(@1)"); errors.As(err, new(refusal)) {
		e.header.Calibration["range"] = "fixed: this module has no automatic one"
	} else if err != nil {
		return err
	}
	if err := e.timing(ctx); err != nil {
		return err
	}
	source := "BUS"
	if e.set.Trigger {
		source = "EXT"
	}
	if err := e.do(ctx, "TRIG:ELOG:SOUR "+source+",(@1)"); err != nil || e.set.Measure {
		return err
	}
	if err := e.do(ctx, fmt.Sprintf("VOLT %g,(@1)", e.set.Volts)); err != nil {
		return err
	}
	return e.Supply(ctx, true)
}

// voltage has the voltage logged too, by a module that has a converter for it, and the most significant byte sent first, which
// is what an instrument that cannot choose does.
func (e *elog) voltage(ctx context.Context) error {
	err := e.all(ctx, "SENS:ELOG:FUNC:VOLT ON,(@1)", "SENS:ELOG:FUNC:VOLT:MINM OFF,(@1)")
	if e.volts = err == nil; e.volts {
		e.header.VoltsFrom = "measured"
	} else if !errors.As(err, new(refusal)) {
		return err
	}
	if err := e.do(ctx, "FORM:BORD NORM"); err != nil && !errors.As(err, new(refusal)) {
		return err
	}
	return nil
}

// timing sets the shortest period, or that of Settings.Rate, and asks what it came to.
func (e *elog) timing(ctx context.Context) error {
	e.period = elogPeriod
	if e.volts {
		e.period *= 2
	}
	if e.set.Rate != 0 && 1/e.set.Rate < e.period*0.999 {
		return fmt.Errorf("%g samples/s is more than the %.1f that it can log", e.set.Rate, 1/e.period)
	}
	if e.set.Rate != 0 {
		e.period = 1 / e.set.Rate
	}
	err := e.all(ctx, "SENS:SWE:TINT:RES RES20", fmt.Sprintf("SENS:ELOG:PER %.7f,(@1)", e.period))
	if err != nil {
		return err
	}
	period, err := e.number(ctx, "SENS:ELOG:PER? (@1)")
	if err != nil {
		return err
	}
	if period <= 0 || period > 1 {
		return fmt.Errorf("its log has a period of %g s", period)
	}
	e.period, e.header.Rate = period, 1/period
	return nil
}

// Stream implements [Meter].
func (e *elog) Stream(ctx context.Context, since time.Time, emit func(trace.Block) error) error {
	work := context.WithoutCancel(ctx) // a question that was sent is waited for
	err := e.do(work, "INIT:ELOG (@1)")
	if err == nil && !e.set.Trigger {
		err = e.do(work, "TRIG:ELOG (@1)")
	}
	if err == nil {
		err = e.drain(ctx, work, since, emit)
	}
	if stop := e.do(work, "ABOR:ELOG (@1)"); err == nil {
		err = stop
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.dialect, err)
	}
	return nil
}

// drain reads the log until ctx ends, and then once more.
func (e *elog) drain(ctx, work context.Context, since time.Time, emit func(trace.Block) error) error {
	e.block = trace.Block{Amps: e.block.Amps[:0], Volts: e.block.Volts[:0]}
	e.read = time.Now()
	heard := e.read
	clock := newWatch(e.header.Rate, usbSlack, since)
	tick := time.NewTicker(elogDrain)
	defer tick.Stop()
	for last := false; !last; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			last = true
		}
		n, err := e.records(work, since)
		if err != nil {
			return err
		}
		switch {
		case n > 0:
			heard = time.Now()
		case time.Since(heard) > scpiAnswer && !(e.set.Trigger && e.block.Index == 0):
			return fmt.Errorf("no record for %v after %d", scpiAnswer, e.block.Index)
		}
		if err := e.hand(since, emit); err != nil {
			return err
		}
		if n > 0 {
			if lost, ok := clock.see(e.block.Index, e.block.Time); ok {
				e.block.Events = append(e.block.Events, lost)
			}
		}
	}
	return nil
}

// records reads all that the log holds into the block, and holds it against the clock when that was late.
func (e *elog) records(ctx context.Context, since time.Time) (int, error) {
	asked := time.Now()
	e.block.Amps, e.block.Volts = e.block.Amps[:0], e.block.Volts[:0]
	for n := elogRecords; n == elogRecords; {
		raw, err := e.scpi.block(ctx, e.fetch, e.raw)
		if err != nil {
			return 0, err
		}
		e.raw, e.block.Time = raw, time.Now()
		if n, err = e.take(raw); err != nil {
			return 0, err
		}
	}
	away := asked.Sub(e.read)
	e.read = asked
	return len(e.block.Amps), e.missed(ctx, away, since)
}

// missed finds what was overwritten while the log was not read: the oldest, so that it lies before what was read now.
func (e *elog) missed(ctx context.Context, away time.Duration, since time.Time) error {
	missing := int64(away.Seconds()/e.period) - int64(len(e.block.Amps))
	if away < elogLate || missing < int64(elogSlack.Seconds()/e.period) {
		return nil
	}
	e.block.Index += missing
	e.block.Events = append(e.block.Events, event(e.block.Index, since, trace.Gap, float64(missing),
		fmt.Sprintf("the log was not read for %.1f s; its buffer takes about 20 s", away.Seconds())))
	text, err := e.errors(ctx)
	if text != "" {
		e.block.Events = append(e.block.Events, event(e.block.Index, since, trace.Warning, 0, text))
	}
	return err
}

// take adds records to the block, and says how many.
func (e *elog) take(raw []byte) (int, error) {
	size := 4
	if e.volts {
		size = 8
	}
	if len(raw)%size != 0 {
		return 0, fmt.Errorf("%d bytes are no whole records of %d", len(raw), size)
	}
	for p := raw; len(p) > 0; p = p[size:] {
		e.block.Amps = append(e.block.Amps, math.Float32frombits(binary.BigEndian.Uint32(p)))
		if e.volts {
			e.block.Volts = append(e.block.Volts, math.Float32frombits(binary.BigEndian.Uint32(p[4:])))
		}
	}
	return len(raw) / size, nil
}

// hand emits the block, without what cannot be: SCPI says "no number" with 9.91E37.
func (e *elog) hand(since time.Time, emit func(trace.Block) error) error {
	for amps, volts := e.block.Amps, e.block.Volts; len(amps) > 0; {
		n := 0
		for n < len(amps) && amps[n] <= 2*elogAmps && amps[n] >= -2*elogAmps {
			n++
		}
		if n > 0 {
			b := e.block
			b.Amps, b.Volts = amps[:n], nil
			if e.volts {
				b.Volts, volts = volts[:n], volts[n:]
			}
			if err := emit(b); err != nil {
				return err
			}
			e.block.Index, e.block.Events, amps = b.End(), e.block.Events[:0], amps[n:]
			continue
		}
		for n < len(amps) && !(amps[n] <= 2*elogAmps && amps[n] >= -2*elogAmps) {
			n++
		}
		first := float64(amps[0])
		e.block.Index, amps = e.block.Index+int64(n), amps[n:]
		if e.volts {
			volts = volts[n:]
		}
		e.block.Events = append(e.block.Events,
			event(e.block.Index, since, trace.Implausible, first, ""),
			event(e.block.Index, since, trace.Gap, float64(n), "no number, or none that can be"))
	}
	return nil
}
