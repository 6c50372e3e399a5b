package meter

import (
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	elogFIFO     = 20 * time.Second
	elogQuantity = 102.4e-6 // s of the shortest period, for each quantity that is logged
	elogFine     = 20.48e-6 // s, resolution of a period
	elogCoarse   = 40.96e-6
	elogLongest  = 1 // s of a period
	// elogQueue is the room for answers: the longest one, and others beside it.
	elogQueue = 1 << 20
	// elogRecords are the most records of one answer.
	elogRecords = 16384
	// elogParts are the most parts of a record of which extremes are taken.
	elogParts = 1024
)

// elog is a N6705C with a N6781A in channel 1, and its external data log.
type elog struct {
	scpi
	volts       float64
	ascii       bool
	littleFirst bool
	amps, volt  elogged // what is logged
	period      float64 // s, as set
	resolution  float64 // s
	source      string  // of the trigger
	initiated   bool    // it waits for the trigger
	running     bool    // there are records to be had

	ring     []float32
	width    int // numbers of a record
	first, n int // records in the ring
	parts    [elogParts]float32
	scratch  []byte
}

// elogged says what of a quantity is logged.
type elogged struct{ mean, extremes bool }

func (e elogged) quantities() (n int) {
	if e.mean {
		n++
	}
	if e.extremes {
		n += 2
	}
	return n
}

func newElog(m *Meter) instrument {
	e := &elog{scpi: scpi{m: m, noError: `+0,"No error"`}}
	e.reset()
	e.commands = append(e.common("Keysight Technologies,N6705C,MY67000067,E.02.07.3278", e.reset), e.settings()...)
	e.commands = append(e.commands, e.log()...)
	return e
}

// reset is *RST; it switches the output off, except when the instrument is made.
func (e *elog) reset() {
	if e.period > 0 {
		e.m.conf.Source.Supply(false)
	}
	e.m.run.on, e.initiated, e.running = false, false, false
	e.volts, e.ascii, e.littleFirst = 3.3, true, false
	e.amps, e.volt = elogged{mean: true}, elogged{}
	e.period, e.resolution, e.source = 0.001, elogFine, "IMM"
}

func (e *elog) queue(time.Duration) int { return elogQueue }
func (e *elog) tick(time.Time)          {}
func (e *elog) done()                   {}
func (e *elog) hit(*fault)              {}

// trip is the protection against over-current: the output goes off, and the error queue has it.
func (e *elog) trip() {
	e.m.conf.Source.Supply(false)
	e.fail(scpiDevice)
}

// settings are the commands of output and format.
func (e *elog) settings() []scpiCommand {
	accept := func([]string) int { return 0 }
	return []scpiCommand{
		{header: "VOLTage", do: e.setVolts, ask: e.number(func() float64 { return e.volts })},
		{header: "CURRent", do: accept},
		{header: "CURRent:RANGe", do: accept},
		{header: "VOLTage:RANGe", do: accept},
		{header: "OUTPut", do: e.output, ask: e.flag(e.m.conf.Source.Supplied)},
		{header: "OUTPut:STATe", do: e.output, ask: e.flag(e.m.conf.Source.Supplied)},
		{header: "MEASure:VOLTage", ask: e.number(e.voltsNow)},
		{header: "MEASure:CURRent", ask: e.number(e.ampsNow)},
		{header: "FORMat", do: e.format},
		{header: "FORMat:DATA", do: e.format},
		{header: "FORMat:BORDer", do: func(args []string) int {
			if len(args) == 0 {
				return scpiParameter
			}
			e.littleFirst = strings.HasPrefix(strings.ToUpper(args[0]), "SWAP")
			return 0
		}},
	}
}

// log are the commands of the external data log.
func (e *elog) log() []scpiCommand {
	return []scpiCommand{
		{header: "SENSe:ELOG:FUNCtion:CURRent", do: flag(&e.amps.mean)},
		{header: "SENSe:ELOG:FUNCtion:CURRent:MINMax", do: flag(&e.amps.extremes)},
		{header: "SENSe:ELOG:FUNCtion:VOLTage", do: flag(&e.volt.mean)},
		{header: "SENSe:ELOG:FUNCtion:VOLTage:MINMax", do: flag(&e.volt.extremes)},
		{header: "SENSe:ELOG:CURRent:RANGe", do: func([]string) int { return 0 }},
		{header: "SENSe:ELOG:CURRent:RANGe:AUTO", do: func([]string) int { return 0 }},
		{header: "SENSe:ELOG:VOLTage:RANGe", do: func([]string) int { return 0 }},
		{header: "SENSe:ELOG:PERiod", do: e.setPeriod, ask: e.number(func() float64 { return e.period })},
		{header: "SENSe:SWEep:TINTerval:RESolution", do: e.setResolution},
		{header: "TRIGger:ELOG:SOURce", do: e.setTrigger},
		{header: "INITiate:ELOG", do: e.initiate},
		{header: "TRIGger:ELOG", do: e.trigger},
		{header: "*TRG", do: e.trigger},
		{header: "ABORt:ELOG", do: func([]string) int {
			e.m.run.on, e.initiated = false, false
			return 0
		}},
		{header: "FETCh:ELOG", ask: e.fetch},
	}
}

func flag(to *bool) func([]string) int {
	return func(args []string) int {
		on, ok := isOn(args)
		if !ok {
			return scpiParameter
		}
		*to = on
		return 0
	}
}

func (e *elog) number(of func() float64) func([]string) ([]byte, int) {
	return func([]string) ([]byte, int) { return scientific(nil, of()), 0 }
}

func (e *elog) flag(of func() bool) func([]string) ([]byte, int) {
	return func([]string) ([]byte, int) {
		if of() {
			return []byte("1"), 0
		}
		return []byte("0"), 0
	}
}

// scientific appends a number as Keysight's instruments write it.
func scientific(to []byte, v float64) []byte {
	if !math.Signbit(v) {
		to = append(to, '+')
	}
	return strconv.AppendFloat(to, v, 'E', 8, 64)
}

func (e *elog) output(args []string) int {
	on, ok := isOn(args)
	if !ok {
		return scpiParameter
	}
	e.m.conf.Source.Supply(on)
	return 0
}

func (e *elog) setVolts(args []string) int {
	v, code := parameter(args, 0, 20)
	if code == 0 {
		e.volts = v
	}
	return code
}

// parameter is the first argument as a number between two bounds.
func parameter(args []string, low, high float64) (v float64, code int) {
	if len(args) == 0 {
		return 0, scpiParameter
	}
	v, err := strconv.ParseFloat(args[0], 64)
	if err != nil {
		return 0, scpiSyntax
	}
	if !(v >= low && v <= high) {
		return 0, scpiRange
	}
	return v, 0
}

// voltsNow is the output voltage.
func (e *elog) voltsNow() float64 {
	if !e.m.conf.Source.Supplied() {
		return 0
	}
	return e.volts
}

// ampsNow is the mean of the last 20 ms.
func (e *elog) ampsNow() float64 {
	var a [1]float32
	const over = 20 * time.Millisecond
	if err := e.m.conf.Source.Current(a[:], time.Now().Add(-over-e.m.conf.Model.Lag), 1/over.Seconds()); err != nil {
		return math.NaN()
	}
	return float64(a[0])
}

func (e *elog) format(args []string) int {
	if len(args) == 0 {
		return scpiParameter
	}
	switch strings.ToUpper(args[0]) {
	case "REAL":
		e.ascii = false
	case "ASC", "ASCII":
		e.ascii = true
	default:
		return scpiParameter
	}
	return 0
}
