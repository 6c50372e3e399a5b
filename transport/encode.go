package transport

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of record. The first two are also the index of the direction's bytes.
const (
	toModule = iota
	fromModule
	payload // toward the module, by reference
	remark
	directions = 2
)

// record is one recorded call without its bytes.
type record struct {
	kind   int
	at     time.Duration // since the recording's start
	n      int           // bytes
	stream uint32        // the rest of a payload
	offset int64
	sum    uint32
	note   string // of a remark
}

// has tells whether the record has bytes in its direction's buffer.
func (r *record) has() bool { return r.kind == toModule || r.kind == fromModule }

// batch is a run of records and their bytes, those of each direction in one
// piece, so that a secret that was split over several calls is found by a plain
// search.
type batch struct {
	records []record
	data    [directions][]byte
}

func (b *batch) reserve(n int) {
	b.records = make([]record, 0, n/64)
	for d := range b.data {
		b.data[d] = make([]byte, 0, n)
	}
}

func (b *batch) add(r record, p []byte) {
	b.records = append(b.records, r)
	if r.has() {
		b.data[r.kind] = append(b.data[r.kind], p...)
	}
}

// size is about what the batch keeps in memory, in bytes.
func (b *batch) size() int {
	const perRecord = 64
	return len(b.data[toModule]) + len(b.data[fromModule]) + perRecord*len(b.records)
}

// endLimit is the last line of a recording that reached its limit.
const endLimit = "# end: the limit of %d bytes is reached, what followed is not recorded\n"

// retainLimit is how many bytes wait at most for the rest of what may be a
// secret.
const retainLimit = 64 << 10

// encoder turns records into text. Records whose last bytes may be the first
// part of a secret stay, with all that followed them, until the rest is known.
// Of bytes that were encoded it keeps as many as the longest secret has, less
// one: so a match that began in them is found again with its end.
type encoder struct {
	start   time.Time
	limit   int64
	written int64 // bytes of text so far; 0 means that the first line is still due
	closed  bool  // the end line was written

	secrets [][]byte
	keep    int // bytes of context to keep
	batch       // what was not encoded, its data preceded by the context
	context [directions]int
	held    int                // size of what the last encode left over
	mask    [directions][]bool // of data: part of a secret
	text    []byte
}

// escapes are the ways in which a command may write a secret: as it is, and
// with a backslash before what has a meaning in a quoted parameter (AT manual
// 3.1.5.5, which counts the comma in).
var escapes = []*strings.Replacer{
	strings.NewReplacer(),
	strings.NewReplacer(`\`, `\\`, `"`, `\"`),
	strings.NewReplacer(`\`, `\\`, `"`, `\"`, `,`, `\,`),
}

func (e *encoder) init(start time.Time, limit int64, secrets []string) {
	e.start, e.limit = start, limit
	for _, s := range secrets {
		for _, escape := range escapes {
			if s != "" {
				e.secrets = append(e.secrets, []byte(escape.Replace(s)))
				e.keep = max(e.keep, len(e.secrets[len(e.secrets)-1])-1)
			}
		}
	}
}

// take moves the records of b to what is to be encoded.
func (e *encoder) take(b *batch) {
	e.records = append(e.records, b.records...)
	clear(b.records)
	b.records = b.records[:0]
	for d := range b.data {
		e.data[d] = append(e.data[d], b.data[d]...)
		b.data[d] = b.data[d][:0]
	}
}

// The first line, and the layout of its time.
const (
	magic      = "# st67bench trace "
	version    = "1 "
	timeLayout = "2006-01-02T15:04:05.000000000Z"
)

// encode returns the text of all records that are ready, valid until the next
// call. With last, all are, and the end line follows.
func (e *encoder) encode(last bool) []byte {
	e.text = e.text[:0]
	if e.written == 0 {
		e.text = append(e.start.UTC().AppendFormat(append(e.text, magic+version...), timeLayout), '\n')
	}
	all := last || e.held > retainLimit
	var open [directions]int
	for d := range open {
		open[d] = e.find(d, all)
	}
	done, at := 0, e.context
	for i := range e.records {
		r := &e.records[i]
		if r.has() && at[r.kind]+r.n > open[r.kind] {
			break
		}
		e.line(r, &at)
		if e.closed {
			return e.text
		}
		done++
	}
	e.drop(done, at)
	if last {
		e.text = append(e.text, "# end\n"...)
		e.closed = true
	}
	e.written += int64(len(e.text))
	return e.text
}

// find marks the secrets in one direction's bytes and returns from where on it
// is not known yet whether a secret begins. With all, what may be the first part
// of a secret is masked, and nothing is unknown.
func (e *encoder) find(d int, all bool) int {
	data := e.data[d]
	mask := slices.Grow(e.mask[d][:0], len(data))[:len(data)]
	clear(mask)
	e.mask[d] = mask
	open := len(data)
	for _, s := range e.secrets {
		for from := 0; ; from++ {
			i := bytes.Index(data[from:], s)
			if i < 0 {
				break
			}
			from += i
			mark(mask[from : from+len(s)])
		}
		for n := min(len(s)-1, len(data)); n > 0; n-- {
			if bytes.HasSuffix(data, s[:n]) {
				open = min(open, len(data)-n)
				break
			}
		}
	}
	if all {
		mark(mask[open:])
		open = len(data)
	}
	return open
}

func mark(mask []bool) {
	for i := range mask {
		mask[i] = true
	}
}

// drop forgets the first done records, whose bytes end at at, except for the
// context.
func (e *encoder) drop(done int, at [directions]int) {
	e.records = slices.Delete(e.records, 0, done)
	for d := range e.data {
		cut := max(at[d]-e.keep, 0)
		e.context[d] = at[d] - cut
		e.data[d] = slices.Delete(e.data[d], 0, cut)
	}
	e.held = e.size()
}

// line appends one record's line, or the end line when it would pass the limit;
// at is where the next bytes of each direction begin.
func (e *encoder) line(r *record, at *[directions]int) {
	before := len(e.text)
	switch r.kind {
	case remark:
		e.text = append(e.text, "# "...)
		e.time(r.at)
		e.text = append(e.text, r.note...)
	case payload:
		e.time(r.at)
		e.reference(r)
	default:
		e.time(r.at)
		e.text = append(e.text, "><"[r.kind], ' ')
		from := at[r.kind]
		at[r.kind] += r.n
		e.bytes(e.data[r.kind][from:from+r.n], e.mask[r.kind][from:from+r.n])
	}
	e.text = append(e.text, '\n')
	const endSize = len(endLimit) + 20 // the number takes 19 digits at most
	if e.written+int64(len(e.text)+endSize) > e.limit {
		e.text = fmt.Appendf(e.text[:before], endLimit, e.limit)
		e.closed = true
	}
}

// time appends "+S.NNNNNNNNN ".
func (e *encoder) time(at time.Duration) {
	at = max(at, 0)
	e.text = append(e.text, '+')
	e.text = strconv.AppendInt(e.text, int64(at/time.Second), 10)
	point := len(e.text)
	e.text = strconv.AppendInt(e.text, int64(at%time.Second+time.Second), 10) // the 1 in front keeps leading zeros
	e.text[point] = '.'
	e.text = append(e.text, ' ')
}

// reference appends what a payload is known by.
func (e *encoder) reference(r *record) {
	e.text = append(e.text, "> @"...)
	e.text = strconv.AppendUint(e.text, uint64(r.stream), 10)
	e.text = append(e.text, ':')
	e.text = strconv.AppendInt(e.text, r.offset, 10)
	e.text = append(e.text, '+')
	e.text = strconv.AppendInt(e.text, int64(r.n), 10)
	e.text = append(e.text, " crc32c="...)
	for shift := 28; shift >= 0; shift -= 4 {
		e.text = append(e.text, hexDigits[r.sum>>shift&15])
	}
}

// bytes appends the parts of one call's bytes.
func (e *encoder) bytes(p []byte, mask []bool) {
	if len(p) == 0 {
		e.text = append(e.text, `""`...)
	}
	for i := 0; i < len(p); {
		n := 1
		for i+n < len(p) && mask[i+n] == mask[i] && (!mask[i] || n < maskRun) {
			n++
		}
		if i > 0 {
			e.text = append(e.text, ' ')
		}
		if mask[i] {
			e.text = append(e.text, '*')
			e.text = strconv.AppendInt(e.text, int64(n), 10)
		} else {
			e.text = appendQuoted(e.text, p[i:i+n])
		}
		i += n
	}
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends p as a Go string literal of ASCII.
func appendQuoted(text, p []byte) []byte {
	text = append(text, '"')
	for _, b := range p {
		switch {
		case b == '"' || b == '\\':
			text = append(text, '\\', b)
		case b == '\r':
			text = append(text, `\r`...)
		case b == '\n':
			text = append(text, `\n`...)
		case b == '\t':
			text = append(text, `\t`...)
		case b < ' ' || b > '~':
			text = append(text, '\\', 'x', hexDigits[b>>4], hexDigits[b&15])
		default:
			text = append(text, b)
		}
	}
	return append(text, '"')
}
