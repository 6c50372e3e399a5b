package scenarios

import (
	"net/url"
	"strings"
)

// Wake says how the host drives the module's wake-up pin:
//
//	CHIP/LINE?pin=28|16
//	hook:COMMAND?pin=28|16
//
// The former is a GPIO line of this host, CHIP by label and LINE by name or offset; the latter a command that gives a pulse
// and ends when the module is up. pin is the chip's GPIO that it is wired to (manual 7.1.2).
type Wake struct {
	Line  string     // CHIP/LINE; "" for a hook
	Hook  string     // COMMAND; "" for a line
	Query url.Values // as given, without defaults
}

var (
	wakeOptions = []option{{name: "pin", choices: []string{"28", "16"}, def: "28"}}
	wakeLine    = scheme{name: "wake", target: "CHIP/LINE such as pinctrl-rp1/GPIO26, or hook:COMMAND", valid: gpioForm.MatchString, options: wakeOptions}
	wakeHook    = scheme{name: "hook", target: "a command", valid: func(s string) bool { return strings.TrimSpace(s) != "" }, options: wakeOptions}
)

// ParseWake reads a wake-up line. The error is one line per mistake and says what is allowed.
func ParseWake(s string) (Wake, error) {
	g := wakeHook
	if !strings.HasPrefix(s, "hook:") {
		g, s = wakeLine, "wake:"+s
	}
	g, target, values, err := parseURL(s, "wake", []scheme{g}, nil)
	switch {
	case err != nil:
		return Wake{}, err
	case g.name == wakeHook.name:
		return Wake{Hook: target, Query: values}, nil
	}
	return Wake{Line: target, Query: values}, nil
}

// Pin is the chip's GPIO, 28 or 16.
func (w Wake) Pin() int {
	if wakeLine.get(w.Query, "pin") == "16" {
		return 16
	}
	return 28
}

// String is what ParseWake reads back.
func (w Wake) String() string {
	if w.Hook != "" {
		return writeURL("hook:"+w.Hook, w.Query)
	}
	return writeURL(w.Line, w.Query)
}

// MarshalText makes JSON of it.
func (w Wake) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// wake reads the wake-up line. What comes into a command from the environment is taken for a secret.
func (p *rigParser) wake(e entry) {
	text, ok := p.scalar(e.value, e.name)
	if !ok {
		return
	}
	w, err := ParseWake(text)
	if strings.HasPrefix(text, "hook:") {
		p.rememberEnv(e.value)
	}
	if err != nil {
		p.failLines(e.value, err)
		return
	}
	p.r.Wake = &w
}

// Deaf says whether nothing wakes a module that sleeps: over SPI it is CS, a serial line needs a Wake, and an emulated
// module wakes by any byte.
func (r *Rig) Deaf() bool {
	return r.Wake == nil && r.Module.Scheme != "emulated" && r.Module.Kind() != "spi"
}
