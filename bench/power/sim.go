package power

import (
	"context"
	"time"

	"st67bench/results/trace"
)

// Source is a current that is known, such as that of an emulated module.
type Source interface {
	// Current fills dst with the mean current, in A, of each sample's time, from the instant from on, at rate samples/s.
	Current(dst []float32, from time.Time, rate float64) error
	Supply(on bool)
}

const (
	// simRate is enough for wakes of 2 ms: each sample is a mean, so that none of the charge is missed.
	simRate = 10_000
	// simBatch is how often samples are handed over.
	simBatch = 20 * time.Millisecond
	// simLag is how old a sample is when it is asked for: the source may still write down what is younger. On a busy host it is late by
	// tens of milliseconds, and what it wrote down after its sample was taken would be missing in the charge.
	simLag = 250 * time.Millisecond
	// simPiece bounds the samples of one block.
	simPiece = 4096
)

// sim samples a source without an instrument's errors.
type sim struct {
	source Source
	set    Settings
}

// Sim returns the meter that reads a known current: no noise, no loss, its clock is the host's.
func Sim(source Source, set Settings) Meter {
	if set.Volts == 0 {
		set.Volts = nominalVolts
	}
	if set.Rate == 0 {
		set.Rate = simRate
	}
	return &sim{source: source, set: set}
}

// nominalVolts is the module's nominal supply (datasheet DS14784).
const nominalVolts = 3.3

func (s *sim) String() string { return "sim:" }

// MaxAmps is above everything that a module draws.
func (s *sim) MaxAmps() float64 { return 10 }

func (s *sim) Header() trace.Header {
	return trace.Header{Instrument: "sim", Kind: trace.Average, Rate: s.set.Rate, Volts: s.set.Volts, VoltsFrom: "set", MaxAmps: s.MaxAmps()}
}

func (s *sim) Stream(ctx context.Context, _ time.Time, emit func(trace.Block) error) error {
	begin := time.Now()
	block := trace.Block{Amps: make([]float32, 0, simPiece)}
	tick := time.NewTicker(simBatch)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		due := int64((time.Since(begin) - simLag).Seconds() * s.set.Rate)
		for block.Index < due {
			n := min(due-block.Index, simPiece)
			from := begin.Add(time.Duration(float64(block.Index) / s.set.Rate * 1e9))
			block.Amps = block.Amps[:n]
			if err := s.source.Current(block.Amps, from, s.set.Rate); err != nil {
				return err
			}
			block.Time = from.Add(time.Duration(float64(n) / s.set.Rate * 1e9)) // its samples come at once
			if err := emit(block); err != nil {
				return err
			}
			block.Index += n
		}
	}
}

func (s *sim) Supply(_ context.Context, on bool) error {
	s.source.Supply(on)
	return nil
}

func (s *sim) Close(context.Context) error {
	if s.set.Final != "" {
		s.source.Supply(s.set.Final == "on")
	}
	return nil
}
