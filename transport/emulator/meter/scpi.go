package meter

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Errors of SCPI (volume 2, chapter 21.8).
const (
	scpiSyntax    = -102
	scpiParameter = -109
	scpiHeader    = -113
	scpiConflict  = -221
	scpiRange     = -222
	scpiStale     = -230
	scpiDevice    = -310
)

var scpiTexts = map[int]string{
	0: "No error", scpiSyntax: "Syntax error", scpiParameter: "Missing parameter", scpiHeader: "Undefined header",
	scpiConflict: "Settings conflict", scpiRange: "Data out of range", scpiStale: "Data corrupt or stale", scpiDevice: "System error",
}

const (
	longestCommand = 4096
	longestErrors  = 20
)

// scpiCommand is one header with its short form in capitals, as the manuals print it, and what it does: ask for a query,
// do for a command; nil where there is none of the two. code is 0 or an error.
type scpiCommand struct {
	header string
	do     func(args []string) (code int)
	ask    func(args []string) (answer []byte, code int)
}

// scpi is the dialogue of an instrument with SCPI.
type scpi struct {
	m        *Meter
	commands []scpiCommand
	noError  string // the answer to SYSTem:ERRor? when there is none
	line     []byte
	errors   []int
}

func (s *scpi) hello() { s.line = s.line[:0] }
func (s *scpi) bye()   {}

func (s *scpi) input(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.line = append(s.line, p[:min(len(p), longestCommand-len(s.line))]...)
			return
		}
		s.line = append(s.line, p[:min(i, longestCommand-len(s.line))]...)
		p = p[i+1:]
		s.obey(string(s.line))
		s.line = s.line[:0]
	}
}

// obey carries out a line of commands; the answers of its queries come in one line.
func (s *scpi) obey(line string) {
	var answers [][]byte
	for _, command := range strings.Split(line, ";") {
		if command = strings.TrimSpace(command); command == "" {
			continue
		}
		if answer := s.one(command); answer != nil {
			answers = append(answers, answer)
		}
	}
	if len(answers) > 0 {
		s.m.say(append(bytes.Join(answers, []byte(";")), '\n'))
	}
}

// one carries out one command; the answer is nil when it is not a query, or has failed.
func (s *scpi) one(command string) []byte {
	header, rest, _ := strings.Cut(command, " ")
	header, query := strings.CutSuffix(strings.TrimPrefix(header, ":"), "?")
	if f := s.m.standing("refuse"); f != nil && strings.Contains(command, f.text) {
		s.fail(scpiHeader)
		return nil
	}
	if query && sameHeader("SYSTem:ERRor", strings.TrimSuffix(strings.ToUpper(header), ":NEXT")) {
		return []byte(s.nextError())
	}
	i := slices.IndexFunc(s.commands, func(c scpiCommand) bool { return sameHeader(c.header, header) })
	switch {
	case i < 0 || query && s.commands[i].ask == nil || !query && s.commands[i].do == nil:
		s.fail(scpiHeader)
		return nil
	case query:
		answer, code := s.commands[i].ask(arguments(rest))
		s.fail(code)
		return answer
	}
	s.fail(s.commands[i].do(arguments(rest)))
	return nil
}

// fail notes an error; 0 is none.
func (s *scpi) fail(code int) {
	if code != 0 && len(s.errors) < longestErrors {
		s.errors = append(s.errors, code)
	}
}

func (s *scpi) nextError() string {
	if len(s.errors) == 0 {
		return s.noError
	}
	code := s.errors[0]
	s.errors = s.errors[1:]
	return fmt.Sprintf("%d,%q", code, scpiTexts[code])
}

// sameHeader says whether a header is the one of a table: each of its words is the capitals of the other or the whole.
func sameHeader(table, given string) bool {
	t, g := strings.Split(table, ":"), strings.Split(given, ":")
	return slices.EqualFunc(t, g, func(t, g string) bool {
		short := strings.TrimRight(t, "abcdefghijklmnopqrstuvwxyz")
		return strings.EqualFold(t, g) || strings.EqualFold(short, g)
	})
}

// arguments are those of a command, without a list of channels, which are one.
func arguments(s string) []string {
	if i := strings.Index(s, "(@"); i >= 0 {
		s = strings.TrimRight(s[:i], ", ")
	}
	if strings.TrimSpace(s) == "" {
		return nil
	}
	args := strings.Split(s, ",")
	for i := range args {
		args[i] = strings.TrimSpace(args[i])
	}
	return args
}

// common are the commands that every instrument has.
func (s *scpi) common(identity string, reset func()) []scpiCommand {
	text := func(t string) func([]string) ([]byte, int) {
		return func([]string) ([]byte, int) { return []byte(t), 0 }
	}
	return []scpiCommand{
		{header: "*IDN", ask: text(identity)},
		{header: "*OPC", ask: text("1"), do: func([]string) int { return 0 }},
		{header: "*CLS", do: func([]string) int { s.errors = nil; return 0 }},
		{header: "*RST", do: func([]string) int { reset(); return 0 }},
	}
}

// isOn reads a switch; ok is false when it is none.
func isOn(args []string) (on, ok bool) {
	if len(args) == 0 {
		return false, false
	}
	switch strings.ToUpper(args[len(args)-1]) {
	case "ON", "1":
		return true, true
	case "OFF", "0":
		return false, true
	}
	return false, false
}
