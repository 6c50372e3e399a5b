package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one key of the workload, which may also be swept. A field is either
// a choice of words or a quantity.
type field struct {
	name    string
	about   string
	choices []string       // the first is the default
	form    *regexp.Regexp // of words that are no choice
	span    span
	get     func(Workload) float64
	set     func(*Workload, float64)
	word    func(*Workload) *string
	quiet   bool // its default is not part of the hash: the field came after hashes were stored
	// older is a name that the field had before: files may have it, and hashes do.
	older string
	same  map[string]string // further ways of writing a choice
}

// fields is the table of them. Its order is that of messages and schema.
var fields = []field{
	{name: "protocol", about: "what the payload travels in",
		choices: []string{"tcp", "udp", "tls"},
		word:    func(w *Workload) *string { return &w.Protocol }},
	{name: "ip", about: "version of IP", quiet: true,
		choices: []string{"4", "6"},
		word:    func(w *Workload) *string { return &w.IP }},
	{name: "role", about: "what the module is: client, server, or server behind its own access point", quiet: true,
		choices: []string{"client", "server", "softap"},
		word:    func(w *Workload) *string { return &w.Role }},
	{name: "length", about: "payload of one send, request, publication or notification",
		span: span{"B", 1, 1<<31 - 1, "manual 4.1.13", ""},
		get:  func(w Workload) float64 { return float64(w.Length) },
		set:  func(w *Workload, v float64) { w.Length = int(v) }},
	{name: "links", about: "connections at once",
		span: span{"1", 1, 5, "manual 4.1.12", "the module numbers its links 0 to 4"},
		get:  func(w Workload) float64 { return float64(w.Links) },
		set:  func(w *Workload, v float64) { w.Links = int(v) }},
	{name: "duration", about: "a repeat ends after this time; 1s when no other end is given",
		span: span{"s", 0.1, 30 * 24 * 3600, "", ""},
		get:  func(w Workload) float64 { return w.Duration.Seconds() },
		set:  func(w *Workload, v float64) { w.Duration = seconds(v) }},
	{name: "total", about: "a repeat ends after this much payload over all links",
		span: span{"B", 1, 1 << 40, "", ""},
		get:  func(w Workload) float64 { return float64(w.Total) },
		set:  func(w *Workload, v float64) { w.Total = int64(v) }},
	{name: "sends", about: "a repeat ends after this many sends, requests, joins or connections over all links; idle: after so many wake intervals",
		span: span{"1", 1, 10_000_000, "", ""},
		get:  func(w Workload) float64 { return float64(w.Sends) },
		set:  func(w *Workload, v float64) { w.Sends = int(v) }},
	{name: "wait", about: "a send ends at its final result code (SEND OK) or already at Recv",
		choices: []string{"final", "recv"},
		word:    func(w *Workload) *string { return &w.Wait }},
	{name: "remote", about: "UDP: the link has a remote end, or each send names it", quiet: true,
		choices: []string{"connected", "each"},
		word:    func(w *Workload) *string { return &w.Remote }},
	{name: "payload", about: "the checked stream, or a pattern that looks like the dialog", quiet: true,
		choices: []string{"stream", "zero", "plus", "crlf", "ipd", "final", "prompt"},
		word:    func(w *Workload) *string { return &w.Payload }},
	{name: "report", about: "payload between two progress reports of CIPSENDL", quiet: true,
		span: span{"B", 100, 1 << 20, "manual 4.1.14.3", ""},
		get:  func(w Workload) float64 { return float64(w.Report) },
		set:  func(w *Workload, v float64) { w.Report = int(v) }},
	{name: "transmit", about: "block that CIPSENDL hands to the stack", quiet: true,
		span: span{"B", 100, 2920, "manual 4.1.14.3", ""},
		get:  func(w Workload) float64 { return float64(w.Transmit) },
		set:  func(w *Workload, v float64) { w.Transmit = int(v) }},
	{name: "cancel", about: "payload after which CIPSENDL is cancelled by +++", quiet: true,
		span: span{"B", 1, 1<<31 - 1, "", ""},
		get:  func(w Workload) float64 { return float64(w.Cancel) },
		set:  func(w *Workload, v float64) { w.Cancel = int64(v) }},
	{name: "mode", about: "how the module gives what it received: +IPD with data, or CIPRECVDATA", quiet: true,
		choices: []string{"active", "passive"},
		word:    func(w *Workload) *string { return &w.Mode }},
	{name: "read", about: "bytes asked for with one CIPRECVDATA", quiet: true,
		span: span{"B", 1, 1 << 16, "manual 4.1.27", ""},
		get:  func(w Workload) float64 { return float64(w.Read) },
		set:  func(w *Workload, v float64) { w.Read = int(v) }},
	{name: "buffer", about: "the module's receive buffer (CIPRECVBUF)", quiet: true,
		span: span{"B", 1, 1 << 17, "manual 4.1.6", ""},
		get:  func(w Workload) float64 { return float64(w.Buffer) },
		set:  func(w *Workload, v float64) { w.Buffer = int(v) }},
	{name: "poll", about: "what a passive read waits for: +IPD, a length from CIPRECVLEN, or a timer", quiet: true,
		choices: []string{"ipd", "length", "timer"},
		word:    func(w *Workload) *string { return &w.Poll }},
	{name: "every", about: "time between two events of an open loop or of a timer", quiet: true,
		span: span{"s", 0.0001, 3600, "", ""},
		get:  func(w Workload) float64 { return w.Every.Seconds() },
		set:  func(w *Workload, v float64) { w.Every = seconds(v) }},
	{name: "rate", about: "offered payload; without it as much as goes", quiet: true,
		span: span{"bit/s", 1000, 1e9, "", ""},
		get:  func(w Workload) float64 { return w.Rate },
		set:  func(w *Workload, v float64) { w.Rate = v }},
	{name: "line", about: "AT line whose final code is waited for", quiet: true,
		choices: []string{"AT"}, form: regexp.MustCompile(`^[Aa][Tt][!-~ ]{0,252}$`),
		word: func(w *Workload) *string { return &w.Line }},
	{name: "schedule", about: "when events are due: each after the last (closed), at fixed times, or at random ones (poisson)", quiet: true,
		choices: []string{"closed", "fixed", "poisson"},
		word:    func(w *Workload) *string { return &w.Schedule }},
	{name: "load", about: "what else the module carries while latency is measured", quiet: true,
		choices: []string{"none", "up", "down"},
		word:    func(w *Workload) *string { return &w.Load }},
	{name: "reply", about: "bytes that the peer answers a request with; as long as the request by default", quiet: true,
		span: span{"B", 1, 1 << 16, "", ""},
		get:  func(w Workload) float64 { return float64(w.Reply) },
		set:  func(w *Workload, v float64) { w.Reply = int(v) }},
	{name: "delay", about: "how long after a request has come the peer answers it; at once by default", quiet: true,
		span: span{"s", 0.001, 3600, "", ""},
		get:  func(w Workload) float64 { return w.Delay.Seconds() },
		set:  func(w *Workload, v float64) { w.Delay = seconds(v) }},
	{name: "direction", about: "tx: the module sends or publishes; rx: it receives or subscribes", quiet: true,
		choices: []string{"tx", "rx"},
		word:    func(w *Workload) *string { return &w.Direction }},
	{name: "tool", about: "whose iperf 2 is at the peer: the harness's own, or the program iperf", quiet: true,
		choices: []string{"native", "iperf"},
		word:    func(w *Workload) *string { return &w.Tool }},
	{name: "qos", about: "MQTT quality of service", quiet: true,
		span: span{"1", 0, 2, "manual 5.1.9", ""},
		get:  func(w Workload) float64 { return float64(w.QoS) },
		set:  func(w *Workload, v float64) { w.QoS = int(v) }},
	{name: "end", about: "a join ends at its address or at the first byte at the peer", quiet: true,
		choices: []string{"ip", "byte"},
		word:    func(w *Workload) *string { return &w.End }},
	{name: "outage", about: "what goes away and comes back", quiet: true,
		choices: []string{"peer", "ap"},
		word:    func(w *Workload) *string { return &w.Outage }},
	{name: "away", about: "for how long", quiet: true,
		span: span{"s", 0.1, 3600, "", ""},
		get:  func(w Workload) float64 { return w.Away.Seconds() },
		set:  func(w *Workload, v float64) { w.Away = seconds(v) }},
	{name: "pwr", older: "power", about: "the module's power mode, or its number of AT+PWR: 0, 2, 1", quiet: true,
		choices: []string{"normal", "standby", "hibernate"}, same: map[string]string{"0": "normal", "2": "standby", "1": "hibernate"},
		word: func(w *Workload) *string { return &w.Power }},
	{name: "dtim", about: "standby: beacons from one wake to the next, a multiple of the access point's DTIM; AT+SLWKDTIM is computed from it", quiet: true,
		span: span{"1", 1, 256 * 255, "manual 7.1.5; 256 DTIMs of 255 beacons", ""},
		get:  func(w Workload) float64 { return float64(w.DTIM) },
		set:  func(w *Workload, v float64) { w.DTIM = int(v) }},
	{name: "twt", about: "off, or exponent:duration:mantissa of AT+TWT_PARAM (0..31, 1..255, 1..65535), such as 13:128:1000, with :request, :suggest or :demand behind it or without", quiet: true,
		choices: []string{"off"}, form: regexp.MustCompile(`^([0-9]|[12][0-9]|3[01]):[0-9]{1,3}:[0-9]{1,5}(:(request|suggest|demand))?$`),
		word: func(w *Workload) *string { return &w.TWT }},
	{name: "ble", about: "what BLE does meanwhile", quiet: true,
		choices: []string{"off", "advertising", "scanning", "connected"},
		word:    func(w *Workload) *string { return &w.BLE }},
	{name: "clock", about: "source of the 32 kHz clock (AT+SET_CLOCK, 1 to 3), or as found; crystal and external only where the rig's lse has them", quiet: true,
		choices: []string{"found", "rc", "crystal", "external"}, same: map[string]string{"1": "rc", "2": "crystal", "3": "external"},
		word: func(w *Workload) *string { return &w.Clock }},
	{name: "broadcast", about: "standby: whether the module wakes for broadcasts (AT+PWR=2,1)", quiet: true,
		choices: []string{"off", "on"},
		word:    func(w *Workload) *string { return &w.Broadcast }},
	{name: "depth", about: "hibernate: level of AT+PWR=1; at 2 the 32 kHz oscillator stands, so that no timer ends it", quiet: true,
		choices: []string{"0", "1", "2"},
		word:    func(w *Workload) *string { return &w.Depth }},
	{name: "radio", about: "off: without an association, and AT+CWMODE=0", quiet: true,
		choices: []string{"on", "off"},
		word:    func(w *Workload) *string { return &w.Radio }},
	{name: "address", about: "by DHCP, or the same one set by AT+CIPSTA", quiet: true,
		choices: []string{"dhcp", "static"},
		word:    func(w *Workload) *string { return &w.Address }},
	{name: "ipv6", about: "whether the module has IPv6 addresses, too (AT+CIPV6)", quiet: true,
		choices: []string{"off", "on"},
		word:    func(w *Workload) *string { return &w.IPv6 }},
	{name: "connected", about: "what the idle module is connected to: the peer by TCP or TLS, or the MQTT broker", quiet: true,
		choices: []string{"none", "tcp", "tls", "mqtt"},
		word:    func(w *Workload) *string { return &w.Connected }},
	{name: "keepalive", about: "between two signs of life over that connection: of TCP (AT+CIPTCPOPT), or MQTT, which has 120 s without", quiet: true,
		span: span{"s", 1, 7200, "manual 4.1.10", ""},
		get:  func(w Workload) float64 { return w.KeepAlive.Seconds() },
		set:  func(w *Workload, v float64) { w.KeepAlive = seconds(v) }},
	{name: "settle", about: "time after the settings that does not count; after a join it is 10 s at least", quiet: true,
		span: span{"s", 0.1, 3600, "", ""},
		get:  func(w Workload) float64 { return w.Settle.Seconds() },
		set:  func(w *Workload, v float64) { w.Settle = seconds(v) }},
}

// seconds is v, in s, to the nearest nanosecond.
func seconds(v float64) time.Duration { return time.Duration(math.Round(v * 1e9)) }

func lookupField(name string) (field, bool) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name || f.older == name && name != "" })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// presentName is the name of a field that may have been given by its older one.
func presentName(name string) string {
	if f, known := lookupField(name); known {
		return f.name
	}
	return name
}

// olderNames are those of fields, which files may still have.
func olderNames() []string {
	var names []string
	for _, f := range fields {
		if f.older != "" {
			names = append(names, f.older)
		}
	}
	return names
}

func fieldNames() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// apply sets the field from text as a person writes it.
func (f field) apply(w *Workload, text string) error {
	if f.choices != nil {
		text = cmp.Or(f.same[text], text)
		if !slices.Contains(f.choices, text) && (f.form == nil || !f.form.MatchString(text)) {
			if f.form != nil {
				return fmt.Errorf("unknown %s %q; allowed here: %s", f.name, text, f.about)
			}
			return fmt.Errorf("%s", unknown(f.name, text, f.choices))
		}
		*f.word(w) = text
		return nil
	}
	v, err := f.span.parse(text)
	if err == nil {
		f.set(w, v)
	}
	return err
}

// text is the field's value in its one way of writing, or "" when it is not set.
func (f field) text(w Workload) string {
	if f.choices != nil {
		return *f.word(&w)
	}
	v := f.get(w)
	switch {
	case v == 0:
		return ""
	case f.span.unit == "s":
		return shortTime(seconds(v))
	}
	return plain(v)
}

// plain is a number without exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// level is text in the field's one way of writing: "1KiB" becomes "1024".
func (f field) level(text string) (string, error) {
	var w Workload
	err := f.apply(&w, text)
	if err == nil && f.choices == nil && f.get(w) == 0 {
		return "0", nil
	}
	return f.text(w), err
}

// shortTime writes whole seconds as "90s" and anything else as "250ms" or "1500us".
func shortTime(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "us"}} {
		if d%u.size == 0 {
			return strconv.FormatInt(int64(d/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d), 10) + "ns"
}

// canonical lists the fields that are set, one "name=value" a line in
// alphabetical order, so that a field added later leaves old hashes alone.
func (w Workload) canonical() string {
	lines := []string{"kind=" + w.Kind}
	for _, f := range fields {
		if text := f.text(w); text != "" && !(f.quiet && f.choices != nil && text == f.choices[0]) {
			lines = append(lines, cmp.Or(f.older, f.name)+"="+text)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}
