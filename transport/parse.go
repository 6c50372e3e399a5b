package transport

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

// maskRun is how many masked bytes one part of a line stands for at most.
const maskRun = 4096

// event is one line of data of a recording.
type event struct {
	record
	line  int
	bytes []byte   // masked ones as asterisks
	wild  [][2]int // from, to: the masked ones
}

// matches tells whether these bytes are what was recorded.
func (e *event) matches(p []byte) bool {
	if len(p) != e.n {
		return false
	}
	if e.kind == payload {
		return crc32.Checksum(p, castagnoli) == e.sum
	}
	from := 0
	for _, w := range e.wild {
		if !bytes.Equal(p[from:w[0]], e.bytes[from:w[0]]) {
			return false
		}
		from = w[1]
	}
	return bytes.Equal(p[from:], e.bytes[from:])
}

// reader goes through the lines of a recording.
type reader struct {
	text  []byte // what is to come
	line  int    // the line that was read last, from 1
	ended bool   // the end line was seen
}

// open checks the first line. A recording that was cut off within it is empty.
func (r *reader) open() error {
	const first = magic + version
	line, rest, whole := bytes.Cut(r.text, []byte("\n"))
	n := min(len(line), len(first))
	if whole && n < len(first) || string(line[:n]) != first[:n] {
		return fmt.Errorf("this is not a trace of a version that can be read: its first line must begin with %q, it is %s", first, show(line))
	}
	r.text, r.line = rest, 1
	return nil
}

// next returns the next event, or nil at the end. A last line without a line
// end was cut off and does not count.
func (r *reader) next() (*event, error) {
	for !r.ended {
		line, rest, whole := bytes.Cut(r.text, []byte("\n"))
		if !whole {
			break
		}
		r.text = rest
		r.line++
		if bytes.HasPrefix(line, []byte("#")) {
			r.ended = bytes.HasPrefix(line, []byte("# end"))
			continue
		}
		e, err := parseLine(string(line))
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, show(line))
		}
		e.line = r.line
		return e, nil
	}
	return nil, nil
}

// parseLine reads "+S.NNNNNNNNN > PARTS".
func parseLine(s string) (*event, error) {
	at, rest, _ := strings.Cut(s, " ")
	e := &event{}
	var err error
	if e.at, err = parseTime(at); err != nil {
		return nil, err
	}
	direction, rest, _ := strings.Cut(rest, " ")
	switch direction {
	case ">":
		e.kind = toModule
	case "<":
		e.kind = fromModule
	default:
		return nil, errors.New(`the direction after the time must be > or <`)
	}
	if e.kind == toModule && strings.HasPrefix(rest, "@") {
		return e, e.parseReference(rest)
	}
	err = e.parseParts(rest)
	e.n = len(e.bytes)
	return e, err
}

// parseTime reads "+S.NNNNNNNNN".
func parseTime(s string) (time.Duration, error) {
	const digits = 9
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "+"), ".")
	sec, err1 := strconv.ParseUint(whole, 10, 32)
	ns, err2 := strconv.ParseUint(fraction, 10, 32)
	if !strings.HasPrefix(s, "+") || err1 != nil || err2 != nil || len(fraction) != digits {
		return 0, errors.New("a line must begin with a time such as +0.001234567")
	}
	return time.Duration(sec)*time.Second + time.Duration(ns), nil
}

// parseReference reads "@stream:offset+length crc32c=xxxxxxxx".
func (e *event) parseReference(s string) error {
	e.kind = payload
	name, sum, ok1 := strings.Cut(s[1:], " crc32c=")
	stream, rest, ok2 := strings.Cut(name, ":")
	offset, length, ok3 := strings.Cut(rest, "+")
	id, err1 := strconv.ParseUint(stream, 10, 32)
	from, err2 := strconv.ParseInt(offset, 10, 64)
	n, err3 := strconv.ParseUint(length, 10, 31)
	crc, err4 := strconv.ParseUint(sum, 16, 32)
	if !ok1 || !ok2 || !ok3 || errors.Join(err1, err2, err3, err4) != nil {
		return errors.New("a reference must be written as @1:2920+1460 crc32c=e3069283")
	}
	e.stream, e.offset, e.n, e.sum = uint32(id), from, int(n), uint32(crc)
	return nil
}

// parseParts reads quoted parts and masks, with one space between them.
func (e *event) parseParts(s string) error {
	for {
		if n, rest, ok := cutMask(s); ok {
			from := len(e.bytes)
			e.bytes = append(e.bytes, bytes.Repeat([]byte("*"), n)...)
			e.wild = append(e.wild, [2]int{from, from + n})
			s = rest
		} else if literal, rest, ok := cutQuoted(s); ok {
			e.bytes = append(e.bytes, literal...)
			s = rest
		} else {
			return fmt.Errorf(`bytes must be written as "quoted" or as *N with N from 1 to %d`, maskRun)
		}
		if s == "" {
			return nil
		}
		s = strings.TrimPrefix(s, " ")
	}
}

// cutMask reads "*N" at the start of s.
func cutMask(s string) (n int, rest string, ok bool) {
	if !strings.HasPrefix(s, "*") {
		return 0, s, false
	}
	digits, _, _ := strings.Cut(s[1:], " ")
	n, err := strconv.Atoi(digits)
	return n, s[1+len(digits):], err == nil && n >= 1 && n <= maskRun
}

// cutQuoted reads a double-quoted Go string literal at the start of s.
func cutQuoted(s string) (literal, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", s, false
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", s, false
	}
	literal, err = strconv.Unquote(quoted)
	return literal, s[len(quoted):], err == nil
}

// shown is how many bytes an error shows of what it is about.
const shown = 64

// show quotes the beginning of p, with the secrets masked.
func show(p []byte, secrets ...string) string {
	var e encoder
	e.init(time.Time{}, 0, secrets)
	e.data[toModule] = p
	e.find(toModule, true)
	e.bytes(p[:min(len(p), shown)], e.mask[toModule])
	if len(p) > shown {
		return fmt.Sprintf("%s... (%d bytes)", e.text, len(p))
	}
	return string(e.text)
}
