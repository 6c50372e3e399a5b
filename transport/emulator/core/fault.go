package core

import (
	"strings"
	"time"
)

// Fault is one fault to be injected: NAME[:ARG][@N[/EVERY]]. It hits at the
// N-th event since the module was first switched on (counted over resets), once;
// with /EVERY again at each EVERY-th after that. Default N is 1. What counts is
// in [FaultInfo]. Where the table allows it, N and EVERY may be times: 5s is that
// long after the module was first switched on.
type Fault struct {
	Name  string
	N     uint64
	Every uint64 // 0: once

	After time.Duration // in place of N, when timed
	Again time.Duration // in place of Every; 0: once

	kind   faultKind
	timed  bool
	offset int           // drop, flip, duplicate, reboot: payload offset; header, body: offset; -1: drawn from the seed
	count  int           // stall: transactions in a row; short, split, overrun, leak: bytes, 0: the default
	each   int           // drop, flip, duplicate: every each-th payload byte from the N-th send on
	where  place         // urc: inside what
	rate   float64       // lose: probability; drift: parts of one
	span   time.Duration // decay: until the rate is zero
}

type faultKind uint8

const (
	dropByte faultKind = iota
	flipByte
	duplicateByte
	silence
	reboot
	urc
	closeLink
	refuse
	sendFail
	stall
	oldMagic
	flipHeader
	flipBody
	lostBit
	lostEdge
	shortRecv
	crash
	busyFault
	outOfMemory
	splitOutput
	mergeOutput
	replies
	loseBytes
	overrun
	deauth
	brokerGone
	decay
	drift
	brownOut
	leak
)

// place is where an unsolicited line comes.
type place uint8

const (
	inLine  place = iota // between OK and prompt of a send
	inSplit              // in the middle of the Recv line of a send
	inReply              // between a command's data lines and its final code
	inEcho               // in the middle of a command's echo
)

var places = []string{inLine: "line", inSplit: "split", inReply: "reply", inEcho: "echo"}

// headerBytes is the length of a header of the SPI link.
const headerBytes = 8

// event is what a fault counts.
type event uint8

const (
	aSend event = iota
	aStart
	aTransaction
	anEdge
	aCommand
	aPublication
	aReception
	always // nothing is counted: the fault is there from the start
	events
)

var eventNames = [events]string{"sends", "starts", "transactions", "edges", "commands", "publications", "receptions", ""}

// FaultInfo describes a fault.
type FaultInfo struct {
	Name  string
	Arg   string // the grammar of ARG; empty when there is none
	Doc   string
	Timed bool // it may be given a time
	on    event
}

// Counts is what N and EVERY of the fault count: CIPSENDs of any kind, CIPSTARTs,
// transactions of the SPI link, edges of its RDY, commands, publications of MQTT,
// pieces that come in from the network. It is empty for a fault that is there
// all the time.
func (i FaultInfo) Counts() string { return eventNames[i.on] }

// faultTable is indexed by faultKind.
var faultTable = [...]FaultInfo{
	dropByte:      {Name: "drop", Arg: "OFFSET or every=K", Doc: "a payload byte is lost between data phase and socket", on: aSend},
	flipByte:      {Name: "flip", Arg: "OFFSET or every=K", Doc: "the lowest bit of a payload byte is inverted", on: aSend},
	duplicateByte: {Name: "duplicate", Arg: "OFFSET or every=K", Doc: "a payload byte is sent twice", on: aSend},
	silence:       {Name: "silence", Doc: "after the prompt the module takes the payload, sends nothing and says nothing; the next command works", on: aSend},
	reboot:        {Name: "reboot", Arg: "OFFSET", Doc: "the module restarts when it has taken OFFSET bytes of the payload (default: half), and says ready", Timed: true, on: aSend},
	urc:           {Name: "urc", Arg: "line, split, reply or echo", Doc: "an unsolicited line comes between OK and prompt, or (split) in the middle of the Recv line; of the N-th command, between data lines and final code (reply), or in the middle of its echo (echo)", on: aSend},
	closeLink:     {Name: "close", Doc: "the module closes the connection in mid-send: +CIP:<id>,DISCONNECTED", on: aSend},
	refuse:        {Name: "refuse", Doc: "the connection of the N-th CIPSTART is refused", on: aStart},
	sendFail:      {Name: "send-fail", Doc: "SEND FAIL, and nothing is sent", on: aSend},
	stall:         {Name: "stall", Arg: "COUNT", Doc: "COUNT transactions in a row (default 1) say rx_stall, and the host's payload is thrown away", on: aTransaction},
	oldMagic:      {Name: "old-magic", Doc: "the module's header begins with 01 55, as that of an image that does not match", on: aTransaction},
	flipHeader:    {Name: "header", Arg: "OFFSET from 0 to 7", Doc: "the lowest bit of a byte of the module's header is inverted on the wire", on: aTransaction},
	flipBody:      {Name: "body", Arg: "OFFSET", Doc: "the lowest bit of a payload byte of the module's frame is inverted on the wire", on: aTransaction},
	lostBit:       {Name: "lost-bit", Doc: "the first bit that the module clocks out is lost: all after it come one early", on: aTransaction},
	lostEdge:      {Name: "lost-edge", Doc: "an edge of RDY brings no event; its number is left out, the level is right", on: anEdge},
	shortRecv:     {Name: "short", Arg: "COUNT", Doc: "the last COUNT bytes of the payload (default: half) are taken and neither acknowledged nor sent: Recv says fewer than were given", on: aSend},
	crash:         {Name: "crash", Doc: "the module restarts in mid-command: no answer, then ready", Timed: true, on: aCommand},
	busyFault:     {Name: "busy", Doc: "the command is answered with `busy p...` and lost", on: aCommand},
	outOfMemory:   {Name: "no-memory", Doc: "the command is not carried out: ERROR, with sub-code 0x0D", on: aCommand},
	splitOutput:   {Name: "split", Arg: "BYTES", Doc: "what the module says from the command until the next comes in pieces of BYTES (default 1), 1 ms apart", on: aCommand},
	mergeOutput:   {Name: "merge", Doc: "what the module says from the command until the next is held back for 20 ms and comes in one piece", on: aCommand},
	replies:       {Name: "replies", Doc: "what comes in from the network is overwritten with text that looks like the module's replies, of the same length", on: aReception},
	loseBytes:     {Name: "lose", Arg: "RATE such as 0.1%", Doc: "each byte on a serial line without flow control, to and from the module, is lost with this probability; with RTS/CTS none is", on: always},
	overrun:       {Name: "overrun", Arg: "BYTES", Doc: "the UART's receive buffer holds BYTES: what comes in on top of that before the firmware takes it is lost without flow control, and held off with RTS/CTS", on: always},
	leak:          {Name: "leak", Arg: "BYTES", Doc: "each connection leaves so many bytes of the heap taken until the next restart", on: always},
	deauth:        {Name: "deauth", Doc: "the access point ends the association", Timed: true, on: aSend},
	brokerGone:    {Name: "broker-gone", Doc: "the connections to MQTT brokers end", Timed: true, on: aPublication},
	decay:         {Name: "decay", Arg: "TIME", Doc: "the radio's rate falls to practically nothing within TIME (default 10s), until the module restarts", Timed: true, on: aSend},
	drift:         {Name: "drift", Arg: "PPM", Doc: "the RC clock is fast by PPM parts in a million, or slow when PPM is negative", on: always},
	brownOut:      {Name: "brown-out", Doc: "the supply breaks down while the radio sends: the module restarts, with a line on the log port", Timed: true, on: aSend},
}

// FaultTable lists every fault.
func FaultTable() []FaultInfo { return faultTable[:] }

// counts is the event that f counts.
func (f *Fault) counts() event {
	if f.kind == urc && f.where >= inReply {
		return aCommand
	}
	return faultTable[f.kind].on
}

func faultNames() string {
	names := make([]string, 0, len(faultTable))
	for _, info := range faultTable {
		names = append(names, info.Name)
	}
	return strings.Join(names, ", ")
}
