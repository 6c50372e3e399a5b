package power

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"st67bench/results/trace"
)

const (
	// psuRate is how many readings are asked for in a second: bench supplies have 5 to 20 new ones.
	psuRate = 10
	psuMost = 20
	// psuAmps is the limit that the supply is set to, above the module's 377 mA (datasheet DS14784).
	psuAmps = 0.6
	// psuSettle is how long an output takes to come up.
	psuSettle = 500 * time.Millisecond
)

// psu asks a bench supply for its reading, again and again. A reading is one figure of the instrument's own averaging, over a
// time that it does not tell, 20 to 100 ms ago: an instant's value as far as anybody knows. It gives slow means and a supply
// to switch, and nothing of a wake; the header's Rate says so to whoever computes.
type psu struct {
	scpiMeter
	current string
	index   int64
}

// psuForms are the commands by vendor; the first one is for all others, SCPI-1999.
var psuForms = []struct {
	vendor                            string
	volts, limit, on, off, amps, volt string
	before                            []string
}{
	{volts: "VOLT %g", limit: "CURR %g", on: "OUTP ON", off: "OUTP OFF", amps: "MEAS:CURR?", volt: "MEAS:VOLT?"},
	{vendor: "siglent", volts: "CH1:VOLT %g", limit: "CH1:CURR %g", on: "OUTP CH1,ON", off: "OUTP CH1,OFF",
		amps: "MEAS:CURR? CH1", volt: "MEAS:VOLT? CH1"},
	{vendor: "rigol", volts: ":SOUR:VOLT %g", limit: ":SOUR:CURR %g", on: ":OUTP ON", off: ":OUTP OFF",
		amps: ":MEAS:CURR?", volt: ":MEAS:VOLT?", before: []string{":INST:NSEL 1"}},
}

func (p *psu) setUp(ctx context.Context) error {
	vendor, err := p.identify(ctx)
	if err != nil {
		return err
	}
	form := psuForms[0]
	for _, f := range psuForms[1:] {
		if strings.Contains(vendor, f.vendor) {
			form = f
		}
	}
	p.on, p.off, p.current = form.on, form.off, form.amps
	if p.set.Rate == 0 {
		p.set.Rate = psuRate
	}
	if p.set.Rate < 1 || p.set.Rate > psuMost {
		return fmt.Errorf("%g readings/s is outside 1..%d", p.set.Rate, psuMost)
	}
	if p.set.Trigger {
		return fmt.Errorf("readings that are asked for have no trigger; leave trigger out")
	}
	p.header.Kind, p.header.Rate, p.header.MaxAmps = trace.Point, p.set.Rate, psuAmps
	p.header.Calibration = map[string]string{"reading": "one figure of the instrument's own averaging, over a time that it does not tell"}
	if err := p.all(ctx, form.before...); err != nil {
		return err
	}
	if !p.set.Measure {
		if err := p.all(ctx, fmt.Sprintf(form.volts, p.set.Volts), fmt.Sprintf(form.limit, psuAmps)); err != nil {
			return err
		}
		if err := p.Supply(ctx, true); err != nil {
			return err
		}
		if err := pause(ctx, psuSettle); err != nil {
			return err
		}
	}
	return p.measureVolts(ctx, form.volt)
}

func (p *psu) measureVolts(ctx context.Context, question string) error {
	volts, err := p.number(ctx, question)
	if err != nil {
		return err
	}
	if math.Abs(volts-p.set.Volts) > 0.1*p.set.Volts {
		return fmt.Errorf("the output reads %.3f V, not %g V; is the right channel wired, and does something draw more than %g A?", volts, p.set.Volts, psuAmps)
	}
	p.header.Volts, p.header.VoltsFrom = volts, "measured"
	return nil
}

// Stream implements [Meter]. A reading that takes longer than its period leaves out what it takes.
func (p *psu) Stream(ctx context.Context, since time.Time, emit func(trace.Block) error) error {
	begin := time.Now()
	p.index = 0
	period := time.Duration(1e9 / p.set.Rate)
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		asked := time.Now()
		amps, err := p.number(context.WithoutCancel(ctx), p.current)
		if err != nil {
			return fmt.Errorf("%s: %w", p.dialect, err)
		}
		if err := emit(p.reading(float32(amps), int64(asked.Sub(begin)/period)-1, since)); err != nil {
			return err
		}
	}
}

// reading is the block of one reading, which is of the tick that it was asked at.
func (p *psu) reading(amps float32, tick int64, since time.Time) trace.Block {
	b := trace.Block{Index: max(tick, p.index), Time: time.Now(), Amps: []float32{amps}}
	if missing := b.Index - p.index; missing > 0 {
		b.Events = append(b.Events, event(b.Index, since, trace.Gap, float64(missing), "the reading before took too long"))
	}
	if amps >= psuAmps {
		b.Events = append(b.Events, event(b.Index, since, trace.OverRange, float64(amps), ""))
	}
	p.index = b.End()
	return b
}
