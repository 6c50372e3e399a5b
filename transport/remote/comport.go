package remote

import (
	"bytes"
	"fmt"
	"strconv"
)

// The commands of RFC 2217 that are used here; a server answers with the same
// number plus fromServer.
const (
	cmdSignature = 0
	cmdBaud      = 1
	cmdDataSize  = 2
	cmdParity    = 3
	cmdStopSize  = 4
	cmdControl   = 5
	cmdLineState = 6 // the server's notification
	cmdSuspend   = 8 // "do not send"
	cmdLineMask  = 10
	cmdPurge     = 12

	fromServer = 100
)

// Values of cmdControl.
const (
	controlFlowNone = 1
	controlFlowHW   = 3
	controlBreakOn  = 5
	controlBreakOff = 6
	controlDTROn    = 8
	controlRTSOn    = 11
)

// The bits of a line state that are errors, by number.
const (
	bitOverrun = 1
	bitParity  = 2
	bitFraming = 3
	bitBreak   = 4

	lineErrorMask = 1<<bitOverrun | 1<<bitParity | 1<<bitFraming | 1<<bitBreak
)

// answers are what the server said.
type answers struct {
	value    [cmdPurge + 1][]byte // by command; nil when there was none
	flow     byte                 // of the answers to cmdControl, the one on flow control; 0 when there was none
	dtr, rts bool                 // these were confirmed as on
	breaks   byte                 // the last confirmed of controlBreakOn and controlBreakOff

	lineStates bool      // the server takes the mask of line states
	lineErrors [8]uint64 // by bit
	suspend    uint64
}

// receive takes an answer or a notification.
func (a *answers) receive(command byte, value []byte) {
	switch command - fromServer {
	case cmdLineState:
		if len(value) == 1 {
			a.lineState(value[0])
		}
	case cmdSuspend:
		a.suspend++
	case cmdLineMask:
		a.lineStates = true
	case cmdControl:
		if len(value) == 1 {
			a.control(value[0])
		}
	case cmdSignature, cmdBaud, cmdDataSize, cmdParity, cmdStopSize, cmdPurge:
		a.value[command-fromServer] = bytes.Clone(value)
	}
}

func (a *answers) control(value byte) {
	switch value {
	case controlDTROn:
		a.dtr = true
	case controlRTSOn:
		a.rts = true
	case controlBreakOn, controlBreakOff:
		a.breaks = value
	default:
		if value <= controlFlowHW {
			a.flow = value
		}
	}
}

// lineState counts. ser2net answers the mask of line states with a first
// notification.
func (a *answers) lineState(bits byte) {
	a.lineStates = true
	for i := range a.lineErrors {
		a.lineErrors[i] += uint64(bits >> i & 1)
	}
}

func (s *comPort) conditions() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := map[string]string{"server": "RFC 2217", "rate": strconv.Itoa(s.baud), "modem_lines": "no answer"}
	if name := s.answers.value[cmdSignature]; len(name) > 0 {
		m["server"] = fmt.Sprintf("RFC 2217, %q", name)
	}
	if s.modemLines {
		m["modem_lines"] = "set"
	}
	return m
}

func (s *comPort) counters() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &s.answers
	m := map[string]uint64{"suspend": a.suspend}
	if a.lineStates {
		for name, bit := range map[string]int{"overrun": bitOverrun, "parity": bitParity, "framing": bitFraming, "break": bitBreak} {
			m[name] = a.lineErrors[bit]
		}
	}
	return m
}
