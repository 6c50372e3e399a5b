package at

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrReset matches a ProtocolError whose exchange was cut off by an unasked `ready`: the module restarted.
var ErrReset = errors.New("the module restarted")

var (
	errCount   = errors.New("the module counted another number of payload bytes")
	errLines   = errors.New("at: a command is one line: leave CR and LF out") // without the line, which may hold a secret
	errTooLong = fmt.Errorf("the reply is longer than %d MiB", maxReply>>20)
)

// CommandError is the module's own refusal.
type CommandError struct {
	Command string // the command line without CRLF, secrets masked
	Final   string // "ERROR", "SEND FAIL", "busy p..."
	Code    uint32 // from "ERR CODE:0x…" (SYSLOG=1); 0 when there was none
}

func (e *CommandError) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("the module answered %s to %s", e.Final, e.Command)
	}
	return fmt.Sprintf("the module answered %s with code 0x%08X to %s", e.Final, e.Code, e.Command)
}

// ProtocolError says that the module did not answer as the grammar allows
// within the time. Err is what ended the wait (context.DeadlineExceeded, io.EOF, ErrReset, ...).
type ProtocolError struct {
	Command string        // the command line without CRLF, secrets masked
	Want    string        // `">"`, `"Recv 1460 bytes"`, `final code`; empty when nothing was sent
	Seen    []byte        // the last bytes of this exchange so far, 256 at most, secrets masked
	Total   int           // how many bytes of this exchange came in all
	Waited  time.Duration // since Sent; 0 when nothing was sent
	// DataMode says that the module may be waiting for (the rest of) a payload: it takes what is written next as that.
	DataMode bool
	Err      error
}

// Unwrap returns what ended the wait.
func (e *ProtocolError) Unwrap() error { return e.Err }

func (e *ProtocolError) Error() string {
	if e.Want == "" {
		return fmt.Sprintf("%s was not sent: %v", e.Command, e.Err)
	}
	var b strings.Builder
	if errors.Is(e.Err, context.DeadlineExceeded) {
		fmt.Fprintf(&b, "no %s within %s after %s", e.Want, span(e.Waited), e.Command)
	} else {
		fmt.Fprintf(&b, "no %s after %s: %v after %s", e.Want, e.Command, e.Err, span(e.Waited))
	}
	switch {
	case e.Total == 0:
		b.WriteString("; no byte seen")
	case e.Total > seenMax:
		fmt.Fprintf(&b, "; %d bytes seen, the last: %q", e.Total, e.Seen)
	case e.Total == 1:
		fmt.Fprintf(&b, "; 1 byte seen: %q", e.Seen)
	default:
		fmt.Fprintf(&b, "; %d bytes seen: %q", e.Total, e.Seen)
	}
	if e.DataMode {
		b.WriteString("; the module may be waiting in data mode: st67bench at --reset")
	}
	return b.String()
}

// span writes a duration with three significant digits: "5 s", "12.3 ms".
func span(d time.Duration) string {
	v, unit := d.Seconds(), "s"
	switch {
	case d == 0:
	case d < time.Millisecond:
		v, unit = v*1e6, "µs"
	case d < time.Second:
		v, unit = v*1e3, "ms"
	}
	if v >= 100 {
		v = math.Round(v)
	} else {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64) + " " + unit
}

// wantRecv names the line that acknowledges n bytes of payload.
func wantRecv(n int) string { return strconv.Quote("Recv " + strconv.Itoa(n) + " bytes") }

// failure makes a ProtocolError of the exchange. s.mu is held.
func (s *Session) failure(want string, err error) *ProtocolError {
	x := &s.x
	seen, cut := x.seen.bytes()
	e := &ProtocolError{
		Command: s.hidden(x.cmd), Want: want, Seen: s.masks.hide(seen, cut), Total: x.seen.total, Err: err,
		Waited: time.Since(s.call.sent),
	}
	e.DataMode = x.send && x.r.Recv.IsZero() && !s.call.partial && err != ErrReset && err != errCount
	return e
}

// unsent makes the error of a call that wrote nothing.
func (s *Session) unsent(line []byte, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &ProtocolError{Command: s.hidden(line), Err: err}
}

// hidden is a command line without CRLF and secrets.
func (s *Session) hidden(line []byte) string {
	if len(line) >= 2 && line[len(line)-1] == '\n' {
		line = line[:len(line)-2]
	}
	return string(s.masks.hide(line, false))
}

// minPart is how many bytes of a secret that was cut off are still masked.
const minPart = 3

var stars = []byte("***")

// escapers write a string as it may stand in the quotes of a command: `\`, `"` and, as the manual's note to AT+CWJAP has it,
// `,` get a `\`.
var escapers = []*strings.Replacer{
	strings.NewReplacer(),
	strings.NewReplacer(`\`, `\\`, `"`, `\"`),
	strings.NewReplacer(`\`, `\\`, `"`, `\"`, `,`, `\,`),
}

// masks are secrets that no error shows.
type masks struct {
	secrets [][]byte // longest first, so that a secret within another leaves nothing of it
}

// add takes a secret, as it is and as a command quotes it. The empty one hides nothing.
func (m *masks) add(secret string) {
	for _, e := range escapers {
		s := e.Replace(secret)
		known := func(p []byte) bool { return string(p) == s }
		if s == "" || slices.ContainsFunc(m.secrets, known) {
			continue
		}
		m.secrets = append(m.secrets, []byte(s))
	}
	slices.SortStableFunc(m.secrets, func(a, b []byte) int { return len(b) - len(a) })
}

// hide returns a copy of p with *** for every secret, and for what is left of
// one at the end of p, where the rest did not come yet, and at its start when
// the bytes before it were cut off.
func (m *masks) hide(p []byte, cut bool) []byte {
	p = bytes.Clone(p)
	for _, s := range m.secrets {
		p = bytes.ReplaceAll(p, s, stars)
	}
	for _, s := range m.secrets {
		for n := len(s) - 1; n >= minPart; n-- {
			if bytes.HasSuffix(p, s[:n]) {
				p = append(p[:len(p)-n], stars...)
				break
			}
		}
		for n := len(s) - 1; cut && n >= minPart; n-- {
			if bytes.HasPrefix(p, s[len(s)-n:]) {
				p = append(bytes.Clone(stars), p[n:]...)
				break
			}
		}
	}
	return p
}
