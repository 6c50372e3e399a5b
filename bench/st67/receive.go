package st67

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
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
	m.s.SetSink(link, at.Sink(sink))
}

const noticeHead = "+IPD:"

// OnIPD tells f of each +IPD, on the reader's goroutine and without allocating: link, length, and when it was read. In
// active mode that is a datagram or a piece of a stream, whose bytes then go to the link's sink, one without a sink
// excepted; in passive mode bytes that wait. nil ends it. The events have no +IPD meanwhile.
func (m *Module) OnIPD(f func(link, n int, t time.Time)) {
	if f == nil {
		m.s.Watch(noticeHead, nil)
		return
	}
	m.s.Watch(noticeHead, func(line []byte, t time.Time) {
		if link, n, ok := parseIPD(line[len(noticeHead):]); ok {
			f(link, n, t)
		}
	})
}

// parseIPD reads `[<link>,]<n>[,"<address>",<port>][,]`.
func parseIPD(rest []byte) (link, n int, ok bool) {
	rest = bytes.TrimSuffix(rest, comma)
	first, after, more := bytes.Cut(rest, comma)
	if more && bytes.Count(rest, comma) != 2 { // two commas are address and port without a link
		if link, ok = count(first); !ok {
			return 0, 0, false
		}
		first, _, _ = bytes.Cut(after, comma)
	}
	n, ok = count(first)
	return link, n, ok
}

// Buffered is how many bytes each link holds in passive mode (CIPRECVLEN, manual 4.1.28); of a TLS link it may be less.
func (m *Module) Buffered(ctx context.Context) (held [maxLinks]int, err error) {
	r, err := m.exchange(ctx, networkLimit, "AT+CIPRECVLEN?")
	if err != nil {
		return held, err
	}
	value, known := answer(r.Lines, "CIPRECVLEN")
	for i, f := range fields(strings.TrimSuffix(value, ",")) {
		n, ok := count([]byte(f))
		if !known || !ok || i == maxLinks {
			return held, fmt.Errorf("AT+CIPRECVLEN? answers %q, in place of a length for each link", r.Lines)
		}
		held[i] = n
	}
	return held, nil
}

// Notices collects the +IPD notices of passive mode.
type Notices struct {
	m    *Module
	more chan struct{} // one token when a notice came

	mu     sync.Mutex
	length int64 // the sum of what the notices said
	last   time.Time
}

// Notices starts to collect the notices of all links; Close ends it. It takes the place of OnIPD.
func (m *Module) Notices() *Notices {
	n := &Notices{m: m, more: make(chan struct{}, 1)}
	m.OnIPD(n.take)
	return n
}

func (n *Notices) take(_, length int, t time.Time) {
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
func (n *Notices) Close() { n.m.OnIPD(nil) }

const readCommand = "AT+CIPRECVDATA="

// Read asks link 0..4 for at most n bytes of what it holds in passive mode; Response.Data is valid until the next call
// and may be empty (CIPRECVDATA, manual 4.1.27). It does not allocate.
func (m *Module) Read(ctx context.Context, link, n int) (Response, error) {
	if err := m.usable(ctx); err != nil {
		return Response{}, err
	}
	m.linkLine(readCommand, link)
	m.line = strconv.AppendInt(m.line, int64(n), 10)
	r, err := m.s.Command(m.limit.start(ctx), m.line)
	m.limit.stop()
	if err != nil {
		return r, m.sendFailed(link, err)
	}
	return r, nil
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
