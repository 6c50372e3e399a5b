package st67

import (
	"bytes"
	"strconv"

	"st67bench/transport/at"
)

// mode is what decides how a +IPD head is to be read. The zero mode is that of
// a module after a reset (manual 4.1.16, 4.1.17, 4.1.26).
type mode struct {
	mux     bool // CIPMUX=1: heads begin with a link ID
	passive bool // CIPRECVMODE=1: no data after a head
	info    bool // CIPDINFO=1: heads of data name the remote address and port

	messages bool // somebody takes what MQTT brings: else its lines are events
	notes    bool // somebody takes what Bluetooth notifications bring
	reports  bool // AT+IPERF runs: its report lines are events
}

// Links of at.Session beside those of the module: whose data +MQTT:SUBRECV and +BLE:NOTIDATA bring.
const (
	messageLink = maxLinks + iota
	noteLink
)

// Grammar is the one to start a Session with: that of a module whose settings are not known yet. Open swaps it.
func Grammar() *at.Grammar { return grammar(mode{}) }

// grammar is where replies end in this mode (manual 1.1, with the lines that
// the firmware really prints).
func grammar(m mode) *at.Grammar {
	g := &at.Grammar{
		OK:       []string{"OK"},
		Fail:     []string{"ERROR"},
		SendOK:   []string{"SEND OK"},
		SendFail: []string{"SEND FAIL", "SEND CANCELLED", "ERROR"},
		Busy:     []string{"busy p..."},
		Code:     "ERR CODE:",
		Prompt:   '>',
		// +PING: comes after the OK of its command, so it is an event.
		Events: []string{
			"ready", "+CW:", "+CIP:", "+LINK_CONN:", "+IPD:", "+PING:", "+BLE:", "+BLESCAN:", "+MQTT:", "+QUITT", progressHead,
		},
		Bare: []string{"+CIPDINFO:true", "+CIPDINFO:false"},
		Raw:  m.raw,
	}
	if m.reports {
		g.Events = append(g.Events, reportHead)
	}
	return g
}

var (
	headIPD   = []byte("+IPD:")
	headData  = []byte("+CIPRECVDATA:")
	headEfuse = []byte("+EFUSE-R:")
	headMQTT  = []byte("+MQTT:SUBRECV")
	headBLE   = []byte("+BLE:NOTIDATA:")
)

// raw finds the heads that raw bytes follow. Every such head ends in a comma:
//
//	+CIPRECVDATA:<n>,                              manual 4.1.27
//	+EFUSE-R:<n>,                                  manual 2.2.13
//	+IPD:[<link>,]<n>,                             active mode, manual 1.1.2
//	+IPD:[<link>,]<n>,"<remote address>",<port>,   active mode with CIPDINFO=1
//	+MQTT:SUBRECV,<link>,<t>,<n>,"topic",          manual 1.1.2; t and n are the lengths of topic and data
//	+BLE:NOTIDATA:<connection>,<handle>,<n>,       by the firmware source
//
// In passive mode a +IPD is a whole line.
func (m mode) raw(head []byte) (n, link int, ok bool) {
	if len(head) == 0 || head[len(head)-1] != ',' {
		return 0, 0, false
	}
	if rest, is := bytes.CutPrefix(head, headIPD); is && !m.passive {
		return m.ipd(rest)
	}
	if rest, is := bytes.CutPrefix(head, headMQTT); is && m.messages {
		return message(rest)
	}
	if rest, is := bytes.CutPrefix(head, headBLE); is && m.notes && bytes.Count(rest, comma) == 3 {
		rest = rest[:len(rest)-1]
		n, ok = count(rest[bytes.LastIndexByte(rest, ',')+1:])
		return n, noteLink, ok
	}
	for _, prefix := range [][]byte{headData, headEfuse} {
		if rest, is := bytes.CutPrefix(head, prefix); is && bytes.IndexByte(rest, ',') == len(rest)-1 {
			n, ok = count(rest[:len(rest)-1])
			return n, -1, ok
		}
	}
	return 0, 0, false
}

var comma = []byte{','}

// longestMessage bounds what a head may announce.
const longestMessage = 1 << 20

// message reads what follows "+MQTT:SUBRECV": `,0,<topic length>,<data length>,`, or with a colon first. Quoted topic,
// comma and data are the raw bytes.
func message(rest []byte) (n, link int, ok bool) {
	topic, data, ok := messageLengths(rest)
	return topic + data + len(`"",`), messageLink, ok
}

func messageLengths(rest []byte) (topic, data int, ok bool) {
	if len(rest) == 0 || bytes.Count(rest[1:], comma) != 3 || rest[len(rest)-1] != ',' {
		return 0, 0, false
	}
	_, lengths, _ := bytes.Cut(rest[1:len(rest)-1], comma)
	first, second, _ := bytes.Cut(lengths, comma)
	topic, ok = count(first)
	data, also := count(second)
	return topic, data, ok && also && topic <= longestMessage && data <= longestMessage
}

// ipd reads what follows "+IPD:" up to a comma.
func (m mode) ipd(rest []byte) (n, link int, ok bool) {
	want := 1
	if m.mux {
		want++
	}
	if m.info {
		want += 2
	}
	if bytes.Count(rest, comma) != want {
		return 0, 0, false
	}
	if m.mux {
		first, after, _ := bytes.Cut(rest, comma)
		if link, ok = count(first); !ok {
			return 0, 0, false
		}
		rest = after
	}
	first, _, _ := bytes.Cut(rest, comma)
	n, ok = count(first)
	return n, link, ok
}

// count reads a count of bytes or a link ID.
func count(field []byte) (int, bool) {
	field = bytes.TrimSpace(field)
	n, err := strconv.Atoi(string(field))
	return n, err == nil && n >= 0
}

// with is the mode after the setting name got value; changed is false for a
// setting that has no part in it.
func (m mode) with(name, value string) (next mode, changed bool) {
	on := value == "1" || value == "true"
	next = m
	switch name {
	case "CIPMUX":
		next.mux = on
	case "CIPRECVMODE":
		next.passive = on
	case "CIPDINFO":
		next.info = on
	}
	return next, next != m
}
