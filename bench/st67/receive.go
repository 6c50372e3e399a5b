package st67

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"st67bench/transport/at"
)

// ReceiveMode sets how the module gives what it receives: passive keeps it for Read, active gives it unasked (CIPRECVMODE,
// manual 4.1.26). It is refused while a link is open.
func (m *Module) ReceiveMode(ctx context.Context, passive bool) error {
	_, err := m.Command(ctx, "AT+CIPRECVMODE="+digit(passive))
	return err
}

// ReceiveBuffer sets the receive buffer of a link that is not open, in bytes (CIPRECVBUF, manual 4.1.6).
func (m *Module) ReceiveBuffer(ctx context.Context, link, n int) error {
	_, err := m.Command(ctx, fmt.Sprintf("AT+CIPRECVBUF=%d,%d", link, n))
	return err
}

// UseIPv6 switches IPv6 on or off (CIPV6, manual 4.1.1).
func (m *Module) UseIPv6(ctx context.Context, on bool) error {
	_, err := m.Command(ctx, "AT+CIPV6="+digit(on))
	return err
}

// SetSink gives what link 0..4 receives in active mode to sink, on the reader's goroutine; nil removes it.
func (m *Module) SetSink(link int, sink func(p []byte, t time.Time)) {
	if sink == nil {
		m.s.SetSink(link, nil)
		return
	}
	m.s.SetSink(link, at.Sink(sink))
}

// Notices collects the +IPD notices of passive mode.
type Notices struct {
	m    *Module
	more chan struct{} // one token when a notice came

	mu     sync.Mutex
	length int64 // the sum of what the notices said
	last   time.Time
}

var noticeHead = []byte("+IPD:")

// Notices starts to collect the notices of all links; Close ends it. One at a time.
func (m *Module) Notices() *Notices {
	n := &Notices{m: m, more: make(chan struct{}, 1)}
	m.s.Watch("+IPD:", n.take)
	return n
}

// take is called on the reader's goroutine: `+IPD:<link>,<length>[,...]`.
func (n *Notices) take(line []byte, t time.Time) {
	_, rest, _ := bytes.Cut(line[len(noticeHead):], []byte{','})
	field, _, _ := bytes.Cut(rest, []byte{','})
	length, _ := count(field)
	n.mu.Lock()
	n.length += int64(length)
	n.last = t
	n.mu.Unlock()
	select {
	case n.more <- struct{}{}:
	default:
	}
}

// Seen is the sum of the lengths that the notices gave, and when the latest came.
func (n *Notices) Seen() (length int64, last time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.length, n.last
}

// Wait returns when a notice has come since the last Wait, or ctx has ended.
func (n *Notices) Wait(ctx context.Context) error {
	select {
	case <-n.more:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close gives the notices back to the events.
func (n *Notices) Close() { n.m.s.Watch("+IPD:", nil) }

const readCommand = "AT+CIPRECVDATA="

// Read asks link 0..4 for at most n bytes of what it holds in passive mode; Response.Data is valid until the next call
// and may be empty (CIPRECVDATA, manual 4.1.27). It does not allocate.
func (m *Module) Read(ctx context.Context, link, n int) (Response, error) {
	if m.seen.hasRestarted() {
		return Response{}, errRestarted
	}
	if m.dirty {
		if err := m.resync(ctx); err != nil {
			return Response{}, err
		}
	}
	m.line = append(m.line[:0], readCommand...)
	m.line = strconv.AppendInt(m.line, int64(link), 10)
	m.line = append(m.line, ',')
	m.line = strconv.AppendInt(m.line, int64(n), 10)
	r, err := m.s.Command(m.limit.start(ctx), m.line)
	m.limit.stop()
	return r, m.noted(err)
}

// ReadExchange is the sizes, in B, of the messages of one Read that asks for n bytes and gets them: the command;
// `+CIPRECVDATA:<n>,`, the data, and CRLF; `\r\nOK\r\n`. The notice before it is left out: one may stand for several reads.
func ReadExchange(link, n int) (toModule, fromModule []int) {
	size := len(strconv.Itoa(n))
	toModule = []int{len(readCommand) + len(strconv.Itoa(link)) + len(",") + size + len("\r\n")}
	return toModule, []int{len("+CIPRECVDATA:") + size + len(",") + n + len("\r\n"), len("\r\nOK\r\n")}
}

// GivenExchange is the sizes, in B, of what brings n bytes in active mode: `+IPD:<link>,<n>,`, the data, and CRLF.
func GivenExchange(link, n int) (fromModule []int) {
	return []int{len("+IPD:") + len(strconv.Itoa(link)) + len(",") + len(strconv.Itoa(n)) + len(",") + n + len("\r\n")}
}
