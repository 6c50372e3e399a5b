package st67

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"st67bench/transport/at"
)

// destructive are the commands that write fuses or flash for good, switch the firmware, or erase all settings
// (manual 2.2.4, 2.2.12, 2.2.14, 2.2.15, 2.2.17, 2.2.25).
var destructive = []string{"EFUSE-W", "EFUSE-CFM", "FLASH-W", "FLASH-E", "OTAFIN", "RESTORE"}

// Destructive says whether an AT line, or any line within it, would write fuses
// or flash, switch the firmware or erase all settings. Case does not matter.
func Destructive(line string) bool {
	for l := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == '\r' || r == '\n' }) {
		name, _, _ := parts(l)
		if slices.Contains(destructive, name) {
			return true
		}
	}
	return false
}

// parts splits an AT line into its name in capitals and what follows '='; set is false for other forms.
func parts(line string) (name, value string, set bool) {
	line = strings.TrimSpace(line)
	if len(line) < 3 || !strings.EqualFold(line[:3], "AT+") {
		return "", "", false
	}
	line = line[3:]
	end := strings.IndexAny(line, "=? ,")
	if end < 0 {
		return strings.ToUpper(line), "", false
	}
	name = strings.ToUpper(line[:end])
	return name, line[end+1:], line[end] == '='
}

// Command sends one AT line, without CRLF, and returns the data lines of its
// answer. Destructive commands are refused. A setting that Restore can put back
// is asked for before it is changed.
func (m *Module) Command(ctx context.Context, line string) ([]string, error) {
	if strings.ContainsAny(line, "\r\n") {
		return nil, fmt.Errorf("AT line %q: one line at a time", line)
	}
	if Destructive(line) {
		return nil, fmt.Errorf("AT line %q is refused: it would write fuses or flash, switch the firmware or erase all settings", line)
	}
	name, value, set := parts(line)
	if s, can := toRemember(name, value); set && can {
		if _, _, err := m.remember(ctx, s); err != nil {
			return nil, err
		}
	}
	r, err := m.exchange(ctx, longestLimit, line)
	if err != nil {
		return nil, err
	}
	if set {
		m.changed(name, value)
	}
	lines := make([]string, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = string(l)
	}
	return lines, nil
}

// subCodes are the error codes' subcategory, bits 16 to 23, in words (manual 2.2.9.4).
var subCodes = map[uint8]string{
	0x00: "no error",
	0x01: "unspecified error",
	0x02: "line end missing",
	0x03: "line does not begin with AT",
	0x04: "parameter of wrong length",
	0x05: "parameter of wrong type",
	0x06: "wrong number of parameters",
	0x07: "value out of range",
	0x08: "parameter cannot be parsed",
	0x09: "command not supported",
	0x0A: "execution failed",
	0x0B: "previous command still being processed",
	0x0C: "form of the command not supported",
	0x0D: "out of memory",
	0x0E: "out of resources",
	0x0F: "timed out",
	0x10: "not allowed in this state",
	0x11: "not initialised",
	0x12: "input/output error",
	0x13: "address error",
	0x14: "invalid handle",
}

// transient are the subcategories that speak of the moment, not of what was asked: the command was taken.
var transient = []uint8{0x0B, 0x0F, 0x12}

// malformed says whether the module refused the line itself, whatever its state: subcategories 0x04 to 0x09.
func malformed(err error) bool {
	var refused *at.CommandError
	sub := uint8(0)
	if errors.As(err, &refused) {
		sub = uint8(refused.Code >> 16)
	}
	return sub >= 0x04 && sub <= 0x09
}

// codeWords puts an error code in words.
func codeWords(code uint32) string {
	if words, ok := subCodes[uint8(code>>16)]; ok {
		return words
	}
	return "unknown error code"
}

// Refusal says whether err is the module's own answer to what was asked, which
// the same command would get again, and words it:
// "ERR CODE:0x01070000 value out of range". A send that failed, a link, a peer or an
// association that broke, a busy module and a time limit are no refusals.
func Refusal(err error) (text string, ok bool) {
	var link *LinkError
	var join *JoinError
	var peer *PeerError
	var refused *at.CommandError
	if errors.As(err, &link) || errors.As(err, &join) || errors.As(err, &peer) || !errors.As(err, &refused) || refused.Final != "ERROR" {
		return "", false
	}
	if refused.Code == 0 {
		return "ERROR without a code", true
	}
	if slices.Contains(transient, uint8(refused.Code>>16)) {
		return "", false
	}
	return fmt.Sprintf("ERR CODE:0x%08X %s", refused.Code, codeWords(refused.Code)), true
}

// sendFail is the final code of a data phase whose payload the module did not take.
const sendFail = "SEND FAIL"

// SendFailed says whether the module took a payload and then said SEND FAIL, which of publications and notifications means
// that it has no room for more at the moment.
func SendFailed(err error) bool {
	var peer *PeerError
	var refused *at.CommandError
	return errors.As(err, &refused) && refused.Final == sendFail && !errors.As(err, &peer)
}
