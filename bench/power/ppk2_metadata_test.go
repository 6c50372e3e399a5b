package power

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// ppk2Real is the answer of a real instrument, as published with ppk2-rs (src/types.rs).
const ppk2Real = `Calibrated: 0
R0: 1003.3506
R1: 101.5865
R2: 10.3027
R3: 0.9636
R4: 0.0564
GS0: 0.0000
GS1: 112.7890
GS2: 18.0115
GS3: 2.4217
GS4: 0.0729
GI0: 1.0000
GI1: 0.9695
GI2: 0.9609
GI3: 0.9519
GI4: 0.9582
O0: 112.9420
O1: 75.4627
O2: 64.6020
O3: 50.4983
O4: 87.2177
VDD: 3000
HW: 9173
mode: 2
S0: 0.000000048
S1: 0.000000596
S2: 0.000005281
S3: 0.000062577
S4: 0.002940743
I0: -0.000000104
I1: -0.000001443
I2: 0.000036439
I3: -0.000374119
I4: -0.009388455
UG0: 1.00
UG1: 1.00
UG2: 1.00
UG3: 1.00
UG4: 1.00
IA: 56
END
`

func TestPPK2Metadata(t *testing.T) {
	identity, calibration := parsePPK2Metadata(ppk2Real).split()
	if len(calibration) != 36 || calibration["O4"] != "87.2177" || calibration["I3"] != "-0.000374119" || calibration["Calibrated"] != "0" {
		t.Errorf("calibration %v", calibration)
	}
	if len(identity) != 4 || identity["HW"] != "9173" || identity["IA"] != "56" || identity["mode"] != "2" || identity["VDD"] != "3000" {
		t.Errorf("identity %v", identity)
	}
	c, missing := parsePPK2Metadata(ppk2Real).conversion(3.3)
	if len(missing) > 0 || c[0].gs != 1 || c[4].gs != 0.0729 || c[0].offset != 112.9420 || math.Abs(c[4].bias-(0.002940743*3.3-0.009388455)) > 1e-15 {
		t.Errorf("%+v, missing %v", c, missing)
	}
}

func TestPPK2MetadataLenient(t *testing.T) {
	want, _ := parsePPK2Metadata(ppk2Real).conversion(3.3)
	for name, text := range map[string]string{
		"CRLF":          strings.ReplaceAll(ppk2Real, "\n", "\r\n"),
		"no space":      strings.ReplaceAll(ppk2Real, ": ", ":"),
		"no END":        strings.TrimSuffix(ppk2Real, "END\n"),
		"unknown lines": "hello\n:\n: 5\nR9: 4\nRX: 4\n" + ppk2Real + "FW: 1.2.4\n\x00\xff",
	} {
		if got, missing := parsePPK2Metadata(text).conversion(3.3); got != want || len(missing) > 0 {
			t.Errorf("%s: missing %v", name, missing)
		}
	}
	text := strings.NewReplacer("R3: 0.9636", "R3: -nan", "GI1: 0.9695\n", "", "O2: 64.6020", "O2: x", "S4: 0.002940743", "S4: inf", "R0: 1003.3506", "R0: -5").Replace(ppk2Real)
	got, missing := parsePPK2Metadata(text).conversion(3.3)
	if !slices.Equal(missing, []string{"GI1", "O2", "R0", "R3", "S4"}) || got[1].gi != 1 || got[2].offset != 0 || got[3].slope != 1.8/163840/0.94 {
		t.Errorf("missing %v, %+v", missing, got)
	}
}

func FuzzPPK2Metadata(f *testing.F) {
	f.Add(ppk2Real)
	f.Add("R0: -nan\nR0: 1e308\nUG4: 1e308\nGS4:1e308\nEND")
	f.Fuzz(func(t *testing.T, text string) {
		m := parsePPK2Metadata(text)
		m.split()
		c, _ := m.conversion(3.3)
		for r := range c {
			for _, adc := range []uint32{0, ppk2ADC} {
				if amps := c.amps(adc | uint32(r)<<ppk2RangeShift); math.IsNaN(amps) || math.IsInf(amps, 0) {
					t.Errorf("range %d: %g A of %+v", r, amps, c[r])
				}
			}
		}
	})
}
