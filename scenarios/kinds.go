package scenarios

import "slices"

// kind is one workload: what it does, and which fields it takes.
type kind struct {
	name  string
	about string
	// takes are the fields that it has; those of every kind are not repeated here.
	takes []string
	// starts are defaults that differ from the first choice of a field, as a file would give them.
	starts map[string]string
	// spans are ranges that are narrower than the field's.
	spans map[string]span
	// needs are what the rig must have for it.
	needs []string
}

var (
	// sendSpan is the length of one send with a prompt.
	sendSpan = span{"B", 1, 8192, "manual 4.1.12", "CIPSENDL sends longer data"}
	// blockSpan is the length of one block of the checked stream.
	blockSpan = span{"B", 1, 1 << 16, "", ""}
	// rateSends is the number of sends that make a rate.
	rateSends = span{"1", 20, 10_000_000, "", "a rate over fewer than 20 sends says little"}
)

// medianSends is the number of events that make a median.
var medianSends = span{"1", 6, 10_000_000, "", "a median needs 6"}

// wakeSpan is the number of wake intervals that make a figure per wake.
var wakeSpan = span{"1", leastWakes, 10_000_000, "", "a figure per wake needs 10"}

// always are the fields that every kind takes.
var always = []string{"duration", "sends", "pwr", "dtim", "twt", "ble"}

// stream are those of every kind that moves the checked stream.
var stream = []string{"protocol", "ip", "role", "length", "total", "payload"}

// kinds is the table of the workloads. The first is what a broken file is read as.
var kinds = []kind{
	{name: "cipsend", about: "upload by CIPSEND, one send after the other",
		takes: append([]string{"links", "wait", "remote", "rate"}, stream...), starts: map[string]string{"length": "1460"},
		spans: map[string]span{"length": sendSpan, "sends": rateSends}},
	{name: "cipsendl", about: "upload of long data by CIPSENDL",
		takes: append([]string{"links", "remote", "report", "transmit", "cancel"}, stream...), starts: map[string]string{"length": "1MB"}},
	{name: "cipsendex", about: "upload by CIPSENDEX, ended by its length or by \\0",
		takes: append([]string{"links", "remote"}, stream...), starts: map[string]string{"length": "1460"},
		spans: map[string]span{"length": sendSpan, "sends": rateSends}},
	{name: "passthrough", about: "upload in passthrough mode", takes: append([]string{"links", "rate"}, stream...), starts: map[string]string{"length": "1460"},
		spans: map[string]span{"length": blockSpan, "sends": rateSends}},
	{name: "receive", about: "download, active or passive",
		takes: append([]string{"links", "mode", "read", "buffer", "poll", "every", "rate"}, stream...), starts: map[string]string{"length": "1460", "read": "1460"},
		spans: map[string]span{"length": blockSpan}},
	{name: "bidirectional", about: "upload by CIPSEND and download at once",
		takes: append([]string{"mode", "read", "buffer", "poll", "every", "rate"}, stream...), starts: map[string]string{"length": "1460", "read": "1460"},
		spans: map[string]span{"length": sendSpan}},
	{name: "at-roundtrip", about: "an AT command and its final code", takes: []string{"line", "schedule", "every", "load", "length"},
		starts: map[string]string{"length": "1460"}, spans: map[string]span{"length": sendSpan, "sends": medianSends}},
	{name: "ping", about: "the module's own AT+PING", takes: []string{"ip", "length", "schedule", "every", "load"},
		starts: map[string]string{"length": "64"}, spans: map[string]span{"length": {"B", 1, 65500, "manual 4.1.29", ""}, "sends": medianSends}},
	{name: "request-response", about: "a request to the peer and its answer",
		takes:  []string{"protocol", "ip", "role", "length", "reply", "delay", "mode", "read", "buffer", "schedule", "every", "load", "total"},
		starts: map[string]string{"length": "64", "read": "1460"}, spans: map[string]span{"length": sendSpan, "sends": medianSends}},
	{name: "iperf", about: "the module's own AT+IPERF against iperf 2 at the peer", takes: []string{"protocol", "direction", "rate", "tool"},
		starts: map[string]string{"duration": "5s"}, spans: map[string]span{"duration": {"s", 1, 24 * 3600, "", ""}}},
	{name: "join", about: "from reset to an address, or to the first byte at the peer", takes: []string{"end"}, starts: map[string]string{"sends": "1"}},
	{name: "connect", about: "connections opened and closed one after the other", takes: []string{"protocol", "ip", "role"},
		spans: map[string]span{"sends": rateSends}},
	{name: "soak", about: "a long upload: decay of goodput and of free heap", takes: []string{"protocol", "ip", "role", "length", "total"},
		starts: map[string]string{"length": "2920", "duration": "1h"}, spans: map[string]span{"length": sendSpan, "sends": rateSends}},
	{name: "recover", about: "the access point or the peer goes away and comes back", takes: []string{"protocol", "ip", "length", "outage", "away"},
		starts: map[string]string{"length": "1460", "away": "2s", "sends": "1"},
		spans:  map[string]span{"length": sendSpan}},
	{name: "mqtt", about: "publications through a broker", takes: []string{"length", "qos", "direction", "schedule", "every", "total"},
		starts: map[string]string{"length": "64"}, spans: map[string]span{"length": {"B", 1, 4096, "manual 5.1.10", ""}}, needs: []string{"mqtt"}},
	{name: "ble-notify", about: "notifications to a connected BLE peer", takes: []string{"length", "total"}, starts: map[string]string{"length": "20"},
		spans: map[string]span{"length": {"B", 1, 244, "manual 6.1.22", "one notification fits an MTU of 247"}}, needs: []string{"ble-peer"}},
	{name: "scan", about: "a Wi-Fi scan: its time and what it finds", starts: map[string]string{"sends": "1"}},
	{name: "idle", about: "nothing: the module waits, and so does the host",
		takes:  []string{"clock", "broadcast", "depth", "radio", "address", "ipv6", "connected", "keepalive", "settle"},
		starts: map[string]string{"duration": "30s", "settle": "1s"}, spans: map[string]span{"sends": wakeSpan}, needs: []string{"meter"}},
}

func kindNames() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

func lookupKind(name string) kind {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	return kinds[max(i, 0)]
}

// field is a field with the range that it has for this kind.
func (k kind) field(f field) field {
	if s, ok := k.spans[f.name]; ok {
		f.span = s
	}
	return f
}

// has says whether the kind takes a field.
func (k kind) has(field string) bool {
	return slices.Contains(always, field) || slices.Contains(k.takes, field)
}

// defaults is what a workload is when only its kind is given.
func defaults(name string) Workload {
	k := lookupKind(name)
	w := Workload{Kind: k.name}
	for _, f := range fields {
		if !k.has(f.name) {
			continue
		}
		if text, ok := k.starts[f.name]; ok {
			_ = f.apply(&w, text) // the table's own, tested
		} else if f.choices != nil {
			*f.word(&w) = f.choices[0]
		}
	}
	if k.has("links") {
		w.Links = 1
	}
	return w
}

// fields are the names that the kind takes, in the order of the table.
func (k kind) fields() []string {
	var names []string
	for _, f := range fields {
		if k.has(f.name) {
			names = append(names, f.name)
		}
	}
	return names
}
