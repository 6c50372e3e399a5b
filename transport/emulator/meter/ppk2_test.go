package meter

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// frame is a frame of the PPK2, taken apart as Nordic's application does.
type frame struct {
	adc, r, counter, logic uint32
}

func parseFrames(b []byte) []frame {
	var all []frame
	for ; len(b) >= 4; b = b[4:] {
		w := binary.LittleEndian.Uint32(b)
		all = append(all, frame{w & 0x3fff, w >> 14 & 7, w >> 18 & 63, w >> 24})
	}
	return all
}

// documented is the current of a frame by the documented formula; the coefficients are those of one range.
func documented(adc uint32, r, gs, gi, o, s, i, volts float64) float64 {
	x := (float64(adc)*4 - o) * (1.8 / 163840) / r
	return x*(gs*x+gi) + s*volts + i
}

// Frames whose current is known from outside: with the default coefficients, and with those of the metadata of a real
// instrument at 3.3 V, in µA.
func TestPPK2GoldenVectors(t *testing.T) {
	for _, v := range []struct {
		frame         string
		plain, calibr float64
	}{
		{"\xd0\x07\x14\x01", 85.2023, 86.4223}, {"\xd0\x47\x14\x01", 865.387, 914.245}, {"\xd0\x87\x14\x01", 8734.156, 9474.655},
		{"\xd0\xc7\x14\x01", 102243.04, 106001.31}, {"\x28\x00\x14\x01", 1.7039, 0.5697},
	} {
		for faults, amps := range map[string]float64{"missing": v.plain, "": v.calibr} {
			synctest.Test(t, func(t *testing.T) {
				want := parseFrames([]byte(v.frame))[0]
				c := Config{Kind: "ppk2", Source: constant(amps * 1e-6), Digital: func(dst []byte, _ time.Time, _ float64) error {
					for i := range dst {
						dst[i] = 1
					}
					return nil
				}}
				if faults != "" {
					c.Faults = []string{faults}
				}
				h := plug(t, c)
				h.write("\x11\x02\x0d\x0c\xe4\x0c\x01\x08" + string(rune(want.r)) + "\x06")
				got := parseFrames(h.read(4 * 6))[5]
				if want.counter = 5; got != want {
					t.Errorf("%v uA (%q) is sent as %+v, want %+v", amps, faults, got, want)
				}
				h.unplug()
			})
		}
	}
}

// The range follows the current, and the documented formula gives it back within half a step.
func TestPPK2Quantisation(t *testing.T) {
	for _, amps := range []float64{0, 0.3e-6, 49e-6, 51e-6, 499e-6, 501e-6, 4.9e-3, 5.1e-3, 59e-3, 61e-3, 0.377, 0.9} {
		synctest.Test(t, func(t *testing.T) {
			h := plug(t, Config{Kind: "ppk2", Source: constant(amps), Faults: []string{"missing"}})
			h.write("\x11\x02\x0d\x0c\xe4\x0c\x01\x06")
			f := parseFrames(h.read(400))[50]
			h.unplug()
			wantRange := uint32(0)
			for _, from := range []float64{50e-6, 500e-6, 5e-3, 60e-3} {
				if amps >= from {
					wantRange++
				}
			}
			r := []float64{1031.64, 101.65, 10.15, 0.94, 0.043}[f.r]
			got := documented(f.adc, r, 1, 1, 0, 0, 0, 3.3)
			step := documented(f.adc+1, r, 1, 1, 0, 0, 0, 3.3) - got
			if f.r != wantRange || math.Abs(got-amps) > 0.51*step {
				t.Errorf("%v A is %v A in range %d, want range %d and a step of %v", amps, got, f.r, wantRange, step)
			}
		})
	}
}

func TestPPK2Metadata(t *testing.T) {
	ask := func(faults ...string) (text string) {
		synctest.Test(t, func(t *testing.T) {
			h := plug(t, Config{Kind: "ppk2", Source: constant(0), Faults: faults})
			h.write("\x0d\x0c\xe4\x11\x01\x25\x02\x00\x00\xc0\x3f\x19")
			text = string(h.hear(time.Second))
			h.unplug()
		})
		return text
	}
	whole := ask()
	for _, line := range []string{"Calibrated: 0\n", "R0: 1003.3506\n", "VDD: 3300\n", "mode: 1\n", "UG2: 1.50\n", "UG3: 1.00\n", "IA: 56\nEND\n"} {
		if !strings.Contains(whole, line) {
			t.Errorf("no %q in %q", line, whole)
		}
	}
	if got := ask("no-end", "nan:GS1", "missing:R3"); got != strings.NewReplacer("END\n", "", "GS1: 112.7890", "GS1: -nan", "R3: 0.9636\n", "").Replace(whole) {
		t.Errorf("with faults: %q", got)
	}
	if got := ask("missing"); got != "Calibrated: 0\nVDD: 3300\nHW: 9173\nmode: 1\nIA: 56\nEND\n" {
		t.Errorf("without calibration: %q", got)
	}
}
