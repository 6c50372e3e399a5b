package power

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"st67bench/results/trace"
)

// Commands of a PPK2 (pc-nrfconnect-ppk, src/constants.ts). Only one of them is answered.
const (
	ppk2Start = 0x06
	ppk2Stop  = 0x07
	ppk2Power = 0x0C // 1 on, 0 off
	ppk2Volts = 0x0D // mV, big-endian
	ppk2Mode  = 0x11 // 1 ampere meter, 2 source meter
	ppk2Ask   = 0x19 // answered by text
)

const (
	// ppk2Quiet is how long nothing comes from a PPK2 that has nothing to say: USB hands over what there is in 30 ms.
	ppk2Quiet = 100 * time.Millisecond
	// ppk2Patience bounds what is done at once.
	ppk2Patience = 2 * time.Second
	// ppk2Goes is how long it may go on after the stop: a busy host has to read what was held for it.
	ppk2Goes = 10 * time.Second
	// ppk2Silence between two samples is the end of the stream.
	ppk2Silence = 3 * time.Second

	ppk2MinVolts, ppk2MaxVolts = 0.8, 5.0
	ppk2Channels               = 8
	// ppk2MinAmps is what Nordic's application takes for 0. Here it is not, since that would shift the mean.
	ppk2MinAmps = 0.2e-6
)

// ppk2 is a Nordic Power Profiler Kit II.
type ppk2 struct {
	line       Line
	set        Settings
	header     trace.Header
	conversion ppk2Conversion

	writing sync.Mutex
}

// NewPPK2 takes a Nordic Power Profiler Kit II into use, by the first of its two ports. It stops a stream that still runs,
// reads the calibration, sets mode and voltage, and switches the output on: the module has its supply when NewPPK2 returns.
//
// As a source meter it supplies 0.8 to 5 V. With Settings.Measure it is an ampere meter in the supply of another source,
// which Settings.Volts has to name, since the voltage enters the calibration; Supply then returns ErrNoSupply. The
// digital channels D0 to D7 are sampled with the current; they need the logic port's VCC.
//
// It has 100 000 samples/s from 0.2 µA to 1 A, in five ranges that it chooses by itself. Block.Plain are the samples as they
// are measured, Block.Amps those of Nordic's spike filter: three samples after each change of range are an average. Samples
// below 0.2 µA are passed on as they are.
//
// The instrument's firmware switches the output off when its port is closed, whatever Close leaves it at: one process has
// to keep the port for as long as the module needs its supply.
func NewPPK2(ctx context.Context, line Line, set Settings) (Meter, error) {
	if set.Volts == 0 {
		set.Volts = nominalVolts
	}
	switch {
	case set.Volts < ppk2MinVolts || set.Volts > ppk2MaxVolts:
		return nil, fmt.Errorf("ppk2: %g V is outside %g to %g V", set.Volts, ppk2MinVolts, ppk2MaxVolts)
	case len(set.Digital) > ppk2Channels:
		return nil, fmt.Errorf("ppk2: %d digital channels are named, it has %d", len(set.Digital), ppk2Channels)
	case set.Trigger:
		return nil, errors.New("ppk2: it has no trigger input; connect the signal to a digital channel and name that in digital")
	case set.Rate != 0 && set.Rate != ppk2Rate:
		return nil, fmt.Errorf("ppk2: its rate is %d samples/s, always", ppk2Rate)
	}
	p := &ppk2{line: line, set: set}
	text, err := p.ask(ctx)
	if err != nil {
		return nil, fmt.Errorf("ppk2: %w", err)
	}
	if err := p.describe(text); err != nil {
		return nil, fmt.Errorf("ppk2: %w", err)
	}
	mode, mv := byte(2), uint16(math.Round(set.Volts*1000))
	if set.Measure {
		mode = 1
	}
	for _, command := range [][]byte{{ppk2Mode, mode}, {ppk2Volts, byte(mv >> 8), byte(mv)}, {ppk2Power, 1}} {
		if err := p.say(command...); err != nil {
			return nil, fmt.Errorf("ppk2: set it up: %w", err)
		}
	}
	return p, nil
}

// ask stops a stream that an earlier user has left running, and asks for the metadata. They end with END, which some
// firmware leaves out: then they end when no more comes.
func (p *ppk2) ask(ctx context.Context) (string, error) {
	r := newReaderSize(p.line, 64<<10, 4096)
	defer r.close()
	if err := p.say(ppk2Stop); err != nil {
		return "", fmt.Errorf("stop it: %w", err)
	}
	if err := drain(ctx, r, discard); err != nil {
		return "", fmt.Errorf("stop it: %w", err)
	}
	if err := p.say(ppk2Ask); err != nil {
		return "", fmt.Errorf("ask for its metadata: %w", err)
	}
	limit, cancel := context.WithTimeout(ctx, ppk2Patience)
	defer cancel()
	var text []byte
	for !strings.Contains(string(text), "END") && len(text) < 16<<10 {
		c, err := r.next(limit)
		if err != nil && (limit.Err() == nil || ctx.Err() != nil) {
			return "", fmt.Errorf("read its metadata: %w; %d bytes seen: %.200q", err, len(text), text)
		}
		if err != nil {
			break
		}
		text = append(text, c.data...)
	}
	return string(text), nil
}

// describe makes the header from the metadata.
func (p *ppk2) describe(text string) error {
	m := parsePPK2Metadata(text)
	identity, calibration := m.split()
	if len(calibration) == 0 {
		return fmt.Errorf("no metadata within %v after command 0x19; %d bytes seen: %.200q; a PPK2 has two ports, of which the second is a "+
			"shell: try the other one of /dev/serial/by-id/usb-Nordic_Semiconductor_PPK2_*; if neither answers, unplug it and plug it in again",
			ppk2Patience, len(text), text)
	}
	var nominal []string
	if p.conversion, nominal = m.conversion(p.set.Volts); len(nominal) > 0 {
		calibration[trace.NotGiven] = strings.Join(nominal, " ")
	}
	p.header = trace.Header{
		Instrument: "ppk2", Identity: identity, Calibration: calibration,
		// Each frame holds one conversion, behind an analog filter; it is Nordic's application that makes means of them.
		Kind: trace.Point, Rate: ppk2Rate, Volts: p.set.Volts, VoltsFrom: "set", MinAmps: ppk2MinAmps, MaxAmps: ppk2MaxAmps,
		Digital: append(slices.Clone(p.set.Digital), make([]string, ppk2Channels-len(p.set.Digital))...),
	}
	return nil
}

func (p *ppk2) String() string { return "ppk2:" }

// MaxAmps is where the highest range ends.
func (p *ppk2) MaxAmps() float64 { return ppk2MaxAmps }

func (p *ppk2) Header() trace.Header { return p.header }

func (p *ppk2) Supply(_ context.Context, on bool) error {
	if p.set.Measure {
		return ErrNoSupply
	}
	return p.power(on)
}

// Close implements Meter. The firmware switches the output off when the line is closed thereafter, also after Final "on".
func (p *ppk2) Close(context.Context) error {
	if p.set.Measure {
		return nil
	}
	return p.power(p.set.Final == "on")
}

func (p *ppk2) power(on bool) error {
	var state byte
	if on {
		state = 1
	}
	if err := p.say(ppk2Power, state); err != nil {
		return fmt.Errorf("ppk2: switch its output: %w", err)
	}
	return nil
}

// say writes a command, also while a stream runs.
func (p *ppk2) say(command ...byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	if l, ok := p.line.(interface{ SetWriteDeadline(time.Time) error }); ok {
		l.SetWriteDeadline(time.Now().Add(ppk2Patience))
		defer l.SetWriteDeadline(time.Time{})
	}
	n, err := p.line.Write(command)
	if err == nil && n < len(command) {
		err = io.ErrShortWrite
	}
	return err
}
