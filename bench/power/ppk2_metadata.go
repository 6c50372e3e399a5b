package power

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// ppk2Ranges is how many ranges of current a PPK2 has, each with a shunt of its own.
const ppk2Ranges = 5

// ppk2Nominal are the figures of a PPK2 that says nothing of itself, by their name in the metadata and by range
// (pc-nrfconnect-ppk, src/device/serialDevice.ts): R is the shunt in ohm, O an offset of the converter in quarter steps,
// GS and GI gains, S and I offsets in A per V and in A, UG what the user set.
var ppk2Nominal = map[string][ppk2Ranges]float64{
	"R":  {1031.64, 101.65, 10.15, 0.94, 0.043},
	"GS": {1, 1, 1, 1, 1},
	"GI": {1, 1, 1, 1, 1},
	"O":  {},
	"S":  {},
	"I":  {},
	"UG": {1, 1, 1, 1, 1},
}

// ppk2Absurd is beyond every figure: shunts are of 0.04 to 1000 ohm, gains and offsets of up to some 100.
const ppk2Absurd = 1e6

// ppk2Metadata is what a PPK2 says of itself, by key.
type ppk2Metadata map[string]string

// parsePPK2Metadata takes every line "Key: value" of an answer to command 0x19, whatever else there is.
func parsePPK2Metadata(text string) ppk2Metadata {
	m := ppk2Metadata{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if ok && key != "" && value != "" && printable(key) && printable(value) {
			m[key] = value
		}
	}
	return m
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// split parts what says how it is calibrated from what says which one it is.
func (m ppk2Metadata) split() (identity, calibration map[string]string) {
	identity, calibration = map[string]string{}, map[string]string{}
	for key, value := range m {
		if _, _, ok := ppk2Figure(key); ok || key == "Calibrated" {
			calibration[key] = value
		} else {
			identity[key] = value
		}
	}
	return identity, calibration
}

// ppk2Figure splits a key such as GS3 into its name and its range.
func ppk2Figure(key string) (name string, r int, ok bool) {
	if key == "" {
		return "", 0, false
	}
	name, r = key[:len(key)-1], int(key[len(key)-1]-'0')
	_, ok = ppk2Nominal[name]
	return name, r, ok && r >= 0 && r < ppk2Ranges
}

// ppk2Conversion makes currents of what the converter reads, in each of the ranges.
type ppk2Conversion [ppk2Ranges]struct {
	slope  float64 // A per quarter step of the converter
	offset float64 // quarter steps
	gs, gi float64 // 1/A, 1
	bias   float64 // A
	gain   float64
}

// conversion is that at a supply of so many V. Nordic's application takes a 0 for a figure that is missing, so it is one
// here too: the same bytes give the same current. Nominal are the keys that were not there, or no figure that can be.
func (m ppk2Metadata) conversion(volts float64) (c ppk2Conversion, nominal []string) {
	figure := func(name string, r int) float64 {
		v, err := strconv.ParseFloat(m[name+strconv.Itoa(r)], 64)
		switch {
		case err != nil || !(math.Abs(v) <= ppk2Absurd) || name == "R" && v != 0 && v < 1/ppk2Absurd:
			nominal = append(nominal, name+strconv.Itoa(r))
			return ppk2Nominal[name][r]
		case v == 0:
			return ppk2Nominal[name][r]
		}
		return v
	}
	for r := range c {
		p := &c[r]
		p.slope = 1.8 / 163840 / figure("R", r)
		p.offset = figure("O", r)
		p.gs, p.gi = figure("GS", r), figure("GI", r)
		p.bias = figure("S", r)*volts + figure("I", r)
		p.gain = figure("UG", r)
	}
	slices.Sort(nominal)
	return c, nominal
}

// amps is the current of a frame.
func (c *ppk2Conversion) amps(frame uint32) float64 {
	p := &c[ppk2Range(frame)]
	x := (float64(frame&ppk2ADC)*4 - p.offset) * p.slope
	return p.gain * (x*(p.gs*x+p.gi) + p.bias)
}

// A frame is 32 bits, little-endian: 14 of the converter, 3 of the range, one that is not used, 6 of a counter, and the
// 8 digital channels.
const (
	ppk2ADC        = 1<<14 - 1
	ppk2RangeShift = 14
	ppk2LogicShift = 24
	ppk2Frame      = 4  // bytes
	ppk2Counts     = 64 // the counter's values
)

// ppk2Range is the range of a frame; there are no more than five, whatever its three bits say.
func ppk2Range(frame uint32) int { return int(min(frame>>ppk2RangeShift&7, ppk2Ranges-1)) }

// ppk2Counter is the counter of the frame that begins at p[0].
func ppk2Counter(p []byte) byte { return p[2] >> 2 }
