package trace

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
)

// longestLine is how long a line may be. One of a trace has some dozen bytes.
const longestLine = 64 << 10

// lines reads a text line by line, in bounded memory.
type lines struct {
	path   string
	file   *os.File
	in     *bufio.Reader
	number int   // of the line that was read last, from 1
	offset int64 // after it
	text   []byte
	ended  bool // with a line end
}

// newLines begins to read at an offset, which the line of that number follows.
func newLines(path string, file *os.File, offset int64, number int) *lines {
	return &lines{path: path, file: file, number: number, offset: offset,
		in: bufio.NewReaderSize(io.NewSectionReader(file, offset, math.MaxInt64-offset), longestLine)}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// next reads a line that is neither empty nor a comment into text; io.EOF ends.
func (l *lines) next() error {
	for {
		text, err := l.in.ReadSlice('\n')
		if len(text) == 0 && err != nil {
			return bare(err)
		}
		l.number++
		l.offset += int64(len(text))
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return l.errorf(1, "a line of more than %d bytes; this is no table of samples", longestLine)
		case err != nil && err != io.EOF:
			return l.errorf(1, "%v", bare(err))
		}
		if l.number == 1 {
			text = bytes.TrimPrefix(text, byteOrderMark)
			if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
				return l.errorf(1, "UTF-16; save it as UTF-8")
			}
		}
		l.ended = err == nil
		text = bytes.TrimRight(text, "\r\n")
		if bytes.IndexByte(text, 0) >= 0 {
			return l.errorf(1, "a byte 0; this is no text: name its format, such as --format %s", Float)
		}
		if bytes.IndexByte(text, '\r') >= 0 {
			return l.errorf(1, "lines that end in CR alone; save it with LF")
		}
		if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] != '#' {
			l.text = text
			return nil
		}
	}
}

// errorf is an error at a column of the line, from 1.
func (l *lines) errorf(column int, format string, args ...any) error {
	return fmt.Errorf("%s: "+format, append([]any{l.place(column)}, args...)...)
}

func (l *lines) place(column int) string { return fmt.Sprintf("%s:%d:%d", l.path, l.number, column) }

// broken is whether an error is that of a last line without its end: a program that records is stopped anywhere.
func (l *lines) broken(err error) bool { return err != nil && err != io.EOF && !l.ended }

// field is one of a line.
type field struct {
	text   []byte
	column int // from 1
}

// fields splits the line. The slice is used again.
func (l *lines) fields(delimiter byte, into []field) ([]field, error) {
	into = into[:0]
	for at := 0; ; at++ {
		begin := at
		for at < len(l.text) && l.text[at] == ' ' && delimiter != ' ' {
			at++
		}
		f := field{column: begin + 1}
		if at < len(l.text) && l.text[at] == '"' {
			end := bytes.IndexByte(l.text[at+1:], '"')
			if end < 0 {
				return nil, l.errorf(at+1, "a quote that does not end on this line")
			}
			f.text = l.text[at+1 : at+1+end]
			at += end + 2
			for at < len(l.text) && l.text[at] == ' ' && delimiter != ' ' {
				at++
			}
			if at < len(l.text) && l.text[at] != delimiter {
				return nil, l.errorf(at+1, "text after a quote")
			}
		} else {
			if end := bytes.IndexByte(l.text[at:], delimiter); end >= 0 {
				at += end
			} else {
				at = len(l.text)
			}
			f.text = bytes.TrimSpace(l.text[begin:at])
		}
		into = append(into, f)
		if at >= len(l.text) {
			return into, nil
		}
	}
}

// parseNumber reads a decimal number. What stands for a missing one is NaN.
func parseNumber(text []byte, decimal byte) (float64, bool) {
	if len(text) == 0 || bytes.EqualFold(text, []byte("nan")) || bytes.EqualFold(text, []byte("-nan")) || bytes.EqualFold(text, []byte("null")) {
		return math.NaN(), true
	}
	var digits [40]byte
	if len(text) > len(digits) {
		return 0, false
	}
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9' || c == '+' || c == '-' || c == 'e' || c == 'E':
			digits[i] = c
		case c == decimal:
			digits[i] = '.'
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(digits[:len(text)]), 64)
	return v, err == nil
}

// resolution is the worth of the last digit of a decimal number.
func resolution(text []byte, decimal byte) float64 {
	exp := 0
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		exp, _ = strconv.Atoi(string(text[i+1:])) // 0 when it is none, which parseNumber has refused
		text = text[:i]
	}
	if i := bytes.IndexByte(text, decimal); i >= 0 {
		exp -= len(text) - i - 1
	}
	return math.Pow10(exp)
}
