package meter

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
)

// Commands of the PPK2, each with how many bytes follow it (pc-nrfconnect-ppk, src/constants.ts).
const (
	ppk2Start    = 0x06
	ppk2Stop     = 0x07
	ppk2Range    = 0x08 // locks a range; as its users do, nowhere documented
	ppk2Power    = 0x0C
	ppk2Volts    = 0x0D
	ppk2Mode     = 0x11
	ppk2FilterOn = 0x15
	ppk2Metadata = 0x19
	ppk2Reset    = 0x20
	ppk2UserGain = 0x25
)

var ppk2Arguments = map[byte]int{ppk2Range: 1, ppk2Power: 1, ppk2Volts: 2, ppk2Mode: 1, ppk2UserGain: 5}

const (
	ampereMode = 1
	sourceMode = 2

	ppk2Rate    = 100_000
	ppk2MinVolt = 800 // mV
	ppk2MaxVolt = 5000
)

// ppk2 is the Nordic PPK2.
type ppk2 struct {
	m       *Meter
	command []byte // that is not complete yet
	mode    byte
	vdd     int  // mV
	on      bool // its host has switched the output on
	gains   [5]float64
	cal     calibration

	counter   uint32
	ranged    int // the range of the last sample
	locked    int // -1: none
	since     int // samples since the range changed
	storm     int // samples of a storm to come
	odd       bool
	last      float32 // the last current, and what the converter gave for it
	lastRange int
	lastADC   float64
	frames    []byte
}

func newPPK2(m *Meter) instrument {
	p := &ppk2{m: m, mode: sourceMode, vdd: 3000, locked: -1, frames: make([]byte, 0, 4*piece), since: math.MaxInt32}
	for i := range p.gains {
		p.gains[i] = 1
	}
	p.calibrate()
	return p
}

func (p *ppk2) queue(fifo time.Duration) int { return max(4096, int(fifo.Seconds()*4*ppk2Rate)) }

func (p *ppk2) hello()         { p.command = p.command[:0] }
func (p *ppk2) tick(time.Time) {}
func (p *ppk2) done()          {}

// bye cuts the output, as the real firmware does when its port is closed.
func (p *ppk2) bye() { p.power(false) }

func (p *ppk2) input(b []byte) {
	for _, c := range b {
		p.command = append(p.command, c)
		if len(p.command) > ppk2Arguments[p.command[0]] {
			p.obey(p.command[0], p.command[1:])
			p.command = p.command[:0]
		}
	}
}

// obey carries out a command; what it does not know it ignores.
func (p *ppk2) obey(code byte, arg []byte) {
	switch code {
	case ppk2Start:
		p.m.measure(time.Now(), ppk2Rate, 0, false)
	case ppk2Stop:
		p.m.run.on = false
	case ppk2Range:
		if arg[0] < 5 {
			p.locked = int(arg[0])
		}
	case ppk2Power:
		p.power(arg[0] == 1)
	case ppk2Volts:
		p.vdd = min(max(int(binary.BigEndian.Uint16(arg)), ppk2MinVolt), ppk2MaxVolt)
	case ppk2Mode:
		if arg[0] == ampereMode || arg[0] == sourceMode {
			p.mode, p.locked = arg[0], -1
		}
	case ppk2Metadata:
		p.m.say([]byte(p.metadata()))
	case ppk2Reset:
		p.m.run.on = false
		p.power(false)
	case ppk2UserGain:
		if g := float64(math.Float32frombits(binary.LittleEndian.Uint32(arg[1:]))); arg[0] < 5 {
			p.gains[arg[0]] = g
		}
	}
}

// power switches the output. In ampere mode another source supplies the module.
func (p *ppk2) power(on bool) {
	if p.mode == sourceMode && (on || p.on) {
		p.on = on
		p.m.conf.Source.Supply(on)
	}
}

func (p *ppk2) trip() { p.m.conf.Source.Supply(false) }

func (p *ppk2) hit(f *fault) {
	switch f.name {
	case "odd-frame":
		p.odd = true
	case "storm":
		p.storm = int(f.value)
	}
}

// ppk2Keys are the lines of the metadata before those of the mode, in order: name and value of a real instrument, as
// published with ppk2-rs (src/types.rs).
var ppk2Keys = [][2]string{
	{"R0", "1003.3506"}, {"R1", "101.5865"}, {"R2", "10.3027"}, {"R3", "0.9636"}, {"R4", "0.0564"},
	{"GS0", "0.0000"}, {"GS1", "112.7890"}, {"GS2", "18.0115"}, {"GS3", "2.4217"}, {"GS4", "0.0729"},
	{"GI0", "1.0000"}, {"GI1", "0.9695"}, {"GI2", "0.9609"}, {"GI3", "0.9519"}, {"GI4", "0.9582"},
	{"O0", "112.9420"}, {"O1", "75.4627"}, {"O2", "64.6020"}, {"O3", "50.4983"}, {"O4", "87.2177"},
	{"VDD", ""}, {"HW", "9173"}, {"mode", ""},
	{"S0", "0.000000048"}, {"S1", "0.000000596"}, {"S2", "0.000005281"}, {"S3", "0.000062577"}, {"S4", "0.002940743"},
	{"I0", "-0.000000104"}, {"I1", "-0.000001443"}, {"I2", "0.000036439"}, {"I3", "-0.000374119"}, {"I4", "-0.009388455"},
	{"UG0", ""}, {"UG1", ""}, {"UG2", ""}, {"UG3", ""}, {"UG4", ""}, {"IA", "56"},
}

// metadata is the answer to ppk2Metadata.
func (p *ppk2) metadata() string {
	var b strings.Builder
	b.WriteString("Calibrated: 0\n")
	for _, k := range ppk2Keys {
		key, value := k[0], k[1]
		switch {
		case p.omits(key):
			continue
		case p.m.has("nan", key):
			value = "-nan"
		case key == "VDD":
			value = strconv.Itoa(p.vdd)
		case key == "mode":
			value = strconv.Itoa(int(p.mode))
		case strings.HasPrefix(key, "UG"):
			value = strconv.FormatFloat(p.gains[key[2]-'0'], 'f', 2, 64)
		}
		b.WriteString(key + ": " + value + "\n")
	}
	if p.m.standing("no-end") == nil {
		b.WriteString("END\n")
	}
	return b.String()
}

// omits says whether the metadata lack a line.
func (p *ppk2) omits(key string) bool {
	return p.m.has("missing", key) || p.m.has("missing", "") && !strings.Contains("VDD HW mode IA", key)
}

// calibration are the coefficients by which a host makes a current of a sample.
type calibration struct{ r, gs, gi, o, s, i [5]float64 }

// calibrate reads what a host reads in the metadata, so that a host that falls back on the defaults is right.
func (p *ppk2) calibrate() {
	for r := range 5 {
		n := strconv.Itoa(r)
		p.cal.r[r] = p.coefficient("R"+n, [...]float64{1031.64, 101.65, 10.15, 0.94, 0.043}[r])
		p.cal.gi[r] = p.coefficient("GI"+n, 1)
		p.cal.gs[r] = p.coefficient("GS"+n, 1)
		p.cal.o[r] = p.coefficient("O"+n, 0)
		p.cal.s[r] = p.coefficient("S"+n, 0)
		p.cal.i[r] = p.coefficient("I"+n, 0)
	}
}

// coefficient is that of a key; a zero stands for the default, as in Nordic's application.
func (p *ppk2) coefficient(key string, missing float64) float64 {
	if p.omits(key) || p.m.has("nan", key) {
		return missing
	}
	for _, k := range ppk2Keys {
		if v, err := strconv.ParseFloat(k[1], 64); k[0] == key && err == nil && v != 0 {
			return v
		}
	}
	return missing
}
