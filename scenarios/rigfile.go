package scenarios

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The ranges of a rig.
var (
	dtimSpan   = span{unit: "1", min: 1, max: 255, source: "IEEE 802.11-2020, 9.4.2.5"}
	beaconSpan = span{unit: "s", min: 0.01, max: 10}
)

var (
	resets = []string{"at", "en", "power"}
	clocks = []string{"none", "crystal", "external"}
)

var (
	reference    = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`) // ${NAME}
	bssidPattern = regexp.MustCompile(`^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$`)
	hostPattern  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$`)
	mqttPattern  = regexp.MustCompile(`^mqtts?://(?:[^:@/\s]*(?::([^@/\s]*))?@)?([^/@\s]+)$`)
)

// rigParser reads one rig file.
type rigParser struct {
	walker
	r *Rig
}

// ParseRig reads a rig file. name is what mistakes call the file; env gives the
// values of ${NAME} (os.LookupEnv). The error is an Errors with every mistake,
// without secrets.
func ParseRig(name string, text []byte, env func(string) (string, bool)) (*Rig, error) {
	p := &rigParser{walker{file: name, env: env}, &Rig{Reset: "at", Text: bytes.Clone(text)}}
	if top, ok := p.root(text); ok {
		p.rig(top)
	}
	for i := range p.mistakes {
		p.mistakes[i].Text = p.r.Hide(p.mistakes[i].Text)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return p.r, nil
}

func (p *rigParser) rig(top *yaml.Node) {
	found := p.entries(top, "the file", keysOf[rigFile]())
	p.require(top, "the file", found, "name", "module")
	var reset *yaml.Node
	for _, e := range found {
		switch e.name {
		case "name":
			p.r.Name = p.name(e.value)
		case "module":
			p.r.Module, _ = p.link(e, "")
		case "wifi":
			p.wifi(e.value)
		case "peer":
			p.peer(e.value)
		case "meter":
			p.meter(e)
		case "wake":
			p.wake(e)
		case "hooks":
			p.hooks(e.value)
		case "reset":
			p.r.Reset, reset = p.choice(e.value, "reset", resets), e.value
		case "log":
			if l, ok := p.link(e, "uart tcp unix rfc2217"); ok {
				p.r.Log = &l
			}
		case "neighbour":
			if l, ok := p.link(e, "uart spi tcp unix rfc2217"); ok {
				p.r.Neighbour = &l
			}
		case "ap":
			p.ap(e.value)
		case "mqtt":
			p.mqtt(e)
		case "lse":
			p.r.LSE = p.choice(e.value, "lse", clocks)
		case "needs":
			p.r.Needs = p.needs(e.value)
		}
	}
	p.resettable(reset)
}

// resettable holds the way to reset against what the rig is wired for.
func (p *rigParser) resettable(at *yaml.Node) {
	switch {
	case at == nil:
	case p.r.Reset == "en" && p.r.Module.Scheme != "" && !p.r.Module.Enables():
		p.fail(at, "reset: en needs the module's CHIP_EN line; add en=CHIP/LINE to the link, or use at")
	case p.r.Reset == "power" && !p.r.hooked("power"):
		p.fail(at, "reset: power needs hooks.power; add it, or use at")
	}
}

// expand puts the environment's values into ${NAME}.
func (w *walker) expand(n *yaml.Node) (string, bool) {
	if strings.Contains(reference.ReplaceAllString(n.Value, " "), "${") {
		w.fail(n, "%q has ${ without a name and }; it must be ${NAME}", n.Value)
		return "", false
	}
	ok := true
	text := reference.ReplaceAllStringFunc(n.Value, func(ref string) string {
		name := ref[len("${") : len(ref)-len("}")]
		value, set := w.env(name)
		switch {
		case !set:
			w.fail(n, "%s is not set; export %s=…", ref, name)
			ok = false
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
			w.fail(n, "%s has a control character; it must be one line of text", ref)
			ok = false
		}
		return value
	})
	return text, ok
}

// secret is a value that may stand in the file as ${NAME} only.
func (p *rigParser) secret(n *yaml.Node, what string) (string, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" && reference.FindString(n.Value) != n.Value {
		p.fail(n, "%s is written out; secrets come from the environment only: write ${NAME} and export NAME=…", what)
		return "", false
	}
	value, ok := p.scalar(n, what)
	p.remember(value)
	return value, ok
}

// link reads a link URL. schemes, when not empty, are those that fit here.
func (p *rigParser) link(e entry, schemes string) (LinkURL, bool) {
	text, ok := p.scalar(e.value, e.name)
	if !ok {
		return LinkURL{}, false
	}
	l, err := ParseLink(text)
	switch {
	case err != nil:
		p.failLines(e.value, err)
	case schemes != "" && !slices.Contains(strings.Fields(schemes), l.Scheme):
		p.fail(e.value, "%s: does not fit %s; allowed here: %s", l.Scheme, e.name, strings.ReplaceAll(schemes, " ", ", "))
	default:
		return l, true
	}
	return LinkURL{}, false
}

// meter reads a meter's URL. What comes into a command of it from the environment is taken for a secret.
func (p *rigParser) meter(e entry) {
	text, ok := p.scalar(e.value, e.name)
	if !ok {
		return
	}
	m, err := ParseMeter(text)
	if strings.HasPrefix(text, "file:") {
		p.rememberEnv(e.value)
	}
	if err != nil {
		p.failLines(e.value, err)
		return
	}
	p.r.Meter = &m
}

// failLines reports each line of an error.
func (p *rigParser) failLines(at *yaml.Node, err error) {
	for line := range strings.Lines(err.Error()) {
		p.fail(at, "%s", strings.TrimSpace(line))
	}
}

// matching is a text that must have a form.
func (p *rigParser) matching(e entry, form *regexp.Regexp, allowed string) string {
	text, ok := p.scalar(e.value, e.name)
	if ok && !form.MatchString(text) {
		p.fail(e.value, "%q is not a value for %s; it must be %s", text, e.name, allowed)
	}
	return text
}

func (p *rigParser) wifi(n *yaml.Node) {
	found := p.entries(n, "wifi", keysOf[wifiShape]())
	p.require(n, "wifi", found, "ssid")
	for _, e := range found {
		switch e.name {
		case "ssid":
			text, ok := p.scalar(e.value, "ssid")
			if ok && (len(text) < 1 || len(text) > 32) {
				p.fail(e.value, "the ssid has %d B; allowed: 1..32 B (IEEE 802.11-2020, 9.4.2.2)", len(text))
			}
			p.r.Wifi.SSID = text
		case "password":
			text, ok := p.secret(e.value, "the password")
			if ok && text != "" && (len(text) < 8 || len(text) > 64 || strings.ContainsFunc(text, func(r rune) bool { return r > '~' })) {
				p.fail(e.value, "the password is not 8..64 ASCII characters (manual 3.1.10); leave it out for an open network")
			}
			p.r.Wifi.Password = text
		case "bssid":
			p.r.Wifi.BSSID = strings.ToLower(p.matching(e, bssidPattern, "six bytes such as aa:bb:cc:dd:ee:ff"))
		}
	}
}

func (p *rigParser) peer(n *yaml.Node) {
	for _, e := range p.entries(n, "peer", keysOf[peerShape]()) {
		text, ok := p.scalar(e.value, e.name)
		switch {
		case !ok:
		case e.name == "address":
			if _, err := netip.ParseAddr(text); err != nil && !hostPattern.MatchString(text) {
				p.fail(e.value, "%q is not an address; it must be an IP address or a host name of up to 64 B (manual 4.1.7), without a port", text)
			}
			p.r.Peer.Address = text
		case !hostPort(text):
			p.fail(e.value, "%q is not HOST:PORT", text)
		case e.name == "iperf3":
			p.r.Peer.IPerf3 = text
		default:
			p.r.Peer.Via = text
		}
	}
}

func (p *rigParser) hooks(n *yaml.Node) {
	for _, e := range p.entries(n, "hooks", keysOf[hooksShape]()) {
		switch e.name {
		case "flash":
			p.r.Hooks.Flash = p.hook(e, "{firmware}")
		case "power":
			p.r.Hooks.Power = p.hook(e, "{state}")
		case "set":
			p.r.Hooks.Set = map[string]string{}
			for _, s := range p.entries(e.value, "set", nil) {
				if !factorPattern.MatchString(s.name) {
					p.fail(s.key, "%q is not a name; allowed: up to 32 of a-z, 0-9, - and _, beginning with a letter", s.name)
				}
				p.r.Hooks.Set[s.name] = p.hook(s, "{value}")
			}
		}
	}
}

// hook is a command that gets its argument in the braces. What comes into it
// from the environment is taken for a secret.
func (p *rigParser) hook(e entry, argument string) string {
	text, ok := p.scalar(e.value, "a hook")
	if ok && !strings.Contains(text, argument) {
		p.fail(e.value, "the command never sees its argument; put %s in it", argument)
	}
	p.rememberEnv(e.value)
	return text
}

// rememberEnv takes what came into a value from the environment for a secret.
func (p *rigParser) rememberEnv(n *yaml.Node) {
	for _, ref := range reference.FindAllString(n.Value, -1) {
		value, _ := p.env(ref[len("${") : len(ref)-len("}")])
		p.remember(value)
	}
}

func (p *rigParser) remember(secret string) {
	if secret != "" && !slices.Contains(p.r.secrets, secret) {
		p.r.secrets = append(p.r.secrets, secret)
	}
}

func (p *rigParser) ap(n *yaml.Node) {
	for _, e := range p.entries(n, "ap", keysOf[apShape]()) {
		switch e.name {
		case "dtim":
			v, _ := p.quantity(e.value, "dtim", dtimSpan)
			p.r.AP.DTIM = int(v)
		case "beacon":
			v, _ := p.quantity(e.value, "beacon", beaconSpan)
			p.r.AP.Beacon = seconds(v)
		case "twt":
			p.r.AP.TWT = p.choice(e.value, "twt", []string{"true", "false"}) == "true"
		}
	}
}

// LocalBroker is the rig's mqtt for a broker of this host that is started for the run.
const LocalBroker = "local"

// mqtt is a broker's URL, or local; a password in it may stand as ${NAME} only.
func (p *rigParser) mqtt(e entry) {
	text, ok := p.scalar(e.value, "mqtt")
	m := mqttPattern.FindStringSubmatch(e.value.Value) // as written: a password may hold any character
	switch {
	case !ok:
		return
	case text == LocalBroker:
	case m == nil || !brokerHost(m[2]):
		p.fail(e.value, "it is not a broker; it must be mqtt://HOST:PORT, mqtts://USER:${NAME}@HOST:PORT, or local")
	case m[1] != "":
		password := *e.value
		password.Value = m[1]
		p.secret(&password, "the password")
	}
	p.r.MQTT = text
}

// brokerHost accepts HOST or HOST:PORT.
func brokerHost(s string) bool { return hostPort(s) || !strings.Contains(s, ":") }
