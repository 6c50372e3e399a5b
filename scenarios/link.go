package scenarios

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// LinkURL says how to reach a module:
//
//	uart:DEV?baud=2000000&flow=none|rtscts
//	spi:DEV?speed=20MHz&cs=CHIP/LINE&rdy=CHIP/LINE&en=CHIP/LINE&boot=CHIP/LINE&max=4096
//	spi:unix:PATH?speed=20MHz&max=4096
//	spi:uart:DEV?baud=2000000&flow=none|rtscts&speed=20MHz&max=4096
//	tcp:HOST:PORT?line=2000000
//	unix:PATH
//	rfc2217:HOST:PORT?baud=2000000&flow=none|rtscts
//	replay:FILE?speed=full|recorded
//	emulated?link=uart|spi|tcp|memory&build=spi|uart&profile=...&baud=...&speed=...&max=...&seed=...&quirk=...&fault=...
//
// CHIP is a GPIO chip by its label, LINE a line by name or offset. max is the
// largest SPI transfer in bytes, header and padding included. line is the rate
// of the serial line behind a TCP port, in bit/s; without it the line is taken
// as endless. profile, quirk, fault and further keys of emulated are passed
// through: the emulator refuses what it does not know.
type LinkURL struct {
	Scheme string
	Target string     // DEV, "unix:PATH", "uart:DEV", HOST:PORT or FILE; empty for emulated
	Query  url.Values // as given, without defaults
}

var (
	gpioForm = regexp.MustCompile(`^[^/\s]+/[^/\s]+$`)
	baudSpan = span{"1", 9600, 12_000_000, "", ""}
	speed    = option{name: "speed", span: span{"Hz", 100e3, 40e6, "", "the module's SPI clock ends at 40MHz"}, def: "20MHz"}
	transfer = option{name: "max", span: span{"1", 64, 6152, "", "the module takes 6144 B and 8 B of header"}, def: "4096"}
	baud     = option{name: "baud", span: baudSpan, def: "2000000"}
	flow     = option{name: "flow", choices: []string{"none", "rtscts"}, def: "none"}
)

func gpio(name string) option {
	return option{name: name, form: gpioForm, example: "CHIP/LINE such as pinctrl-rp1/GPIO22"}
}

// schemes is the grammar. "spi:unix" and "spi:uart" are the pin-level link over
// a socket and over a serial line.
var schemes = []scheme{
	{name: "uart", target: "a device such as /dev/ttyUSB0", valid: notEmpty, options: []option{baud, flow}},
	{name: "spi:unix", target: "a path", valid: notEmpty, options: []option{speed, transfer}},
	{name: "spi:uart", target: "a device such as /dev/ttyACM0", valid: notEmpty, options: []option{baud, flow, speed, transfer}},
	{name: "spi", target: "a device such as /dev/spidev0.0", valid: notEmpty,
		options: []option{speed, gpio("cs"), gpio("rdy"), gpio("en"), gpio("boot"), transfer}, needs: []string{"cs", "rdy"}},
	{name: "tcp", target: "HOST:PORT", valid: hostPort, options: []option{{name: "line", span: baudSpan}}},
	{name: "unix", target: "a path", valid: notEmpty},
	{name: "rfc2217", target: "HOST:PORT", valid: hostPort, options: []option{baud, flow}},
	{name: "replay", target: "a file", valid: notEmpty,
		options: []option{{name: "speed", choices: []string{"full", "recorded"}, def: "full"}}},
	{name: "emulated", open: true, options: []option{
		{name: "link", choices: []string{"uart", "spi", "tcp", "memory"}, def: "uart"},
		{name: "build", choices: []string{"spi", "uart"}}, baud, speed,
		{name: "max", span: transfer.span},
		{name: "seed", form: regexp.MustCompile(`^[0-9]{1,18}$`), example: "a whole number"}}},
}

// linkSchemes are the schemes as messages list them.
var linkSchemes = []string{"uart", "spi", "tcp", "unix", "rfc2217", "replay", "emulated"}

// ParseLink reads a link URL. The error is one line per mistake and says what is allowed.
func ParseLink(s string) (LinkURL, error) {
	g, target, values, err := parseURL(s, "link", schemes, linkSchemes)
	if err != nil {
		return LinkURL{}, err
	}
	l := LinkURL{Scheme: g.name, Target: target, Query: values}
	if inner, ok := strings.CutPrefix(g.name, "spi:"); ok {
		l.Scheme, l.Target = "spi", inner+":"+target
	}
	return l, nil
}

func (l LinkURL) grammar() scheme {
	name := l.Scheme
	if inner, _, ok := strings.Cut(l.Target, ":"); ok && name == "spi" && (inner == "unix" || inner == "uart") {
		name += ":" + inner
	}
	i := slices.IndexFunc(schemes, func(g scheme) bool { return g.name == name })
	if i < 0 {
		return scheme{}
	}
	return schemes[i]
}

// Get is the value of a key, or the grammar's default when it is not given, or
// "" when it has none.
func (l LinkURL) Get(key string) string {
	return l.grammar().get(l.Query, key)
}

// Number is the value of baud or line in bit/s, of speed in Hz or of max in
// bytes, as given or by default; 0 when there is none.
func (l LinkURL) Number(key string) float64 {
	v, err := parseHertz(l.Get(key), "Hz")
	if err != nil {
		return 0
	}
	return v
}

// Kind is what the module is wired to: "uart", "spi", "tcp", "unix", "rfc2217",
// "replay" or "memory". For an emulated module it is the link in front of it.
func (l LinkURL) Kind() string {
	if l.Scheme == "emulated" {
		return l.Get("link")
	}
	return l.Scheme
}

// Enables says whether CHIP_EN is a line of the link: of the host's GPIO lines where the URL names it, and always at the other
// end of a bridge and of the emulated module's wires.
func (l LinkURL) Enables() bool {
	return l.Kind() == "spi" && (l.Get("en") != "" || l.grammar().name != "spi")
}

// String is the URL with its keys in alphabetical order; ParseLink reads it back.
func (l LinkURL) String() string {
	if l.Target == "" {
		return writeURL(l.Scheme, l.Query)
	}
	return writeURL(l.Scheme+":"+l.Target, l.Query)
}

// MarshalText makes JSON of a link its URL.
func (l LinkURL) MarshalText() ([]byte, error) { return []byte(l.String()), nil }
