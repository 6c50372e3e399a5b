package st67

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"st67bench/transport/at"
)

// Mode is the settings that decide where received data end, for whoever speaks
// to a module line by line without a Module. The zero Mode is that of a module
// after a reset.
type Mode struct{ m mode }

// During is the grammar while this AT line, without CRLF, is answered.
func (m Mode) During(line string) *at.Grammar {
	g := grammar(m.m)
	if name, _, set := parts(line); set && name == "CWJAP" {
		g.Events = append(g.Events, joinCode)
	}
	return g
}

// After is the mode when the module has answered OK to this AT line with these
// data lines.
func (m Mode) After(line string, reply []string) Mode {
	name, value, set := parts(line)
	for _, l := range reply {
		if v, ok := answer([][]byte{[]byte(l)}, name); ok && !set {
			value, set = v, true
		}
	}
	if set {
		m.m, _ = m.m.with(name, strings.TrimSpace(value))
	}
	return m
}

// dataPhases are the commands with a data phase of a length that they name: which parameter it is, and whether the
// phase ends in OK in place of SEND OK (manual 2.2.12, 2.2.15, 2.2.24, 4.1.12 to 4.1.15, 5.1.2 to 5.1.4, 5.1.10, 6.1.22 to
// 6.1.27).
var dataPhases = map[string]struct {
	length int
	plain  bool
}{
	"EFUSE-W": {0, false}, "FLASH-W": {0, false}, "OTASEND": {0, false},
	"CIPSEND": {0, false}, "CIPSENDL": {0, false}, "CIPSENDEX": {0, false}, // one more with a link ID
	"MQTTLONGCLIENTID": {1, true}, "MQTTUSERNAME": {1, true}, "MQTTLONGUSERNAME": {1, true},
	"MQTTPASSWORD": {1, true}, "MQTTLONGPASSWORD": {1, true}, "MQTTPUBRAW": {2, false},
	"BLEGATTSNTFY": {2, true}, "BLEGATTSIND": {2, true}, "BLEGATTSRD": {2, true}, "BLEGATTCWR": {3, true},
}

// DataPhase says how many bytes of payload, 1 or more, the module asks for after
// this AT line, and whether it acknowledges them with OK in place of SEND OK.
// ok is false for a line without a data phase of a known length.
func DataPhase(line string) (n int, plain, ok bool) {
	name, value, set := parts(line)
	phase, known := dataPhases[name]
	if !set || !known {
		return 0, false, false
	}
	parameters, i := fields(value), phase.length
	if strings.HasPrefix(name, "CIPSEND") && len(parameters)%2 == 0 { // [<link ID>,]<length>[,<host>,<port>]
		i++
	}
	if i >= len(parameters) {
		return 0, false, false
	}
	n, err := strconv.Atoi(parameters[i])
	return n, phase.plain, err == nil && n > 0
}

// Passthrough says whether an AT line enters passthrough mode, which takes every later byte as payload (manual
// 4.1.12.2).
func Passthrough(line string) bool {
	return strings.EqualFold(strings.TrimSpace(line), "AT+CIPSEND")
}

// Restarts says whether the module starts anew, with `ready`, after an AT line
// (manual 2.2.3, 2.2.4, 2.2.25; SET_CLOCK does so without OK).
func Restarts(line string) bool {
	switch name, _, set := parts(line); name {
	case "RST", "RESTORE", "OTAFIN":
		return true
	case "SET_CLOCK":
		return set
	}
	return false
}

// Resync makes a module listen that is in an unknown state, a data phase that was
// cut off included (package comment: Opening), and changes nothing else in it. A
// module that stays silent ends as a *SilentError.
func Resync(ctx context.Context, s *at.Session) error {
	m := &Module{s: s, log: slog.New(slog.DiscardHandler), dirty: true}
	return m.resync(ctx)
}

// AwaitReady waits for a start that is due: until started says that `ready`
// came, 4 s at the most, and then as long as a module wants before its first
// command.
func AwaitReady(ctx context.Context, started <-chan struct{}) error {
	limit := time.NewTimer(readyLimit)
	defer limit.Stop()
	select {
	case <-started:
		return sleep(ctx, readyPause)
	case <-limit.C:
		return fmt.Errorf("no `ready` within %v: no power, or the module does not start", readyLimit)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
