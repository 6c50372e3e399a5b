package meter

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is the current that is measured, and the supply that it comes from: an emulated module.
type Source interface {
	// Current fills dst with the mean current, in A, of each sample's time, from the instant from on, at rate samples/s.
	Current(dst []float32, from time.Time, rate float64) error
	// Supply switches the supply.
	Supply(on bool)
	// Supplied says whether it is on.
	Supplied() bool
}

// Config is what a meter is made of.
type Config struct {
	Kind   string // see the package's list
	Source Source
	// Digital fills dst with the state of the digital channels at the time of each sample, bit 0 first; nil: all are low.
	// Bit 0 is also the input of a trigger.
	Digital func(dst []byte, from time.Time, rate float64) error
	Model   Model
	Faults  []string // see the package's list
}

// Model is in what an instrument differs from the truth, beside the steps of its numbers. The zero value differs in
// nothing else.
type Model struct {
	Noise   float64       // rms of white noise, in steps of the number that is sent; ppk2, v3pwr and lpm01a
	PPM     float64       // by which its clock is fast, in parts in a million
	RC      time.Duration // time constant of the shunt with the capacitors behind it: steps are smeared, no charge is lost
	Spike   float64       // ppk2: the first three samples after a change of range read this share too high
	Lag     time.Duration // age of the youngest sample that is sent; default 3 ms
	FIFO    time.Duration // what the queue holds; default 500 ms, of keysight-elog 20 s
	Dialect string        // psu-poll: siglent (default) or rigol
	Seed    uint64        // of the noise
}

const (
	defaultLag  = 3 * time.Millisecond
	defaultFIFO = 500 * time.Millisecond
)

// setters are the keys of [Model.Set].
var setters = map[string]func(m *Model, v string) error{
	"noise": func(m *Model, v string) error { return number(&m.Noise, v, 0, 1000, "steps") },
	"ppm":   func(m *Model, v string) error { return number(&m.PPM, v, -10000, 10000, "parts in a million") },
	"spike": func(m *Model, v string) error { return number(&m.Spike, v, -1, 100, "share of the reading") },
	"rc":    func(m *Model, v string) error { return duration(&m.RC, v) },
	"lag":   func(m *Model, v string) error { return duration(&m.Lag, v) },
	"fifo":  func(m *Model, v string) error { return duration(&m.FIFO, v) },
	"seed": func(m *Model, v string) (err error) {
		m.Seed, err = strconv.ParseUint(v, 10, 64)
		return err
	},
	"dialect": func(m *Model, v string) error {
		m.Dialect = v
		return nil
	},
}

// Set sets a parameter from text: noise, ppm, spike, rc, lag, fifo, seed, dialect.
func (m *Model) Set(key, value string) error {
	set, ok := setters[key]
	if !ok {
		return fmt.Errorf("a meter has no parameter %q; there are noise, ppm, spike, rc, lag, fifo, seed, dialect", key)
	}
	if err := set(m, value); err != nil {
		return fmt.Errorf("%s=%s: %w", key, value, err)
	}
	return nil
}

func number(to *float64, v string, low, high float64, what string) error {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || !(f >= low && f <= high) {
		return fmt.Errorf("not a number from %g to %g (%s)", low, high, what)
	}
	*to = f
	return nil
}

func duration(to *time.Duration, v string) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 || d > time.Minute {
		return errors.New("not a time from 0 to 1m, such as 20us")
	}
	*to = d
	return nil
}

// kinds make instruments.
var kinds = map[string]func(m *Meter) instrument{
	"ppk2":          newPPK2,
	"v3pwr":         func(m *Meter) instrument { return newShield(m, &v3pwr) },
	"lpm01a":        func(m *Meter) instrument { return newShield(m, &lpm01a) },
	"keysight-elog": newElog,
	"psu-poll":      newPSU,
}

// Kinds lists the kinds of meters.
func Kinds() []string { return []string{"ppk2", "v3pwr", "lpm01a", "keysight-elog", "psu-poll"} }

// SCPI says whether a kind is one that has a socket and no serial port.
func SCPI(kind string) bool { return kind == "keysight-elog" || kind == "psu-poll" }

// New returns a meter without a host. The error names every mistake of the configuration. In a testing/synctest bubble,
// New and everything after it has to be called there.
func New(c Config) (*Meter, error) {
	var errs []error
	make, ok := kinds[c.Kind]
	if !ok {
		errs = append(errs, fmt.Errorf("there is no meter %q; there are %s", c.Kind, strings.Join(Kinds(), ", ")))
	}
	if c.Source == nil {
		errs = append(errs, errors.New("a meter needs a source of current"))
	}
	if !slices.Contains([]string{"", "siglent", "rigol"}, c.Model.Dialect) {
		errs = append(errs, fmt.Errorf("dialect %q is not siglent or rigol", c.Model.Dialect))
	}
	if c.Model.Noise < 0 || math.IsNaN(c.Model.Noise) || c.Model.Noise > 0 && SCPI(c.Kind) {
		errs = append(errs, errors.New("noise is counted in steps of ppk2, v3pwr and lpm01a, from 0 on"))
	}
	m := &Meter{conf: c}
	for _, s := range c.Faults {
		f, err := parseFault(s)
		if err == nil && ok {
			err = f.fits(c.Kind)
		}
		errs = append(errs, err)
		m.faults = append(m.faults, f)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	m.prepare()
	m.instrument = make(m)
	return m, nil
}
