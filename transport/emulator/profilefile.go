package emulator

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"st67bench/transport/emulator/core"
)

// Profile is what a release of the firmware is like. What is zero is that of its
// base, or of a module that nothing was changed on.
type Profile struct {
	Name    string
	Base    string       // the built-in profile that it starts from
	Version core.Version // SDK version that AT+GMR names
	Quirks  []string     // names; with - before it, switched off

	SendMax       int // longest CIPSEND, in bytes; 0: by the quirk send-8192
	ReceiveBuffer int // of a link until CIPRECVBUF changes it, in bytes; 0: by the quirk buf-2920

	// Performance, as the fields of the same name in [Config].
	CommandLatency, RadioLatency, Boot, ReadyHigh, Wake time.Duration
	RadioRate                                           float64
	Currents                                            core.Currents
}

// LoadProfile returns the built-in profile of this name; a name with a slash or
// that ends in .yaml is the path of a profile file.
func LoadProfile(name string) (Profile, error) {
	if r, ok := profiles[name]; ok {
		return Profile{Name: name, Base: name, Version: r.version}, nil
	}
	if !strings.Contains(name, "/") && !strings.HasSuffix(name, ".yaml") {
		return Profile{}, fmt.Errorf("profile %q is not one of %s, nor the path of a profile file", name,
			strings.Join(Profiles(), ", "))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return Profile{}, fmt.Errorf("profile: %w", err)
	}
	return ParseProfile(name, text)
}

// Profiles are the names of the built-in profiles.
func Profiles() []string { return slices.Sorted(maps.Keys(profiles)) }

// Features are the quirks of the profile.
func (p *Profile) Features() (core.Quirks, error) {
	r := profiles[p.Base]
	q := core.ManualQuirks()
	if !r.manual {
		q = core.DefaultQuirks(p.Version)
	}
	var bad []error
	for _, name := range p.Quirks {
		with, err := q.With(name)
		bad = append(bad, err)
		q = with
	}
	return q, errors.Join(bad...)
}

var (
	namePattern    = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`)
	versionPattern = regexp.MustCompile(`^(\d{1,3})\.(\d{1,3})\.(\d{1,3})$`)
)

// profileKeys are the keys of a profile file, with what takes each value. Those
// that the link URL has too are read as there.
var profileKeys = map[string]func(*Profile, string) error{
	"name": func(p *Profile, v string) error { return named(&p.Name, v) },
	"base": func(p *Profile, v string) error {
		if p.Base = v; profiles[v] == (release{}) {
			return fmt.Errorf("not one of %s", strings.Join(Profiles(), ", "))
		}
		return nil
	},
	"version":        parseVersion,
	"quirk":          func(p *Profile, v string) error { return p.quirk(v) },
	"send-max":       func(p *Profile, v string) error { return size(&p.SendMax, v, core.PayloadSize) },
	"receive-buffer": func(p *Profile, v string) error { return size(&p.ReceiveBuffer, v, 64<<10) },
	"latency":        func(p *Profile, v string) error { return parseTime(v, &p.CommandLatency) },
	"radio":          func(p *Profile, v string) error { return parseRate(v, &p.RadioRate) },
	"radio-latency":  func(p *Profile, v string) error { return parseTime(v, &p.RadioLatency) },
	"boot":           func(p *Profile, v string) error { return parseTime(v, &p.Boot) },
	"ready":          func(p *Profile, v string) error { return parseTime(v, &p.ReadyHigh) },
	"wake":           func(p *Profile, v string) error { return parseTime(v, &p.Wake) },
	"current":        func(p *Profile, v string) error { return parseCurrent(v, &p.Currents) },
}

func named(to *string, v string) error {
	if *to = v; !namePattern.MatchString(v) {
		return errors.New("not a name of small letters, digits, dot, dash and underscore")
	}
	return nil
}

func (p *Profile) quirk(v string) error {
	_, err := core.Quirks(0).With(v)
	p.Quirks = append(p.Quirks, v)
	return err
}

func size(to *int, v string, most int) (err error) {
	if *to, err = strconv.Atoi(v); err != nil || *to < 1 || *to > most {
		return fmt.Errorf("not a number of bytes from 1 to %d", most)
	}
	return nil
}

func parseVersion(p *Profile, v string) error {
	m := versionPattern.FindStringSubmatch(v)
	if m == nil {
		return errors.New("not a version such as 2.0.106")
	}
	var n [3]uint32
	for i := range n {
		k, _ := strconv.ParseUint(m[i+1], 10, 32)
		n[i] = uint32(k)
	}
	p.Version = core.V(n[0], n[1], n[2])
	return nil
}

// ParseProfile reads a profile file: a YAML mapping with the keys name, base,
// version, quirk (a name or a list), send-max, receive-buffer, and latency, radio,
// radio-latency, boot, ready, wake and current (one or a list) as in the link URL. Without base it starts
// from the newest built-in profile, without version it has that of its base. The
// error has every mistake at file:line:col.
func ParseProfile(file string, text []byte) (Profile, error) {
	p := Profile{Base: defaultProfile}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return p, fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return p, fmt.Errorf("%s:1:1: a profile is a mapping of keys such as base, version and quirk", file)
	}
	var bad []error
	pairs := doc.Content[0].Content
	for i := 0; i < len(pairs); i += 2 {
		key, value := pairs[i], pairs[i+1]
		for _, v := range scalars(value) {
			if err := p.set(key.Value, v.Value); err != nil {
				bad = append(bad, fmt.Errorf("%s:%d:%d: %s: %q: %w", file, v.Line, v.Column, key.Value, v.Value, err))
			}
		}
	}
	if p.Version == 0 {
		p.Version = profiles[p.Base].version
	}
	if p.Name == "" {
		bad = append(bad, fmt.Errorf("%s:1:1: the profile has no name", file))
	}
	return p, errors.Join(bad...)
}

// scalars is the value itself, or the items of a list.
func scalars(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

func (p *Profile) set(key, value string) error {
	take := profileKeys[key]
	if take == nil {
		return fmt.Errorf("unknown key; allowed are %s", strings.Join(slices.Sorted(maps.Keys(profileKeys)), ", "))
	}
	return take(p, value)
}

// YAML is the profile file that gives p; what is zero is left out.
func (p *Profile) YAML() []byte {
	var out strings.Builder
	line := func(key, format string, v any, given bool) {
		if given {
			fmt.Fprintf(&out, "%s: "+format+"\n", key, v)
		}
	}
	line("name", "%s", p.Name, true)
	line("base", "%s", p.Base, true)
	line("version", "%v", p.Version, true)
	line("quirk", "[%s]", strings.Join(p.Quirks, ", "), len(p.Quirks) > 0)
	line("send-max", "%d", p.SendMax, p.SendMax > 0)
	line("receive-buffer", "%d", p.ReceiveBuffer, p.ReceiveBuffer > 0)
	line("latency", "%v", p.CommandLatency, p.CommandLatency > 0)
	line("radio", "%gbit/s", p.RadioRate, p.RadioRate > 0)
	line("radio-latency", "%v", p.RadioLatency, p.RadioLatency > 0)
	line("boot", "%v", p.Boot, p.Boot > 0)
	line("ready", "%v", p.ReadyHigh, p.ReadyHigh > 0)
	line("wake", "%v", p.Wake, p.Wake > 0)
	currents := p.Currents.List()
	line("current", "[%s]", strings.Join(currents, ", "), len(currents) > 0)
	return []byte(out.String())
}
