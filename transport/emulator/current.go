package emulator

import (
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/emulator/core"
)

// Piece is a time of constant supply current.
type Piece = core.Piece

// ErrForgotten is the answer of Current and States, and of Charge between two
// later instants, for what is further back than the module remembers: the last
// 65536 transmissions, receptions and times awake.
var ErrForgotten = core.ErrForgotten

// Current fills dst with the supply current in A from the instant from on, at rate
// samples per second (1 to 10 million). Each sample is the mean over its own time,
// so that their sum over rate is the charge. Samples are made here, from the times
// at which the module did what, over all its switchings on and off.
func (m *Module) Current(dst []float32, from time.Time, rate float64) error {
	return m.past.Samples(dst, from, rate)
}

// Charge is what the supply gave between two instants, in C, without an error of
// sampling. With the zero time it counts from New on, however long ago.
func (m *Module) Charge(from, to time.Time) (float64, error) { return m.past.Charge(from, to) }

// States are the pieces of constant current between two instants, in order and
// without gaps; before New there are none.
func (m *Module) States(from, to time.Time) (iter.Seq[Piece], error) { return m.past.States(from, to) }

// RaisePin is a pulse on the wake-up pin GPIO16, which ends hibernation (AT+PWR=1).
func (m *Module) RaisePin() { m.current().RaisePin() }

// newRadio returns the radio of a switching on.
func (m *Module) newRadio(c *Config) *core.Radio {
	return &core.Radio{
		Rate: c.RadioRate, Fixed: c.fixedRate, Latency: c.RadioLatency, Loss: c.Loss, Outages: c.Outages,
		Wake: c.Wake, Drift: c.Drift * 1e-6, BeaconLoss: c.BeaconLoss, Timeline: m.past,
	}
}

// parseCurrent takes NAME:VALUE, in A, mA, uA or µA, or for beacon-charge in C, mC
// and so on.
func parseCurrent(v string, to *core.Currents) error {
	name, value, ok := strings.Cut(v, ":")
	if !ok {
		return errors.New("not NAME:VALUE, such as sleep:80uA")
	}
	value = strings.TrimRight(value, "AC")
	scale := 1.0
	for _, u := range []struct {
		prefix string
		scale  float64
	}{{"m", 1e3}, {"u", 1e6}, {"µ", 1e6}} {
		if number, ok := strings.CutSuffix(value, u.prefix); ok {
			value, scale = number, u.scale
		}
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || !(f > 0) {
		return errors.New("not a current such as 80uA, nor a charge such as 75uC")
	}
	return to.Set(name, f/scale)
}
