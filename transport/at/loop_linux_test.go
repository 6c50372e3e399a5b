package at

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"
)

// talker does the exchanges of the benchmarks; n is how many bytes come back.
type talker interface {
	send(line, payload []byte, n int)
	command(line []byte, n int)
	close()
}

// engine does them with a Session.
type engine struct {
	b testing.TB
	s *Session
}

func newEngine(b testing.TB, p pty, sink Sink) talker {
	s := New(keepOpen{p.host}, testGrammar())
	s.SetSink(0, sink)
	return &engine{b: b, s: s}
}

func (e *engine) send(line, payload []byte, _ int) {
	if _, err := e.s.Send(context.Background(), line, payload, SendOptions{}); err != nil {
		e.b.Fatal(err)
	}
}

func (e *engine) command(line []byte, _ int) {
	if _, err := e.s.Command(context.Background(), line); err != nil {
		e.b.Fatal(err)
	}
}

func (e *engine) close() {
	if err := e.s.Close(); err != nil {
		e.b.Fatal(err)
	}
}

// loop does the same with no parsing: its reader goroutine counts bytes and wakes
// the writer once when the awaited number of them is there.
type loop struct {
	b    testing.TB
	rw   keepOpen
	line []byte
	need atomic.Int64
	wake chan struct{}
	done chan struct{}
	sink Sink
}

func newLoop(b testing.TB, p pty, sink Sink) talker {
	l := &loop{b: b, rw: keepOpen{p.host}, wake: make(chan struct{}, 1), done: make(chan struct{}), sink: sink}
	go l.read()
	return l
}

func (l *loop) read() {
	defer close(l.done)
	buf := make([]byte, readSize)
	for have := int64(0); ; {
		n, err := l.rw.Read(buf)
		if err != nil {
			return
		}
		if l.sink != nil {
			l.sink(buf[:n], time.Time{})
		}
		if have += int64(n); have >= l.need.Load() {
			have = 0
			l.wake <- struct{}{}
		}
	}
}

func (l *loop) put(p []byte, n int) {
	l.need.Store(int64(n))
	for len(p) > 0 {
		run := p[:min(maxRun, len(p))]
		if _, err := l.rw.Write(run); err != nil {
			l.b.Fatal(err)
		}
		p = p[len(run):]
	}
	<-l.wake
}

func (l *loop) send(line, payload []byte, n int) {
	l.command(line, len("\r\nOK\r\n\r\n>"))
	l.put(payload, n)
}

func (l *loop) command(line []byte, n int) {
	l.line = append(append(l.line[:0], line...), "\r\n"...)
	l.put(l.line, n)
}

func (l *loop) close() {
	l.rw.SetReadDeadline(past)
	<-l.done
	l.rw.SetReadDeadline(time.Time{})
}

// single does commands from one goroutine that writes and reads itself.
type single struct {
	b    testing.TB
	rw   keepOpen
	line []byte
	buf  []byte
}

func newSingle(b testing.TB, p pty, _ Sink) talker {
	return &single{b: b, rw: keepOpen{p.host}, buf: make([]byte, readSize)}
}

func (l *single) send(line, payload []byte, n int) {
	l.command(line, len("\r\nOK\r\n\r\n>"))
	l.put(payload, n)
}

func (l *single) command(line []byte, n int) {
	l.line = append(append(l.line[:0], line...), "\r\n"...)
	l.put(l.line, n)
}

func (l *single) put(p []byte, n int) {
	if _, err := l.rw.Write(p); err != nil {
		l.b.Fatal(err)
	}
	if _, err := io.ReadFull(l.rw, l.buf[:n]); err != nil {
		l.b.Fatal(err)
	}
}

func (l *single) close() {}
