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
	WriteBare
	FlashLength
	InputBoth
	OTA4096
	OTAOK
	ReadText
	MQTTSendOK
	MQTTColon
	MQTTBare
	MQTTClean
	MQTTLimits
	MQTTFirst
	MQTTAgain
	MQTTForget
	MQTTNoRetain
	SendlEach
	BareQuery
	ScanBrackets
	ScanLater
	JoinWaits
	APKeepsDHCP
	V6Colon
	ClosedData
	ServerPort
	SSLBare
	SSLFiles
	BLEText
	BLEPromptOK
	BLEDual
	quirks
)

// The table fits the set's 64 bits.
const _ = uint(64 - quirks)

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
	BufBare:         {Name: "buf-bare", Doc: "CIPRECVBUF=, CIPEVT= and CWEVT= print their bare name before OK, as in the manual", Manual: true},
	Buf2920:         {Name: "buf-2920", Doc: "the receive buffer of a link is 2920 bytes until CIPRECVBUF changes it, as in the manual; off: 4608", Manual: true},
	IPDTotal:        {Name: "ipd-total", Doc: "the length of a passive +IPD is all that is buffered, and no +IPD comes before the host has read, as in the manual; off: what has come in", Manual: true},
	Send8192:        {Name: "send-8192", Doc: "CIPSEND takes up to 8192 bytes, as in the manual; off: up to 6144", Manual: true},
	ClosedText:      {Name: "closed-text", Doc: "CIPCLOSE says <id>,CLOSED, as in the manual; off: +CIP:<id>,DISCONNECTED", Manual: true},
	SendExcess:      {Name: "send-excess", Doc: "over SPI, bytes beyond the length in the last frame of a CIPSEND are sent too; off: they are cut", On: true, Before: V2_0_106},
	PingFour:        {Name: "ping-four", Doc: "PING takes four parameters; off: a fifth, the time-out", On: true, Before: V2_0_97, Manual: true},
	PingZero:        {Name: "ping-zero", Doc: "PING reports a time that rounds to 0 ms as a time-out, as SDK 2.0.56 does"},
	StateLong:       {Name: "state-long", Doc: "CWSTATE? ends in ,<mode>,<auth>; ST's driver relies on it from 2.0.97 on", On: true, Since: V2_0_97},
	DTIMAbsolute:    {Name: "dtim-absolute", Doc: "SLWKDTIM sets the DTIM itself, 1 to 25; off: a factor of the access point's", On: true, Before: V2_0_97, Manual: true},
	TeardownAny:     {Name: "teardown-any", Doc: "TWT_TEARDOWN takes only 0,1,0, which ends every agreement; off: the flow's own id", On: true, Before: V2_0_106},
	TWTWiki:         {Name: "twt-wiki", Doc: "TWT_PARAM's set-up type is 1 request, 2 suggest, 3 demand, as in ST's wiki; off: 0, 1, 2"},
	IperfReset:      {Name: "iperf-reset", Doc: "IPERF ends its TCP upload with a reset; off: with FIN"},
	IperfReport:     {Name: "iperf-report", Doc: "IPERF answers the end of a UDP download with the server's report; off: it does not"},
	IperfClean:      {Name: "iperf-clean", Doc: "IPERF sends UDP as iperf 2.1 does: 16-byte headers and zeros behind them; off: the module's 12 bytes and digits"},
	IperfOnAT:       {Name: "iperf-on-at", Doc: "IPERF's report lines come on the AT port as well as on the log port"},
	MQTT1470:        {Name: "mqtt-1470", Doc: "a publication of more than 1470 bytes fails, a known limitation of T01", On: true},
	WriteBare:       {Name: "write-bare", Doc: "EFUSE-W and FLASH-W ask for their data with OK alone; off: OK and prompt, as in the manual", On: true},
	FlashLength:     {Name: "flash-len", Doc: "FLASH-R gives the length before the data; off: the data alone, as in the manual", On: true},
	InputBoth:       {Name: "ioin-both", Doc: "IOIN= needs pin and pull; off: the pull may be omitted, as in the manual's example", On: true},
	OTA4096:         {Name: "ota-4096", Doc: "OTASEND takes up to 4096 bytes, as the newest public firmware source; off: up to 8192"},
	OTAOK:           {Name: "ota-ok", Doc: "OTASEND and OTAFIN say SEND OK and OK also when the image is refused; off: SEND FAIL and ERROR, as in the manual", On: true},
	ReadText:        {Name: "fs-text", Doc: "FS reads up to the first zero byte, though the length counts all; off: all bytes", On: true},
	MQTTSendOK:      {Name: "mqtt-send-ok", Doc: "the data of MQTTCLIENTID=, MQTTUSERNAME= and MQTTPASSWORD= end in Recv and SEND OK; off: in OK, as in the manual", On: true},
	MQTTColon:       {Name: "mqtt-colon", Doc: "a colon: +MQTT:SUBRECV:0 and +MQTTSUB:ALREADY_SUBSCRIBE; off: a comma, as in the manual", On: true},
	MQTTBare:        {Name: "mqtt-bare", Doc: "MQTTSUB? and MQTTSNI? answer without quotes, as the public firmware source, which ST's driver cannot read; off: with quotes, as in the manual"},
	MQTTClean:       {Name: "mqtt-clean", Doc: "MQTTCONNCFG? gives 1 for a clean session; off: 0, as in the manual and as MQTTCONNCFG= takes it", On: true},
	MQTTLimits:      {Name: "mqtt-limits", Doc: "MQTTCONNCFG= refuses keep-alive 0, and topics, wills and the data of MQTTPUB have up to 127 bytes; off: 0 is 120 s, topics and wills have 128, data what the line holds, as in the manual", On: true},
	MQTTFirst:       {Name: "mqtt-first", Doc: "MQTTCONN= without reconnection says +MQTT:CONNECTED before OK, and ERROR when the broker does not take the connection; off: OK at once, as in the manual", On: true},
	MQTTAgain:       {Name: "mqtt-again", Doc: "MQTTCONN= may follow a lost connection, and MQTTCLEAN= is refused without one; off: MQTTCLEAN= has to come between, as in the manual", On: true},
	MQTTForget:      {Name: "mqtt-forget", Doc: "after a reconnection the topics are listed and not subscribed to; off: they are subscribed to again", On: true},
	MQTTNoRetain:    {Name: "mqtt-no-retain", Doc: "the retain flag of MQTTPUB and MQTTPUBRAW has no effect, as in the public firmware source"},
	SendlEach:       {Name: "sendl-each", Doc: "CIPSENDL reports every multiple of the report size and at last the total, as in the manual; off: the highest multiple once a block", Manual: true},
	BareQuery:       {Name: "bare-query", Doc: "CWDHCP?, CWDHCPS?, CWAUTOCONN?, CWSTAPROTO? and CWAPPROTO? answer without the CRLF of their data line; off: with it, and CWDHCPS? with = for the colon, as in the manual", On: true},
	ScanBrackets:    {Name: "scan-brackets", Doc: "+CWLAP: has its fields in brackets and leaves the group cipher out; off: neither, as in the manual", On: true},
	ScanLater:       {Name: "scan-later", Doc: "CWLAP answers OK at once, its results come before +CW:SCAN_DONE; off: before OK, as in the manual", On: true},
	JoinWaits:       {Name: "join-waits", Doc: "CWJAP answers when the join has ended: +CW:CONNECTED, +CW:GOTIP and OK, or +CWJAP:<error code> and ERROR, one of the manual's forms; off: +CW:CONNECTING and OK at once"},
	APKeepsDHCP:     {Name: "ap-keeps-dhcp", Doc: "CIPAP= leaves the SoftAP's DHCP server on; off: it switches it off, as in the manual", On: true},
	V6Colon:         {Name: "v6-colon", Doc: "CIFSR has a colon before an IPv6 address; off: a comma, as in the manual", On: true},
	ClosedData:      {Name: "closed-data", Doc: "what a passive connection has received can still be read when it has ended; off: it is lost, as in the manual", On: true},
	ServerPort:      {Name: "server-port", Doc: "CIPSERVER=1 needs a port; off: 333 is the default, as in the manual", On: true},
	SSLBare:         {Name: "ssl-bare", Doc: "with CIPMUX=0 the CIPSSLC* queries answer without link ID, and CIPSSLCSNI? never has quotes; off: with both, as in the manual", On: true},
	SSLFiles:        {Name: "ssl-files", Doc: "CIPSSLCCONF= needs the files of its mode, which have to exist, and forgets the others; off: it takes any names, as in the manual's examples", On: true},
	BLEText:         {Name: "ble-text", Doc: "BLE lines and data phases are those of the firmware source (+BLE:SCAN:, +BLE:SRV:, Recv and SEND OK); off: those of the manual's chapter 6 (+BLESCAN:, +BLESRV=, OK alone)", On: true},
	BLEPromptOK:     {Name: "ble-prompt-ok", Doc: "BLEGATTSIND and BLEGATTSRD give OK before the prompt, which an older driver of ST waits for (that it ends with 2.0.97 is an assumption); off: the prompt alone", On: true, Before: V2_0_97},
	BLEDual:         {Name: "ble-dual", Doc: "BLEINIT takes 3, both roles; BLE connections are named with their role; BLEGATTSNTFY and BLEGATTSIND take a connection, BLESECPARAM a level, BLEGATTSRD a length of 0; a subscription needs a discovery (ST's driver dates the notification's connection to 2.0.97; that the rest came with it is an assumption)", On: true, Since: V2_0_97},
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

// Switch switches one quirk on, or off when the name has a minus sign before it.
func (w *Switches) Switch(name string) error {
	for {
		old := w.Quirks()
		s, err := old.With(name)
		if err != nil || w.set.CompareAndSwap(uint64(old), uint64(s)) {
			return err
		}
	}
}

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
