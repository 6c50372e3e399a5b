package scenarios

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"st67bench/results"
)

// MeterURL says how to reach the current meter, and what it does:
//
//	ppk2:DEV?volts=3.3V&mode=source|ampere&final=off|on&digital=chip_en,rdy
//	v3pwr:DEV?volts=3.3V&final=off|on&trigger=off|on
//	lpm01a:DEV?volts=3.3V&final=off|on&trigger=off|on
//	scpi:HOST:PORT?dialect=keysight-elog|psu-poll&rate=10Hz&volts=3.3V&final=off|on
//	sim:?rate=10kHz&volts=3.3V&final=off|on
//	file:COMMAND {file}.csv?rate=100kHz&volts=3.3V&unit=A|mA|uA|nA&current=COLUMN&time=COLUMN|none&time-unit=s|ms|us|ns&kind=point|average
//
// DEV is a serial port, or tcp:HOST:PORT where one is reached over the network.
// volts is the supply that the meter gives, or, where it only measures, the one
// that it finds. final is how the supply is left at the end. digital says what
// the instrument's digital inputs are connected to, the first one first; an
// empty word is an input that is not connected. trigger=on begins the samples at
// the edge of its trigger input. mode=ampere measures a current that another
// source supplies.
//
// file: runs a command of the rig while a repeat runs, and reads the trace that
// it has written: COMMAND gets a path for {file}, {seconds} becomes the time
// that the repeat may take, and SIGINT ends it. The name's ending is the format:
// .csv, .ppk2, .sr, or .f32 for raw little-endian float32 of a given rate. The
// other options say what the file does not, as for power import.
type MeterURL struct {
	Scheme string     // "ppk2", "v3pwr", "lpm01a", "scpi", "sim" or "file"
	Target string     // DEV, HOST:PORT or COMMAND; empty for sim
	Query  url.Values // as given, without defaults
}

// moduleVolts is where the supply ends that the module stands.
const moduleVolts = "the module's VDD by datasheet DS14784"

// signals are what a digital input may be connected to.
var signals = []string{"chip_en", "supply", "cs", "rdy", "boot", "wake", "tx", "rx"}

var (
	fileWord = regexp.MustCompile(`\{file\}(\.(?:csv|ppk2|f32|sr))$`)
	final    = option{name: "final", choices: []string{"off", "on"}, def: "off"}
	trigger  = option{name: "trigger", choices: []string{"off", "on"}, def: "off"}
	volts    = voltsUpTo(3.63, "")
)

// voltsUpTo is the supply's voltage, up to what both module and instrument can.
func voltsUpTo(most float64, hint string) option {
	return option{name: "volts", span: span{"V", 2.97, most, moduleVolts, hint}, def: "3.3V"}
}

func meterRate(def string) option {
	return option{name: "rate", span: span{"Hz", 1, 10e6, "", ""}, def: def}
}

// meters is the grammar.
var meters = []scheme{
	{name: "ppk2", target: meterDevice, valid: meterTarget,
		options: []option{volts, {name: "mode", choices: []string{"source", "ampere"}, def: "source"}, final, {name: "digital", each: signals}}},
	{name: "v3pwr", target: meterDevice, valid: meterTarget, options: []option{voltsUpTo(3.6, "an STLINK-V3PWR gives up to 3.6V"), final, trigger}},
	{name: "lpm01a", target: meterDevice, valid: meterTarget, options: []option{voltsUpTo(3.3, "an X-NUCLEO-LPM01A gives up to 3.3V"), final, trigger}},
	{name: "scpi", target: "HOST:PORT", valid: hostPort,
		options: []option{{name: "dialect", choices: []string{"keysight-elog", "psu-poll"}}, meterRate(""), volts, final}, needs: []string{"dialect"}},
	{name: "sim", target: "nothing: it reads the emulated module's current", valid: func(s string) bool { return s == "" },
		options: []option{meterRate("10kHz"), volts, final}},
	{name: "file", target: "a command with {file}.csv, {file}.ppk2, {file}.f32 or {file}.sr, such as ./record.sh {file}.csv",
		valid: func(s string) bool { return recordFormat(s) != "" },
		options: []option{meterRate(""), {name: "unit", choices: []string{"A", "mA", "uA", "nA"}}, {name: "volts", span: volts.span},
			column("current", "CH1"), column("time", "Timestamp"), {name: "time-unit", choices: []string{"s", "ms", "us", "ns"}},
			{name: "kind", choices: []string{"point", "average"}}}},
}

// column is an option with the heading or number of a column of a recorded file.
func column(name, example string) option {
	return option{name: name, form: regexp.MustCompile(`.`), example: example}
}

const meterDevice = "a device such as /dev/serial/by-id/usb-…, or tcp:HOST:PORT"

// MeterTCP begins the target of a serial meter that is reached over the network.
const MeterTCP = "tcp:"

func meterTarget(s string) bool {
	address, tcp := strings.CutPrefix(s, MeterTCP)
	return s != "" && (!tcp || hostPort(address))
}

// meterNames are the schemes as messages list them.
var meterNames = []string{"ppk2", "v3pwr", "lpm01a", "scpi", "sim", "file"}

// ParseMeter reads a meter's URL. The error is one line per mistake and says what is allowed.
func ParseMeter(s string) (MeterURL, error) {
	g, target, values, err := parseURL(s, "meter", meters, meterNames)
	if err != nil {
		return MeterURL{}, err
	}
	m := MeterURL{Scheme: g.name, Target: target, Query: values}
	if m.Format() == ".f32" && m.Rate() == 0 {
		return MeterURL{}, errors.New("file: has no rate; a .f32 says none, so add one such as rate=100kHz")
	}
	if m.Get("mode") == "ampere" && !values.Has("volts") {
		return MeterURL{}, errors.New("ppk2: has no volts; with mode=ampere another source gives them, and energy is made of them, so add what it gives, such as volts=3.3V")
	}
	return m, nil
}

// recordFormat is the ending of the one argument of a command that has {file} with a known one; "" without.
func recordFormat(command string) string {
	found := ""
	for i, word := range strings.Fields(command) {
		switch match := fileWord.FindStringSubmatch(word); {
		case match == nil && !strings.Contains(word, "{file}"):
		case match == nil, i == 0, found != "":
			return ""
		default:
			found = match[1]
		}
	}
	return found
}

// Format is the ending of the file that the command of file: writes, such as ".csv"; "" of a meter that streams.
func (m MeterURL) Format() string {
	if m.Scheme != "file" {
		return ""
	}
	return recordFormat(m.Target)
}

// Get is the value of a key, or the grammar's default when it is not given, or
// "" when it has none.
func (m MeterURL) Get(key string) string {
	i := slices.IndexFunc(meters, func(g scheme) bool { return g.name == m.Scheme })
	if i < 0 {
		return ""
	}
	return meters[i].get(m.Query, key)
}

// Volts is the supply's voltage in V, as given or by default; 0 when it is not known.
func (m MeterURL) Volts() float64 {
	v, err := results.ParseQuantity(m.Get("volts"), "V")
	if err != nil {
		return 0
	}
	return v
}

// Rate is in samples/s, as given or by default; 0 when there is none.
func (m MeterURL) Rate() float64 {
	v, err := parseHertz(m.Get("rate"), "Hz")
	if err != nil {
		return 0
	}
	return v
}

// Digital says what the digital inputs are connected to, the first one first; nil for nothing.
func (m MeterURL) Digital() []string {
	if text := m.Get("digital"); text != "" {
		return strings.Split(text, ",")
	}
	return nil
}

// String is the URL with its keys in alphabetical order; ParseMeter reads it back.
func (m MeterURL) String() string { return writeURL(m.Scheme+":"+m.Target, m.Query) }

// MarshalText makes JSON of a meter its URL.
func (m MeterURL) MarshalText() ([]byte, error) { return []byte(m.String()), nil }
