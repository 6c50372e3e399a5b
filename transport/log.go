package transport

import (
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultLimit is the size, in bytes, at which a recording ends when
// LogOptions.Limit is 0.
const DefaultLimit = 64 << 20

// What was recorded reaches the writer after flushInterval, or as soon as
// flushSize bytes wait; with heldSize bytes waiting, the recorded call does the
// writing itself.
const (
	flushInterval = time.Second
	flushSize     = 128 << 10
	heldSize      = 1 << 20
)

// castagnoli is the polynomial of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// LogOptions say what a Log records.
type LogOptions struct {
	Start   time.Time // the zero of the recording's times; the zero time means now
	Limit   int64     // size of the recording in bytes, end line included; 0 means DefaultLimit
	Full    bool      // every byte, also payload announced by Refer
	Secrets []string  // masked, as they are and as a command escapes them; empty ones are ignored
}

// Log records what passes through the Conns that it traces. Recording a call
// costs a lock and a copy: the text is made later, on a timer's goroutine. A
// crash loses what was recorded in the last second; Flush bounds that loss.
// Errors of the writer end the recording, never the traced calls.
type Log struct {
	start time.Time
	full  bool
	timer *time.Timer
	ended atomic.Bool // nothing more is recorded: closed, limit reached or failed
	rests atomic.Bool // nothing is recorded for a while

	mu    sync.Mutex // guards the batch
	next  batch
	asked bool // the timer was told to flush at once
	refer reference

	out sync.Mutex // guards what writes the text
	enc encoder
	w   io.Writer
	err error
}

// reference is announced payload. The slice is kept to know it by its identity.
type reference struct {
	p      []byte
	stream uint32
	offset int64
}

// NewLog starts a recording on w, which the caller closes after Close.
func NewLog(w io.Writer, o LogOptions) *Log {
	if o.Start.IsZero() {
		o.Start = time.Now()
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	l := &Log{start: o.Start, full: o.Full, w: w}
	l.next.reserve(flushSize)
	l.enc.init(o.Start, o.Limit, o.Secrets)
	l.timer = time.AfterFunc(flushInterval, func() { l.flush(false) })
	return l
}

// Trace returns a Conn that passes everything to c and records it. Several Conns
// may be traced, one after the other: the recording then goes on.
func (l *Log) Trace(c Conn) Conn {
	l.add(record{kind: remark, note: fmt.Sprintf("open %q", c)}, nil)
	t := &traced{Conn: c, log: l}
	if w, ok := c.(Wired); ok {
		return &tracedWires{t, w}
	}
	return t
}

// Refer announces that the next Write of exactly this slice, the same bytes in
// the same place, carries our own payload: the bytes of the seeded stream from
// offset on. It is then recorded by that reference. A second call replaces an
// announcement that no Write has met yet.
func (l *Log) Refer(stream uint32, offset int64, p []byte) {
	if l.full || len(p) == 0 {
		return
	}
	l.mu.Lock()
	l.refer = reference{p, stream, offset}
	l.mu.Unlock()
}

// Pause stops the recording for a while, or lets it go on: of what two recordings trace in turn, each has its own.
func (l *Log) Pause(on bool) {
	switch {
	case l.rests.Load() == on:
	case on:
		l.add(record{kind: remark, note: "paused"}, nil)
		l.rests.Store(true)
	default:
		l.rests.Store(false)
		l.add(record{kind: remark, note: "goes on"}, nil)
	}
}

// Flush writes out what was recorded, except for bytes that may turn out to be
// the first part of a secret. It returns the first error of the recording.
func (l *Log) Flush() error { return l.flush(false) }

// Err is the first error of the recording.
func (l *Log) Err() error {
	l.out.Lock()
	defer l.out.Unlock()
	return l.err
}

// Close writes the rest and the end line, and returns the first error of the
// recording. Traced Conns go on working, unrecorded.
func (l *Log) Close() error {
	l.timer.Stop()
	return l.flush(true)
}

// flush takes the batch and writes its text; last ends the recording.
func (l *Log) flush(last bool) error {
	l.out.Lock()
	defer l.out.Unlock()
	l.mu.Lock()
	l.enc.take(&l.next)
	l.asked = false
	if last {
		l.ended.Store(true)
	}
	l.mu.Unlock()
	if l.err != nil || l.enc.closed {
		return l.err
	}
	text := l.enc.encode(last)
	if _, err := l.w.Write(text); err != nil {
		l.err = fmt.Errorf("the trace ends here, it could not be written: %w", err)
	}
	if l.err != nil || l.enc.closed {
		l.ended.Store(true)
	}
	return l.err
}

// add records one call. The time is taken under the lock, so that times never
// run backwards from line to line.
func (l *Log) add(r record, p []byte) {
	if l.ended.Load() || l.rests.Load() {
		return
	}
	l.mu.Lock()
	if r.kind == toModule && l.refer.is(p) {
		r.kind, r.stream, r.offset, r.sum = payload, l.refer.stream, l.refer.offset, crc32.Checksum(p, castagnoli)
		l.refer.p = nil
	}
	r.at, r.n = time.Since(l.start), len(p)
	l.next.add(r, p)
	waiting := l.next.size()
	if waiting >= flushSize && !l.asked {
		l.asked = true
		l.timer.Reset(0)
	} else if len(l.next.records) == 1 {
		l.timer.Reset(flushInterval)
	}
	l.mu.Unlock()
	if waiting >= heldSize {
		l.flush(false)
	}
}

// is tells whether p is the announced slice.
func (r *reference) is(p []byte) bool {
	return len(r.p) > 0 && len(p) == len(r.p) && &p[0] == &r.p[0]
}

// traced is a Conn whose calls are recorded.
type traced struct {
	Conn
	log *Log
}

// Write is recorded before it is done, so that no answer can be recorded first.
func (c *traced) Write(p []byte) (int, error) {
	c.log.add(record{kind: toModule}, p)
	n, err := c.Conn.Write(p)
	if err != nil {
		c.log.add(record{kind: remark, note: fmt.Sprintf("the write of %d bytes ended after %d: %q", len(p), n, err)}, nil)
	}
	return n, err
}

func (c *traced) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.log.add(record{kind: fromModule}, p[:n])
	}
	return n, err
}
