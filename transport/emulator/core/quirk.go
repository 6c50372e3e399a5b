package core

import (
	"fmt"
	"strings"
)

// Quirk is one point in which the firmware contradicts the manual or may differ
// between releases.
type Quirk uint8

// The quirks of the commands that exist so far.
const (
	JoinedPrompt Quirk = iota
	RecvLine
	BareDinfo
	StatusPrefix
	LenComma
	DataLimit
	BufBare
	IPDTotal
	Send8192
	quirks
)

// QuirkInfo describes a quirk.
type QuirkInfo struct {
	Name string
	Doc  string
	On   bool // by default, in every profile
}

// quirkTable is indexed by Quirk.
var quirkTable = [quirks]QuirkInfo{
	JoinedPrompt: {"joined-prompt", "CIPSEND writes OK and the prompt in one piece; off: in two", true},
	RecvLine:     {"recv-line", "`Recv <n> bytes` comes before SEND OK; off: SEND OK alone, as in the manual", true},
	BareDinfo:    {"bare-dinfo", "CIPDINFO? answers without the CRLF of its data line; off: with it", true},
	StatusPrefix: {"status-prefix", "CIPSTATE? answers +CIPSTATUS:; off: +CIPSTATE:, as in the manual", true},
	LenComma:     {"len-comma", "CIPRECVLEN? ends in a comma, as in the manual's example; off: without, as in its syntax", true},
	DataLimit:    {"data-limit", "CIPRECVDATA refuses more than the receive buffer holds; off: up to 2^31-1, as in the manual", true},
	BufBare:      {"buf-bare", "CIPRECVBUF= prints a bare +CIPRECVBUF before OK, as in the manual", false},
	IPDTotal:     {"ipd-total", "the length of a passive +IPD is all that is buffered, as in the manual; off: what has come in", false},
	Send8192:     {"send-8192", "CIPSEND takes up to 8192 bytes, as in the manual; off: up to 6144", false},
}

// QuirkTable lists every quirk.
func QuirkTable() []QuirkInfo { return quirkTable[:] }

// Quirks is a set of quirks.
type Quirks uint64

// Has says whether q is on.
func (s Quirks) Has(q Quirk) bool { return s&(1<<q) != 0 }

// DefaultQuirks are those of a module that nothing was changed on.
func DefaultQuirks() Quirks {
	var s Quirks
	for q, info := range quirkTable {
		if info.On {
			s |= 1 << q
		}
	}
	return s
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
