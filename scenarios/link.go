package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"st67bench/results"
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

// option is one key of a link URL's query.
type option struct {
	name    string
	choices []string       // what it may be, or
	form    *regexp.Regexp // what it must look like, or
	span    span           // its range; unit "Hz" beside the units of results
	example string         // for form
	def     string         // when it is not given; "" for none
}

// scheme is one kind of link.
type scheme struct {
	name    string
	target  string // what the target is, for messages
	valid   func(string) bool
	options []option
	needs   []string // options that must be given
	open    bool     // further options are passed through, and may be given more than once
}

// barePercent is a per cent sign that ends a value, as in loss=1%; elsewhere it begins an escape.
var barePercent = regexp.MustCompile(`%(&|$)`)

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

func notEmpty(s string) bool { return s != "" }

// hostPort accepts HOST:PORT with a port from 1 to 65535; an IPv6 host stands in brackets.
func hostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, wrong := strconv.ParseUint(port, 10, 16)
	return err == nil && wrong == nil && host != "" && n > 0
}

// ParseLink reads a link URL. The error is one line per mistake and says what is allowed.
func ParseLink(s string) (LinkURL, error) {
	head, query, _ := strings.Cut(s, "?")
	g, target, err := grammar(head)
	if err != nil {
		return LinkURL{}, err
	}
	values, err := url.ParseQuery(barePercent.ReplaceAllString(query, "%25$1"))
	if err != nil {
		return LinkURL{}, fmt.Errorf("the part after ? in %q cannot be read: %w; it must be key=value&key=value", s, err)
	}
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(values)) {
		wrong = append(wrong, g.check(key, values[key]))
	}
	for _, key := range g.needs {
		if !values.Has(key) {
			wrong = append(wrong, fmt.Errorf("%s: has no %s; it must have one", g.name, key))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return LinkURL{}, err
	}
	l := LinkURL{Scheme: g.name, Target: target, Query: values}
	if inner, ok := strings.CutPrefix(g.name, "spi:"); ok {
		l.Scheme, l.Target = "spi", inner+":"+target
	}
	return l, nil
}

// grammar finds the scheme of the part before the ?, and its target.
func grammar(head string) (scheme, string, error) {
	for _, g := range schemes {
		target, ok := strings.CutPrefix(head, g.name+":")
		if g.target == "" {
			target, ok = "", head == g.name
		}
		if !ok {
			continue
		}
		if g.target != "" && !g.valid(target) {
			return g, "", fmt.Errorf("%q is not a target of %s:; it must be %s", target, g.name, g.target)
		}
		return g, target, nil
	}
	name, _, _ := strings.Cut(head, ":")
	return scheme{}, "", errors.New(unknown("link", name, []string{"uart", "spi", "tcp", "unix", "rfc2217", "replay", "emulated"}))
}

// check holds one key of the query against the grammar.
func (g scheme) check(key string, values []string) error {
	i := slices.IndexFunc(g.options, func(o option) bool { return o.name == key })
	switch {
	case i < 0 && g.open:
		return nil
	case i < 0 && len(g.options) == 0:
		return fmt.Errorf("unknown key %q of %s:; it takes none", key, g.name)
	case i < 0:
		return errors.New(unknown("key", key, g.keys()))
	case len(values) > 1:
		return fmt.Errorf("%s is given %d times; keep one", key, len(values))
	}
	return g.options[i].check(values[0])
}

func (g scheme) keys() []string {
	var keys []string
	for _, o := range g.options {
		keys = append(keys, o.name)
	}
	return keys
}

func (o option) check(value string) error {
	switch {
	case o.choices != nil && !slices.Contains(o.choices, value):
		return errors.New(unknown(o.name, value, o.choices))
	case o.form != nil && !o.form.MatchString(value):
		return fmt.Errorf("%s %q cannot be read; it must be %s", o.name, value, o.example)
	case o.choices == nil && o.form == nil:
		if _, err := o.span.parse(value); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	return nil
}

// parseHertz reads a frequency, which is a plain number or has Hz, kHz or MHz.
func parseHertz(text, _ string) (float64, error) {
	for _, u := range []struct {
		name   string
		factor float64
	}{{"MHz", 1e6}, {"kHz", 1e3}, {"Hz", 1}, {"", 1}} {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			if v, err := results.ParseQuantity(number, "1"); err == nil {
				return v * u.factor, nil
			}
		}
	}
	return 0, fmt.Errorf("cannot read %q; allowed: Hz, kHz, MHz or a plain number of Hz", text)
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
	if l.Query.Has(key) {
		return l.Query.Get(key)
	}
	for _, o := range l.grammar().options {
		if o.name == key {
			return o.def
		}
	}
	return ""
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

// String is the URL with its keys in alphabetical order; ParseLink reads it back.
func (l LinkURL) String() string {
	text := l.Scheme
	if l.Target != "" {
		text += ":" + l.Target
	}
	sep := "?"
	for _, key := range slices.Sorted(maps.Keys(l.Query)) {
		for _, value := range l.Query[key] {
			text += sep + escape(key) + "=" + escape(value)
			sep = "&"
		}
	}
	return text
}

// escape leaves the slashes, colons and commas of paths and GPIO lines readable.
func escape(s string) string {
	return strings.NewReplacer("%2F", "/", "%3A", ":", "%2C", ",").Replace(url.QueryEscape(s))
}

// MarshalText makes JSON of a link its URL.
func (l LinkURL) MarshalText() ([]byte, error) { return []byte(l.String()), nil }
