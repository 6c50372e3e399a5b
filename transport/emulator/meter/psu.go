package meter

import (
	"math"
	"strconv"
	"time"
)

// psuReading is the time over which a reading is the mean; an assumption.
const psuReading = 100 * time.Millisecond

// psu is a bench supply whose reading is asked for.
type psu struct {
	scpi
	start  time.Time
	volts  float64
	digits int // of a current, after the point
}

func newPSU(m *Meter) instrument {
	p := &psu{scpi: scpi{m: m, noError: "0  No Error"}, start: time.Now(), volts: 3.3}
	m.run.rate = 1 / psuReading.Seconds()
	identity, table := "Siglent Technologies,SPD1168X,SPD1XJCQ6R0067,2.1.1.9,V3.0", p.siglent
	p.digits = 3
	if m.conf.Model.Dialect == "rigol" {
		identity, table, p.digits = "RIGOL TECHNOLOGIES,DP832,DP8A670000067,00.01.16", p.rigol, 4
		p.noError = `0,"No error"`
	}
	p.commands = append(p.common(identity, func() { m.conf.Source.Supply(false) }), table()...)
	return p
}

func (p *psu) queue(time.Duration) int   { return 1 << 14 }
func (p *psu) samples([]float32, []byte) {}
func (p *psu) lost(int)                  {}
func (p *psu) done()                     {}
func (p *psu) hit(*fault)                {}
func (p *psu) trip()                     { p.m.conf.Source.Supply(false) }

// tick lets faults hit: what counts as a sample here is the time of a reading.
func (p *psu) tick(now time.Time) {
	p.m.measured = now.Sub(p.start)
	p.m.taken = int64(p.m.measured / psuReading)
	for p.m.failure == nil && p.m.strike(1) == 0 {
	}
}

func (p *psu) siglent() []scpiCommand {
	return []scpiCommand{
		{header: "CH1:VOLTage", do: p.setVolts, ask: p.reading(3, func() float64 { return p.volts })},
		{header: "CH1:CURRent", do: func([]string) int { return 0 }},
		{header: "INSTrument", do: func([]string) int { return 0 }},
		{header: "OUTPut", do: p.output},
		{header: "MEASure:VOLTage", ask: p.reading(3, p.voltsNow)},
		{header: "MEASure:CURRent", ask: p.reading(p.digits, p.ampsNow)},
	}
}

func (p *psu) rigol() []scpiCommand {
	accept := func([]string) int { return 0 }
	return []scpiCommand{
		{header: "INSTrument:NSELect", do: accept},
		{header: "SOURce:VOLTage", do: p.setVolts, ask: p.reading(4, func() float64 { return p.volts })},
		{header: "SOURce:CURRent", do: accept},
		{header: "OUTPut", do: p.output},
		{header: "OUTPut:STATe", do: p.output},
		{header: "MEASure:VOLTage", ask: p.reading(4, p.voltsNow)},
		{header: "MEASure:CURRent", ask: p.reading(p.digits, p.ampsNow)},
	}
}

func (p *psu) setVolts(args []string) int {
	v, code := parameter(args, 0, 30)
	if code == 0 {
		p.volts = v
	}
	return code
}

// output is OUTP CH1,ON or OUTP ON.
func (p *psu) output(args []string) int {
	on, ok := isOn(args)
	if !ok {
		return scpiParameter
	}
	p.m.conf.Source.Supply(on)
	return 0
}

func (p *psu) reading(digits int, of func() float64) func([]string) ([]byte, int) {
	return func([]string) ([]byte, int) { return strconv.AppendFloat(nil, of(), 'f', digits, 64), 0 }
}

func (p *psu) voltsNow() float64 {
	if !p.m.conf.Source.Supplied() {
		return 0
	}
	return p.volts
}

// ampsNow is the mean over the last whole time of a reading.
func (p *psu) ampsNow() float64 {
	end := (time.Since(p.start) - p.m.conf.Model.Lag).Truncate(psuReading)
	var a [1]float32
	if err := p.m.conf.Source.Current(a[:], p.start.Add(end-psuReading), 1/psuReading.Seconds()); err != nil {
		return math.NaN()
	}
	return float64(a[0])
}
