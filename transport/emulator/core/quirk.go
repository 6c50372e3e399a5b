package core

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// Quirk is one point in which the firmware contradicts the manual or may differ
// between releases.
type Quirk uint8

// The quirks. Their order is that of the table.
const (
	JoinedPrompt Quirk = iota
	RecvLine
	BareDinfo
	StatusPrefix
	LenComma
	DataLimit
	LingerUnsigned
	BlockAll
	QuitFirst
	ClockSilent
	HibernateSilent
	SendlBoth
	PingAfterOK
	FlowBusy
	BufBare
	Buf2920
	IPDTotal
	Send8192
	ClosedText
	SendExcess
	PingFour
	PingZero
	StateLong
	DTIMAbsolute
	TeardownAny
	TWTWiki
	IperfReset
	IperfReport
	IperfClean
	IperfOnAT
	MQTT1470
	quirks
)

// QuirkInfo describes a quirk and where it is on when nothing switches it: in the
// profile `manual` if Manual says so, in the releases from Since on and before
// Before (zero bounds nothing) if On says so.
type QuirkInfo struct {
	Name          string
	Doc           string
	On            bool
	Since, Before Version
	Manual        bool
}

// quirkTable is indexed by Quirk.
var quirkTable = [quirks]QuirkInfo{
	JoinedPrompt:    {Name: "joined-prompt", Doc: "CIPSEND writes OK and the prompt in one piece; off: in two", On: true},
	RecvLine:        {Name: "recv-line", Doc: "`Recv <n> bytes` comes before SEND OK; off: SEND OK alone, as in the manual", On: true},
	BareDinfo:       {Name: "bare-dinfo", Doc: "CIPDINFO? answers without the CRLF of its data line; off: with it", On: true},
	StatusPrefix:    {Name: "status-prefix", Doc: "CIPSTATE? answers +CIPSTATUS:; off: +CIPSTATE:, as in the manual", On: true},
	LenComma:        {Name: "len-comma", Doc: "CIPRECVLEN? ends in a comma, as in the manual's example; off: without, as in its syntax", On: true, Manual: true},
	DataLimit:       {Name: "data-limit", Doc: "CIPRECVDATA refuses more than the receive buffer holds; off: up to 2^31-1, as in the manual", On: true},
	LingerUnsigned:  {Name: "linger-unsigned", Doc: "CIPTCPOPT takes a linger of 65535 or 4294967295 as -1; off: out of range, as in the manual", On: true},
	BlockAll:        {Name: "block-all", Doc: "a full passive receive buffer holds up every link until the host reads; off: its own link alone", On: true},
	QuitFirst:       {Name: "quit-first", Doc: "CWQAP says +CW:DISCONNECTED and +CW:ERROR,19 before OK; off: after it", On: true},
	ClockSilent:     {Name: "clock-silent", Doc: "SET_CLOCK restarts the module without OK; off: OK first, as in the manual", On: true},
	HibernateSilent: {Name: "hibernate-silent", Doc: "PWR=1 gives no reply; off: OK first", On: true},
	SendlBoth:       {Name: "sendl-both", Doc: "CIPSENDLCFG= needs both sizes, report up to 65535; off: the second is optional, report up to 2^20, as in the manual", On: true},
	PingAfterOK:     {Name: "ping-after-ok", Doc: "PING answers OK at once, then +PING:<n>ms lines; off: one +PING:<time> before OK, as in the manual", On: true},
	FlowBusy:        {Name: "busy-drop", Doc: "what follows a command's first CRLF before its final code is answered with `busy p...` and lost; off: it is kept and runs next", On: true, Manual: true},
	BufBare:         {Name: "buf-bare", Doc: "CIPRECVBUF= prints a bare +CIPRECVBUF before OK, as in the manual", Manual: true},
	Buf2920:         {Name: "buf-2920", Doc: "the receive buffer of a link is 2920 bytes until CIPRECVBUF changes it, as in the manual; off: 4608", Manual: true},
	IPDTotal:        {Name: "ipd-total", Doc: "the length of a passive +IPD is all that is buffered, and no +IPD comes before the host has read, as in the manual; off: what has come in", Manual: true},
	Send8192:        {Name: "send-8192", Doc: "CIPSEND takes up to 8192 bytes, as in the manual; off: up to 6144", Manual: true},
	ClosedText:      {Name: "closed-text", Doc: "CIPCLOSE says <id>,CLOSED, as in the manual; off: +CIP:<id>,DISCONNECTED", Manual: true},
	SendExcess:      {Name: "send-excess", Doc: "over SPI, bytes beyond the length in the last frame of a CIPSEND are sent too; off: they are cut", On: true, Before: V2_0_106},
	PingFour:        {Name: "ping-four", Doc: "PING takes four parameters; off: a fifth, the time-out", On: true, Before: V2_0_97},
	PingZero:        {Name: "ping-zero", Doc: "PING reports a time that rounds to 0 ms as a time-out, as SDK 2.0.56 does"},
	StateLong:       {Name: "state-long", Doc: "CWSTATE? ends in ,<mode>,<auth>, as newer firmware does"},
	DTIMAbsolute:    {Name: "dtim-absolute", Doc: "SLWKDTIM sets the DTIM itself, 1 to 25; off: a factor of the access point's", On: true, Before: V2_0_97, Manual: true},
	TeardownAny:     {Name: "teardown-any", Doc: "TWT_TEARDOWN takes only 0,1,0, which ends every agreement; off: the flow's own id", On: true, Before: V2_0_106},
	TWTWiki:         {Name: "twt-wiki", Doc: "TWT_PARAM's set-up type is 1 request, 2 suggest, 3 demand, as in ST's wiki; off: 0, 1, 2"},
	IperfReset:      {Name: "iperf-reset", Doc: "IPERF ends its TCP upload with a reset; off: with FIN"},
	IperfReport:     {Name: "iperf-report", Doc: "IPERF answers the end of a UDP download with the server's report; off: it does not"},
	IperfClean:      {Name: "iperf-clean", Doc: "IPERF sends UDP as iperf 2.1 does: 16-byte headers and zeros behind them; off: the module's 12 bytes and digits"},
	IperfOnAT:       {Name: "iperf-on-at", Doc: "IPERF's report lines come on the AT port as well as on the log port"},
	MQTT1470:        {Name: "mqtt-1470", Doc: "a publication of more than 1470 bytes fails, a known limitation of T01", On: true},
}

// QuirkTable lists every quirk.
func QuirkTable() []QuirkInfo { return quirkTable[:] }

// Quirks is a set of quirks.
type Quirks uint64

// Has says whether q is on.
func (s Quirks) Has(q Quirk) bool { return s&(1<<q) != 0 }

// DefaultQuirks are those of a release that nothing was changed on.
func DefaultQuirks(v Version) Quirks {
	var s Quirks
	for q, info := range quirkTable {
		if info.On && v.within(info.Since, info.Before) {
			s |= 1 << q
		}
	}
	return s
}

// ManualQuirks are those of a module that does what the manual says.
func ManualQuirks() Quirks {
	var s Quirks
	for q, info := range quirkTable {
		if info.Manual {
			s |= 1 << q
		}
	}
	return s
}

// Switches are the quirks of a running module. They may be switched while it
// runs, from any goroutine.
type Switches struct{ set atomic.Uint64 }

// NewSwitches starts with the quirks of s.
func NewSwitches(s Quirks) *Switches {
	w := new(Switches)
	w.Set(s)
	return w
}

// Has says whether q is on.
func (w *Switches) Has(q Quirk) bool { return w.Quirks().Has(q) }

// Quirks are those that are on.
func (w *Switches) Quirks() Quirks { return Quirks(w.set.Load()) }

// Set replaces them all.
func (w *Switches) Set(s Quirks) { w.set.Store(uint64(s)) }

// With switches one quirk on, or off when the name has a minus sign before it.
func (s Quirks) With(name string) (Quirks, error) {
	bare, off := strings.CutPrefix(name, "-")
	for q, info := range quirkTable {
		if info.Name != bare {
			continue
		}
		if off {
			return s &^ (1 << q), nil
		}
		return s | 1<<q, nil
	}
	return s, fmt.Errorf("unknown quirk %q; there are %s, each with - before it to switch it off", name, quirkNames())
}

func quirkNames() string {
	names := make([]string, 0, len(quirkTable))
	for _, info := range quirkTable {
		names = append(names, info.Name)
	}
	return strings.Join(names, ", ")
}
