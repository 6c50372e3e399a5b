package core

import (
	"fmt"
	"strconv"
	"strings"
)

// Fault is one fault to be injected: NAME[:ARG][@N[/EVERY]]. It hits at the
// N-th event since the module was first switched on (counted over resets), once;
// with /EVERY again at each EVERY-th after that. Default N is 1. What counts is
// CIPSENDs, for `refuse` CIPSTARTs, for the faults of the SPI link its
// transactions or RDY's edges.
type Fault struct {
	Name  string
	N     uint64
	Every uint64 // 0: once

	kind   faultKind
	offset int  // drop, flip, duplicate, reboot: payload offset; header, body: offset; -1: drawn from the seed
	count  int  // stall: transactions in a row
	each   int  // drop, flip, duplicate: every each-th payload byte from the N-th send on
	split  bool // urc: inside a line
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
)

// headerBytes is the length of a header of the SPI link.
const headerBytes = 8

// event is what a fault counts.
type event uint8

const (
	aSend event = iota
	aStart
	aTransaction
	anEdge
)

// FaultInfo describes a fault.
type FaultInfo struct {
	Name string
	Arg  string // the grammar of ARG; empty when there is none
	Doc  string
	on   event
}

// faultTable is indexed by faultKind.
var faultTable = [...]FaultInfo{
	dropByte:      {"drop", "OFFSET or every=K", "a payload byte is lost between data phase and socket", aSend},
	flipByte:      {"flip", "OFFSET or every=K", "the lowest bit of a payload byte is inverted", aSend},
	duplicateByte: {"duplicate", "OFFSET or every=K", "a payload byte is sent twice", aSend},
	silence:       {"silence", "", "after the prompt the module takes the payload, sends nothing and says nothing; the next command works", aSend},
	reboot:        {"reboot", "OFFSET", "the module restarts when it has taken OFFSET bytes of the payload (default: half), and says ready", aSend},
	urc:           {"urc", "line or split", "an unsolicited line comes between OK and prompt, or (split) in the middle of the Recv line", aSend},
	closeLink:     {"close", "", "the module closes the connection in mid-send: +CIP:<id>,DISCONNECTED", aSend},
	refuse:        {"refuse", "", "the connection of the N-th CIPSTART is refused", aStart},
	sendFail:      {"send-fail", "", "SEND FAIL, and nothing is sent", aSend},
	stall:         {"stall", "COUNT", "COUNT transactions in a row (default 1) say rx_stall, and the host's payload is thrown away", aTransaction},
	oldMagic:      {"old-magic", "", "the module's header begins with 01 55, as that of an image that does not match", aTransaction},
	flipHeader:    {"header", "OFFSET from 0 to 7", "the lowest bit of a byte of the module's header is inverted on the wire", aTransaction},
	flipBody:      {"body", "OFFSET", "the lowest bit of a payload byte of the module's frame is inverted on the wire", aTransaction},
	lostBit:       {"lost-bit", "", "the first bit that the module clocks out is lost: all after it come one early", aTransaction},
	lostEdge:      {"lost-edge", "", "an edge of RDY brings no event; its number is left out, the level is right", anEdge},
}

// FaultTable lists every fault.
func FaultTable() []FaultInfo { return faultTable[:] }

// ParseFault reads NAME[:ARG][@N[/EVERY]].
func ParseFault(s string) (Fault, error) {
	f := Fault{N: 1, offset: -1, count: 1}
	rest, when, timed := strings.Cut(s, "@")
	name, argument, hasArg := strings.Cut(rest, ":")
	kind, ok := faultNamed(name)
	if !ok {
		return f, fmt.Errorf("unknown fault %q in %q; there are %s", name, s, faultNames())
	}
	f.Name, f.kind = name, kind
	if hasArg {
		if err := f.argument(argument); err != nil {
			return f, fmt.Errorf("fault %q: %w", s, err)
		}
	}
	if timed {
		if err := f.when(when); err != nil {
			return f, fmt.Errorf("fault %q: %w", s, err)
		}
	}
	return f, nil
}

func faultNamed(name string) (faultKind, bool) {
	for kind, info := range faultTable {
		if info.Name == name {
			return faultKind(kind), true
		}
	}
	return 0, false
}

func (f *Fault) argument(s string) error {
	k, each := strings.CutPrefix(s, "every=")
	n, err := strconv.Atoi(k)
	number := err == nil && n >= 0
	payload := f.kind <= duplicateByte
	switch {
	case payload && each && number && n > 0:
		f.each = n
	case (payload || f.kind == reboot || f.kind == flipBody || f.kind == flipHeader && n < headerBytes) && !each && number:
		f.offset = n
	case f.kind == stall && !each && number && n > 0:
		f.count = n
	case f.kind == urc && (s == "line" || s == "split"):
		f.split = s == "split"
	case faultTable[f.kind].Arg == "":
		return fmt.Errorf("%s takes no argument, has %q", f.Name, s)
	default:
		return fmt.Errorf("%q is not %s", s, faultTable[f.kind].Arg)
	}
	return nil
}

func (f *Fault) when(s string) error {
	n, every, again := strings.Cut(s, "/")
	var err error
	if f.N, err = strconv.ParseUint(n, 10, 62); err != nil || f.N == 0 {
		return fmt.Errorf("%q after @ is not a count from 1 on", n)
	}
	if again {
		if f.Every, err = strconv.ParseUint(every, 10, 62); err != nil || f.Every == 0 {
			return fmt.Errorf("%q after / is not a count from 1 on", every)
		}
	}
	return nil
}

func faultNames() string {
	names := make([]string, 0, len(faultTable))
	for _, info := range faultTable {
		names = append(names, info.Name)
	}
	return strings.Join(names, ", ")
}
