package core

import (
	"fmt"
	"strconv"
	"strings"
)

// Fault is one fault to be injected: NAME[:ARG][@N[/EVERY]]. It hits at the
// N-th send since the module was switched on (counted over resets; `refuse` and
// no other counts the CIPSTARTs instead), once; with /EVERY again at each
// EVERY-th send after that. Default N is 1.
type Fault struct {
	Name  string
	N     uint64
	Every uint64 // 0: once

	kind   faultKind
	offset int  // drop, flip, duplicate, reboot: payload offset; -1: drawn from the seed
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
)

// FaultInfo describes a fault.
type FaultInfo struct {
	Name string
	Arg  string // the grammar of ARG; empty when there is none
	Doc  string
}

// faultTable is indexed by faultKind.
var faultTable = [...]FaultInfo{
	dropByte:      {"drop", "OFFSET or every=K", "a payload byte is lost between data phase and socket"},
	flipByte:      {"flip", "OFFSET or every=K", "the lowest bit of a payload byte is inverted"},
	duplicateByte: {"duplicate", "OFFSET or every=K", "a payload byte is sent twice"},
	silence:       {"silence", "", "after the prompt the module takes the payload, sends nothing and says nothing; the next command works"},
	reboot:        {"reboot", "OFFSET", "the module restarts when it has taken OFFSET bytes of the payload (default: half), and says ready"},
	urc:           {"urc", "line or split", "an unsolicited line comes between OK and prompt, or (split) in the middle of the Recv line"},
	closeLink:     {"close", "", "the module closes the connection in mid-send: +CIP:<id>,DISCONNECTED"},
	refuse:        {"refuse", "", "the connection of the N-th CIPSTART is refused"},
	sendFail:      {"send-fail", "", "SEND FAIL, and nothing is sent"},
}

// FaultTable lists every fault.
func FaultTable() []FaultInfo { return faultTable[:] }

// ParseFault reads NAME[:ARG][@N[/EVERY]].
func ParseFault(s string) (Fault, error) {
	f := Fault{N: 1, offset: -1}
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
	case (payload || f.kind == reboot) && !each && number:
		f.offset = n
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
